package bot

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/store"
)

// shown is what GitHub shows of one branch's environment.
type shown struct {
	*world
	branch string
	pull   int

	ahead *atomic.Int64 // of the real time, in nanoseconds
	said  *logbook
}

// newHub is a world in which GitHub is told in these ways, with a pull request of the branch.
func newHub(t testing.TB, ho githubsim.Options, tell ...string) *shown {
	t.Helper()
	ahead, said := &atomic.Int64{}, &logbook{}
	w := newWorldOn(t, ho, func(o *Options, _ *slacksim.Options) {
		o.Apps[0].Tell = tell
		if ho.App != nil {
			withApp(o, nil)
		}
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		o.Log = slog.New(slog.NewTextHandler(said, nil))
	})
	w.bot.reporter.budget.SetLimit(rate.Inf)
	w.bot.narrator.budget.edits.SetLimit(rate.Inf)
	w.commit("main", "first")
	h := w.branch("feature/x")
	h.ahead, h.said = ahead, said
	return h
}

// later lets time pass.
func (h *shown) later(d time.Duration) { h.ahead.Add(int64(d)) }

// logbook keeps what was logged.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// branch makes a branch with one commit and a pull request.
func (w *world) branch(name string) *shown {
	w.t.Helper()
	w.commit(name, "1 of "+name)
	h := &shown{world: w, branch: name}
	h.openPull()
	return h
}

func (h *shown) openPull() {
	h.t.Helper()
	p, err := h.hub.OpenPull(h.t.Context(), "acme", "shop", githubsim.NewPull{Title: h.branch, Branch: h.branch, Base: "main", Author: "ben"})
	if err != nil {
		h.t.Fatal(err)
	}
	h.pull = p.Number
	h.bot.github.forgetPulls() // a minute later
}

// told tells GitHub everything there is to tell.
func (h *shown) told(r *reporter) {
	h.t.Helper()
	if again, err := h.try(r); err != nil || again > 0 {
		h.t.Fatalf("tell GitHub of %s: again in %s, %v", h.branch, again, err)
	}
}

func (h *shown) try(r *reporter) (again time.Duration, err error) {
	h.t.Helper()
	h.narrate(h.bot.narrator, h.branch)
	again, _, err = r.tell(h.t.Context(), h.id(h.branch), func() bool { return false })
	return again, err
}

// states are what GitHub was told of each commit's deployment, by the commit, oldest first.
func (h *shown) states() map[string][]string {
	h.t.Helper()
	out := map[string][]string{}
	for _, d := range h.hub.Deployments("acme", "shop") {
		if d.Environment != placeOf(h.id(h.branch)) {
			continue
		}
		if out[d.Commit] != nil {
			h.t.Fatalf("two deployments of %s", d.Commit)
		}
		out[d.Commit] = []string{}
		for _, s := range d.Statuses {
			out[d.Commit] = append(out[d.Commit], s.State)
		}
	}
	return out
}

// statuses are what GitHub was told of a commit, oldest first.
func (h *shown) statuses(commit string) (out []string) {
	h.t.Helper()
	for _, s := range h.hub.Statuses("acme", "shop", commit) {
		if s.Context != "qa/shop" {
			h.t.Fatalf("a status of %s", s.Context)
		}
		out = append(out, s.State)
	}
	return out
}

// comment is the one comment on the pull request.
func (h *shown) comment() string {
	h.t.Helper()
	all := h.hub.Comments("acme", "shop", h.pull)
	if len(all) != 1 {
		h.t.Fatalf("%d comments: %+v", len(all), all)
	}
	return all[0].Body
}

