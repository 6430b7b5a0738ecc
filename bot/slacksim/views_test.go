package slacksim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"qabot/bot/slacksim"
)

// answer carries out what somebody does and answers the envelope that it causes with a payload.
func (w *world) answer(conn *websocket.Conn, payload any, do func() error) map[string]any {
	w.t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	f := w.read(conn)
	w.must(conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID, "payload": payload}))
	w.must(<-done)
	var p map[string]any
	w.must(json.Unmarshal(f.Payload, &p))
	return p
}

func modal(title, more string, blocks ...string) string {
	all := "["
	for i, b := range blocks {
		if i > 0 {
			all += ","
		}
		all += b
	}
	return fmt.Sprintf(`{"type":"modal","title":{"type":"plain_text","text":%q},"submit":{"type":"plain_text","text":"Go"},"blocks":%s]%s}`, title, all, more)
}

const (
	noteBlock = `{"type":"input","block_id":"note","label":{"type":"plain_text","text":"Note"},"element":{"type":"plain_text_input","action_id":"text"}}`
	moreBlock = `{"type":"actions","block_id":"more","elements":[{"type":"button","action_id":"more","text":{"type":"plain_text","text":"More"}}]}`
)

// opened is a workspace with a raw connection on which ana has a modal open.
func opened(t *testing.T, view string) (w *world, conn *websocket.Conn, trigger string) {
	t.Helper()
	w = open(t, slacksim.Options{})
	conn, _ = w.dial()
	p := w.answer(conn, nil, func() error { return w.Shortcut(w.ctx, "ana", "new", "", "") })
	trigger, _ = p["trigger_id"].(string)
	if out, _ := w.api("views.open", map[string]string{"trigger_id": trigger, "view": view}); out["ok"] != true {
		t.Fatalf("views.open: %v", out)
	}
	return w, conn, trigger
}

// press clicks in ana's top modal and gives the trigger id.
func (w *world) press(conn *websocket.Conn) string {
	w.t.Helper()
	top := w.Views("ana")[len(w.Views("ana"))-1]
	p := w.answer(conn, nil, func() error {
		return w.Act(w.ctx, slacksim.Action{User: "ana", ViewID: top.ID, ActionID: "more"})
	})
	trigger, _ := p["trigger_id"].(string)
	return trigger
}

func (w *world) titles() string {
	out := ""
	for _, v := range w.Views("ana") {
		var title struct{ Text string }
		w.must(json.Unmarshal(v.Title, &title))
		out += title.Text + " "
	}
	return out
}

func TestModalStack(t *testing.T) {
	w, conn, _ := opened(t, modal("A", "", moreBlock))
	for _, title := range []string{"B", "C"} {
		if out, _ := w.api("views.push", map[string]string{"trigger_id": w.press(conn), "view": modal(title, "", moreBlock)}); out["ok"] != true {
			t.Fatalf("push %s: %v", title, out)
		}
	}
	if out, _ := w.api("views.push", map[string]string{"trigger_id": w.press(conn), "view": modal("D", "", moreBlock)}); out["error"] != "push_limit_reached" {
		t.Fatalf("a fourth view: %v", out)
	}
	if got := w.titles(); got != "A B C " {
		t.Fatalf("stack %q", got)
	}
	top := w.Views("ana")[2]
	w.must(w.CloseView(w.ctx, "ana", top.ID))
	if got := w.titles(); got != "A B " {
		t.Fatalf("after closing the top: %q", got)
	}
	if out, _ := w.api("views.update", map[string]string{"view_id": top.ID, "view": modal("E", "")}); out["error"] != "not_found" {
		t.Fatalf("update of a closed view: %v", out)
	}
}

func TestPushNeedsAModal(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _ := w.dial()
	p := w.answer(conn, nil, func() error { return w.Shortcut(w.ctx, "ana", "new", "", "") })
	if out, _ := w.api("views.push", map[string]string{"trigger_id": fmt.Sprint(p["trigger_id"]), "view": modal("A", "")}); out["error"] != "not_found" {
		t.Fatalf("push onto nothing: %v", out)
	}
}

func TestAnswersToSubmission(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for _, c := range []struct {
		name   string
		answer map[string]any
		faults string // of the block "note"
		titles string
		fails  bool
	}{
		{name: "nothing", titles: ""},
		{name: "clear", answer: map[string]any{"response_action": "clear"}, titles: ""},
		{name: "update", answer: map[string]any{"response_action": "update", "view": raw(modal("B", ""))}, titles: "B "},
		{name: "push", answer: map[string]any{"response_action": "push", "view": raw(modal("B", ""))}, titles: "A B "},
		{name: "errors", answer: map[string]any{"response_action": "errors", "errors": map[string]string{"note": "too short"}}, faults: "too short", titles: "A "},
		{name: "errors for a block that is not there", answer: map[string]any{"response_action": "errors", "errors": map[string]string{"nope": "x"}}, titles: "A ", fails: true},
		{name: "a view against the rules", answer: map[string]any{"response_action": "update", "view": raw(modal("a title that is far too long", ""))}, titles: "A ", fails: true},
		{name: "unknown action", answer: map[string]any{"response_action": "explode"}, titles: "A ", fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, conn, _ := opened(t, modal("A", "", noteBlock))
			var faults map[string]string
			var failed error
			p := w.answer(conn, c.answer, func() error {
				faults, failed = w.Submit(w.ctx, "ana", w.Views("ana")[0].ID, slacksim.Values{"note": {"text": "hello"}})
				return nil
			})
			if p["type"] != "view_submission" {
				t.Errorf("payload %v", p["type"])
			}
			if faults["note"] != c.faults || (failed != nil) != c.fails || w.titles() != c.titles {
				t.Errorf("faults %v, error %v, stack %q: want %q, %v, %q", faults, failed, w.titles(), c.faults, c.fails, c.titles)
			}
		})
	}
}

