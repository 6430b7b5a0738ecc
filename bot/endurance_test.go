package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qabot/store"
)

// gatedStore keeps letters only once the gate is open; it breaks at a letter that says so.
type gatedStore struct {
	*store.Store
	gate   chan struct{}
	writes atomic.Int64
}

func (g *gatedStore) ReceiveAll(ctx context.Context, letters []store.Letter) ([]bool, error) {
	g.writes.Add(1)
	select {
	case <-g.gate:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for _, l := range letters {
		if strings.Contains(l.Key, "poison") {
			panic(errors.New("boom"))
		}
	}
	return g.Store.ReceiveAll(ctx, letters)
}

// listening has a bot on a gated store hear what the server says.
func listening(t *testing.T, h *hostile, open bool) (*gatedStore, *Bot, func()) {
	_, s := offline(t, nil)
	g := &gatedStore{Store: s, gate: make(chan struct{})}
	if open {
		close(g.gate)
	}
	var o Options
	o.Installation, o.Apps = testInstall, []App{testApp()}
	o.Slack.BotToken, o.Slack.AppToken, o.Slack.APIURL = "xoxb-x", "xapp-x", h.URL
	o.GitHub.WebhookSecret, o.GitHub.APIURL = testSecret, "http://127.0.0.1:9/"
	b, err := New(o, g)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.listen(ctx, 0) }()
	end := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("listen: %v", err)
		}
	})
	t.Cleanup(end)
	return g, b, end
}

func slash(n int, key string) string {
	return fmt.Sprintf(`{"envelope_id":"e-%s","type":"slash_commands","accepts_response_payload":true,`+
		`"payload":{"command":"/qa","text":"status feature/x","trigger_id":"%s","user_id":"U%d","channel_id":"C1"}}`, key, key, n)
}

// eventually polls until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(15 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("never: %s", what)
		}
	}
}

func (h *hostile) awaitAcks(t *testing.T, n int) {
	t.Helper()
	for len(h.acked()) < n {
		select {
		case <-h.wait:
		case <-time.After(10 * time.Second):
			t.Fatalf("%d acknowledgements, want %d", len(h.acked()), n)
		}
	}
}

// The store takes its time while eighty people type: everything is read meanwhile, kept in a few strokes, and acknowledged.
func TestASlowStoreHoldsUpNobody(t *testing.T) {
	const people = 80
	h := newHostile(t)
	said := make(chan struct{})
	h.conn = func(write func(string)) {
		for n := range people {
			write(slash(n, fmt.Sprint("t", n)))
		}
		close(said)
	}
	g, b, _ := listening(t, h, false)
	<-said
	eventually(t, "all is read while the store is busy", func() bool { return len(b.intake.slots) == people })
	close(g.gate)
	h.awaitAcks(t, people)
	for id, ack := range h.acked() {
		if strings.Contains(ack, "payload") { // words would say that it was not kept
			t.Errorf("%s was acknowledged with %s", id, ack)
		}
	}
	lanes, err := g.Lanes(t.Context())
	if err != nil || len(lanes) != people {
		t.Errorf("letters of %d people are kept, %v", len(lanes), err)
	}
	if n := g.writes.Load(); n > people/10 {
		t.Errorf("kept in %d transactions", n)
	}
}

// What one person says is kept in the order in which it was said.
func TestOrderOfWhatOnePersonSays(t *testing.T) {
	h := newHostile(t)
	h.conn = func(write func(string)) {
		for n := range 30 {
			write(slash(n%3, fmt.Sprintf("t%02d", n)))
		}
	}
	g, _, _ := listening(t, h, true)
	h.awaitAcks(t, 30)
	for n := range 3 {
		letters, err := g.Letters(t.Context(), slackLane(fmt.Sprint("U", n)))
		if err != nil || len(letters) != 10 {
			t.Fatal(len(letters), err)
		}
		for i, l := range letters {
			if want := fmt.Sprintf("slash/t%02d", 3*i+n); l.Key != want {
				t.Errorf("letter %d of U%d is %s, want %s", i, n, l.Key, want)
			}
		}
	}
}

