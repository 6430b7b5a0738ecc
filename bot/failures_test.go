package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"qabot/store"
)

func failure(kind store.Kind, d store.Detail, lines ...string) store.Event {
	e := store.Event{Key: string(kind), Code: store.EventFailed, Kind: kind, Generation: 2, Detail: d, Lines: lines, By: "U01ANA"}
	if len(lines) > 0 {
		e.URL = "https://logs.example.com/" + kind.Role()
	}
	return e
}

func TestFailuresInOneMessage(t *testing.T) {
	room := store.Say(store.PortsFull, 1, 2)
	for _, c := range []struct {
		name   string
		events []store.Event
		want   []string
		once   string
	}{
		{"two routes", []store.Event{failure("route/app", room), failure("route/admin", room)}, []string{"failed at Put it on the load balancer.\nAll ports"}, "All ports"},
		{
			"three roles, one cause",
			[]store.Event{
				failure("service/app", store.Say(store.TaskSick, "/up", 500), "boom"), failure("service/admin", store.Say(store.TaskSick, "/up", 500), "boom"),
				failure("service/worker", store.Say(store.TaskSick, "/up", 500)),
			},
			[]string{"failed at Start app, Start admin, Start worker.\nThe health check"}, "The health check",
		},
		{
			"two causes",
			[]store.Event{
				failure("service/app", store.Say(store.TaskExited, "web", 1), "no gem"), failure("service/worker", store.Say(store.TaskSilent, "/up"), "slow"),
			},
			[]string{"Start app: The container web", "Start worker: The health check", "Start app: The last lines of the log", "no gem", "slow"}, "failed at",
		},
	} {
		v := settled(failed).failures(c.events, false)
		said := wordsIn(v)
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not in\n%s", c.name, want, said)
			}
		}
		if n := strings.Count(v.lines(), c.once); n != 1 {
			t.Errorf("%s: %q is there %d times\n%s", c.name, c.once, n, said)
		}
		if n := strings.Count(v.Text, "<@U01ANA>"); n != 1 {
			t.Errorf("%s: %d mentions in %s", c.name, n, v.Text)
		}
	}
}

// wordsIn gives the words of a view, logs too.
func wordsIn(v view) string {
	return v.lines() + wordsOf(must(json.Marshal(v.Blocks)))
}

// What fails together is told together, with one mention; what fails later calls nobody again.
func TestFailuresCallOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.want("feature/x", w.commit("feature/x", "1"))
	n := w.bot.narrator
	g := w.env("feature/x").Spec.Generation
	fail := func(kind store.Kind, at time.Time) store.Event {
		e := failure(kind, store.Say(store.TaskExited, kind.Role(), 1))
		e.Generation, e.At, e.By = g, at, w.slack.UserID("ana")
		return e
	}
	at := w.bot.opt.Now()
	w.provision("feature/x", func(st *store.Status) {
		all(store.Ready)(st)
		st.Seen["service/app"] = store.Observation{State: store.Failed}
		st.Seen["service/admin"] = store.Observation{State: store.Working}
	}, fail("service/app", at))
	if again, err := n.tell(t.Context(), w.id("feature/x")); err != nil || again == 0 {
		t.Fatalf("told at once (%s, %v), while another role may fail too\n%s", again, err, w.transcript("qa"))
	}
	broken := func(st *store.Status) {
		all(store.Ready)(st)
		st.Seen["service/app"], st.Seen["service/admin"] = store.Observation{State: store.Failed}, store.Observation{State: store.Failed}
	}
	w.provision("feature/x", broken, fail("service/admin", at.Add(time.Second)))
	w.narrate(n, "feature/x")
	if got := strings.Count(w.transcript("qa"), "❌ "); got != 2 || !w.heard("qa", "failed at", "Start app, Start admin") {
		t.Fatalf("want the parent and one reply\n%s", w.transcript("qa"))
	}
	w.provision("feature/x", broken, fail("service/worker", at.Add(time.Minute)))
	w.narrate(n, "feature/x")
	if got := strings.Count(w.transcript("qa"), "<@"+w.slack.UserID("ana")+"> ❌"); got != 1 || !w.heard("qa", "failed at", "Start worker") {
		t.Fatalf("%d mentions, want one\n%s", got, w.transcript("qa"))
	}
}

// What is tried again by itself sends nobody off to type retry, in either language.
func TestTroubleNeedsNoRetry(t *testing.T) {
	for _, language := range Languages() {
		for name, code := range constants(t, "../store/codes.go") {
			v, ok := settledIn(language, removing).reply(store.Event{Code: store.EventTrouble, Detail: store.Say(code, "a", "b", "c")})
			if said := v.lines(); !ok || strings.Contains(said, "/qa retry") {
				t.Errorf("%s, %s: %s", name, language, said)
			}
		}
	}
	v, _ := settled(removing).reply(store.Event{Code: store.EventTrouble, Detail: store.Say(store.Denied, "ecs:DeleteService", "*")})
	if said := v.lines(); !strings.Contains(said, "Ask whoever runs qabot to allow it. It is tried again by itself.") {
		t.Error(said)
	}
}

// One reason that hit several stages is said once in the parent, in the answer to status, and on GitHub.
func TestCausesOnce(t *testing.T) {
	s := settled(func(e *store.Environment) {
		failed(e)
		for k, o := range e.Status.Seen {
			if k.Sort() == "service" {
				o.State, o.Detail = store.Failed, store.Say(store.TaskSick, "/up", 500)
				e.Status.Seen[k] = o
			}
		}
	})
	for name, said := range map[string]string{"parent": s.parent().lines(), "status": s.status(known{}, "").lines(), "comment": s.comment(nil, "")} {
		if n := strings.Count(strings.ReplaceAll(said, "`", ""), "The health check of /up"); n != 1 || !strings.Contains(said, "Start app, Start admin") {
			t.Errorf("%s says it %d times:\n%s", name, n, said)
		}
	}
}
