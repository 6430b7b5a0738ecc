package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
)

// An Action is something pressed or chosen in a message (Channel and TS) or in a view (ViewID).
type Action struct {
	User     string `json:"user"`
	Channel  string `json:"channel,omitempty"`
	TS       string `json:"ts,omitempty"`
	ViewID   string `json:"view_id,omitempty"`
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id,omitempty"` // needed when several blocks have the action
	// Value is what was chosen: the value of an option, a user or channel (name or id), a date; a list of them in
	// elements that take many. Buttons have none.
	Value any `json:"value,omitempty"`
}

// Click presses a button of a message. To choose from a menu, or when several blocks have the action, use Act.
func (w *Workspace) Click(ctx context.Context, user, channel, ts, actionID string) error {
	return w.Act(ctx, Action{User: user, Channel: channel, TS: ts, ActionID: actionID})
}

// origin has the fields that every payload about a person in a channel (or none) shares. The caller holds the lock.
func (w *Workspace) origin(u *User, channelID string) map[string]any {
	return map[string]any{
		"token": "slacksim", "api_app_id": appID, "team_id": teamID, "is_enterprise_install": "false", "trigger_id": w.newTrigger(u.ID, channelID),
		"team": map[string]any{"id": teamID, "domain": w.dir.domain},
		"user": map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
	}
}

// interaction is origin for payloads of type interactive.
func (w *Workspace) interaction(kind string, u *User, channelID string) map[string]any {
	p := w.origin(u, channelID)
	delete(p, "team_id")
	p["type"], p["enterprise"], p["is_enterprise_install"] = kind, nil, false
	return p
}

// Act presses or chooses something: the app gets block_actions. The error is a *Failure when the app did not answer.
func (w *Workspace) Act(ctx context.Context, a Action) error {
	w.mu.Lock()
	u, c, m, payload, err := w.actionPayload(a)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err = w.deliver(ctx, "interactive", payload, false, retry{}); err != nil {
		return w.shown(w.failed(err, w.opts.BotName), u, c, threadOf(m))
	}
	return nil
}

func threadOf(m *Message) string {
	if m == nil || m.Broadcast {
		return ""
	}
	return m.ThreadTS
}

func (w *Workspace) actionPayload(a Action) (*User, *Channel, *Message, map[string]any, error) {
	if a.ViewID != "" {
		u, p, err := w.viewAction(a)
		return u, w.botIM(u), nil, p, err
	}
	u, c, err := w.place(a.User, a.Channel)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	m := w.findAny(c.ID, a.TS)
	if m == nil || m.Ephemeral != "" && m.Ephemeral != u.ID {
		return nil, nil, nil, nil, badRequest("%s sees no message %s in %s", u.Name, a.TS, a.Channel)
	}
	p := w.interaction("block_actions", u, c.ID)
	if err := w.fillAction(p, a, m.TS, m.Blocks, nil); err != nil {
		return nil, nil, nil, nil, err
	}
	container := map[string]any{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.Ephemeral != ""}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	p["container"], p["channel"] = container, map[string]any{"id": c.ID, "name": channelName(c)}
	p["response_url"] = w.newResponseURL(u, c, m, m.ThreadTS)
	if m.Ephemeral == "" { // apps are not shown ephemeral messages again
		p["message"] = w.wire(m, true)
	}
	return u, c, m, p, nil
}

func (w *Workspace) botIM(u *User) *Channel {
	if u == nil {
		return nil
	}
	return w.dir.im(u.ID)
}

func (w *Workspace) viewAction(a Action) (*User, map[string]any, error) {
	u, v, err := w.viewOf(a.User, a.ViewID)
	if err != nil {
		return nil, nil, err
	}
	p := w.interaction("block_actions", u, v.Channel)
	if err := w.fillAction(p, a, v.ID, v.Blocks, v.offered); err != nil {
		return nil, nil, err
	}
	p["container"] = map[string]any{"type": "view", "view_id": v.ID}
	p["view"] = w.wireView(v)
	return u, p, nil
}

// viewOf finds a view on a person's screen. The caller holds the lock.
func (w *Workspace) viewOf(user, viewID string) (*User, *view, error) {
	u, err := w.person(user)
	if err != nil {
		return nil, nil, err
	}
	v := w.views[viewID]
	if v == nil || v.User != u.ID {
		return nil, nil, badRequest("%s has no view %q", u.Name, viewID)
	}
	return u, v, nil
}

