package envelopes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"
	"go.uber.org/goleak"

	"qabot/bot/envelopes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server takes connections and hands each to the test.
type server struct {
	*httptest.Server
	conns chan *peer
}

// peer is Slack's end of one connection.
type peer struct {
	*websocket.Conn
	t      *testing.T
	frames chan string   // what the client sent
	ended  chan struct{} // closed when the client's end is closed
}

const hello = `{"type":"hello","num_connections":1}`

// serve greets with the words that greet gives for connection n, from 0.
func serve(t *testing.T, greet func(n int) string) *server {
	s := &server{conns: make(chan *peer, 100)}
	var n atomic.Int64
	up := websocket.Upgrader{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		p := &peer{Conn: ws, t: t, frames: make(chan string, 100), ended: make(chan struct{})}
		if words := greet(int(n.Add(1) - 1)); words != "" {
			p.say(words)
		}
		s.conns <- p
		defer close(p.ended)
		for {
			_, frame, err := ws.ReadMessage()
			if err != nil {
				ws.Close()
				return
			}
			p.frames <- string(frame)
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func always(words string) func(int) string { return func(int) string { return words } }

func (p *peer) say(words string) {
	if err := p.WriteMessage(websocket.TextMessage, []byte(words)); err != nil {
		p.t.Errorf("say %s: %v", words, err)
	}
}

func (p *peer) command(id string) {
	p.say(fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"payload":{"command":"/qa","text":%q}}`, id, id))
}

// frame waits for what the client says.
func (p *peer) frame() string {
	p.t.Helper()
	select {
	case f := <-p.frames:
		return f
	case <-time.After(10 * time.Second):
		p.t.Fatal("the client says nothing")
		return ""
	}
}

func (s *server) next(t *testing.T) *peer {
	t.Helper()
	select {
	case p := <-s.conns:
		return p
	case <-time.After(10 * time.Second):
		t.Fatal("nobody connects")
		return nil
	}
}

// heard is one envelope that came to the app.
type heard struct {
	n   int
	e   socketmode.Event
	ack envelopes.Ack
}

// client keeps one connection to the server until the test ends.
type client struct {
	envelopes chan heard
	left      chan string
	cancel    context.CancelFunc
	end       func() error
}

func keep(t *testing.T, s *server, change func(*envelopes.Options)) *client {
	c := &client{envelopes: make(chan heard, 100), left: make(chan string, 100)}
	o := envelopes.Options{
		Open:  func(context.Context) (string, error) { return "ws" + strings.TrimPrefix(s.URL, "http"), nil },
		Heard: func(n int, e socketmode.Event, ack envelopes.Ack) { c.envelopes <- heard{n, e, ack} },
		Left:  func(_ int, reason string, _ error) { c.left <- reason },
	}
	if change != nil {
		change(&o)
	}
	line := envelopes.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- line.Keep(ctx, 0, nil) }()
	c.cancel = cancel
	c.end = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Errorf("keep: %v", err)
		}
	})
	return c
}

func (c *client) hear(t *testing.T) heard {
	t.Helper()
	select {
	case h := <-c.envelopes:
		return h
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is heard")
		return heard{}
	}
}

func id(h heard) string { return h.e.Request.EnvelopeID }

func TestEnvelopesAreHandedOverAndAcknowledged(t *testing.T) {
	s := serve(t, always(hello))
	c := keep(t, s, nil)
	p := s.next(t)
	p.command("a")
	p.say(`{"type":"interactive","envelope_id":"b","payload":{"type":"block_actions","user":{"id":"U1"}}}`)
	p.say(`{"type":"events_api","envelope_id":"c","payload":{"type":"event_callback","event_id":"E1","event":{"type":"app_mention","user":"U1"}},"retry_attempt":1}`)
	for i, kind := range []socketmode.EventType{socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI} {
		h := c.hear(t)
		if want := string(rune('a' + i)); id(h) != want || h.e.Type != kind {
			t.Errorf("heard %s of type %s, want %s of %s", id(h), h.e.Type, want, kind)
		}
		if err := h.ack(t.Context(), map[string]string{"text": "ok " + id(h)}); err != nil {
			t.Fatal(err)
		}
		if got, want := p.frame(), fmt.Sprintf(`{"envelope_id":%q,"payload":{"text":"ok %s"}}`, id(h), id(h)); got != want {
			t.Errorf("acknowledged %s, want %s", got, want)
		}
	}
	p.command("d")
	if err := c.hear(t).ack(t.Context(), strings.Repeat("x", 20<<10)); err == nil {
		t.Error("an acknowledgement that Slack would drop is sent")
	}
}

// What cannot be read is acknowledged where it has a name, and what comes behind it is heard.
func TestUnreadableEnvelopes(t *testing.T) {
	s := serve(t, always(hello))
	c := keep(t, s, nil)
	p := s.next(t)
	for _, odd := range []string{
		`{"type":"brand_new","envelope_id":"1","payload":{}}`,
		`{"type":"events_api","envelope_id":"2","payload":{"type":"event_callback","event":{"type":"totally_new"}}}`,
		`{"type":"slash_commands","envelope_id":"3","payload":[1,2]}`,
		`{"type":"interactive","envelope_id":"4","payload":{"type":"block_actions","actions":7}}`,
	} {
		p.say(odd)
	}
	for _, worse := range []string{`{"type":`, `[]`, `null`, ``} {
		p.say(worse)
	}
	p.command("last")
	if h := c.hear(t); id(h) != "last" {
		t.Errorf("heard %s", id(h))
	}
	for _, want := range []string{"1", "2", "3", "4"} {
		var f struct {
			ID string `json:"envelope_id"`
		}
		if err := json.Unmarshal([]byte(p.frame()), &f); err != nil || f.ID != want {
			t.Errorf("acknowledged %s, %v; want %s", f.ID, err, want)
		}
	}
}

// After a warning a new connection is opened at once, the old one is read until it is closed, and what came by it is
// acknowledged by it.
func TestWarnedConnectionIsReadToItsEnd(t *testing.T) {
	s := serve(t, always(hello))
	c := keep(t, s, nil)
	old := s.next(t)
	old.say(`{"type":"disconnect","reason":"warning"}`)
	fresh := s.next(t)
	if reason := <-c.left; reason != "warning" {
		t.Errorf("left for %q", reason)
	}
	old.command("late")
	h := c.hear(t)
	if err := h.ack(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := old.frame(); !strings.Contains(got, "late") {
		t.Errorf("acknowledged %s", got)
	}
	old.say(`{"type":"disconnect","reason":"refresh_requested"}`)
	old.command("later")
	h = c.hear(t)
	// It ends as Slack ends it, by a word that the client answers: what is only cut off may still seem to take an acknowledgement.
	if err := old.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")); err != nil {
		t.Fatal(err)
	}
	<-old.ended
	fresh.command("new")
	if err := c.hear(t).ack(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := fresh.frame(); !strings.Contains(got, "new") {
		t.Errorf("acknowledged %s", got)
	}
	// Its own connection is gone: the other one has to do.
	if err := h.ack(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := fresh.frame(); !strings.Contains(got, "later") {
		t.Errorf("acknowledged %s", got)
	}
	select {
	case p := <-s.conns:
		t.Errorf("a third connection was opened: %v", p)
	default:
	}
}

// Connections that break, that are silent, that never greet or are sent away are replaced.
func TestConnectionsAreReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		greet func(n int) string
		end   func(p *peer)
	}{
		"broken": {always(hello), func(p *peer) { p.Close() }},
		"silent": {always(hello), func(*peer) {}},
		"too many": {func(n int) string {
			return []string{`{"type":"disconnect","reason":"too_many_websockets"}`, hello}[min(n, 1)]
		}, func(*peer) {}},
		"something else":     {func(n int) string { return []string{"{", hello}[min(n, 1)] }, func(*peer) {}},
		"Socket Mode is off": {always(hello), func(p *peer) { p.say(`{"type":"disconnect","reason":"link_disabled"}`) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.greet)
			cl := keep(t, s, func(o *envelopes.Options) {
				if name == "silent" {
					o.Silence = 50 * time.Millisecond
				}
			})
			c.end(s.next(t))
			p := s.next(t)
			p.command("again")
			if h := cl.hear(t); id(h) != "again" {
				t.Errorf("heard %s", id(h))
			}
		})
	}
}

// An address that cannot be had is asked for again; what no retry cures ends Keep.
func TestOpenFails(t *testing.T) {
	s := serve(t, always(hello))
	fatal, passing := errors.New("token revoked"), errors.New("connection refused")
	asked := 0
	c := keep(t, s, func(o *envelopes.Options) {
		open := o.Open
		o.Open = func(ctx context.Context) (string, error) {
			if asked++; asked < 3 {
				return "", passing
			}
			return open(ctx)
		}
		o.RetryAfter = func(err error) (time.Duration, bool) { return time.Millisecond, errors.Is(err, passing) }
	})
	s.next(t)
	if err := c.end(); err != nil || asked != 3 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	line := envelopes.New(envelopes.Options{
		Open:  func(context.Context) (string, error) { return "", fatal },
		Fatal: func(err error) bool { return errors.Is(err, fatal) },
	})
	if err := line.Keep(t.Context(), 0, nil); !errors.Is(err, fatal) {
		t.Errorf("Keep gives %v", err)
	}
}

// At the end nothing more is read, and what was heard can still be acknowledged.
func TestTheEndWaitsForAcknowledgements(t *testing.T) {
	s := serve(t, always(hello))
	c := keep(t, s, nil)
	p := s.next(t)
	p.command("last")
	h := c.hear(t)
	settled := make(chan struct{})
	line := envelopes.New(envelopes.Options{
		Open:  func(context.Context) (string, error) { return "ws" + strings.TrimPrefix(s.URL, "http"), nil },
		Heard: func(n int, e socketmode.Event, ack envelopes.Ack) { c.envelopes <- heard{n, e, ack} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- line.Keep(ctx, 0, func() {
			defer close(settled)
			if err := h.ack(context.Background(), nil); err != nil {
				t.Errorf("acknowledge at the end: %v", err)
			}
		})
	}()
	p = s.next(t)
	p.command("the very last")
	h = c.hear(t)
	cancel()
	<-settled
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := p.frame(); !strings.Contains(got, "the very last") {
		t.Errorf("acknowledged %s", got)
	}
	<-p.ended
}
