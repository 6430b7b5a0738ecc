package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"qabot/bot/slacksim"
	"qabot/store"
)

// oracle answers Questions as it is told to, and remembers what it was asked.
type oracle struct {
	traces      []store.Trace
	apart       store.Apart
	mu          sync.Mutex
	plan        []store.Foreseen
	logs        map[string][]store.Log // by role
	proofs      []store.Proof
	connections store.Connections
	top         store.Top
	fault       error // of every answer
	planned     []store.Environment
	asked       int
}

func (o *oracle) ask() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	return o.fault
}

func (o *oracle) Plan(_ context.Context, env store.Environment) ([]store.Foreseen, error) {
	err := o.ask()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.planned = append(o.planned, env)
	return o.plan, err
}

func (o *oracle) Logs(_ context.Context, _ store.Environment, role string, _ int) ([]store.Log, error) {
	err := o.ask()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.logs[role], err
}

func (o *oracle) Proofs(context.Context, store.Environment) ([]store.Proof, error) {
	err := o.ask()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.proofs, err
}

func (o *oracle) Traces(context.Context) ([]store.Trace, error) { return o.traces, nil }

func (o *oracle) Top(_ context.Context, envs []store.Environment) (store.Top, error) {
	top := o.top
	for _, e := range envs {
		top.Environments = append(top.Environments, store.Use{ID: e.ID, Connections: 1})
	}
	return top, o.ask()
}

func (o *oracle) Apart(context.Context, store.Environment, string) (store.Apart, error) {
	return o.apart, o.ask()
}

func (o *oracle) Connections(context.Context, store.Environment) (store.Connections, error) {
	err := o.ask()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.connections, err
}

// change changes the answers while others may be asking.
func (o *oracle) change(f func(*oracle)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o)
}

func (o *oracle) lastPlanned(t *testing.T) store.Environment {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.planned) == 0 {
		t.Fatal("nobody asked for a plan")
	}
	return o.planned[len(o.planned)-1]
}

func answeredBy(o *oracle) func(*Options, *slacksim.Options) {
	return func(opt *Options, _ *slacksim.Options) { opt.Questions = o }
}

func TestParseLogs(t *testing.T) {
	apps := twoApps()
	for i := range apps {
		apps[i].Stages = testStages()
	}
	for _, c := range []struct {
		text   string
		thread bool
		want   command
	}{
		{"logs qa/x", false, command{Verb: verbLogs, Branch: "qa/x"}},
		{"logs qa/x Admin", false, command{Verb: verbLogs, Branch: "qa/x", Role: "admin"}},
		{"logs shop qa/x admin", false, command{Verb: verbLogs, App: "shop", Branch: "qa/x", Role: "admin"}},
		{"logs shop qa/x", false, command{Verb: verbLogs, App: "shop", Branch: "qa/x"}},
		{"logs admin", false, command{Verb: verbLogs, Branch: "admin"}},
		{"logs admin", true, command{Verb: verbLogs, Role: "admin"}},
		{"logs", true, command{Verb: verbLogs}},
		{"logs qa/x", true, command{Verb: verbLogs, Branch: "qa/x"}},
		{"logs #12 admin", false, command{Verb: verbLogs, Pull: 12, Role: "admin"}},
		{"plan qa/x", false, command{Verb: verbPlan, Branch: "qa/x"}},
	} {
		if got, wrong := parse(c.text, apps, c.thread); wrong != nil || got != c.want {
			t.Errorf("%q in a thread %v: %+v, %+v", c.text, c.thread, got, wrong)
		}
	}
	for text, code := range map[string]string{"logs qa/x cashier": answerNoRole, "logs": answerNoBranch, "log qa/x": answerUnknownVerb, "plan": answerNoBranch} {
		if _, wrong := parse(text, apps, false); wrong == nil || wrong.Code != code {
			t.Errorf("%q: %+v, want %s", text, wrong, code)
		}
	}
}

