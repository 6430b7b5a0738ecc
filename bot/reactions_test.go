package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// reactions under a message, of anybody.
func (w *world) reactions(channel, ts string) string {
	var names []string
	look := func(m slacksim.Message) {
		if m.TS == ts {
			for _, r := range m.Reactions {
				names = append(names, r.Name)
			}
		}
	}
	for _, m := range w.slack.Messages(channel) {
		look(m)
		for _, r := range m.Replies {
			look(r)
		}
	}
	return strings.Join(names, " ")
}

func (w *world) wrote(user, channel, text, thread string) string {
	w.t.Helper()
	ts, err := w.slack.Message(w.t.Context(), user, channel, text, thread)
	if err != nil {
		w.t.Fatal(err)
	}
	return ts
}

// Who mentions the bot sees under his own words that they were heard, and what became of them.
func TestReactions(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.run()
	reacts := func(what, channel, ts, want string) {
		t.Helper()
		w.await(what+": "+want, func() bool { return w.reactions(channel, ts) == want })
	}
	reacts("a question", "qa", w.wrote("ana", "qa", "@qabot list", ""), reactionDone)
	reacts("no command", "qa", w.wrote("ana", "qa", "@qabot frobnicate it", ""), reactionNot)
	reacts("no branch", "qa", w.wrote("ana", "qa", "@qabot up feature/nothing", ""), reactionNot)
	up := w.wrote("ana", "qa", "hey @qabot up feature/login", "")
	reacts("an up that goes on", "qa", up, reactionEyes)
	w.await("parent", func() bool { return w.env("feature/login").Thread.TS != "" })
	w.provision("feature/login", serve(w.env("feature/login").Spec.Commit), store.Event{Key: "ready/1", Code: store.EventReady, At: time.Now()})
	reacts("up", "qa", up, reactionDone)
	reacts("up already", "qa", w.wrote("ben", "qa", "@qabot up feature/login", ""), reactionDone)

	thread := w.env("feature/login").Thread.TS
	again := w.wrote("ben", "qa", "@qabot redeploy", thread)
	reacts("redeploy", "qa", again, reactionEyes)
	wished := func(verb string) {
		t.Helper()
		w.await(verb, func() bool { return w.env("feature/login").Spec.Asked.Verb == verb })
	}
	wished(verbRedeploy)
	w.provision("feature/login", func(st *store.Status) {
		serve(w.env("feature/login").Spec.Commit)(st)
		st.Seen["service/app"] = store.Observation{State: store.Failed, Detail: store.Say(store.RolloutFailed, "x")}
	})
	reacts("redeploy failed", "qa", again, reactionNot)
	retry := w.wrote("ben", "qa", "@qabot retry", thread)
	reacts("retry", "qa", retry, reactionEyes)
	wished(verbRetry)
	down := w.wrote("ana", "qa", "@qabot down", thread)
	wished(verbDown)
	reacts("overtaken", "qa", retry, "")
	w.provision("feature/login", all(store.Absent), store.Event{Key: "removed/4", Code: store.EventRemoved, At: time.Now()})
	reacts("down", "qa", down, reactionDone)
	reacts("told before", "qa", up, reactionDone)

	im := w.wrote("ben", "@qabot", "status feature/nothing", "")
	reacts("a direct message", "@ben", im, reactionNot)
}

// Without the permission to react everything else goes on.
func TestReactionsWithoutScope(t *testing.T) {
	w := newWorld(t, func(_ *Options, so *slacksim.Options) {
		so.Scopes = slices.Clone(neededScopes())
	})
	w.commit("feature/login", "first")
	w.run()
	ts := w.wrote("ana", "qa", "@qabot up feature/login", "")
	w.await("parent", func() bool { return w.env("feature/login").Thread.TS != "" })
	w.provision("feature/login", serve(w.env("feature/login").Spec.Commit), store.Event{Key: "ready/1", Code: store.EventReady, At: time.Now()})
	w.await("told", func() bool { return w.heard("qa", "is up at") })
	if r := w.reactions("qa", ts); r != "" {
		t.Errorf("reactions %q", r)
	}
}
