package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/time/rate"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/store"
	"qabot/store/storetest"
)

const (
	testRepo    = "acme/shop"
	testSecret  = "a webhook secret"
	testToken   = "ghp_test"
	testInstall = "test"
)

func testStages() [][]store.Kind {
	return [][]store.Kind{
		{"image", "schema", "keyspace", "route/app", "route/admin"}, {"migration"}, {"service/app", "service/admin"},
	}
}

func testApp() App {
	return App{Name: "shop", Repo: testRepo, Deploys: []string{"qa/*"}, Channel: "qa", TTL: 72 * time.Hour, Stages: testStages()}
}

// world is the real bot between a simulated Slack, a simulated GitHub and a real store. The test plays the provisioner.
type world struct {
	t     testing.TB
	slack *slacksim.Workspace
	hub   *githubsim.Server
	store *store.Store
	bot   *Bot
	bare  string
	tick  int
	email string // of who commits; ben's when empty
	stop  func()
}

// newWorld starts everything but the bot. change, when given, changes the options and the workspace before.
func newWorld(t testing.TB, change func(*Options, *slacksim.Options)) *world {
	t.Helper()
	return newWorldOn(t, githubsim.Options{}, change)
}

// newWorldOn is newWorld with a GitHub of its own kind.
func newWorldOn(t testing.TB, ho githubsim.Options, change func(*Options, *slacksim.Options)) *world {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		goleak.VerifyNone(t, ignore)
	})
	w := &world{t: t, stop: func() {}}
	var o Options
	so := slacksim.Options{AckWithin: patience}
	o.Installation, o.Apps = testInstall, []App{testApp()}
	if testing.Verbose() && os.Getenv("QABOT_LOG") != "" {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
		so.Log = o.Log
	}
	o.GitHub.WebhookSecret, o.GitHub.Token = testSecret, testToken
	if change != nil {
		change(&o, &so)
	}
	w.slack = slacksim.New(so)
	slackServer := httptest.NewServer(w.slack.Handler())
	o.Slack.BotToken, o.Slack.AppToken, o.Slack.APIURL = w.slack.BotToken(), w.slack.AppToken(), slackServer.URL+"/api/"

	ho.Dir, ho.Token, ho.Poll = t.TempDir(), testToken, time.Hour
	if o.GitHub.App != nil {
		ho.App = asHubApp(o.GitHub.App)
	}
	hub, err := githubsim.New(ho)
	if err != nil {
		t.Fatal(err)
	}
	w.hub = hub
	hubServer := httptest.NewServer(hub.Handler())
	for _, app := range o.Apps {
		owner, name, _ := strings.Cut(app.Repo, "/")
		if _, err := hub.AddRepository(owner, name); err != nil {
			t.Fatal(err)
		}
	}
	if ho.App != nil {
		if _, err := hub.Install("acme"); err != nil {
			t.Fatal(err)
		}
	}
	w.bare = hub.Path("acme", "shop")
	o.GitHub.APIURL, o.GitHub.WebURL = hubServer.URL+cmp.Or(o.GitHub.APIURL, "/"), hubServer.URL

	w.store = storetest.Open(t)
	w.bot, err = New(o, w.store)
	if err != nil {
		t.Fatal(err)
	}
	w.bot.narrator.budget.posts = rate.Inf
	w.bot.homes.gap = 0
	w.bot.homes.budget.SetLimit(rate.Inf)
	hook := httptest.NewServer(w.bot.Webhook())
	hub.SetWebhook(hook.URL, testSecret)
	t.Cleanup(func() {
		w.stop()
		hub.Close()
		hook.Close()
		hubServer.Close()
		w.slack.Close()
		slackServer.Close()
		w.bot.slack.client.CloseIdleConnections()
	})
	return w
}

// run starts the bot and waits until it is connected.
func (w *world) run() *world {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.bot.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		w.stop = func() {}
	}
	wait, end := context.WithTimeout(ctx, patience)
	defer end()
	if err := w.slack.AwaitConnections(wait, 1); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// patience bounds every wait of a test; nothing depends on it but how soon a failure is noticed.
const patience = 90 * time.Second

// await polls until ok holds; what says what was waited for.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	timeout := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-timeout:
			w.t.Fatalf("never: %s\n%s", what, w.transcript("qa"))
		}
	}
}

// transcript shows a channel as people see it.
func (w *world) transcript(channel string) string {
	var b strings.Builder
	for _, m := range w.slack.Messages(channel) {
		fmt.Fprintln(&b, line(m))
		for _, r := range m.Replies {
			fmt.Fprintln(&b, "    "+line(r))
		}
	}
	return b.String()
}

func line(m slacksim.Message) string {
	s := m.UserName + ": " + m.Text
	if m.Ephemeral != "" {
		s = "(only " + m.Ephemeral + ") " + s
	}
	return s + "  " + wordsOf(m.Blocks)
}