// A store that breaks does not end the process; the person is told that nothing was kept, and others are not concerned.
func TestABreakingStore(t *testing.T) {
	h := newHostile(t)
	poisoned := make(chan struct{})
	h.conn = func(write func(string)) {
		write(slash(1, "poison"))
		go func() {
			<-poisoned
			write(slash(2, "t2"))
		}()
	}
	listening(t, h, true)
	h.awaitAcks(t, 1)
	if ack := h.acked()["e-poison"]; !strings.Contains(ack, "again") {
		t.Errorf("acknowledged with %s", ack)
	}
	close(poisoned)
	h.awaitAcks(t, 2)
	if ack := h.acked()["e-t2"]; ack == "" || strings.Contains(ack, "payload") {
		t.Errorf("acknowledged with %s", ack)
	}
}

// The connection breaks before what came by it is kept: it is kept all the same, and nothing hangs.
func TestConnectionBreaksBeforeTheAcknowledgement(t *testing.T) {
	h := newHostile(t)
	var once sync.Once
	said := make(chan struct{})
	h.conn = func(write func(string)) {
		once.Do(func() {
			write(slash(1, "t1"))
			close(said)
			h.CloseClientConnections()
		})
	}
	g, b, end := listening(t, h, false)
	<-said
	eventually(t, "it is read", func() bool { return len(b.intake.slots) > 0 })
	close(g.gate)
	b.intake.wait()
	end()
	if letters, err := g.Letters(t.Context(), slackLane("U1")); err != nil || len(letters) != 1 {
		t.Errorf("kept %d letters, %v", len(letters), err)
	}
}

// Slack takes a request for an address and never answers: it is asked again.
func TestSlackHangs(t *testing.T) {
	h := newHostile(t)
	var asked atomic.Int64
	ended := make(chan struct{})
	h.open = func() string {
		if asked.Add(1) == 1 {
			<-ended
		}
		return fmt.Sprintf(`{"ok":true,"url":"ws://%s/link/"}`, strings.TrimPrefix(h.URL, "http://"))
	}
	connected := make(chan struct{}, 10)
	h.conn = func(func(string)) { connected <- struct{}{} }
	b, _ := offline(t, func(o *Options) { o.Slack.APIURL = h.URL })
	if b.slack.client.Timeout != httpTimeout {
		t.Errorf("calls to Slack may take %s", b.slack.client.Timeout)
	}
	b.slack.client.Timeout = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.listen(ctx, 0) }()
	<-connected
	close(ended)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// An event whose acknowledgement got lost comes again and is kept once; one that comes for the first time in its second try
// is kept like any other.
func TestRetriesAreKept(t *testing.T) {
	h := newHostile(t)
	event := func(envelope, id, again string) string {
		return fmt.Sprintf(`{"envelope_id":%q,"type":"events_api"%s,"payload":{"type":"event_callback","event_id":%q,`+
			`"event":{"type":"app_mention","user":"U1","text":"<@B> list","channel":"C1","ts":"1.2"}}}`, envelope, again, id)
	}
	h.conn = func(write func(string)) {
		write(event("a", "E1", ""))
		write(event("b", "E1", `,"retry_attempt":1,"retry_reason":"timeout"`))
		write(event("c", "E2", `,"retry_attempt":2,"retry_reason":"connection_failed"`))
	}
	g, _, _ := listening(t, h, true)
	h.awaitAcks(t, 3)
	letters, err := g.Letters(t.Context(), slackLane("U1"))
	var keys []string
	for _, l := range letters {
		keys = append(keys, l.Key)
	}
	if got := strings.Join(keys, " "); err != nil || got != "event/E1 event/E2" {
		t.Errorf("kept %s, %v", got, err)
	}
}
