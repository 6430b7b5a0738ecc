package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/store"
)

// proofs are what the two roles of an app answered.
func proofsOf(app, admin store.Detail) map[store.Kind]store.Detail {
	return map[store.Kind]store.Detail{"service/app": app, "service/admin": admin}
}

func proving(p map[store.Kind]store.Detail) func(*store.Environment) {
	return func(e *store.Environment) {
		up(e)
		for k, said := range p {
			o := e.Status.Seen[k]
			o.Proof, o.Commit = said, commit2
			e.Status.Seen[k] = o
		}
	}
}

func exampleKnown() known {
	return known{
		proofs: []store.Proof{
			{Role: "app", Runs: commit2, Said: store.Say(store.ProofGiven, commit2)},
			{Role: "admin", Runs: commit2, Said: store.Say(store.ProofOther, commit1, commit2)},
			{Role: "worker", Runs: commit2},
		},
		head:        commit2,
		connections: &store.Connections{Used: 3, Limit: 10, Server: 151},
		things:      examplePlan(store.Ready, ""),
		events: []store.Event{
			{Code: store.EventReady, Commit: commit1, At: noon.Add(-25 * time.Hour)},
			{Code: store.EventPushed, Commit: commit2, Name: "ben", At: noon.Add(-time.Hour)},
			{Code: store.EventMigrated, Commit: commit2, Took: 31 * time.Second, At: noon.Add(-50 * time.Minute)},
			{Code: store.EventReady, Commit: commit2, At: noon.Add(-40 * time.Minute)},
		},
	}
}

// examplePlan is a plan of two roles, with every resource seen in that state.
func examplePlan(state store.State, will store.Verb) []store.Foreseen {
	const id = "feature-login-abcdefg"
	all := []store.Foreseen{
		{Kind: "image", Things: []store.Detail{store.Say(store.ThingImage, "shop:git-"+commit2), store.Say(store.ThingBuild, "shop-image")}},
		{Kind: "schema", Things: []store.Detail{store.Say(store.ThingSchema, "qa_shop_feature_login_abcdefg"), store.Say(store.ThingAccount, "qa_feature_login_abcdefg"),
			store.Say(store.ThingSecret, "DATABASE_URL", "/qabot/acme/"+id+"/DATABASE_URL")}},
		{Kind: "keyspace", Things: []store.Detail{store.Say(store.ThingKeys, "qa_feature_login_abcdefg", 9)}},
		{Kind: "route/app", Number: 20001, Things: []store.Detail{store.Say(store.ThingGroup, id+"-app"), store.Say(store.ThingListener, 20001, "qa"), store.Say(store.ThingURL, "https://"+id+".qa.example.com:20001")}},
		{Kind: "migration", Things: []store.Detail{store.Say(store.ThingMigration, "bin/rails db:migrate", "shop-migration")}},
		{Kind: "service/app", Connections: 4, Things: []store.Detail{store.Say(store.ThingService, id+"-app", 1), store.Say(store.ThingDefinition, "qabot-acme-"+id+"-app", "shop-app")}},
		{Kind: "service/worker", Things: []store.Detail{store.Say(store.ThingService, id+"-worker", 1)}},
	}
	for i := range all {
		all[i].Seen.State, all[i].Will = state, will
	}
	return all
}

func exampleLogs() []store.Log {
	return []store.Log{
		{Role: "app", Task: "0123456789abcdef", Container: "web", Commit: commit2, Began: noon.Add(-time.Hour), Group: "/ecs/shop", URL: "https://console.example.com/a", Lines: []string{"GET / 200", "GET /login 500"}},
		{Role: "app", Task: "fedcba9876543210", Container: "web", Commit: commit1, Began: noon.Add(-2 * time.Hour), Ended: noon.Add(-time.Hour), Reason: "Essential container in task exited (exit code 1)", Group: "/ecs/shop", URL: "https://console.example.com/b", Lines: []string{"bye"}},
	}
}

func exampleFailure() store.Event {
	return store.Event{
		Code: store.EventFailed, Kind: "migration", Generation: 2, Detail: store.Say(store.MigrationFailed, "migrate"), URL: "https://logs.example.com/x",
		Lines: []string{"running 0042_totals", "ERROR 1054: Unknown column 'age'", "exit status 1"},
	}
}

