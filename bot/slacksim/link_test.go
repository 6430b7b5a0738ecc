package slacksim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"qabot/bot/slacksim"
)

// frame is what comes over a raw connection.
type frame struct {
	Type           string          `json:"type"`
	Reason         string          `json:"reason"`
	NumConnections int             `json:"num_connections"`
	EnvelopeID     string          `json:"envelope_id"`
	RetryAttempt   int             `json:"retry_attempt"`
	RetryReason    string          `json:"retry_reason"`
	Payload        json.RawMessage `json:"payload"`
}

func (w *world) ticket() string {
	w.t.Helper()
	out, _ := w.apiAs(w.AppToken(), "apps.connections.open", nil)
	url, _ := out["url"].(string)
	if url == "" {
		w.t.Fatalf("no URL: %v", out)
	}
	return url
}

// dial opens a raw connection and reads its hello.
func (w *world) dial() (*websocket.Conn, frame) {
	w.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(w.ticket(), nil)
	w.must(err)
	w.t.Cleanup(func() { _ = conn.Close() })
	return conn, w.read(conn)
}

func (w *world) read(conn *websocket.Conn) frame {
	w.t.Helper()
	var f frame
	w.must(conn.SetReadDeadline(time.Now().Add(10 * time.Second)))
	w.must(conn.ReadJSON(&f))
	return f
}

func TestTicketsAndConnections(t *testing.T) {
	w := open(t, slacksim.Options{})
	url := w.ticket()
	for _, want := range []int{http.StatusSwitchingProtocols, http.StatusForbidden} {
		conn, resp, err := websocket.DefaultDialer.Dial(url, nil)
		if resp == nil || resp.StatusCode != want {
			t.Fatalf("dialling gave %v %v, want %d: a ticket is good once", resp, err, want)
		}
		if conn != nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	w.must(w.AwaitConnections(w.ctx, 1))
	for i := 2; i <= 10; i++ {
		if _, hello := w.dial(); hello.Type != "hello" || hello.NumConnections != i {
			t.Fatalf("connection %d was greeted with %+v", i, hello)
		}
	}
	if _, f := w.dial(); f.Type != "disconnect" || f.Reason != "too_many_websockets" {
		t.Fatalf("the eleventh was greeted with %+v", f)
	}
}

func TestEnvelopeGoesToOneConnection(t *testing.T) {
	w := open(t, slacksim.Options{})
	got := make(chan int, 100)
	for i := range 3 {
		conn, _ := w.dial()
		go func() {
			for {
				var f frame
				if conn.ReadJSON(&f) != nil {
					return
				}
				_ = conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID})
				got <- i
			}
		}()
	}
	const sent = 60
	for range sent {
		_, err := w.Command(w.ctx, "ana", "qa", "list")
		w.must(err)
	}
	// Everything was acknowledged; that nobody got a copy shows once the connections are idle.
	count := map[int]int{}
	for range sent {
		count[<-got]++
	}
	if len(got) != 0 || len(count) != 3 {
		t.Fatalf("%d deliveries too many, shares %v: want each once and every connection used", len(got), count)
	}
}

func TestLateAcknowledgement(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now})
	conn, _ := w.dial()
	errs := make(chan error, 1)
	go func() {
		_, err := w.Command(w.ctx, "ana", "qa", "list")
		errs <- err
	}()
	w.read(conn)
	c.move(2900 * time.Millisecond)
	select {
	case err := <-errs:
		t.Fatalf("gave up before three seconds: %v", err)
	case <-time.After(30 * time.Millisecond): // two looks at the clock
	}
	c.move(200 * time.Millisecond)
	if f, ok := errors.AsType[*slacksim.Failure](<-errs); !ok || f.Code != "operation_timeout" {
		t.Fatalf("got %v, want operation_timeout", f)
	}
}

func TestLargeAcknowledgementIsDropped(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now})
	conn, _ := w.dial()
	errs := make(chan error, 1)
	go func() {
		_, err := w.Command(w.ctx, "ana", "qa", "list")
		errs <- err
	}()
	f := w.read(conn)
	w.must(conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID, "payload": map[string]string{"text": strings.Repeat("x", 20<<10)}}))
	w.must(conn.WriteControl(websocket.PingMessage, []byte("done"), time.Now().Add(time.Second)))
	pong := make(chan string, 4)
	conn.SetPongHandler(func(s string) error { pong <- s; return nil })
	go func() { _, _, _ = conn.ReadMessage() }()
	if s := <-pong; s != "done" { // the acknowledgement before it has been read
		t.Fatalf("pong %q", s)
	}
	c.move(4 * time.Second)
	if err := <-errs; err == nil {
		t.Fatal("an acknowledgement over 20 KB was taken")
	}
}

