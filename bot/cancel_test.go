package bot

import (
	"regexp"
	"testing"
	"time"

	"qabot/store"
)

func TestDecideCancel(t *testing.T) {
	for _, c := range []struct {
		reason, state, back string
		change              func(*store.Environment)
		answer              string
		check               func(before, next store.Spec) bool // nil: there is no wish
	}{
		{"a first deployment is taken away", "deploying", "", nil, answerCancelledFirst,
			func(b, n store.Spec) bool { return n.Released && n.Generation == b.Generation+1 }},
		{"an update goes back to what was up", "deploying", commit2, nil, answerCancelled,
			func(b, n store.Spec) bool {
				return !n.Released && n.Commit == commit2 && n.Declined == commit1 && n.Generation == b.Generation+1 && n.ExpiresAt.Equal(b.ExpiresAt)
			}},
		{"what wakes up sleeps again", "deploying", commit1, func(e *store.Environment) { e.Spec.Asked.Verb = verbWake }, answerToSleep,
			func(b, n store.Spec) bool { return n.Asleep && !n.Released && n.Generation == b.Generation }},
		{"what starts anew has nothing to go back to", "deploying", commit1, func(e *store.Environment) { e.Spec.Asked.Verb = verbRedeploy }, answerNothingOlder, nil},
		{"what goes to sleep is no deployment", "deploying", commit2, func(e *store.Environment) { e.Spec.Asleep = true }, answerNothingToCancel, nil},
		{"what is up is no deployment", "up", commit1, nil, answerNothingToCancel, nil},
		{"what failed is none any more", "failed", commit2, nil, answerNothingToCancel, nil},
		{"what goes goes", "removing", commit1, nil, answerLeaving, nil},
		{"what is not there is not there", "removed", "", nil, answerNotThere, nil},
	} {
		e := environments()[c.state]
		if c.change != nil {
			c.change(&e)
		}
		d := decide(e, asking{Verb: verbCancel, App: testApp(), Branch: "qa/x", By: "UBEN", Key: "k", At: noon, Back: c.back}, noon)
		if d.Answer.Code != c.answer || (d.Next != nil) != (c.check != nil) {
			t.Errorf("%s: answer %s, wish %+v", c.reason, d.Answer.Code, d.Next)
			continue
		}
		if c.check != nil && (!c.check(e.Spec, *d.Next) || d.Next.Asked.By != "UBEN") {
			t.Errorf("%s: from %+v to %+v", c.reason, e.Spec, *d.Next)
		}
	}
}

// What was given up comes back by the word of a person, or with a newer commit, and not by itself.
func TestWhatWasGivenUpStaysGivenUp(t *testing.T) {
	e := environments()["up"]
	e.Spec.Declined = commit2
	do := func(verb, commit string) decision {
		return decide(e, asking{Verb: verb, App: testApp(), Branch: "qa/x", Key: "k", At: noon, Commit: commit}, noon)
	}
	if d := do(verbPush, commit2); d.Next != nil {
		t.Errorf("a push brings it back: %+v", d.Next)
	}
	const newer = "3333333333333333333333333333333333333333"
	for reason, d := range map[string]decision{"a newer push": do(verbPush, newer), "an up": do(verbUp, commit2), "a redeploy": do(verbRedeploy, commit2)} {
		if d.Next == nil || d.Next.Declined != "" || d.Next.Commit == commit1 {
			t.Errorf("%s: %+v", reason, d.Next)
		}
	}
}