// wordsOf gives all texts of blocks, so that tests can look for words.
func wordsOf(blocks json.RawMessage) string {
	var v any
	if json.Unmarshal(blocks, &v) != nil {
		return ""
	}
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				out = append(out, s)
			}
			for _, k := range []string{"elements", "text", "accessory"} {
				walk(v[k])
			}
		}
	}
	walk(v)
	return strings.Join(strings.Fields(strings.Join(out, " ")), " ")
}

// whisper finds the newest message that only that user sees.
func (w *world) whisper(user, channel string) slacksim.Message {
	var found slacksim.Message
	id := w.slack.UserID(user)
	for _, m := range w.slack.Messages(channel) {
		if m.Ephemeral == id {
			found = m
		}
		for _, r := range m.Replies {
			if r.Ephemeral == id {
				found = r
			}
		}
	}
	return found
}

func (w *world) type_(user, channel, text string) {
	w.t.Helper()
	if _, err := w.slack.Command(w.t.Context(), user, channel, text); err != nil {
		w.t.Fatalf("%s types %q: %v", user, text, err)
	}
}

// parents are the messages of the bot that everybody in the channel sees.
func (w *world) parents(channel string) []slacksim.Message {
	var out []slacksim.Message
	for _, m := range w.slack.Messages(channel) {
		if m.Bot && m.Ephemeral == "" && m.ThreadTS == "" {
			out = append(out, m)
		}
	}
	return out
}

// heard tells whether some message of the channel, threads and whispers included, holds all the words.
func (w *world) heard(channel string, wanted ...string) bool {
	for _, l := range strings.Split(w.transcript(channel), "\n") {
		all := true
		for _, s := range wanted {
			all = all && strings.Contains(l, s)
		}
		if all {
			return true
		}
	}
	return false
}

func (w *world) git(args ...string) string {
	w.t.Helper()
	w.tick++
	email := cmp.Or(w.email, "ben@example.com")
	cmd := exec.Command("git", append([]string{"--git-dir", w.bare}, args...)...)
	date := fmt.Sprintf("2026-11-24T10:%02d:%02dZ", w.tick/60, w.tick%60)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=ben", "GIT_AUTHOR_EMAIL="+email, "GIT_COMMITTER_NAME=ben",
		"GIT_COMMITTER_EMAIL="+email, "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v (the tests need git)\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit moves a branch to a new commit and gives it. Webhooks go out only with deliver.
func (w *world) commit(branch, subject string) string {
	w.t.Helper()
	const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	w.git("hash-object", "-t", "tree", "-w", "/dev/null")
	args := []string{"commit-tree", emptyTree, "-m", subject}
	if old := w.git("for-each-ref", "--format=%(objectname)", "refs/heads/"+branch); old != "" && !strings.Contains(old, "\n") {
		args = append(args, "-p", old)
	}
	c := w.git(args...)
	w.git("update-ref", "refs/heads/"+branch, c)
	return c
}

func (w *world) deliver() {
	w.t.Helper()
	if err := w.hub.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) id(branch string) store.ID { return store.NewID(testInstall, "shop", branch) }

func (w *world) env(branch string) store.Environment {
	w.t.Helper()
	e, err := w.bot.look(w.t.Context(), w.id(branch))
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// provision plays one pass of the provisioner: every resource is seen in that state, the events are told.
func (w *world) provision(branch string, change func(*store.Status), events ...store.Event) {
	w.t.Helper()
	ctx := w.t.Context()
	var c *store.Claim
	w.await("claim of "+branch, func() bool {
		if err := w.store.Wake(ctx, w.id(branch)); err != nil {
			w.t.Fatal(err)
		}
		var err error
		if c, err = w.store.Claim(ctx, w.id(branch), "test"); err != nil {
			w.t.Fatal(err)
		}
		return c != nil
	})
	for _, e := range events {
		if err := w.store.Tell(ctx, c, e); err != nil {
			w.t.Fatal(err)
		}
	}
	st := c.Status
	st.Version, st.Generation = c.Spec.Version, c.Spec.Generation
	if st.Seen == nil {
		st.Seen = map[store.Kind]store.Observation{}
	}
	change(&st)
	if err := w.store.Settle(ctx, c, st, time.Hour); err != nil {
		w.t.Fatal(err)
	}
	w.bot.Poke(w.id(branch))
}

// all sees every resource in one state.
func all(state store.State) func(*store.Status) {
	return func(st *store.Status) {
		for _, side := range testStages() {
			for _, k := range side {
				o := store.Observation{State: state}
				if k.Sort() == "service" && state == store.Ready {
					o.URL = "http://" + k.Role() + ".qa.example.com"
				}
				st.Seen[k] = o
			}
		}
	}
}

// serve sees everything ready at the commit.
func serve(commit string) func(*store.Status) {
	return func(st *store.Status) {
		all(store.Ready)(st)
		st.Commit, st.Serving = commit, commit
	}
}
