package slacksim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"pgregory.net/rapid"

	"qabot/bot/slacksim"
)

// reader is a client as Slack wants one: it has two connections, opens a new one when one is warned or breaks, reads
// the old one to its end, and acknowledges every envelope. It counts what comes.
type reader struct {
	w       *world
	clients sync.WaitGroup

	mu        sync.Mutex
	conns     map[*websocket.Conn]bool
	closed    bool
	envelopes map[string]int // by id
	seen      map[string]int // by what was done, and for events the attempt: "c1", "m2 0"
}

func newReader(w *world) *reader {
	r := &reader{w: w, conns: map[*websocket.Conn]bool{}, envelopes: map[string]int{}, seen: map[string]int{}}
	for range 2 {
		r.clients.Go(r.connect)
	}
	w.must(w.AwaitConnections(w.ctx, 2))
	return r
}

// connect keeps one connection alive until the reader is closed.
func (r *reader) connect() {
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for {
		conn := r.dial()
		r.mu.Lock()
		closed := r.closed
		if conn != nil {
			if closed {
				_ = conn.Close()
			}
			r.conns[conn] = true
		}
		r.mu.Unlock()
		if closed {
			return
		}
		if conn != nil && r.read(conn) {
			return // somebody has taken over
		}
		<-pause.C
	}
}

func (r *reader) dial() *websocket.Conn {
	out, _ := r.w.apiAs(r.w.AppToken(), "apps.connections.open", nil)
	url, _ := out["url"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return nil // Socket Mode is off, or the ticket is too old by now
	}
	return conn
}

// read takes envelopes until the connection ends; it is true when another connection replaces this one.
func (r *reader) read(conn *websocket.Conn) (replaced bool) {
	defer func() { _ = conn.Close() }()
	for {
		var f frame
		if conn.ReadJSON(&f) != nil {
			return replaced
		}
		switch {
		case f.EnvelopeID != "":
			r.note(f)
			_ = conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID}) // a broken connection shows in the next read
		case f.Type == "disconnect" && f.Reason == "warning" && !replaced:
			replaced = true
			r.clients.Go(r.connect)
		}
	}
}