// questionViews are examples of the answers to questions, and of what was proven.
func questionViews(settled func(func(*store.Environment)) scene, event func(func(*store.Environment), store.Event) view) map[string]view {
	given := store.Say(store.ProofGiven, commit2)
	deploying := settled(nil)
	deploying.usual = 4 * time.Minute
	plan := settled(func(e *store.Environment) { e.Spec.Asleep = false })
	plan.usual = 4 * time.Minute
	mixed := examplePlan(store.Ready, "")
	mixed[0].Seen.State, mixed[0].Will = store.Absent, store.Apply
	mixed[3].Seen = store.Observation{State: store.Failed, Detail: store.Say(store.PortsFull, 20000, 20199)}
	mixed[4].Seen.State = store.Absent
	mixed[5].Seen.State, mixed[5].Will = store.Stale, store.Apply
	mixed[6].Seen = store.Observation{Detail: store.Say(store.Unreachable, "AWS")}
	asking := settled(func(e *store.Environment) {
		e.Spec.Asleep = false
		e.Spec.Edited = store.Edited{Commit: e.Spec.Commit, Files: store.EditsOf([]store.Detail{store.Say(store.EditChanged, "db/migrate/0042_totals.rb"), store.Say(store.EditMoved, "db/migrate/0044_items.rb", "db/migrate/0043_items.rb")})}
	})
	waits := examplePlan(store.Ready, "")
	waits[0].Seen.State, waits[0].Will = store.Absent, store.Apply
	waits[4].Seen = store.Observation{State: store.Held, Detail: store.Say(store.MigrationEdited, 2)}
	failure := exampleFailure()
	ready := store.Event{Code: store.EventReady, Commit: commit2, Took: 190 * time.Second, Usual: 4 * time.Minute, Stages: map[store.Kind]time.Duration{"image": time.Minute}}
	doubtful := ready
	doubtful.Proofs = proofsOf(store.Say(store.ProofOther, commit1, commit2), store.Say(store.ProofStatus, "/version", 404))
	proven := ready
	proven.Proofs = proofsOf(given, given)
	office := Hours{From: 8 * time.Hour, Until: 20 * time.Hour, Days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true}, Zone: time.UTC}
	resting := settled(func(e *store.Environment) { up(e); e.Spec.Asleep, e.Spec.Dozing = true, true })
	resting.app.Awake = office
	dozed, _ := resting.reply(store.Event{Code: store.EventAsleep, At: noon.Add(8 * time.Hour), Verb: verbDoze})
	pushed := func(e *store.Environment) {
		e.Spec.Owner, e.Spec.Asked = "", store.Asked{Verb: verbPush, Name: "ben", At: noon.Add(-time.Minute)}
		e.Status.Seen["service/app"] = store.Observation{State: store.Ready, Commit: commit1}
	}
	return map[string]view{
		"parent_update": settled(pushed).parent(),
		"parent_cancelling": settled(func(e *store.Environment) {
			pushed(e)
			e.Spec.Asked = store.Asked{Verb: verbCancel, By: "U01ANA", At: noon}
		}).parent(),
		"parent_dozing":         resting.parent(),
		"reply_dozed":           dozed,
		"reply_risen":           event(up, store.Event{Code: store.EventReady, Commit: commit2, Verb: verbRise}),
		"reply_cancelled":       event(up, store.Event{Code: store.EventReady, Commit: commit1, Verb: verbCancel, Took: 4 * time.Second}),
		"reply_expiring_pushed": event(pushed, store.Event{Code: store.EventExpiring, Name: "ben", Detail: store.Say("", stamp(noon.Add(2*time.Hour)))}),
		"parent_usual":          deploying.parent(),
		"parent_proven":         settled(proving(proofsOf(given, given))).parent(),
		"parent_unproven":       settled(proving(proofsOf(given, store.Say(store.ProofSilent, "/version")))).parent(),
		"reply_proven":          event(up, proven),
		"reply_unproven":        event(up, doubtful),
		"answer_known":          settled(up).status(exampleKnown(), "https://acme.slack.com/archives/C01QA/p1"),
		"answer_plan":           plan.plan(examplePlan(store.Absent, store.Apply), store.Connections{Limit: 6, Server: 151}, "x:0"),
		"answer_plan_mixed":     plan.plan(mixed, store.Connections{}, "x:3"),
		"answer_plan_asks":      asking.plan(waits, store.Connections{}, "x:3"),
		"answer_plan_same":      plan.plan(examplePlan(store.Ready, ""), store.Connections{}, "x:3"),
		"answer_logs":           settled(up).logs("app", exampleLogs(), nil),
		"answer_logs_failed":    settled(failed).logs("app", exampleLogs()[1:], &failure),
		"answer_logs_none":      settled(nil).logs("worker", nil, nil),
	}
}

