package bot

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/store"
)

func TestDecideLabel(t *testing.T) {
	env := func(change func(*store.Spec)) store.Environment {
		s := store.Spec{App: "shop", Branch: "f", Commit: commit1, Version: 3, Generation: 2}
		change(&s)
		return store.Environment{ID: "f", Spec: s}
	}
	made := env(func(s *store.Spec) { s.Pull = store.Pull{Number: 7, Made: true} })
	taken := env(func(s *store.Spec) { s.Pull = store.Pull{Number: 7} })
	for _, c := range []struct {
		reason string
		env    store.Environment
		pull   int
		commit string
		want   string // up, down, noted, nothing
	}{
		{"the label comes", store.Environment{ID: "f"}, 7, commit1, "up"},
		{"the label goes", made, 0, "", "down"},
		{"the label is there still", made, 7, commit1, "nothing"},
		{"a push is not the label's business", made, 7, commit2, "nothing"},
		{"another pull request of the branch takes over", made, 8, commit1, "noted"},
		{"the label comes to what a person has", env(func(*store.Spec) {}), 7, commit1, "noted"},
		{"the label goes from what a person has", taken, 0, "", "noted"},
		{"no label, and there never was", env(func(*store.Spec) {}), 0, "", "nothing"},
		{"what a person took down stays down", env(func(s *store.Spec) { s.Released, s.Pull = true, store.Pull{Number: 7, Made: true} }), 7, commit1, "nothing"},
		{"until there is a new commit", env(func(s *store.Spec) { s.Released, s.Pull = true, store.Pull{Number: 7, Made: true} }), 7, commit2, "up"},
		{"or the label is taken off", env(func(s *store.Spec) { s.Released, s.Pull = true, store.Pull{Number: 7} }), 0, "", "noted"},
		{"and put on again", env(func(s *store.Spec) { s.Released = true }), 7, commit1, "up"},
		{"what ended by itself stays down", env(func(s *store.Spec) { s.ExpiresAt, s.Pull = noon.Add(-time.Hour), store.Pull{Number: 7, Made: true} }), 7, commit1, "nothing"},
		{"nothing is left to take down", env(func(s *store.Spec) { s.ExpiresAt, s.Pull = noon.Add(-time.Hour), store.Pull{Number: 7, Made: true} }), 0, "", "noted"},
	} {
		a := asking{Verb: verbLabelled, App: testApp(), Branch: "f", Pull: c.pull, Commit: c.commit, Key: "k", At: noon}
		if c.pull == 0 {
			a.Verb = verbMerged
		}
		d := decide(c.env, a, noon)
		got := "nothing"
		switch {
		case d.Next == nil:
		case d.Noted && d.Next.Generation == c.env.Spec.Generation && d.Next.Released == c.env.Spec.Released && len(d.Events) == 0:
			got = "noted"
		case d.Next.Released && d.Next.Asked.Pull == 7 && d.Next.Asked.Verb == verbMerged && d.Next.Generation > c.env.Spec.Generation:
			got = "down"
		case !d.Next.Released && d.Next.Commit == c.commit && d.Next.Pull == store.Pull{Number: c.pull, Made: true} && d.Next.Asked.Pull == c.pull:
			got = "up"
		default:
			got = fmt.Sprintf("%+v", *d.Next)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
		if d.Next != nil && d.Next.Pull.Number != c.pull {
			t.Errorf("%s: heeded %d", c.reason, d.Next.Pull.Number)
		}
	}
}

// Whoever asks for what a label brought up has it from then on.
func TestDecideClaimed(t *testing.T) {
	e := environments()["up"]
	e.Spec.Pull, e.Spec.Owner = store.Pull{Number: 7, Made: true}, ""
	for verb, want := range map[string]bool{verbUp: false, verbExtend: false, verbDown: true} {
		d := decide(e, asking{Verb: verb, App: testApp(), Branch: e.Spec.Branch, Commit: e.Spec.Commit, By: "UANA", Key: "k", At: noon, For: time.Hour}, noon)
		if d.Next == nil || d.Next.Pull.Made != want || d.Next.Pull.Number != 7 {
			t.Errorf("%s: %+v", verb, d.Next)
		}
		if verb == verbUp && (d.Next.Owner != "UANA" || d.Answer.Code != answerAlreadyUp || d.Next.Generation != e.Spec.Generation || len(d.Events) != 1) {
			t.Errorf("up: %+v, %+v", d.Answer, d.Next)
		}
	}
	if d := decide(e, asking{Verb: verbPush, App: testApp(), Branch: e.Spec.Branch, Commit: commit2, Name: "ben", Key: "k", At: noon}, noon); d.Next == nil || !d.Next.Pull.Made {
		t.Errorf("a push claimed it: %+v", d.Next)
	}
}

// The life of an environment by label, told by webhooks and found by looking.
func TestLabelLife(t *testing.T) {
	for _, lost := range []bool{false, true} {
		w := newWorld(t, withLabel)
		news := w.drained
		if lost {
			w.hub.SetWebhook("", "")
			news = func() { w.deliver(); w.look() } // nothing is delivered, but GitHub brings pull requests to their branches
		} else {
			w.run()
		}
		step := func(reason string, want bool) {
			t.Helper()
			news()
			if got := w.wanted("f"); got != want {
				t.Fatalf("webhooks lost %v: %s: wanted %v, want %v: %+v", lost, reason, got, want, w.env("f").Spec)
			}
		}
		verb := func(want string, pull int) {
			t.Helper()
			if a := w.env("f").Spec.Asked; a.Verb != want || a.Pull != pull {
				t.Errorf("webhooks lost %v: asked %+v, want %s of %d", lost, a, want, pull)
			}
		}
		w.commit("f", "one")
		n := w.open(githubsim.NewPull{Branch: "f"})
		step("opened", false)
		w.edit(n, githubsim.PullEdit{Label: []string{"bug"}})
		step("another label", false)
		w.edit(n, githubsim.PullEdit{Label: []string{"QA"}})
		step("labelled", true)
		verb(verbLabelled, n)
		c := w.commit("f", "two")
		step("pushed", true)
		if got := w.env("f").Spec; got.Commit != c || !got.Pull.Made {
			t.Errorf("after a push %+v", got)
		}
		w.edit(n, githubsim.PullEdit{Unlabel: []string{"QA"}})
		step("unlabelled", false)
		verb(verbUnlabelled, n)
		w.edit(n, githubsim.PullEdit{Label: []string{"qa"}})
		step("labelled again, at the same commit", true)
		w.edit(n, githubsim.PullEdit{State: "closed"})
		step("closed", false)
		verb(verbClosed, n)
		w.edit(n, githubsim.PullEdit{State: "open"})
		step("reopened", true)
		w.says(verbDown, "f")
		step("taken down by a person", false)
		w.edit(n, githubsim.PullEdit{Label: []string{"docs"}})
		step("another label does not bring it back", false)
		w.commit("f", "three")
		step("a push does", true)
		if _, err := w.hub.MergePull(t.Context(), "acme", "shop", n, false, "ben"); err != nil {
			t.Fatal(err)
		}
		step("merged", false)
		verb(verbMerged, n)
		w.stop()
	}
}

func TestLabelAndPeople(t *testing.T) {
	w := newWorld(t, withLabel)
	w.run()
	w.commit("f", "one")
	n := w.open(githubsim.NewPull{Branch: "f", Labels: []string{"qa"}})
	w.drained()
	w.says(verbUp, "f") // it is on its way already
	if s := w.env("f").Spec; s.Pull.Made || s.Owner != "U1" || s.Generation != 1 {
		t.Errorf("after a person asked: %+v", s)
	}
	w.edit(n, githubsim.PullEdit{State: "closed"})
	w.drained()
	if !w.wanted("f") {
		t.Error("what a person asked for went with the label")
	}

	// And the other way round: the label comes to what a person has.
	w.commit("g", "one")
	w.says(verbUp, "g")
	m := w.open(githubsim.NewPull{Branch: "g", Labels: []string{"qa"}})
	w.drained()
	w.edit(m, githubsim.PullEdit{Unlabel: []string{"qa"}})
	w.drained()
	if !w.wanted("g") || w.env("g").Spec.Generation != 1 {
		t.Errorf("the label changed what a person has: %+v", w.env("g").Spec)
	}
}

// Several pull requests of one branch: while one of them bears the label the environment stays.
func TestLabelOnTwoPulls(t *testing.T) {
	w := newWorld(t, withLabel)
	w.hub.SetWebhook("", "")
	w.commit("release", "r")
	w.commit("f", "one")
	first := w.open(githubsim.NewPull{Branch: "f", Labels: []string{"qa"}})
	second := w.open(githubsim.NewPull{Branch: "f", Base: "release", Labels: []string{"qa"}})
	w.look()
	if s := w.env("f").Spec; s.Pull != (store.Pull{Number: first, Made: true}) {
		t.Fatalf("heeded %+v", s.Pull)
	}
	w.edit(first, githubsim.PullEdit{State: "closed"})
	w.look()
	if s := w.env("f").Spec; s.Pull != (store.Pull{Number: second, Made: true}) || s.Released || s.Generation != 1 {
		t.Errorf("after the first was closed: %+v", s)
	}
	w.edit(second, githubsim.PullEdit{Unlabel: []string{"qa"}})
	w.look()
	if w.wanted("f") {
		t.Error("nobody bears the label, and it stays")
	}
}

// Forks never get anything, whatever they bear; programs only when it is allowed.
func TestForksAndPrograms(t *testing.T) {
	for _, bots := range []bool{false, true} {
		w := newWorld(t, func(o *Options, _ *slacksim.Options) {
			o.Apps[0].Label, o.Apps[0].Deploys, o.Apps[0].Bots = "qa", []string{"*"}, bots
		})
		w.commit("main", "init") // deployed by nobody: the first look only remembers
		w.look()
		w.run()
		w.commit("evil", "one")
		w.drained()
		w.says(verbDown, "evil")
		w.open(githubsim.NewPull{Branch: "evil", Author: "mallory", Fork: true, Labels: []string{"qa"}})
		w.commit("dependabot/npm/left-pad", "bump")
		w.commitAs("tidy", "tidy up", "41898282+github-actions[bot]@users.noreply.github.com")
		w.commit("mine", "one")
		w.open(githubsim.NewPull{Branch: "mine", Author: "renovate[bot]", Labels: []string{"qa"}})
		w.drained()
		w.look()
		for branch, want := range map[string]bool{"evil": false, "dependabot/npm/left-pad": bots, "tidy": bots, "mine": true} {
			if got := w.wanted(branch); got != want {
				t.Errorf("programs allowed %v: %s is wanted %v, want %v", bots, branch, got, want)
			}
		}
		if made := w.env("mine").Spec.Pull.Number != 0; made != bots {
			t.Errorf("programs allowed %v: the label of a program's pull request was heeded: %v", bots, made)
		}
		// What is up follows whoever pushes.
		c := w.commitAs("mine", "format", "41898282+github-actions[bot]@users.noreply.github.com")
		w.drained()
		if w.env("mine").Spec.Commit != c {
			t.Error("a program's push to what is up was not followed")
		}
		w.stop()
	}
}

// However webhooks are lost, doubled and turned round: after a look what is up is what bears the label.
func TestLabelsInTheEnd(t *testing.T) {
	w := newWorld(t, withLabel)
	w.run()
	manners := []githubsim.Manner{{}, {Lose: true}, {Copies: 1}, {Reverse: true}, {Hold: true}}
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 0))
		branches, numbers := []string{fmt.Sprint("a", seed), fmt.Sprint("b", seed)}, map[string]int{}
		for _, b := range branches {
			w.commit(b, "one")
			numbers[b] = w.open(githubsim.NewPull{Branch: b})
		}
		var done []string
		for range 6 {
			w.hub.SetManner(manners[random.IntN(len(manners))])
			b := branches[random.IntN(2)]
			do := []string{"label", "label", "unlabel", "close", "open", "push", "deliver"}[random.IntN(7)]
			done = append(done, do+" "+b)
			switch do {
			case "label":
				w.edit(numbers[b], githubsim.PullEdit{Label: []string{"qa"}})
			case "unlabel":
				w.edit(numbers[b], githubsim.PullEdit{Unlabel: []string{"qa"}})
			case "close":
				w.edit(numbers[b], githubsim.PullEdit{State: "closed"})
			case "open":
				w.edit(numbers[b], githubsim.PullEdit{State: "open"})
			case "push":
				w.commit(b, "more")
			case "deliver":
				w.drained()
			}
		}
		w.hub.SetManner(githubsim.Manner{Reverse: true})
		w.drained()
		w.look()
		for _, b := range branches {
			p := w.hub.Pulls("acme", "shop")[numbers[b]-1]
			want, e := !p.Closed && len(p.Labels) > 0, w.env(b)
			if got := w.wanted(b); got != want || want && e.Spec.Commit != p.Head {
				t.Fatalf("seed %d: %q: %s wanted %v at %s, want %v at %s\n%+v", seed, done, b, got, e.Spec.Commit, want, p.Head, e.Spec)
			}
		}
	}
}
