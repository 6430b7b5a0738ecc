package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
)

// handQueue is a queue that a test fills. What was refused stays in front.
type handQueue struct {
	messages chan [3]string // delivery, event, payload
	kept     chan error     // what became of each
	sent     time.Time
}

func (q *handQueue) Run(ctx context.Context, keep func(context.Context, string, string, time.Time, []byte) error, report func(error)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-q.messages:
			report(nil)
			q.kept <- keep(ctx, m[0], m[1], q.sent, []byte(m[2]))
		}
	}
}

// Events from a queue are as good as webhooks; the one and the other with the same ID are one.
func TestQueue(t *testing.T) {
	q := &handQueue{messages: make(chan [3]string), kept: make(chan error)}
	w := newWorld(t, func(o *Options, _ *slacksim.Options) { o.GitHub.Events, o.GitHub.Queue = EventsQueue, q })
	w.run()
	send := func(id, event, payload string) error {
		q.messages <- [3]string{id, event, payload}
		return <-q.kept
	}
	w.commit("main", "init")
	c := w.commit("qa/x", "one")
	push := string(pushBody(testRepo, "refs/heads/qa/x", false))
	for range 2 {
		must0(t, send("guid-1", "push", push))
	}
	w.await("brought up", func() bool { return w.env("qa/x").Spec.Commit == c })
	if answer := w.bot.post("push", "guid-1", sign(testSecret, []byte(push)), []byte(push)); !strings.Contains(answer.Body.String(), "kept before") {
		t.Errorf("the same by webhook: %s", answer.Body)
	}
	for _, ignored := range []string{"ping", "star"} {
		if err := send("guid-2", ignored, "{}"); err != nil {
			t.Errorf("%s: %v", ignored, err)
		}
	}
	if err := send("guid-3", "push", `[]`); !errors.Is(err, errUnreadable) {
		t.Errorf("what cannot be read: %v", err)
	}
	if err := send("", "push", push); !errors.Is(err, errUnreadable) {
		t.Errorf("without an ID: %v", err)
	}
	w.git("update-ref", "-d", "refs/heads/qa/x")
	must0(t, send("guid-4", "delete", `{"ref":"qa/x","ref_type":"branch","repository":{"full_name":"acme/shop"},"sender":{"login":"ben"}}`))
	must0(t, send("guid-5", "push", string(pushBody(testRepo, "refs/heads/qa/x", true))))
	w.await("taken down", func() bool { return w.env("qa/x").Spec.Released })
	w.drained()
	if v := w.env("qa/x").Spec.Version; v != 2 {
		t.Errorf("taken down %d times", v-1)
	}

	// What waited in the queue while nobody listened is told as late.
	w.want("feature/x", w.commit("feature/x", "one"))
	w.commit("feature/x", "two")
	q.sent = time.Now().Add(-time.Hour)
	must0(t, send("guid-6", "push", string(pushBody(testRepo, "refs/heads/feature/x", false))))
	w.wantHeard("heard of this late")

	health := w.bot.Health().GitHub
	if health.Events != EventsQueue || health.LastEvent.IsZero() || len(health.Trouble) != 0 {
		t.Errorf("health %+v", health)
	}
}

func TestQueueBelongsToItsEvents(t *testing.T) {
	for reason, change := range map[string]func(*Options){
		"a queue, and webhooks": func(o *Options) { o.GitHub.Events, o.GitHub.Queue = EventsWebhook, &handQueue{} },
		"no queue":              func(o *Options) { o.GitHub.Events = EventsQueue },
		"a token and an App":    func(o *Options) { o.GitHub.App = testGitHubApp() },
	} {
		var o Options
		o.Apps = []App{testApp()}
		o.Slack.BotToken, o.Slack.AppToken, o.GitHub.WebhookSecret, o.GitHub.Token = "xoxb-x", "xapp-x", testSecret, testToken
		change(&o)
		if _, err := New(o, nil); err == nil || !strings.Contains(err.Error(), "github") {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// Health says what is wrong with GitHub, and no longer once it is right again.
func TestGitHubHealth(t *testing.T) {
	w := newWorld(t, withApp)
	w.run()
	w.await("a look", func() bool { return !w.bot.Health().GitHub.LastLook.IsZero() })
	must0(t, w.hub.Uninstall("acme"))
	w.deliver()
	trouble := func(words string) bool {
		return slices.ContainsFunc(w.bot.Health().GitHub.Trouble, func(s string) bool { return strings.Contains(s, words) })
	}
	w.await("told that it was taken away", func() bool { return trouble("installation on acme") })
	if _, err := w.hub.Install("acme"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.await("told that it is back", func() bool { return !trouble("installation on acme") })
}