// fillAction adds actions and state to a payload.
func (w *Workspace) fillAction(p map[string]any, a Action, container string, blocks json.RawMessage, offered map[string]json.RawMessage) error {
	e, err := findElement(blocks, a.BlockID, a.ActionID)
	if err != nil {
		return err
	}
	act := map[string]any{"type": e.kind, "action_id": e.actionID, "block_id": e.blockID, "action_ts": w.newTS()}
	if e.kind == "button" || e.kind == "icon_button" {
		for _, k := range []string{"text", "value", "url", "style"} {
			if v := e.fields[k]; v != nil {
				act[k] = v
			}
		}
	} else {
		value, err := w.choose(e, a.Value, offered)
		if err != nil {
			return err
		}
		if e.kind == "overflow" && value == nil {
			return badRequest("%s is a menu: give the value of one of its options", a.ActionID)
		}
		act[e.field()] = value
		if e.stateful() {
			w.setInput(container, e, value)
		}
	}
	p["actions"] = []any{act}
	p["state"] = map[string]any{"values": w.state(container, blocks)}
	return nil
}

func findElement(blocks json.RawMessage, blockID, actionID string) (element, error) {
	var found []element
	for _, e := range elementsOf(blocks) {
		if e.actionID == actionID && (blockID == "" || blockID == e.blockID) {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 0:
		return element{}, badRequest("nothing with action_id %q there", actionID)
	case len(found) > 1:
		return element{}, badRequest("action_id %q is in %d blocks; give block_id too", actionID, len(found))
	}
	return found[0], nil
}

// A Suggestion is one option that the app offers while somebody types into an external select.
type Suggestion struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// Suggest types into an external select: the app gets block_suggestion and answers with options.
func (w *Workspace) Suggest(ctx context.Context, a Action, typed string) ([]Suggestion, error) {
	w.mu.Lock()
	u, v, err := w.viewOf(a.User, a.ViewID)
	var e element
	if err == nil {
		e, err = findElement(v.Blocks, a.BlockID, a.ActionID)
	}
	if err == nil && e.kind != "external_select" && e.kind != "multi_external_select" {
		err = badRequest("%s is no external select", a.ActionID)
	}
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	p := w.interaction("block_suggestion", u, v.Channel)
	delete(p, "trigger_id")
	p["action_id"], p["block_id"], p["value"] = e.actionID, e.blockID, typed
	p["container"], p["view"] = map[string]any{"type": "view", "view_id": v.ID}, w.wireView(v)
	w.mu.Unlock()
	raw, err := w.deliver(ctx, "interactive", p, true, retry{})
	if err != nil {
		return nil, w.failed(err, w.opts.BotName)
	}
	return w.offer(v, e, raw)
}

// offer checks the options and remembers them, as only they can be chosen.
func (w *Workspace) offer(v *view, e element, raw json.RawMessage) ([]Suggestion, error) {
	var answer struct {
		Options      []any `json:"options"`
		OptionGroups []struct {
			Options []any `json:"options"`
		} `json:"option_groups"`
	}
	bad := &Failure{Code: "invalid_options", Text: "Result not readable"}
	if json.Unmarshal(raw, &answer) != nil {
		return nil, bad
	}
	options := answer.Options
	for _, g := range answer.OptionGroups {
		options = append(options, g.Options...)
	}
	out := []Suggestion{}
	c := &blockCheck{}
	c.count("/options", options, 0, 100)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, item := range options {
		o, _ := item.(object)
		if c.option(fmt.Sprintf("/options/%d", i), o, plainText); len(c.faults) > 0 {
			break
		}
		encoded, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("encode option: %w", err)
		}
		value, _ := o["value"].(string)
		text, _ := o["text"].(object)["text"].(string)
		v.offered[e.actionID+"\x00"+value] = encoded
		out = append(out, Suggestion{Text: text, Value: value})
	}
	if len(c.faults) > 0 {
		w.log.Warn("suggestions refused", "faults", c.faults)
		return nil, bad
	}
	return out, nil
}