func TestCancelInAThread(t *testing.T) {
	w := newWorld(t, nil)
	c1 := w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 && w.heard("qa", "Deploying", "Cancel") })
	cancel := func() {
		t.Helper()
		if err := w.slack.Click(t.Context(), "ana", "qa", w.parents("qa")[len(w.parents("qa"))-1].TS, "qa_cancel"); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	w.await("a first deployment is released", func() bool { return w.env("feature/login").Spec.Released })
	w.await("answer", func() bool { return w.heard("qa", "only", "Cancelled. What was made so far") })
	w.provision("feature/login", all(store.Absent), store.Event{Key: "removed/1", Code: store.EventRemoved, At: time.Now()})
	w.await("removed", func() bool { return w.heard("qa", "is taken down") })

	w.type_("ana", "qa", "up feature/login")
	w.await("new parent", func() bool { return len(w.parents("qa")) == 2 })
	w.provision("feature/login", serve(c1), store.Event{Key: "ready/3", Code: store.EventReady, At: time.Now(), Commit: c1})
	w.await("up", func() bool { return w.heard("qa", "is up at", c1[:7]) })
	c2 := w.commit("feature/login", "second")
	w.deliver()
	w.await("pushed", func() bool { return w.env("feature/login").Spec.Commit == c2 })
	w.provision("feature/login", func(st *store.Status) {
		all(store.Working)(st)
		st.Seen["service/app"] = store.Observation{State: store.Ready, Commit: c1}
	})
	w.await("both buttons", func() bool {
		return w.heard("qa", "Deploying", "Cancel", "Take down", c1[:7]+" goes on serving") || w.heard("qa", "Deploying", "Cancel", "Take down")
	})
	cancel()
	w.await("back", func() bool {
		s := w.env("feature/login").Spec
		return s.Commit == c1 && s.Declined == c2 && !s.Released
	})
	w.await("parent says so", func() bool { return w.heard("qa", "Cancelling", c1[:7]) })
	w.provision("feature/login", serve(c1), store.Event{Key: "ready/5", Code: store.EventReady, At: time.Now(), Commit: c1, Verb: verbCancel})
	w.await("closed", func() bool { return w.heard("qa", "is at `"+c1[:7]+"` again; the deployment was cancelled") })
	version := w.env("feature/login").Spec.Version
	if err := w.bot.branches.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := w.env("feature/login").Spec; v.Version != version {
		t.Errorf("a look at the branches brought back what was given up: %+v", v)
	}
	w.type_("ben", "qa", "cancel feature/login")
	w.await("nothing to cancel", func() bool { return w.heard("qa", "only", "so there is nothing to cancel") })
	w.type_("ana", "qa", "up feature/login")
	w.await("up brings it back", func() bool { return w.env("feature/login").Spec.Commit == c2 })
}

// Every button of every message is good for one state of one environment: pressed later, it does nothing and says so.
func TestStaleButtons(t *testing.T) {
	w := newWorld(t, nil)
	c1 := w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 })
	w.provision("feature/login", serve(c1))
	e := w.env("feature/login")
	old := revision(e.ID, e.Spec.Version-1)
	pressed := map[string]bool{}
	for name, v := range goldenViews(t, English) {
		everyObject(v.Blocks, func(o map[string]any) {
			id, _ := o["action_id"].(string)
			value, _ := o["value"].(string)
			action, ours := actionOf(id)
			if o["type"] != "button" || !ours || pressed[action] {
				return
			}
			if action == actionList || action == actionHelp || action == actionNew { // of no environment
				return
			}
			if action == actionConfirm || action == actionDecline {
				return // a question's, tested with it
			}
			revised := revisionIn(value)
			if revised == "" {
				t.Errorf("%s: the button %s carries %q, no environment and revision", name, id, value)
				return
			}
			pressed[action] = true
			if action == actionOpen || action == actionLog {
				return // a link: Slack opens it
			}
			value = old + value[len(revised):]
			c := clicked{place: place{User: w.slack.UserID("ana"), Channel: w.slack.ChannelID("qa")}, Action: id, Value: value}
			if err := w.bot.pressed(t.Context(), c, "stale/"+id); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, action := range []string{actionOpen, actionLog, actionPick, actionUp, actionDown, actionRetry, actionWake, actionExtend, actionLetGo, actionLogs, actionCancel} {
		if !pressed[action] {
			t.Errorf("no view has a button %s", action)
		}
	}
	if now := w.env("feature/login").Spec; now != e.Spec {
		t.Errorf("stale buttons wished: %+v", now)
	}
	w.await("answers", func() bool {
		said := 0
		for _, m := range w.slack.Messages("qa") {
			if m.Ephemeral != "" && wordsOf(m.Blocks) != "" && m.Text == "This changed meanwhile, so I did nothing. Look at the newest message, or type `/qa list`." {
				said++
			}
		}
		return said == len(pressed)-2 // but for the two links
	})
}

var revisionShape = regexp.MustCompile(`^[^|]*:[0-9]+`)

// revisionIn is the revision that a button's value begins with; empty when it has none.
func revisionIn(value string) string { return revisionShape.FindString(value) }
