package bot

import (
	"strconv"
	"strings"
	"testing"

	"qabot/store/storetest"
)

// hasRepo tells whether the environment belongs to that repository now, and was not deployed for it.
func (w *world) wantRepo(branch, repo string, generation int64) {
	w.t.Helper()
	s := w.env(branch).Spec
	if s.Repo != repo || s.Generation != generation || s.Released {
		w.t.Errorf("repo %s, generation %d, released %v; want %s, %d", s.Repo, s.Generation, s.Released, repo, generation)
	}
}

// A repository that is renamed or transferred is followed, with its webhooks and without them, and nothing is deployed for it.
func TestRepositoryMoves(t *testing.T) {
	for _, c := range []struct {
		reason, repo string
		move         func(w *world) error
	}{
		{"renamed", "acme/store", func(w *world) error { return w.hub.Rename("acme", "shop", "store", "ben") }},
		{"transferred", "globex/shop", func(w *world) error { return w.hub.Transfer("acme", "shop", "globex", "ben") }},
	} {
		for _, lost := range []bool{false, true} {
			w := newWorld(t, nil)
			if lost {
				w.hub.SetWebhook("", "")
			} else {
				w.run()
			}
			c1 := w.commit("qa/x", "one")
			w.want("qa/x", c1)
			w.look()
			must0(t, c.move(w))
			if lost {
				w.look()
			} else {
				w.deliver()
				w.await("the new name", func() bool { return w.env("qa/x").Spec.Repo == c.repo })
			}
			w.wantRepo("qa/x", c.repo, 1)

			// It goes on under the new name.
			c2 := w.commit("qa/x", "two")
			if lost {
				w.look()
			} else {
				w.deliver()
			}
			w.await(c.reason+": the push", func() bool { return w.env("qa/x").Spec.Commit == c2 })
			w.wantRepo("qa/x", c.repo, 2)
			if !lost {
				w.await("the new link", func() bool { return strings.Contains(string(w.parents("qa")[0].Blocks), c.repo+"/tree/qa/x") })
			}
			// Words know both names.
			for _, repo := range []string{testRepo, c.repo} {
				if got, wrong := parse("up https://github.com/"+repo+"/tree/qa/x", w.bot.apps(), false); wrong != nil || got.Branch != "qa/x" {
					t.Errorf("%s: a link to %s: %+v, %+v", c.reason, repo, got, wrong)
				}
			}
			w.stop()
		}
	}
}

// The old name may be given to another repository: what it says is nobody's business, even after a new start.
func TestOldNameIsAnothersNow(t *testing.T) {
	w := newWorld(t, nil)
	w.want("qa/x", w.commit("qa/x", "one"))
	w.look()
	w.hub.SetWebhook("", "")
	must0(t, w.hub.Rename("acme", "shop", "store", "ben"))
	w.look()
	bare, err := w.hub.AddRepository("acme", "shop")
	must0(t, err)
	w.bare, bare = bare, w.bare
	w.commit("qa/theirs", "another repository's")
	w.commit("qa/x", "theirs too")
	w.bare = bare

	again, err := New(w.bot.opt, w.store) // its configuration has the old name still
	must0(t, err)
	w.bot.github.close()
	w.bot = again
	w.look()
	w.wantRepo("qa/x", "acme/store", 1)
	if v := w.env("qa/theirs").Spec.Version; v != 0 {
		t.Error("a branch of another repository was brought up")
	}
	c := w.commit("qa/x", "two")
	w.look()
	if got := w.env("qa/x").Spec.Commit; got != c {
		t.Errorf("commit %s, want that of the repository that was renamed, %s", got, c)
	}
	known := w.bot.repos.of(w.app())
	for id, want := range map[int64]string{known.ID + 1: "this repository is not configured", known.ID: "kept"} {
		body := strings.Replace(string(pushBody("acme/shop", "refs/heads/qa/x", false)), `"full_name"`, `"id":`+strconv.FormatInt(id, 10)+`,"full_name"`, 1)
		if said, err := w.bot.take(t.Context(), delivery{ID: strconv.FormatInt(id, 10), Event: "push", Payload: []byte(body)}); err != nil || said != want {
			t.Errorf("a push in repository %d: %q, %v; want %q", id, said, err, want)
		}
	}
}

// A repository that was deleted and made anew under its name has another number, and the configuration means it.
func TestRepositoryMadeAnew(t *testing.T) {
	w := newWorld(t, nil)
	claim, err := w.store.ClaimName(t.Context(), "branches", "before")
	must0(t, err)
	must0(t, w.store.SetMark(t.Context(), claim, markOf(w.app()), repository{ID: 1, Name: testRepo}))
	must0(t, w.store.Release(t.Context(), claim))
	w.look()
	c := w.commit("qa/x", "one")
	w.look()
	if got := w.env("qa/x").Spec.Commit; got != c {
		t.Errorf("commit %s, want %s", got, c)
	}
	if known := w.bot.repos.of(w.app()); known.ID == 1 || known.Name != testRepo {
		t.Errorf("it is known as %+v", known)
	}
	w.want("qa/y", w.commit("qa/y", "one"))
	must0(t, w.hub.Delete("acme", "shop", "ben"))
	if err := w.bot.branches.pass(t.Context()); err == nil {
		t.Error("a repository that is gone is no error")
	}
	if w.env("qa/y").Spec.Released {
		t.Error("a repository that is not shown took an environment down")
	}
}

// What one replica found out, the others read.
func TestNamesAreShared(t *testing.T) {
	w := newWorld(t, nil)
	w.look()
	must0(t, w.hub.Rename("acme", "shop", "store", "ben"))
	w.look()
	other, err := New(w.bot.opt, w.store)
	must0(t, err)
	defer other.github.close()
	must0(t, other.recall(t.Context()))
	if a := other.apps()[0]; a.Repo != "acme/store" || a.configured() != "acme/shop" || !a.is("ACME/shop") || !a.is("acme/Store") || a.is("acme/other") {
		t.Errorf("app %+v", a)
	}
}

func TestRecallWithoutStore(t *testing.T) {
	s := storetest.Open(t)
	b, _ := offline(t, nil)
	b.store = s
	must0(t, s.Close())
	if err := b.recall(t.Context()); err == nil {
		t.Error("a store that is closed was read")
	}
}
