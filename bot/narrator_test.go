package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

func TestNewParent(t *testing.T) {
	told := noon.Add(-time.Hour)
	cases := []struct {
		reason string
		change func(*store.Environment)
		want   bool
	}{
		{"told already", func(e *store.Environment) { e.Spec.Asked.At = told }, false},
		{"nothing posted yet", func(e *store.Environment) { e.Thread.TS = "" }, true},
		{"up of a moved branch in the same channel", nil, false},
		{"up in another channel", func(e *store.Environment) { e.Spec.Asked.Channel = "C2" }, true},
		{"up after a day", func(e *store.Environment) { e.Thread.TS = fmt.Sprintf("%d.000100", noon.Add(-25*time.Hour).Unix()) }, true},
		{"up after a removal", func(e *store.Environment) { e.Thread.Hash = "removed/x" }, true},
		{"up during a removal", func(e *store.Environment) { e.Thread.Hash = "removing/x" }, true},
		{"push", func(e *store.Environment) { e.Spec.Asked.Verb = verbPush }, false},
		{"push after a day", func(e *store.Environment) {
			e.Spec.Asked.Verb = verbPush
			e.Thread.TS = fmt.Sprintf("%d.000100", noon.Add(-25*time.Hour).Unix())
		}, false},
		{"push that brings it back", func(e *store.Environment) { e.Spec.Asked.Verb = verbPush; e.Thread.Hash = "removed/x" }, true},
		{"retry", func(e *store.Environment) { e.Spec.Asked.Verb = verbRetry }, false},
		{"down from elsewhere", func(e *store.Environment) {
			e.Spec.Asked.Verb, e.Spec.Asked.Channel = verbDown, "C2"
			e.Spec.Released = true
		}, false},
		{"retry of a removal", func(e *store.Environment) {
			e.Spec.Asked.Verb, e.Spec.Released, e.Thread.Hash = verbRetry, true, "removing/x"
		}, false},
	}
	for _, c := range cases {
		e := store.Environment{
			Spec:   store.Spec{Version: 2, Asked: store.Asked{Verb: verbUp, Channel: "C1", At: noon}},
			Thread: store.Thread{Channel: "C1", TS: fmt.Sprintf("%d.000100", told.Unix()), Asked: told, Hash: "up/x"},
		}
		if c.change != nil {
			c.change(&e)
		}
		if got := newParent(e, noon); got != c.want {
			t.Errorf("%s: new parent %v", c.reason, got)
		}
	}
}

// narrate tells one story to its end without the loop.
func (w *world) narrate(n *narrator, branch string) {
	w.t.Helper()
	again, err := n.tell(w.t.Context(), w.id(branch))
	if err != nil || again > 0 {
		w.t.Fatalf("tell story: again in %s, %v", again, err)
	}
}