// questionBuilders make the same of hostile words.
func questionBuilders() map[string]func(prey) []view {
	hostile := func(p prey) (k known) {
		k.head, k.connections = p.word, &store.Connections{Used: 1, Limit: 2}
		for _, code := range []string{"", store.ProofGiven, store.ProofOther, store.ProofStatus, store.ProofText, store.ProofSilent, store.ProofAsking} {
			k.proofs = append(k.proofs, store.Proof{Role: p.role(), Runs: p.word, Said: store.Say(code, p.word, p.word), URL: p.word})
		}
		for _, f := range examplePlan(store.Ready, "") {
			for i := range f.Things {
				f.Things[i].Args = []string{p.word, p.word}
			}
			k.things = append(k.things, f)
		}
		for _, code := range []string{store.EventMigrated, store.EventPushed, store.EventReady} {
			k.events = append(k.events, p.event(code))
		}
		return k
	}
	logs := func(p prey) (all []store.Log) {
		for _, l := range exampleLogs() {
			l.Task, l.Container, l.Commit, l.Reason, l.URL, l.Lines = p.word, p.word, p.word, p.word, p.word, slices.Repeat([]string{p.word}, 30)
			all = append(all, l)
		}
		return all
	}
	return map[string]func(prey) []view{
		"scene.status": func(p prey) []view {
			return p.told(func(s scene) view { return s.status(hostile(p), "") })
		},
		"scene.plan": func(p prey) []view {
			things := hostile(p).things
			for i := range things {
				things[i].Seen, things[i].Kind = store.Observation{State: store.State(i % 8), Detail: store.Say(store.RolloutFailed, p.word)}, store.Kind("service/"+p.role())
			}
			return p.told(func(s scene) view { return s.plan(things, store.Connections{Limit: 1}, "x:1") })
		},
		"scene.logs": func(p prey) []view {
			failure := p.event(store.EventFailed)
			return p.told(func(s scene) view { return s.logs(p.role(), logs(p), &failure) })
		},
		"scene.expiring": func(p prey) []view {
			pushed := p.event(store.EventExpiring)
			pushed.By = ""
			return p.told(func(s scene) view { return s.expiring(pushed) })
		},
		"Bot.logs": func(p prey) []view {
			v, err := p.bot.logs(context.WithoutCancel(p.ctx), newScene(p.texts, p.app, p.env(up), noon, ""), p.role())
			if err != nil {
				panic(err)
			}
			return []view{v}
		},
		"Bot.forecast": func(p prey) []view {
			v, err := p.bot.forecast(context.WithoutCancel(p.ctx), found{p.app, p.branch(), p.word})
			if err != nil {
				panic(err)
			}
			return []view{v}
		},
	}
}

func TestPlanAsAText(t *testing.T) {
	s := settled(nil)
	s.usual = 4 * time.Minute
	got := s.plan(examplePlan(store.Absent, store.Apply), store.Connections{}, "x:0").lines()
	for _, want := range []string{
		"What `/qa up feature/login` would do now, at", "\n+ Build the image  image shop:git-" + commit2 + ", built by shop-image\n", "port 20001 of qa, https://feature-login-abcdefg.qa.example.com:20001",
		"at most 4; while one version follows another, 8.", "not known: worker.", "usually takes 4 min.", "Nothing was made",
	} {
		if !strings.Contains(got, strings.ReplaceAll(want, "`", "")) {
			t.Errorf("without %q:\n%s", want, got)
		}
	}
}
