package bot

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"qabot/bot/slacksim"
)

// Both ways of speaking work with GitHub's own API and with that of an Enterprise server.
func TestTokenAndApp(t *testing.T) {
	for _, base := range []string{"/", "/api/v3/"} {
		for reason, change := range map[string]func(*Options, *slacksim.Options){"token": func(*Options, *slacksim.Options) {}, "App": withApp} {
			w := newWorld(t, every(change, func(o *Options, _ *slacksim.Options) { o.GitHub.APIURL = base }))
			c := w.commit("qa/x", "one")
			if got, found, err := w.bot.github.head(t.Context(), testRepo, "qa/x"); err != nil || !found || got != c {
				t.Errorf("%s at %s: %q, %v, %v", reason, base, got, found, err)
			}
			if err := w.bot.CheckGitHub(t.Context()); err != nil {
				t.Errorf("%s at %s: %v", reason, base, err)
			}
			w.bot.github.close()
		}
	}
}

func TestInstallationOfTheConfiguration(t *testing.T) {
	w := newWorld(t, withApp)
	id := w.hubInstallation()
	app := *w.bot.opt.GitHub.App
	for installation, want := range map[int64]error{id: nil, id + 1: errNotInstalled} {
		app.Installation = installation
		gh, err := newGitHub("", &app, w.bot.opt.GitHub.APIURL)
		must0(t, err)
		if err := gh.readable(t.Context(), testRepo); !errors.Is(err, want) {
			t.Errorf("installation %d: %v, want %v", installation-id, err, want)
		}
		gh.close()
	}
}

// hubInstallation is the ID under which the App is installed on acme.
func (w *world) hubInstallation() int64 {
	w.t.Helper()
	in, _, err := w.bot.github.app.Apps.FindRepositoryInstallation(w.t.Context(), "acme", "shop")
	must0(w.t, err)
	return in.GetID()
}

// Each account has an installation of its own; many calls at once share them.
func TestTwoInstallations(t *testing.T) {
	w := newWorld(t, every(withApp, func(o *Options, _ *slacksim.Options) {
		other := testApp()
		other.Name, other.Repo = "site", "globex/site"
		o.Apps = append(o.Apps, other)
	}))
	if err := w.bot.CheckGitHub(t.Context()); err == nil || !strings.Contains(err.Error(), "globex/site") || strings.Contains(err.Error(), "acme/shop") {
		t.Errorf("check before the second installation: %v", err)
	}
	if _, err := w.hub.Install("globex"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, repo := range []string{testRepo, "globex/site", testRepo, "globex/site", "Acme/Shop", testRepo} {
		wg.Go(func() {
			if err := w.bot.github.readable(t.Context(), repo); err != nil {
				t.Errorf("%s: %v", repo, err)
			}
		})
	}
	wg.Wait()
}

// An App that was taken away is an error that says so, and nobody's branch is gone. Put back, it goes on by itself.
func TestInstallationRemoved(t *testing.T) {
	w := newWorld(t, withApp)
	w.hub.SetWebhook("", "")
	w.want("feature/x", w.commit("feature/x", "one"))
	w.look()
	for reason, change := range map[string]func(away bool) error{
		"suspended": func(away bool) error { return w.hub.Suspend("acme", away) },
		"removed": func(away bool) error {
			if away {
				return w.hub.Uninstall("acme")
			}
			_, err := w.hub.Install("acme")
			return err
		},
	} {
		must0(t, change(true))
		if _, found, err := w.bot.github.head(t.Context(), testRepo, "feature/x"); found || err == nil {
			t.Errorf("%s: found %v, %v", reason, found, err)
		}
		// The token that was given before may be refused first; the next call finds out why.
		if err := w.bot.branches.pass(t.Context()); err == nil {
			t.Errorf("%s: the look met no error", reason)
		}
		if e := w.env("feature/x"); e.Spec.Released {
			t.Fatalf("%s: the environment was taken down", reason)
		}
		must0(t, change(false))
		w.await(reason+" and put back", func() bool {
			_, found, err := w.bot.github.head(t.Context(), testRepo, "feature/x")
			return found && err == nil
		})
	}
}

func TestAppRefused(t *testing.T) {
	w := newWorld(t, withApp)
	for reason, app := range map[string]GitHubApp{"another ID": {ID: 1, Key: w.bot.opt.GitHub.App.Key}} {
		gh, err := newGitHub("", &app, w.bot.opt.GitHub.APIURL)
		must0(t, err)
		w.bot.github.close()
		w.bot.github = gh
		if err := w.bot.CheckGitHub(t.Context()); !errors.Is(err, errAppRefused) || !strings.Contains(err.Error(), "github.app.id") {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := newGitHub("", &GitHubApp{ID: 1, Key: []byte("no key")}, w.bot.opt.GitHub.APIURL); err == nil {
		t.Error("a key that is none was taken")
	}
}

func TestEventsOfAnotherInstallation(t *testing.T) {
	app := testGitHubApp()
	app.Installation = 5
	b, _ := offline(t, func(o *Options) { o.GitHub.App = app })
	for payload, want := range map[string]string{
		`{"ref":"refs/heads/qa/x","repository":{"full_name":"acme/shop"},"installation":{"id":5}}`: "kept",
		`{"ref":"refs/heads/qa/x","repository":{"full_name":"acme/shop"},"installation":{"id":6}}`: "this installation is not configured",
		`{"ref":"refs/heads/qa/x","repository":{"full_name":"acme/shop"}}`:                         "kept",
	} {
		said, err := b.take(t.Context(), delivery{ID: "guid-" + newReference(), Event: "push", Payload: []byte(payload)})
		if err != nil || said != want {
			t.Errorf("%s: %q, %v; want %q", payload, said, err, want)
		}
	}
}