// Another process goes on with the story where the first one stopped, and says nothing twice.
func TestAnotherProcessGoesOn(t *testing.T) {
	w := newWorld(t, nil)
	w.want("feature/x", w.commit("feature/x", "1"))
	other := newNarrator(w.bot)
	w.narrate(w.bot.narrator, "feature/x")
	w.narrate(other, "feature/x")
	w.provision("feature/x", all(store.Working), store.Event{Key: "a", Code: store.EventTrouble, At: time.Now(), Detail: store.Say(store.Unreachable, "MySQL")})
	w.narrate(other, "feature/x")
	w.narrate(w.bot.narrator, "feature/x")
	ps := w.parents("qa")
	if len(ps) != 1 || len(ps[0].Replies) != 1 {
		t.Fatalf("want one parent and one reply\n%s", w.transcript("qa"))
	}
	if ps[0].Edits != 1 {
		t.Errorf("%d edits, want 1: the parent changed once", ps[0].Edits)
	}
	// The first process dies between a post and its note: the event is told, and nobody has marked it.
	w.provision("feature/x", all(store.Working), store.Event{Key: "b", Code: store.EventOver, At: time.Now()})
	events, err := w.store.Untold(t.Context(), w.id("feature/x"))
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	claim, err := w.store.ClaimName(t.Context(), store.Narration(w.id("feature/x")), "dying")
	if err != nil || claim == nil {
		t.Fatal(claim, err)
	}
	e := w.env("feature/x")
	v, _ := w.bot.scene(e).reply(events[0])
	if _, err := w.bot.slack.post(t.Context(), e.Thread.Channel, e.Thread.TS, v, mark{e.ID, fmt.Sprintf("event/%d", events[0].N)}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Release(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	w.narrate(other, "feature/x")
	if n := strings.Count(w.transcript("qa"), "▶️"); n != 1 {
		t.Errorf("said %d times\n%s", n, w.transcript("qa"))
	}
}

// Slack says 429: nothing is lost, nothing is said twice, and Slack is left alone as long as it asked.
func TestRateLimited(t *testing.T) {
	w := newWorld(t, nil)
	w.want("feature/x", w.commit("feature/x", "1"))
	if err := w.slack.Fail(slacksim.Fault{Method: "chat.postMessage", RetryAfter: 7}); err != nil {
		t.Fatal(err)
	}
	n := w.bot.narrator
	again, err := n.tell(t.Context(), w.id("feature/x"))
	if err != nil || again != 7*time.Second {
		t.Fatalf("again in %s, %v; want 7s", again, err)
	}
	if again, err := n.tell(t.Context(), w.id("feature/x")); err != nil || again == 0 || len(w.parents("qa")) != 0 {
		t.Fatalf("again in %s, %v, %d parents: Slack was not left alone", again, err, len(w.parents("qa")))
	}
	n.budget.hush(time.Time{})
	n.budget.quiet = time.Time{}
	w.narrate(n, "feature/x")
	if len(w.parents("qa")) != 1 {
		t.Error("the parent was lost")
	}
}

// Time alone edits a running story every 20 seconds, and no other.
func TestHeartbeat(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(o *Options, _ *slacksim.Options) { o.Now = func() time.Time { return now } })
	w.want("feature/x", w.commit("feature/x", "1"))
	n := w.bot.narrator
	edits := func() int { w.narrate(n, "feature/x"); return w.parents("qa")[0].Edits }
	w.provision("feature/x", func(st *store.Status) {
		all(store.Absent)(st)
		st.Seen["image"] = store.Observation{State: store.Working, Began: now}
	})
	if got := edits(); got != 0 {
		t.Fatalf("%d edits", got)
	}
	now = now.Add(10 * time.Second)
	if got := edits(); got != 0 {
		t.Errorf("%d edits after 10 seconds", got)
	}
	now = now.Add(11 * time.Second)
	if got := edits(); got != 1 {
		t.Errorf("%d edits after 21 seconds, want 1", got)
	}
	if m := w.parents("qa")[0]; !strings.Contains(wordsOf(m.Blocks), "21s") {
		t.Errorf("no elapsed time in %s", wordsOf(m.Blocks))
	}
	w.provision("feature/x", serve(w.env("feature/x").Spec.Commit))
	if got := edits(); got != 2 {
		t.Errorf("%d edits when it is up, want 2", got)
	}
	now = now.Add(time.Hour)
	if got := edits(); got != 2 {
		t.Errorf("%d edits an hour later, want 2: nothing runs", got)
	}
}

// An up in another channel begins there, and leaves a pointer behind.
func TestStoryMovesOn(t *testing.T) {
	w := newWorld(t, func(_ *Options, o *slacksim.Options) {
		o.Channels = []slacksim.Channel{{Name: "qa", HasBot: true}, {Name: "dev", HasBot: true}}
	})
	w.want("feature/x", w.commit("feature/x", "1"))
	w.narrate(w.bot.narrator, "feature/x")
	_, _, err := w.bot.wish(t.Context(), w.id("feature/x"), asking{
		Verb: verbUp, App: testApp(), Branch: "feature/x", Commit: w.commit("feature/x", "2"), By: w.slack.UserID("ben"),
		Channel: w.slack.ChannelID("dev"), Key: "2", At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.narrate(w.bot.narrator, "feature/x")
	if len(w.parents("dev")) != 1 || !strings.HasPrefix(w.parents("qa")[0].Text, "➡️") {
		t.Errorf("dev:\n%sqa:\n%s", w.transcript("dev"), w.transcript("qa"))
	}
	// Somebody deletes the parent: the story begins again.
	m := w.parents("dev")[0]
	if _, _, err := w.bot.slackAPI.DeleteMessageContext(t.Context(), m.Channel, m.TS); err != nil {
		t.Fatal(err)
	}
	w.provision("feature/x", serve(w.env("feature/x").Spec.Commit), store.Event{Key: "r", Code: store.EventReady, At: time.Now()})
	w.narrate(w.bot.narrator, "feature/x")
	if ps := w.parents("dev"); len(ps) != 1 || ps[0].TS == m.TS || len(ps[0].Replies) != 1 {
		t.Errorf("dev:\n%s", w.transcript("dev"))
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.bot.Check(t.Context()); err != nil {
		t.Errorf("a good setup: %v", err)
	}
	cases := map[string]func(*Options){
		"install it to the workspace again": func(o *Options) { o.Slack.BotToken = "xoxb-wrong" },
		"acme/nowhere":                      func(o *Options) { o.Apps[0].Repo = "acme/nowhere" },
		"GitHub refuses the token":          func(o *Options) { o.GitHub.Token = "wrong" },
		"Slack does not answer":             func(o *Options) { o.Slack.APIURL = "http://127.0.0.1:9/" },
	}
	for want, change := range cases {
		o := w.bot.opt
		o.Apps = []App{testApp()}
		change(&o)
		b, err := New(o, w.store)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Check(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check gives %v, want %q in it", err, want)
		}
		b.slack.client.CloseIdleConnections()
		b.github.close()
	}
}