func TestQuestionsAreNoWishes(t *testing.T) {
	o := &oracle{
		plan: examplePlan(store.Absent, store.Apply), connections: store.Connections{Used: 2, Limit: 9},
		logs: map[string][]store.Log{"app": exampleLogs(), "admin": {{Role: "admin", Container: "web", Lines: []string{"admin says hello"}, Group: "/x"}}},
	}
	w := newWorld(t, answeredBy(o))
	c1 := w.commit("feature/login", "first")
	w.run()

	w.type_("ana", "qa", "plan feature/login")
	w.await("plan", func() bool {
		return w.heard("qa", "only", "would do now, at", c1[:7], "port 20001", "Nothing was made")
	})
	if e := w.env("feature/login"); e.Spec.Version != 0 {
		t.Errorf("a plan wished: %+v", e.Spec)
	}
	if e := o.lastPlanned(t); e.Spec.Commit != c1 || e.Spec.App != "shop" || e.Spec.Generation != 1 || e.ID != w.id("feature/login") {
		t.Errorf("planned as %+v", e)
	}
	m := w.whisper("ana", "qa")
	if err := w.slack.Click(t.Context(), "ana", "qa", m.TS, "qa_pick:0"); err != nil {
		t.Fatal(err)
	}
	w.await("wished by the plan's button", func() bool { return w.env("feature/login").Spec.Version == 1 })
	w.provision("feature/login", serve(c1))
	w.await("up", func() bool { return w.heard("qa", "Up") })

	o.change(func(o *oracle) {
		o.proofs = []store.Proof{{Role: "app", Runs: c1, Said: store.Say(store.ProofGiven, c1)}, {Role: "admin", Runs: c1}}
		o.plan = examplePlan(store.Ready, "")
	})
	w.type_("ben", "qa", "status feature/login")
	w.await("status", func() bool {
		return w.heard("qa", "only", "app serves "+c1[:7]+" = branch head", "admin runs "+c1[:7]+" = branch head", "2 of 9", "schema qa_shop_feature_login")
	})
	w.type_("ben", "qa", "logs feature/login")
	w.await("logs", func() bool { return w.heard("qa", "only", "The last lines of app", "GET /login 500") })
	if _, err := w.slack.Message(t.Context(), "ana", "qa", "@qabot logs admin", w.parents("qa")[0].TS); err != nil {
		t.Fatal(err)
	}
	w.await("logs in the thread", func() bool { return w.heard("qa", "admin says hello") })
	w.type_("ben", "qa", "logs feature/login cashier")
	w.await("no such role", func() bool { return w.heard("qa", "no role `cashier`", "app, admin") })

	next := w.commit("feature/login", "second")
	w.type_("ana", "qa", "plan feature/login")
	w.await("plan of the next commit", func() bool { return w.heard("qa", "only", "would do now, at", next[:7]) })
	if e := o.lastPlanned(t); e.Spec.Commit != next || e.Spec.Generation != 2 {
		t.Errorf("planned as %+v", e.Spec)
	}
	if v := w.env("feature/login").Spec; v.Version != 1 || v.Commit != c1 {
		t.Errorf("questions wished: %+v", v)
	}
}

// A plan of a commit that edits what ran on the data says that its migration would wait, and nobody is asked yet.
func TestAPlanKnowsOfEditedMigrations(t *testing.T) {
	w := newWorld(t, answeredBy(&oracle{plan: examplePlan(store.Absent, store.Apply)}))
	w.commit("main", "begin")
	ran := w.migrates("qa/x", "migrations/004_x.sql")
	plan := func() string {
		t.Helper()
		said, err := w.bot.Plan(t.Context(), "shop", "qa/x")
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	const waits = "would not run by themselves"
	if said := plan(); strings.Contains(said, waits) {
		t.Errorf("of what ran: %s", said)
	}
	w.file("qa/x", "migrations/004_x.sql", "-- another text")
	for _, want := range []string{waits, "migrations/004_x.sql was edited", "whether to reset the data"} {
		if said := plan(); !strings.Contains(said, want) {
			t.Errorf("without %q: %s", want, said)
		}
	}
	w.file("qa/x", "README.md", "nothing of the database")
	if said := plan(); !strings.Contains(said, "migrations/004_x.sql was removed") {
		t.Errorf("of a commit without it: %s", said)
	}
	if e := w.env("qa/x"); e.Spec.Commit != ran || len(e.Spec.Edits()) > 0 {
		t.Errorf("a plan wished: %+v", e.Spec)
	}
}

func TestNobodyAnswersQuestions(t *testing.T) {
	o := &oracle{fault: store.NewProblem(errors.New("dial"), store.Unreachable, "AWS")}
	w := newWorld(t, answeredBy(o))
	c1 := w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 })
	w.provision("feature/login", serve(c1))
	w.type_("ana", "qa", "plan feature/login")
	w.await("plan", func() bool { return strings.Contains(w.whisper("ana", "qa").Text, "No answer from `AWS`") })
	w.type_("ana", "qa", "logs feature/login")
	w.await("logs", func() bool { return w.heard("qa", "only", "No answer from", "Logs of admin") })
	o.change(func(o *oracle) { o.fault = errors.New("odd") })
	w.type_("ben", "qa", "logs feature/login")
	w.await("logs", func() bool { return w.heard("qa", "only", "cannot be found out at the moment") })
	w.type_("ben", "qa", "status feature/login")
	w.await("status does without", func() bool { return w.heard("qa", "only", "Build the image", "Still serving") })
}

// The log begins with what failed, and is that of the role that failed.
func TestLogsOfAFailure(t *testing.T) {
	o := &oracle{logs: map[string][]store.Log{"admin": exampleLogs()}}
	w := newWorld(t, answeredBy(o))
	c1 := w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 })
	w.provision("feature/login", func(st *store.Status) {
		serve(c1)(st)
		st.Seen["service/admin"] = store.Observation{State: store.Failed, Detail: store.Say(store.RolloutFailed, "tasks failed to start")}
	}, store.Event{Key: "failed/1", Code: store.EventFailed, At: noon, Kind: "service/admin", Generation: 1, Detail: store.Say(store.RolloutFailed, "x"), Lines: []string{"cannot load such file"}})
	w.type_("ana", "qa", "logs feature/login")
	w.await("log of the failure", func() bool {
		return w.heard("qa", "only", "The last lines of admin", "failed at", "cannot load such file", "GET /login 500")
	})
}
