package slacksim

import (
	"context"
	"encoding/json"
	"strconv"
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
	p := map[string]any{
		"token": "slacksim", "api_app_id": appID, "team_id": homeOf(u), "is_enterprise_install": strconv.FormatBool(w.dir.org != ""),
		"trigger_id": w.newTrigger(u.ID, channelID),
		"team":       map[string]any{"id": homeOf(u), "domain": w.dir.domain},
		"user":       map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": homeOf(u)},
	}
	if w.dir.org != "" {
		p["enterprise_id"], p["enterprise_name"] = w.dir.org, w.dir.domain
	}
	return p
}

// interaction is origin for payloads of type interactive.
func (w *Workspace) interaction(kind string, u *User, channelID string) map[string]any {
	p := w.origin(u, channelID)
	for _, k := range []string{"team_id", "enterprise_id", "enterprise_name"} {
		delete(p, k)
	}
	p["type"], p["enterprise"], p["is_enterprise_install"] = kind, nil, false
	if w.dir.org != "" {
		p["enterprise"], p["is_enterprise_install"] = map[string]any{"id": w.dir.org, "name": w.dir.domain}, true
	}
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
	u, c, m, err := w.messageOf(a)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	p := w.interaction("block_actions", u, c.ID)
	if err := w.fillAction(p, a, m.TS, m.Blocks); err != nil {
		return nil, nil, nil, nil, err
	}
	w.fillMessage(p, c, m)
	p["response_url"] = w.newResponseURL(u, c, m, m.ThreadTS)
	return u, c, m, p, nil
}

// messageOf finds the message somebody acts on.
func (w *Workspace) messageOf(a Action) (*User, *Channel, *Message, error) {
	u, c, err := w.place(a.User, a.Channel)
	if err != nil {
		return nil, nil, nil, err
	}
	m := w.findAny(c.ID, a.TS)
	if m == nil || m.Ephemeral != "" && m.Ephemeral != u.ID {
		return nil, nil, nil, badRequest("%s sees no message %s in %s", u.Name, a.TS, a.Channel)
	}
	return u, c, m, nil
}

// fillMessage says in a payload in which message something happened.
func (w *Workspace) fillMessage(p map[string]any, c *Channel, m *Message) {
	container := map[string]any{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.Ephemeral != ""}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	p["container"], p["channel"] = container, map[string]any{"id": c.ID, "name": channelName(c)}
	if m.Ephemeral == "" { // apps are not shown ephemeral messages again
		p["message"] = w.wire(m, true)
	}
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
	if err := w.fillAction(p, a, v.ID, v.Blocks); err != nil {
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
func (w *Workspace) fillAction(p map[string]any, a Action, container string, blocks json.RawMessage) error {
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
		value, err := w.choose(e, a.Value, w.offered[container])
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
