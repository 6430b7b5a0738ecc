package slacksim_test

import (
	"encoding/json"
	"testing"

	"github.com/gorilla/websocket"

	"qabot/bot/slacksim"
)

// take reads an envelope's payload and acknowledges it.
func (w *world) take(conn *websocket.Conn) map[string]any {
	w.t.Helper()
	f := w.read(conn)
	w.must(conn.WriteJSON(map[string]any{"envelope_id": f.EnvelopeID}))
	var p map[string]any
	w.must(json.Unmarshal(f.Payload, &p))
	return p
}

func (w *world) takeEvent(conn *websocket.Conn) map[string]any {
	w.t.Helper()
	ev, _ := w.take(conn)["event"].(map[string]any)
	return ev
}

func TestDirectMessages(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _ := w.dial()
	_, err := w.Message(w.ctx, "ana", "@qabot", "list", "")
	w.must(err)
	ev := w.takeEvent(conn)
	if ev["type"] != "message" || ev["channel_type"] != "im" || ev["text"] != "list" || ev["user"] != w.UserID("ana") {
		t.Fatalf("event %v", ev)
	}
	out, _ := w.api("conversations.open", map[string]string{"users": w.UserID("ana")})
	im, _ := out["channel"].(map[string]any)
	if im["id"] != ev["channel"] {
		t.Fatalf("conversations.open gave %v, want %v", im, ev["channel"])
	}
	out, _ = w.api("chat.postMessage", map[string]string{"channel": w.UserID("ana"), "text": "hi"})
	if out["channel"] != im["id"] {
		t.Fatalf("posting to a user went to %v", out["channel"])
	}
	if ev := w.takeEvent(conn); ev["bot_id"] == nil || ev["text"] != "hi" {
		t.Fatalf("event %v: want the app to hear itself in a direct message", ev)
	}
}

func TestChannelsChange(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _ := w.dial()
	yes, name := true, "qa-rooms"
	w.must(w.ChangeChannel(slacksim.ChannelChange{Channel: "qa", Name: &name}))
	if ev := w.takeEvent(conn); ev["type"] != "channel_rename" {
		t.Fatalf("event %v", ev)
	}
	w.must(w.ChangeChannel(slacksim.ChannelChange{Channel: "qa-rooms", Archived: &yes}))
	if ev := w.takeEvent(conn); ev["type"] != "channel_archive" || ev["channel"] != w.ChannelID("qa-rooms") {
		t.Fatalf("event %v", ev)
	}
	w.must(w.ChangeChannel(slacksim.ChannelChange{Channel: "general", HasBot: &yes}))
	if out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("general"), "text": "x"}); out["ok"] != true {
		t.Fatalf("posting after an invitation: %v", out)
	}
}

func TestMenusEphemeralsShortcuts(t *testing.T) {
	w := open(t, slacksim.Options{})
	conn, _ := w.dial()
	act := func(do func() error) map[string]any {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- do() }()
		p := w.take(conn)
		w.must(<-done)
		return p
	}
	const row = `{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":"overflow","action_id":"menu","options":[{"text":{"type":"plain_text","text":"Redeploy"},"value":"redeploy"}]}}`
	out, _ := w.api("chat.postEphemeral", map[string]string{"channel": w.ChannelID("qa"), "user": w.UserID("ana"), "text": "x", "blocks": "[" + row + "," + row + "]"})
	ts, _ := out["message_ts"].(string)
	if err := w.Click(w.ctx, "ben", "qa", ts, "menu"); err == nil {
		t.Error("ben pressed something that only ana sees")
	}
	if err := w.Click(w.ctx, "ana", "qa", ts, "menu"); err == nil {
		t.Error("an action in two blocks was pressed without saying which")
	}
	var blocks []struct {
		BlockID string `json:"block_id"`
	}
	w.must(json.Unmarshal(w.Messages("qa")[0].Blocks, &blocks))
	p := act(func() error {
		return w.Act(w.ctx, slacksim.Action{User: "ana", Channel: "qa", TS: ts, ActionID: "menu", BlockID: blocks[1].BlockID, Value: "redeploy"})
	})
	first, _ := p["actions"].([]any)[0].(map[string]any)
	chosen, _ := first["selected_option"].(map[string]any)
	if chosen["value"] != "redeploy" || first["block_id"] != blocks[1].BlockID || p["message"] != nil {
		t.Errorf("payload %v: want the option and its block, and no message as it is ephemeral", p)
	}
	if out, _ := w.api("chat.update", map[string]string{"channel": w.ChannelID("qa"), "ts": ts, "text": "y"}); out["error"] != "message_not_found" {
		t.Errorf("an ephemeral was updated: %v", out)
	}
	w.must(w.Dismiss("ana", "qa", ts))
	if n := len(w.Messages("qa")); n != 0 {
		t.Errorf("%d messages after dismissing the only one", n)
	}

	msg, err := w.Message(w.ctx, "ben", "qa", "see PR 12", "")
	w.must(err)
	p = act(func() error { return w.Shortcut(w.ctx, "ana", "qa_from_message", "qa", msg) })
	if p["type"] != "message_action" || p["callback_id"] != "qa_from_message" || p["message_ts"] != msg {
		t.Errorf("message shortcut %v", p)
	}
	p = act(func() error { return w.Shortcut(w.ctx, "ana", "qa_new", "", "") })
	if p["type"] != "shortcut" || p["trigger_id"] == "" {
		t.Errorf("global shortcut %v", p)
	}
}