func TestEventsAreSentAgain(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now})
	conn, _ := w.dial()
	_, err := w.Message(w.ctx, "ana", "qa", "@qabot hello", "")
	w.must(err)
	var ids []string
	last := c.now()
	for attempt, pause := range []time.Duration{0, 0, time.Minute, 5 * time.Minute} {
		frames := make(chan frame, 1)
		go func() { frames <- w.read(conn) }()
		f := w.await(frames, func() { c.move(10 * time.Second) })
		if waited := c.now().Sub(last); waited < pause || waited > pause+time.Minute {
			t.Fatalf("attempt %d came after %s, want %s and the deadline before it", attempt, waited, pause)
		}
		last = c.now()
		var body struct {
			EventID string `json:"event_id"`
		}
		w.must(json.Unmarshal(f.Payload, &body))
		ids = append(ids, body.EventID)
		if f.RetryAttempt != attempt || attempt > 0 && f.RetryReason != "timeout" || body.EventID != ids[0] {
			t.Fatalf("attempt %d: %+v of %s, want the same event with that number", attempt, f, body.EventID)
		}
		if attempt == 3 {
			w.must(conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID}))
		}
	}
}

// await takes a frame and moves things on while there is none.
func (w *world) await(frames <-chan frame, on func()) frame {
	w.t.Helper()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case f := <-frames:
			return f
		case <-tick.C:
			on()
		case <-w.ctx.Done():
			w.t.Fatal("no frame")
		}
	}
}

func TestDisconnects(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now, ConnectionLife: time.Minute})
	conn, _ := w.dial()
	c.move(51 * time.Second)
	if f := w.read(conn); f.Type != "disconnect" || f.Reason != "warning" {
		t.Fatalf("ten seconds before the end: %+v", f)
	}
	if n := w.Connections(); n != 1 {
		t.Fatalf("%d connections after the warning, want it still open", n)
	}
	c.move(11 * time.Second)
	if f := w.read(conn); f.Reason != "refresh_requested" {
		t.Fatalf("at the end: %+v", f)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Fatalf("closed with %v, want a close frame", err)
	}
	conn, _ = w.dial()
	w.must(w.Disconnect("link_disabled"))
	if f := w.read(conn); f.Reason != "link_disabled" {
		t.Fatalf("disabled: %+v", f)
	}
	if out, _ := w.apiAs(w.AppToken(), "apps.connections.open", nil); out["ok"] != false {
		t.Fatalf("a disabled app may connect: %v", out)
	}
	w.EnableSocketMode()
	w.dial()
}

func TestTriggersAndResponseURLs(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now})
	conn, _ := w.dial()
	slash := func() (trigger, responseURL string) {
		done := make(chan error, 1)
		go func() {
			_, err := w.Command(w.ctx, "ana", "qa", "list")
			done <- err
		}()
		f := w.read(conn)
		w.must(conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID}))
		w.must(<-done)
		var p struct {
			TriggerID   string `json:"trigger_id"`
			ResponseURL string `json:"response_url"`
		}
		w.must(json.Unmarshal(f.Payload, &p))
		return p.TriggerID, p.ResponseURL
	}
	openView := func(trigger string, title string) any {
		out, _ := w.api("views.open", map[string]string{"trigger_id": trigger, "view": fmt.Sprintf(`{"type":"modal","title":{"type":"plain_text","text":%q},"blocks":[]}`, title)})
		return out["error"]
	}
	trigger, url := slash()
	if e := openView(trigger, strings.Repeat("x", 25)); e != "invalid_arguments" {
		t.Errorf("title of 25: %v", e)
	}
	if e := openView(trigger, strings.Repeat("x", 24)); e != nil {
		t.Errorf("first use: %v", e)
	}
	if e := openView(trigger, "x"); e != "exchanged_trigger_id" {
		t.Errorf("second use: %v", e)
	}
	late, _ := slash()
	c.move(3001 * time.Millisecond)
	if e := openView(late, "x"); e != "expired_trigger_id" {
		t.Errorf("after three seconds: %v", e)
	}
	v := w.Views("ana")[0]
	out, _ := w.api("views.update", map[string]string{"view_id": v.ID, "hash": "old", "view": `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]}`})
	if out["error"] != "hash_conflict" {
		t.Errorf("update with an old hash: %v", out)
	}

	answer := func(url string) string {
		resp, err := http.Post(url, "application/json", strings.NewReader(`{"text":"x"}`))
		w.must(err)
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		w.must(err)
		return string(body)
	}
	for i := range 5 {
		if got := answer(url); got != "ok" {
			t.Fatalf("answer %d: %s", i+1, got)
		}
	}
	if got := answer(url); !strings.Contains(got, "used_url") {
		t.Errorf("sixth answer: %s", got)
	}
	_, url = slash()
	c.move(31 * time.Minute)
	if got := answer(url); !strings.Contains(got, "expired_url") {
		t.Errorf("after half an hour: %s", got)
	}
}