func (r *reader) note(f frame) {
	var p struct {
		Text    string
		Event   struct{ Text string }
		Actions []struct {
			ActionID string `json:"action_id"`
		}
	}
	err := json.Unmarshal(f.Payload, &p)
	what := p.Text
	switch {
	case err != nil:
		what = err.Error()
	case p.Event.Text != "":
		what = strings.Fields(p.Event.Text)[1] + fmt.Sprintf(" %d", f.RetryAttempt)
	case len(p.Actions) > 0:
		what = p.Actions[0].ActionID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.envelopes[f.EnvelopeID]++
	r.seen[what]++
}

// attempts counts how often an event came, and how often in one attempt at most.
func (r *reader) attempts(event string) (all, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range 4 {
		got := r.seen[fmt.Sprintf("%s %d", event, n)]
		all, most = all+got, max(most, got)
	}
	return all, most
}

func (r *reader) close() {
	r.mu.Lock()
	r.closed = true
	for conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	r.clients.Wait()
}

// done is something a person did: its name, and how it went.
type done struct {
	what string
	err  error
}

const deeds = 20 // at most, one button for each

// deliveries is one run of random deeds and reconnects.
type deliveries struct {
	w        *world
	r        *reader
	clock    *clock
	ts       string
	rough    bool // connections break too; without, they are only warned
	running  sync.WaitGroup
	mu       sync.Mutex
	finished []done
	events   []string
}

func (d *deliveries) do(what string, f func() error) {
	d.running.Go(func() {
		err := f()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.finished = append(d.finished, done{what, err})
	})
}

func (d *deliveries) step(t *rapid.T, i int) {
	w := d.w
	switch rapid.SampledFrom([]string{"command", "click", "message", "reconnect"}).Draw(t, "deed") {
	case "command":
		what := fmt.Sprintf("c%d", i)
		d.do(what, func() error { _, err := w.Command(w.ctx, "ana", "qa", what); return err })
	case "click":
		what := fmt.Sprintf("a%d", i)
		d.do(what, func() error { return w.Click(w.ctx, "ben", "qa", d.ts, what) })
	case "message":
		what := fmt.Sprintf("m%d", i)
		_, err := w.Message(w.ctx, "ana", "qa", "@qabot "+what, "")
		w.must(err)
		d.events = append(d.events, what)
	case "reconnect":
		d.reconnect(t)
	}
	if rapid.Bool().Draw(t, "wait") {
		d.settle()
	}
}

func (d *deliveries) reconnect(t *rapid.T) {
	reasons := []string{"warning"}
	if d.rough {
		reasons = []string{"warning", "refresh_requested", "link_disabled", ""}
	}
	reason := rapid.SampledFrom(reasons).Draw(t, "reason")
	d.w.must(d.w.Disconnect(reason))
	if reason == "link_disabled" {
		d.w.EnableSocketMode()
	}
	if reason == "warning" { // the old ones end when everything on them is done
		d.settle()
		if !d.rough { // else time went on, and they may be gone by now
			d.w.must(d.w.AwaitConnections(d.w.ctx, 4))
		}
		d.clock.move(11 * time.Second)
	}
	d.w.eventually("two connections", func() bool { return d.w.Connections() == 2 })
}

// settle waits until everything is done. Where connections break, acknowledgements get lost: when nothing moves any
// more, time does.
func (d *deliveries) settle() {
	d.w.t.Helper()
	idle := make(chan struct{})
	go func() { d.running.Wait(); close(idle) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	before, still := 0, 0
	for {
		select {
		case <-idle:
			if d.told() {
				return
			}
		case <-d.w.ctx.Done():
			d.r.mu.Lock()
			defer d.r.mu.Unlock()
			d.w.t.Fatalf("something was never delivered: of %v and %v came %v", d.events, d.finished, d.r.seen)
		default:
		}
		<-tick.C
		if now := d.moves(); now != before || !d.rough {
			before, still = now, 0
		}
		if still++; still > 15 {
			d.clock.move(4 * time.Second)
			still = 10
		}
	}
}

// told says whether every event came at least once.
func (d *deliveries) told() bool {
	for _, e := range d.events {
		if n, _ := d.r.attempts(e); n == 0 {
			return false
		}
	}
	return true
}

// moves counts everything that happened so far.
func (d *deliveries) moves() int {
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.r.envelopes) + len(d.finished)
}

// verdict says what went wrong, or nothing.
func (d *deliveries) verdict() string {
	d.r.mu.Lock()
	for id, n := range d.r.envelopes {
		if n > 1 {
			d.r.mu.Unlock()
			return fmt.Sprintf("envelope %s came %d times", id, n)
		}
	}
	seen := d.r.seen
	d.r.mu.Unlock()
	for _, f := range d.finished {
		switch n := seen[f.what]; {
		case n > 1, n == 0 && f.err == nil, f.err != nil && !d.rough:
			return fmt.Sprintf("%s came %d times and ended with %v", f.what, n, f.err)
		}
	}
	for _, e := range d.events {
		all, most := d.r.attempts(e)
		if most > 1 || all == 0 || all > 1 && !d.rough {
			return fmt.Sprintf("event %s came %d times, %d in one attempt", e, all, most)
		}
	}
	return ""
}

// Whatever people do and however often connections are renewed: each envelope comes once; what the person was told
// went well did come; an event comes until it is acknowledged, never twice in one attempt. Where connections are warned
// before they end nothing fails at all, and nothing is sent again.
func TestNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	for name, rough := range map[string]bool{"warned": false, "broken": true} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				c := newClock()
				w, end := openFor(t, slacksim.Options{Now: c.now, ConnectionLife: 24 * time.Hour})
				defer end()
				d := &deliveries{w: w, r: newReader(w), clock: c, rough: rough}
				defer d.r.close()
				var buttons []string
				for i := range deeds {
					buttons = append(buttons, button(fmt.Sprintf(`,"action_id":"a%d"`, i)))
				}
				out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x", "blocks": actions(buttons...)})
				d.ts, _ = out["ts"].(string)
				for i := range rapid.IntRange(1, deeds).Draw(rt, "deeds") {
					d.step(rt, i)
				}
				d.settle()
				if wrong := d.verdict(); wrong != "" {
					rt.Fatal(wrong)
				}
			})
		})
	}
}
