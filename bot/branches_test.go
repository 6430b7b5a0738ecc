package bot

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qabot/bot/githubsim"
	"qabot/store"
)

// want makes an environment of a branch at a commit, as an up would.
func (w *world) want(branch, commit string) {
	w.t.Helper()
	_, _, err := w.bot.wish(w.t.Context(), w.id(branch), asking{
		Verb: verbUp, App: testApp(), Branch: branch, Commit: commit, By: w.slack.UserID("ana"), Channel: w.slack.ChannelID("qa"),
		Key: "want/" + branch + commit, At: w.bot.opt.Now(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// look compares branches with environments once.
func (w *world) look() {
	w.t.Helper()
	if err := w.bot.branches.pass(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// Every webhook is lost; within one look the store is where the repository is.
func TestLostWebhooks(t *testing.T) {
	w := newWorld(t, nil)
	w.hub.SetWebhook("", "")
	w.look()
	first := w.commit("feature/moved", "1")
	w.commit("feature/gone", "1")
	w.commit("feature/same", "1")
	w.commit("feature/nobody", "1")
	w.want("feature/moved", first)
	w.want("feature/gone", w.git("rev-parse", "refs/heads/feature/gone"))
	w.want("feature/same", w.git("rev-parse", "refs/heads/feature/same"))
	moved := w.commit("feature/moved", "2")
	w.git("update-ref", "-d", "refs/heads/feature/gone")
	fresh := w.commit("qa/new", "1")

	w.look()
	w.look() // finds nothing to do
	for branch, want := range map[string]struct {
		commit   string
		version  int64
		released bool
	}{
		"feature/moved": {moved, 2, false}, "feature/gone": {w.env("feature/gone").Spec.Commit, 2, true},
		"feature/same": {w.env("feature/same").Spec.Commit, 1, false}, "feature/nobody": {"", 0, false}, "qa/new": {fresh, 1, false},
	} {
		s := w.env(branch).Spec
		if s.Commit != want.commit || s.Version != want.version || s.Released != want.released {
			t.Errorf("%s: commit %s, version %d, released %v; want %+v", branch, s.Commit, s.Version, s.Released, want)
		}
	}
}

// What a person took down stays down until somebody pushes.
func TestTakenDownStaysDown(t *testing.T) {
	w := newWorld(t, nil)
	w.hub.SetWebhook("", "")
	w.look()
	w.commit("qa/x", "1")
	w.look()
	if _, _, err := w.bot.wish(t.Context(), w.id("qa/x"), asking{Verb: verbDown, App: testApp(), Branch: "qa/x", Key: "down", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	w.look()
	if !w.env("qa/x").Spec.Released {
		t.Fatal("it came back by itself")
	}
	w.commit("qa/x", "2")
	w.look()
	if w.env("qa/x").Spec.Released {
		t.Error("a push did not bring it up again")
	}
}

// Nothing that GitHub may say in trouble takes an environment down.
func TestTroubleReleasesNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.hub.SetWebhook("", "")
	w.want("feature/x", w.commit("feature/x", "1"))
	for reason, fault := range map[string][]githubsim.Fault{
		"GitHub is down":                     {{Status: 503}},
		"the list fails":                     {{Path: "matching-refs", Status: 500}},
		"the answer breaks off":              {{Cut: true}},
		"too much was asked":                 {{Limit: githubsim.PrimaryLimit}},
		"too much was asked at once":         {{Limit: githubsim.SecondaryLimit}},
		"the repository cannot be confirmed": {{Path: "/repos/acme/shop/git/ref/", Status: 502}},
	} {
		w.bot.branches = newBranches(w.bot)
		w.bot.github, _ = newGitHub(testToken, nil, w.bot.opt.GitHub.APIURL) // forget the rate limit that the client remembers
		w.hub.Fail(fault...)
		_ = w.bot.branches.pass(t.Context()) // an error is fine
		if e := w.env("feature/x"); e.Spec.Released || e.Spec.Version != 1 {
			t.Errorf("%s: %+v", reason, e.Spec)
		}
		w.bot.github.close()
	}
}

// fakeGitHub answers as a token without rights, or a list cut short, would make GitHub answer.
func TestAmbiguousAnswersReleaseNothing(t *testing.T) {
	cases := []struct {
		reason   string
		answers  map[string]int // status by part of the path
		released bool
	}{
		{"empty list, branch is there", map[string]int{"matching-refs": 200, "/git/ref/": 200, "/repos/acme/shop": 200}, false},
		{"404 for everything: the token lost its rights", map[string]int{"matching-refs": 404, "/git/ref/": 404, "/repos/acme/shop": 404}, false},
		{"empty list, branch and repository 404", map[string]int{"matching-refs": 200, "/git/ref/": 404, "/repos/acme/shop": 404}, false},
		{"empty list, branch 404, repository forbidden", map[string]int{"matching-refs": 200, "/git/ref/": 404, "/repos/acme/shop": 403}, false},
		{"empty list, branch 403", map[string]int{"matching-refs": 200, "/git/ref/": 403, "/repos/acme/shop": 200}, false},
		{"branch 404 and the repository is there", map[string]int{"matching-refs": 200, "/git/ref/": 404, "/repos/acme/shop": 200}, true},
	}
	for _, c := range cases {
		hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, part := range []string{"matching-refs", "/git/ref/", "/repos/acme/shop"} {
				if !strings.Contains(r.URL.Path, part) {
					continue
				}
				w.WriteHeader(c.answers[part])
				switch {
				case c.answers[part] != 200:
					w.Write([]byte(`{"message":"no"}`))
				case part == "matching-refs":
					w.Write([]byte(`[]`))
				case part == "/git/ref/":
					json.NewEncoder(w).Encode(map[string]any{"ref": "refs/heads/feature/x", "object": map[string]any{"sha": commit1}})
				default:
					w.Write([]byte(`{"full_name":"acme/shop"}`))
				}
				return
			}
		}))
		b, s := offline(t, func(o *Options) { o.GitHub.APIURL = hub.URL })
		id := b.id(testApp(), "feature/x")
		if _, err := s.Want(t.Context(), id, func(s *store.Spec) ([]store.Event, error) {
			*s = store.Spec{App: "shop", Repo: testRepo, Branch: "feature/x", Commit: commit1, Generation: 1, Asked: store.Asked{Verb: verbUp, Channel: "C1"}}
			return nil, nil
		}); err != nil {
			t.Fatal(err)
		}
		_ = b.branches.pass(t.Context())
		e, err := s.Get(t.Context(), id)
		if err != nil || e.Spec.Released != c.released {
			t.Errorf("%s: released %v, %v; want %v", c.reason, e.Spec.Released, err, c.released)
		}
		hub.Close()
	}
}

func TestSharedPrefix(t *testing.T) {
	live := func(names ...string) (out []store.Environment) {
		for _, n := range names {
			out = append(out, store.Environment{Spec: store.Spec{Branch: n}})
		}
		return out
	}
	cases := []struct {
		deploys []string
		live    []string
		want    string
	}{
		{[]string{"qa/*"}, nil, "qa/"}, {[]string{"qa/*", "qa-*"}, nil, "qa"}, {[]string{"qa/*"}, []string{"main"}, ""},
		{nil, []string{"feature/a", "feature/b"}, "feature/"}, {nil, []string{"ü/a", "ú/a"}, ""}, {[]string{"*"}, nil, ""},
	}
	for _, c := range cases {
		if got := sharedPrefix(App{Deploys: c.deploys}, live(c.live...)); got != c.want {
			t.Errorf("sharedPrefix(%v, %v) = %q, want %q", c.deploys, c.live, got, c.want)
		}
	}
}
