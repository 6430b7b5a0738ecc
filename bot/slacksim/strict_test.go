package slacksim_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"qabot/bot/slacksim"
)

// Slack pings from the start: clients take a connection for dead that is silent.
func TestPingsFromTheStart(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _, err := websocket.DefaultDialer.Dial(w.ticket(), nil)
	w.must(err)
	t.Cleanup(func() { _ = conn.Close() })
	pinged := make(chan struct{}, 8)
	conn.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil })
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	select {
	case <-pinged:
	case <-w.ctx.Done():
		t.Fatal("no ping")
	}
}

// Whoever presses a button sees that the app did not answer in time; the message stays as it was.
func TestUnansweredClick(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now})
	conn, _ := w.dial()
	out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x", "blocks": actions(button(`,"action_id":"a"`))})
	ts, _ := out["ts"].(string)
	errs := make(chan error, 1)
	go func() { errs <- w.Click(w.ctx, "ana", "qa", ts, "a") }()
	w.read(conn)
	c.move(3100 * time.Millisecond)
	if f, ok := errors.AsType[*slacksim.Failure](<-errs); !ok || f.Text == "" {
		t.Fatalf("got %v, want words that the person sees", f)
	}
	if m := w.Messages("qa")[0]; m.Edits != 0 {
		t.Errorf("%d edits", m.Edits)
	}
}

// An edit tells nobody, whatever it says, and what stood there before can be read by tests.
func TestEditsNotifyNobody(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _ := w.dial()
	out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "one"})
	ts, _ := out["ts"].(string)
	for _, text := range []string{"two", fmt.Sprintf("three <@%s>", w.UserID("qabot"))} {
		if out, _ := w.api("chat.update", map[string]string{"channel": w.ChannelID("qa"), "ts": ts, "text": text}); out["ok"] != true {
			t.Fatal(out)
		}
	}
	m := w.Messages("qa")[0]
	if m.Edits != 2 || len(m.History) != 2 || m.History[0].Text != "one" || m.History[1].Text != "two" {
		t.Errorf("%d edits, history %+v", m.Edits, m.History)
	}
	_, err := w.Message(w.ctx, "ana", "qa", "@qabot hello", "")
	w.must(err)
	if ev := w.takeEvent(conn); ev["type"] != "app_mention" || !strings.Contains(fmt.Sprint(ev["text"]), "hello") {
		t.Errorf("event %v: want the new message, and none of the edit that mentions the app", ev)
	}
}

// What is only for messages is refused in modals, and the other way round.
func TestSurfaces(t *testing.T) {
	w := open(t, slacksim.Options{})
	for name, c := range map[string]struct {
		block          string
		message, modal bool
	}{
		"section":   {section("x"), true, true},
		"alert":     {`{"type":"alert","text":{"type":"plain_text","text":"x"}}`, false, true},
		"container": {`{"type":"container","child_blocks":[` + section("x") + `]}`, true, false},
		"table":     {`{"type":"table","rows":[[{"type":"raw_text","text":"x"}]]}`, true, false},
	} {
		posted, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x", "blocks": "[" + c.block + "]"})
		if posted["ok"] != c.message {
			t.Errorf("%s in a message: %v", name, posted)
		}
		view := `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[` + c.block + `]}`
		opened, _ := w.api("views.open", map[string]string{"trigger_id": w.Trigger("ana", "qa"), "view": view})
		if opened["ok"] != c.modal {
			t.Errorf("%s in a modal: %v", name, opened)
		}
	}
}

// A slow Slack answers late, and has done what was asked.
func TestLatency(t *testing.T) {
	w := open(t, slacksim.Options{})
	w.must(w.Fail(slacksim.Fault{Method: "chat.postMessage", DelayMS: 60}))
	began := time.Now()
	out, resp := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x"})
	if took := time.Since(began); took < 60*time.Millisecond || resp.StatusCode != http.StatusOK || out["ok"] != true || len(w.Messages("qa")) != 1 {
		t.Errorf("after %s: %s %v", took, resp.Status, out)
	}
}