func (h *shown) wants(what string, got, want any) {
	h.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

// push moves the branch and wishes for its newest commit.
func (h *shown) push() string {
	h.t.Helper()
	c := h.commit(h.branch, fmt.Sprintf("%d of %s", h.tick, h.branch))
	h.want(h.branch, c)
	return c
}

func (h *shown) down() {
	h.t.Helper()
	_, _, err := h.bot.wish(h.t.Context(), h.id(h.branch), asking{Verb: verbDown, App: testApp(), Branch: h.branch, By: h.slack.UserID("ana"), Key: fmt.Sprint(h.branch, "down", h.tick), At: h.bot.opt.Now()})
	if err != nil {
		h.t.Fatal(err)
	}
}

func migrationFailed(st *store.Status) {
	st.Seen["migration"] = store.Observation{State: store.Failed, Detail: store.Say(store.MigrationFailed, "migrate"), URL: "https://logs.example.com/x"}
}

// The life of an environment as GitHub is told it.
func TestGitHubIsToldOfALife(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	r := h.bot.reporter
	one := h.push()
	h.told(r)
	h.wants("wished for", h.states(), map[string][]string{one: {ghQueued}})
	h.provision(h.branch, all(store.Working))
	h.told(r)
	h.provision(h.branch, serve(one), store.Event{Key: "m", Code: store.EventMigrated, Commit: one, Took: time.Second})
	h.told(r)
	h.wants("up", h.states(), map[string][]string{one: {ghQueued, ghInProgress, ghSuccess}})
	h.wants("up", h.statuses(one), []string{ghPending, ghSuccess})
	if c := h.comment(); !strings.HasPrefix(c, commentMark(h.id(h.branch))) || !strings.Contains(c, "✅ Up") || !strings.Contains(c, "<http://app.qa.example.com>") || !strings.Contains(c, "stayed as it was") {
		t.Errorf("the comment is\n%s", c)
	}
	d := h.hub.Deployments("acme", "shop")[0]
	last := d.Statuses[len(d.Statuses)-1]
	if !d.Transient || d.Production || d.Ref != one || last.EnvironmentURL != "http://app.qa.example.com" || !strings.Contains(last.LogURL, "/archives/") {
		t.Errorf("the deployment is %+v", d)
	}

	two := h.push()
	h.provision(h.branch, func(st *store.Status) { all(store.Working)(st); st.Serving = one })
	h.told(r)
	h.wants("pushed", h.states(), map[string][]string{one: {ghQueued, ghInProgress, ghSuccess}, two: {ghInProgress}})
	h.provision(h.branch, func(st *store.Status) { all(store.Ready)(st); migrationFailed(st); st.Serving = one },
		store.Event{Key: "f", Code: store.EventFailed, Kind: "migration", Generation: h.env(h.branch).Spec.Generation, Lines: []string{"no @column"}, URL: "https://logs.example.com/x"})
	h.told(r)
	h.wants("failed", h.states(), map[string][]string{one: {ghQueued, ghInProgress, ghSuccess}, two: {ghInProgress, ghFailure}})
	h.wants("failed", h.statuses(two), []string{ghPending, ghFailure})
	if c := h.comment(); !strings.Contains(c, "❌") || !strings.Contains(c, "```\nno @column\n```") || !strings.Contains(c, "/qa retry feature/x") || !strings.Contains(c, sha(one)) {
		t.Errorf("the comment is\n%s", c)
	}

	three := h.push()
	h.provision(h.branch, all(store.Working))
	h.told(r)
	four := h.push() // before the third was up
	h.provision(h.branch, serve(four))
	h.told(r)
	h.wants("repaired", h.states(), map[string][]string{
		one: {ghQueued, ghInProgress, ghSuccess, ghInactive}, two: {ghInProgress, ghFailure}, three: {ghInProgress, ghInactive}, four: {ghSuccess},
	})
	h.wants("overtaken", h.statuses(three), []string{ghPending, ghError})
	h.wants("the newest", h.statuses(four), []string{ghSuccess})

	h.down()
	h.provision(h.branch, all(store.Leaving))
	h.told(r)
	h.wants("leaving", h.states()[four], []string{ghSuccess, ghInactive})
	if c := h.comment(); !strings.Contains(c, "Taking down") {
		t.Errorf("the comment is\n%s", c)
	}
	h.provision(h.branch, all(store.Absent))
	h.told(r)
	h.wants("deleted", h.states(), map[string][]string{})
	h.wants("places", len(h.hub.Environments("acme", "shop")), 0)
	h.wants("down", h.statuses(four), []string{ghSuccess, ghSuccess})
	h.wants("served before", h.statuses(one), []string{ghPending, ghSuccess, ghSuccess})
	h.wants("overtaken", h.statuses(three), []string{ghPending, ghError})
	if c := h.comment(); !strings.Contains(c, "Taken down") {
		t.Errorf("the comment is\n%s", c)
	}

	five := h.push() // and up again, in the same comment
	h.provision(h.branch, serve(five))
	h.told(r)
	h.wants("again", h.states(), map[string][]string{five: {ghSuccess}})
	if c := h.comment(); !strings.Contains(c, "✅ Up") {
		t.Errorf("the comment is\n%s", c)
	}
	if changed, err := h.store.Unreported(t.Context()); err != nil || len(changed) != 0 {
		t.Errorf("still to be told: %v, %v", changed, err)
	}
}

// Only what is served is a success: until then it is on its way.
func TestSuccessIsWhatIsServed(t *testing.T) {
	h := newHub(t, githubsim.Options{}, TellDeployments, TellStatuses)
	one := h.push()
	h.provision(h.branch, func(st *store.Status) { all(store.Ready)(st); st.Serving = "another" })
	h.told(h.bot.reporter)
	h.wants("all ready, another commit served", h.states()[one], []string{ghInProgress})
	h.wants("all ready, another commit served", h.statuses(one), []string{ghPending})
	h.wants("comments", len(h.hub.Comments("acme", "shop", h.pull)), 0)
}

// A stage that goes on is no news for GitHub, however often it is looked at.
func TestStagesAreNoNews(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	one := h.push()
	h.provision(h.branch, all(store.Working))
	h.told(h.bot.reporter)
	before := h.hub.Comments("acme", "shop", h.pull)
	for i := range 20 {
		h.provision(h.branch, func(st *store.Status) {
			all(store.Working)(st)
			st.Seen["image"] = store.Observation{State: store.Working, Detail: store.Say(store.BuildRunning, fmt.Sprint("step ", i)), Began: time.Now()}
			st.Seen["schema"] = store.Observation{State: []store.State{store.Ready, store.Working}[i%2]}
		}, store.Event{Key: fmt.Sprint("t", i), Code: store.EventTrouble, Detail: store.Say(store.Unreachable, "MySQL")})
		h.told(h.bot.reporter)
	}
	h.wants("deployment", h.states(), map[string][]string{one: {ghInProgress}})
	h.wants("statuses", h.statuses(one), []string{ghPending})
	h.wants("comments", h.hub.Comments("acme", "shop", h.pull), before)
}

// What sleeps is not served, and comes back.
func TestAsleepAndAwake(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	one := h.push()
	h.provision(h.branch, serve(one))
	h.told(h.bot.reporter)
	rest := func(verb string) {
		_, _, err := h.bot.wish(t.Context(), h.id(h.branch), asking{Verb: verb, App: testApp(), Branch: h.branch, By: h.slack.UserID("ana"), Key: verb, At: h.bot.opt.Now()})
		if err != nil {
			t.Fatal(err)
		}
	}
	rest(verbSleep)
	h.provision(h.branch, func(st *store.Status) { serve(one)(st); st.Asleep = true })
	h.told(h.bot.reporter)
	h.wants("asleep", h.states()[one], []string{ghSuccess, ghInactive})
	if c := h.comment(); !strings.Contains(c, "💤") || !strings.Contains(c, "/qa wake feature/x") {
		t.Errorf("the comment is\n%s", c)
	}
	rest(verbWake)
	h.provision(h.branch, func(st *store.Status) { serve(one)(st); st.Asleep = false })
	h.told(h.bot.reporter)
	h.wants("awake", h.states()[one], []string{ghSuccess, ghInactive, ghSuccess})
	h.wants("the commit", h.statuses(one)[0], ghSuccess)
}

// A comment that was deleted by hand is written anew; one on a pull request that comes later is written then.
func TestCommentsComeAndGo(t *testing.T) {
	h := newHub(t, githubsim.Options{}, TellComments)
	r := h.bot.reporter
	one := h.push()
	h.provision(h.branch, all(store.Working))
	h.told(r)
	if _, err := h.bot.github.client.Issues.DeleteComment(t.Context(), "acme", "shop", h.hub.Comments("acme", "shop", h.pull)[0].ID); err != nil {
		t.Fatal(err)
	}
	h.provision(h.branch, serve(one))
	h.told(r)
	h.comment()

	h.commit("next", "another base")
	second, err := h.hub.OpenPull(t.Context(), "acme", "shop", githubsim.NewPull{Title: "to next", Branch: h.branch, Base: "next", Author: "ben"})
	if err != nil {
		t.Fatal(err)
	}
	h.bot.github.forgetPulls() // a minute later
	h.wants("environments with a pull request to comment on", r.uncommented(t.Context()), []store.ID{h.id(h.branch)})
	h.told(r)
	h.wants("comments on the second", len(h.hub.Comments("acme", "shop", second.Number)), 1)
	h.wants("environments with a pull request to comment on", len(r.uncommented(t.Context())), 0)
	h.comment()
}

// A fresh store finds the comment and the deployments of the one before; another person's comment with the same mark is
// nobody's of ours.
func TestStoreIsLost(t *testing.T) {
	for speaker, as := range map[string]*githubsim.App{"token": nil, "App": {}} {
		t.Run(speaker, func(t *testing.T) { losesStore(t, newHub(t, githubsim.Options{App: as}, Tells()...)) })
	}
}

func losesStore(t *testing.T, h *shown) {
	mark := commentMark(h.id(h.branch))
	if _, err := h.hub.Comment("acme", "shop", h.pull, mark+"\nnot yours", "mallory"); err != nil {
		t.Fatal(err)
	}
	zero, one := h.commit(h.branch, "0"), h.push()
	if _, err := h.bot.github.deploy(t.Context(), "acme/shop", placeOf(h.id(h.branch)), zero); err != nil {
		t.Fatal(err)
	}
	id, err := h.bot.github.comment(t.Context(), "acme/shop", h.pull, mark+"\nold")
	if err != nil {
		t.Fatal(err)
	}
	h.provision(h.branch, serve(one))
	h.told(h.bot.reporter)
	h.wants("deployments", h.states(), map[string][]string{zero: {ghInactive}, one: {ghSuccess}})
	all := h.hub.Comments("acme", "shop", h.pull)
	if len(all) != 2 || all[0].Body != mark+"\nnot yours" || all[1].ID != id || !strings.Contains(all[1].Body, "✅ Up") {
		t.Errorf("comments: %+v", all)
	}
}

// A pull request from a fork's branch of the same name is not this branch's.
func TestForksAreNotCommentedOn(t *testing.T) {
	h := newHub(t, githubsim.Options{}, TellComments)
	p, err := h.hub.OpenPull(t.Context(), "acme", "shop", githubsim.NewPull{Title: "mine", Branch: h.branch, Base: "main", Author: "mallory", Fork: true})
	if err != nil {
		t.Fatal(err)
	}
	h.provisionUp()
	h.told(h.bot.reporter)
	h.comment()
	h.wants("comments on the fork's", len(h.hub.Comments("acme", "shop", p.Number)), 0)
}

func (h *shown) provisionUp() string {
	h.t.Helper()
	c := h.push()
	h.provision(h.branch, serve(c))
	return c
}

// Of two replicas one tells.
func TestOneReplicaTells(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	h.provisionUp()
	h.narrate(h.bot.narrator, h.branch)
	claim, err := h.store.ClaimName(t.Context(), store.Reporting(h.id(h.branch)), "another")
	if err != nil || claim == nil {
		t.Fatal(claim, err)
	}
	if again, err := h.try(h.bot.reporter); err != nil || again <= 0 || len(h.states()) != 0 {
		t.Errorf("again in %s, %v; told %v", again, err, h.states())
	}
	if err := h.store.Release(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	h.told(h.bot.reporter)
}

// GitHub is told by itself, within its look, by the bot that runs.
func TestBotTellsGitHub(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	h.run()
	h.type_("ana", "qa", "/qa up feature/x")
	h.await("the wish", func() bool { return h.env(h.branch).Spec.Commit != "" })
	h.provision(h.branch, serve(h.env(h.branch).Spec.Commit))
	h.await("a comment", func() bool {
		all := h.hub.Comments("acme", "shop", h.pull)
		return len(all) == 1 && strings.Contains(all[0].Body, "✅ Up")
	})
	h.commit("next", "another base")
	second, err := h.hub.OpenPull(t.Context(), "acme", "shop", githubsim.NewPull{Title: "to next", Branch: h.branch, Base: "next", Author: "ben"})
	if err != nil {
		t.Fatal(err)
	}
	h.deliver()
	h.await("a comment on the pull request that came later", func() bool { return len(h.hub.Comments("acme", "shop", second.Number)) == 1 })
	h.stop()
	h.wants("deployment", h.states()[h.env(h.branch).Spec.Commit][len(h.states()[h.env(h.branch).Spec.Commit])-1], ghSuccess)
}

// Where nothing is to be told, GitHub hears nothing.
func TestNothingIsTold(t *testing.T) {
	h := newHub(t, githubsim.Options{})
	h.provisionUp()
	h.told(h.bot.reporter)
	h.wants("deployments", len(h.states()), 0)
	h.wants("comments", len(h.hub.Comments("acme", "shop", h.pull)), 0)
	if h.bot.tells() {
		t.Error("the reporter would run")
	}
}
