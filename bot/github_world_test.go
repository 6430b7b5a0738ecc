package bot

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"sync"
	"testing"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/store"
)

// appKey is made once: it takes long.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// testGitHubApp is the App that bots of this test act as.
func testGitHubApp() *GitHubApp {
	return &GitHubApp{ID: 4711, Key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(appKey())})}
}

func asHubApp(a *GitHubApp) *githubsim.App {
	return &githubsim.App{ID: a.ID, Slug: "qabot", Key: &appKey().PublicKey}
}

// withApp speaks as a GitHub App instead of with a token.
func withApp(o *Options, _ *slacksim.Options) { o.GitHub.Token, o.GitHub.App = "", testGitHubApp() }

// withLabel gives environments to pull requests that bear the label qa, and to nothing else.
func withLabel(o *Options, _ *slacksim.Options) { o.Apps[0].Deploys, o.Apps[0].Label = nil, "qa" }

// every applies all changes.
func every(changes ...func(*Options, *slacksim.Options)) func(*Options, *slacksim.Options) {
	return func(o *Options, so *slacksim.Options) {
		for _, change := range changes {
			change(o, so)
		}
	}
}

// commitAs is commit by somebody else.
func (w *world) commitAs(branch, subject, email string) string {
	w.t.Helper()
	w.email = email
	defer func() { w.email = "" }()
	return w.commit(branch, subject)
}

// open opens a pull request of the branch, whose author is ben.
func (w *world) open(n githubsim.NewPull) int {
	w.t.Helper()
	if n.Author == "" {
		n.Author = "ben"
	}
	if w.git("for-each-ref", "refs/heads/main") == "" {
		w.commit("main", "init")
	}
	p, err := w.hub.OpenPull(w.t.Context(), "acme", "shop", n)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Number
}

func (w *world) edit(number int, e githubsim.PullEdit) {
	w.t.Helper()
	if e.By == "" {
		e.By = "ben"
	}
	if _, err := w.hub.EditPull(w.t.Context(), "acme", "shop", number, e); err != nil {
		w.t.Fatal(err)
	}
}

// drained delivers what GitHub has to say and waits until it was dealt with.
func (w *world) drained() {
	w.t.Helper()
	w.deliver()
	w.await("letters are read", func() bool {
		lanes, err := w.store.Lanes(w.t.Context())
		return err == nil && len(lanes) == 0
	})
}

// app is the app of the world, as it is called now.
func (w *world) app() App { return w.bot.apps()[0] }

// live tells whether a branch has an environment that somebody wants.
func (w *world) wanted(branch string) bool { return !unwanted(w.env(branch), w.bot.opt.Now()) }

// says does something as a person in Slack would.
func (w *world) says(verb, branch string) {
	w.t.Helper()
	commit := w.git("for-each-ref", "--format=%(objectname)", "refs/heads/"+branch)
	if verb != verbUp {
		commit = ""
	}
	_, _, err := w.bot.wish(w.t.Context(), w.id(branch), asking{
		Verb: verb, App: w.app(), Branch: branch, Commit: commit, By: "U1", Channel: w.slack.ChannelID("qa"),
		Key: "says/" + newReference(), At: w.bot.opt.Now(), From: place{Way: store.WayCommand},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// lines are what a channel shows of the words, for failures.
func (w *world) wantHeard(words ...string) {
	w.t.Helper()
	w.await("told "+strings.Join(words, " "), func() bool { return w.heard("qa", words...) })
}

func must0(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