func TestViewClosed(t *testing.T) {
	w, conn, _ := opened(t, modal("A", "", moreBlock))
	w.api("views.push", map[string]string{"trigger_id": w.press(conn), "view": modal("B", `,"notify_on_close":true,"clear_on_close":true`, noteBlock)})
	p := w.answer(conn, nil, func() error { return w.CloseView(w.ctx, "ana", w.Views("ana")[1].ID) })
	if p["type"] != "view_closed" || p["is_cleared"] != true || len(w.Views("ana")) != 0 {
		t.Fatalf("payload %v, stack %q: want view_closed and everything gone", p, w.titles())
	}
}

func TestHashes(t *testing.T) {
	w := open(t, slacksim.Options{})
	home := func(text, hash string) map[string]any {
		view := `{"type":"home","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}]}`
		out, _ := w.api("views.publish", map[string]string{"user_id": w.UserID("ana"), "view": view, "hash": hash})
		return out
	}
	first := home("one", "")
	hash, _ := first["view"].(map[string]any)["hash"].(string)
	if out := home("two", hash); out["ok"] != true {
		t.Fatalf("publish with the hash that stands: %v", out)
	}
	if out := home("three", hash); out["error"] != "hash_conflict" {
		t.Fatalf("publish with an old hash: %v", out)
	}
	if _, ok := w.Home("ben"); ok {
		t.Error("ben has ana's Home tab")
	}
	conn, _ := w.dial()
	w.must(w.OpenHome("ana", ""))
	if ev := w.takeEvent(conn); ev["type"] != "app_home_opened" || ev["view"] == nil {
		t.Fatalf("event %v: want the view that stands there", ev)
	}
}

// An external select in a message asks the app as one in a modal does; what was not offered cannot be chosen.
func TestSuggestionsInMessages(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _ := w.dial()
	out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x",
		"blocks": actions(`{"type":"external_select","action_id":"branch","min_query_length":2}`, `{"type":"static_select","action_id":"ttl","options":[{"text":{"type":"plain_text","text":"A day"},"value":"24h"}]}`)})
	ts, _ := out["ts"].(string)
	at := slacksim.Action{User: "ana", Channel: "qa", TS: ts, ActionID: "branch"}
	if options, err := w.Suggest(w.ctx, at, "f"); err != nil || len(options) != 0 {
		t.Fatalf("below min_query_length: %v %v", options, err)
	}
	var options []slacksim.Suggestion
	group := map[string]any{"label": map[string]string{"type": "plain_text", "text": "Mine"},
		"options": []any{map[string]any{"text": map[string]string{"type": "plain_text", "text": "feature/x"}, "value": "x"}}}
	p := w.answer(conn, map[string]any{"option_groups": []any{group}}, func() (err error) {
		options, err = w.Suggest(w.ctx, at, "fe")
		return err
	})
	container, _ := p["container"].(map[string]any)
	if p["type"] != "block_suggestion" || p["value"] != "fe" || container["message_ts"] != ts || len(options) != 1 || options[0].Group != "Mine" {
		t.Fatalf("payload %v, options %+v", p, options)
	}
	at.Value = "y"
	if err := w.Act(w.ctx, at); err == nil {
		t.Error("something was chosen that the app did not offer")
	}
	at.Value = "x"
	w.answer(conn, nil, func() error { return w.Act(w.ctx, at) })
	p = w.answer(conn, nil, func() error {
		return w.Act(w.ctx, slacksim.Action{User: "ana", Channel: "qa", TS: ts, ActionID: "ttl", Value: "24h"})
	})
	state, err := json.Marshal(p["state"])
	w.must(err)
	for _, want := range []string{`"value":"x"`, `"value":"24h"`} {
		if !json.Valid(state) || !contains(string(state), want) {
			t.Errorf("state %s: want %s, as both were chosen", state, want)
		}
	}
}

// What a view proposes can be sent as it stands, also where the options come from the app.
func TestProposedOptionIsSent(t *testing.T) {
	const proposed = `{"type":"input","block_id":"branch","label":{"type":"plain_text","text":"Branch"},"element":{"type":"external_select","action_id":"pick",
		"initial_option":{"text":{"type":"plain_text","text":"feature/x"},"value":"x"}}}`
	w, conn, _ := opened(t, modal("First", "", proposed))
	id := w.Views("ana")[0].ID
	p := w.answer(conn, nil, func() error {
		_, err := w.Submit(w.ctx, "ana", id, slacksim.Values{"branch": {"pick": "x"}})
		return err
	})
	if text, err := json.Marshal(p["view"]); err != nil || !strings.Contains(string(text), `"selected_option":{"text":{"text":"feature/x"`) {
		t.Errorf("sent %s, %v", text, err)
	}
	if _, err := w.Submit(w.ctx, "ana", id, slacksim.Values{"branch": {"pick": "y"}}); err == nil {
		t.Error("what nobody offered was taken")
	}
}
