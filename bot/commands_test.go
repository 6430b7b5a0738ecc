package bot

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"qabot/store"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const (
	commit1 = "1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	commit2 = "2222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// environments in every state that matters for a decision, all wished for at commit1.
func environments() map[string]store.Environment {
	at := func(state store.State, change func(*store.Environment)) store.Environment {
		spec := store.Spec{
			App: "shop", Repo: testRepo, Branch: "qa/x", Commit: commit1, Version: 4, Generation: 3, Owner: "UANA",
			ExpiresAt: noon.Add(time.Hour), Asked: store.Asked{Verb: verbUp, By: "UANA", Channel: "CQA", At: noon.Add(-time.Hour)},
		}
		e := store.Environment{ID: "x", Spec: spec, Status: store.Status{
			Version: 4, Generation: 3, Seen: map[store.Kind]store.Observation{"image": {State: state}, "service/app": {State: state}},
		}}
		if change != nil {
			change(&e)
		}
		return e
	}
	release := func(e *store.Environment) { e.Spec.Released = true }
	return map[string]store.Environment{
		"none":      {ID: "x"},
		"deploying": at(store.Working, nil),
		"up":        at(store.Ready, nil),
		"failed":    at(store.Failed, nil),
		"removing":  at(store.Leaving, release),
		"stuck":     at(store.Failed, release),
		"removed":   at(store.Absent, release),
		"expired":   at(store.Ready, func(e *store.Environment) { e.Spec.ExpiresAt = noon.Add(-time.Minute) }),
	}
}

func TestDecide(t *testing.T) {
	cases := []struct {
		state, verb, commit string
		answer              string
		wish                bool // with a new generation
		released            bool // after it
	}{
		{"none", verbUp, commit1, answerStarted, true, false},
		{"removed", verbUp, commit1, answerStarted, true, false},
		{"removing", verbUp, commit1, answerStarted, true, false},
		{"expired", verbUp, commit1, answerStarted, true, false},
		{"up", verbUp, commit1, answerAlreadyUp, false, false},
		{"up", verbUp, commit2, answerMoved, true, false},
		{"deploying", verbUp, commit1, answerOnItsWay, false, false},
		{"deploying", verbUp, commit2, answerMoved, true, false},
		{"failed", verbUp, commit1, answerRetrying, true, false},
		{"failed", verbUp, commit2, answerMoved, true, false},

		{"none", verbDown, "", answerNotThere, false, false},
		{"removed", verbDown, "", answerNotThere, false, true},
		{"removing", verbDown, "", answerLeaving, false, true},
		{"stuck", verbDown, "", answerReleased, true, true},
		{"expired", verbDown, "", answerReleased, true, true},
		{"up", verbDown, "", answerReleased, true, true},
		{"deploying", verbDown, "", answerReleased, true, true},
		{"failed", verbDown, "", answerReleased, true, true},

		{"none", verbRetry, "", answerNotThere, false, false},
		{"removed", verbRetry, "", answerNotThere, false, true},
		{"removing", verbRetry, "", answerLeaving, false, true},
		{"stuck", verbRetry, "", answerRetryingRemoval, true, true},
		{"up", verbRetry, "", answerNothingFailed, false, false},
		{"deploying", verbRetry, "", answerOnItsWay, false, false},
		{"failed", verbRetry, "", answerRetrying, true, false},

		{"none", verbPush, commit1, answerMoved, true, false},
		{"up", verbPush, commit1, answerDone, false, false},
		{"up", verbPush, commit2, answerMoved, true, false},
		{"failed", verbPush, commit1, answerDone, false, false},
		{"removed", verbPush, commit1, answerDone, false, true}, // taken down by a person: stays down
		{"removed", verbPush, commit2, answerMoved, true, false},
		{"up", verbPush, "", answerDone, false, false},

		{"none", verbDeleted, "", answerDone, false, false},
		{"up", verbDeleted, "", answerReleased, true, true},
		{"removing", verbDeleted, "", answerDone, false, true},
	}
	for _, c := range cases {
		e := environments()[c.state]
		a := asking{Verb: c.verb, App: testApp(), Branch: "qa/x", Commit: c.commit, By: "UBEN", Channel: "CX", Key: "k", At: noon}
		d := decide(e, a, noon)
		name := c.verb + " " + c.commit + " when " + c.state
		if d.Answer.Code != c.answer || (d.Next != nil) != c.wish {
			t.Errorf("%s: answer %s, wish %v; want %s, %v", name, d.Answer.Code, d.Next != nil, c.answer, c.wish)
			continue
		}
		if d.Next == nil {
			continue
		}
		n := *d.Next
		if n.Generation != e.Spec.Generation+1 || n.Version != e.Spec.Version || n.Released != c.released {
			t.Errorf("%s: generation %d, version %d, released %v", name, n.Generation, n.Version, n.Released)
		}
		if n.Asked != (store.Asked{Verb: c.verb, By: "UBEN", Channel: "CX", At: noon}) || len(d.Events) == 0 || d.Events[0].Key != askedKey("k") {
			t.Errorf("%s: asked %+v, events %+v", name, n.Asked, d.Events)
		}
		if !n.Released && (!n.ExpiresAt.Equal(noon.Add(72*time.Hour)) && c.verb != verbRetry || n.App != "shop" || n.Repo != testRepo) {
			t.Errorf("%s: spec %+v", name, n)
		}
	}
}

func TestOtherPushesDoNothing(t *testing.T) {
	a := asking{Verb: verbPush, App: testApp(), Branch: "feature/x", Commit: commit2, At: noon}
	if d := decide(store.Environment{ID: "x"}, a, noon); d.Next != nil {
		t.Error("a push of a branch that nobody asked for brought it up")
	}
}

func TestOwnerAndEnd(t *testing.T) {
	e := environments()["up"]
	e.Spec.ExpiresAt = noon.Add(100 * time.Hour)
	d := decide(e, asking{Verb: verbUp, App: testApp(), Branch: "qa/x", Commit: commit2, By: "UBEN", At: noon}, noon)
	if d.Next.Owner != "UANA" || !d.Next.ExpiresAt.Equal(noon.Add(100*time.Hour)) {
		t.Errorf("owner %s, end %s: an up may neither take the environment over nor shorten its life", d.Next.Owner, d.Next.ExpiresAt)
	}
}

// Whatever is asked, in whatever state: a wish changes the generation, keeps the version for the store to raise, and says who
// asked; without a wish there are no events.
func TestDecideAlways(t *testing.T) {
	states := environments()
	rapid.Check(t, func(t *rapid.T) {
		e := states[rapid.SampledFrom([]string{"none", "deploying", "up", "failed", "removing", "stuck", "removed", "expired"}).Draw(t, "state")]
		a := asking{
			Verb:   rapid.SampledFrom([]string{verbUp, verbDown, verbRetry, verbPush, verbDeleted}).Draw(t, "verb"),
			Commit: rapid.SampledFrom([]string{commit1, commit2}).Draw(t, "commit"),
			App:    testApp(), Branch: "qa/x", By: "UBEN", At: noon, Key: "k",
		}
		d := decide(e, a, noon)
		if english().of(d.Answer.Code).Say == "" {
			t.Fatalf("no words for %s", d.Answer.Code)
		}
		if d.Next == nil {
			if len(d.Events) > 0 {
				t.Fatalf("events without a wish: %+v", d.Events)
			}
			return
		}
		if d.Next.Generation <= e.Spec.Generation || d.Next.Version != e.Spec.Version || d.Next.Asked.Verb != a.Verb {
			t.Fatalf("wish %+v", d.Next)
		}
		if a.Verb == verbDeleted && !d.Next.Released || a.Verb == verbDown && !d.Next.Released {
			t.Fatal("not released")
		}
	})
}
