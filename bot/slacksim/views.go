package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	maxStack    = 3
	maxViewSize = 250_000 // bytes
	triggerLife = 3 * time.Second
)

// trigger is a trigger_id: the right to open one view for one user, soon.
type trigger struct {
	user    string
	channel string // where the person was
	issued  time.Time
	used    bool
}

// A View is a modal or an App Home tab as it stands on somebody's screen.
type View struct {
	ID              string          `json:"id"`
	Type            string          `json:"type"` // modal or home
	User            string          `json:"user"` // id of who sees it
	CallbackID      string          `json:"callback_id"`
	Title           json.RawMessage `json:"title,omitempty"`
	Submit          json.RawMessage `json:"submit,omitempty"`
	Close           json.RawMessage `json:"close,omitempty"`
	Blocks          json.RawMessage `json:"blocks"`
	PrivateMetadata string          `json:"private_metadata"`
	ExternalID      string          `json:"external_id"`
	ClearOnClose    bool            `json:"clear_on_close"`
	NotifyOnClose   bool            `json:"notify_on_close"`
	Hash            string          `json:"hash"`
	Channel         string          `json:"channel,omitempty"` // id of the channel in which it was opened
}

type view struct {
	View
	previous, root string
}

// newTrigger gives a trigger_id. The caller holds the lock.
func (w *Workspace) newTrigger(userID, channelID string) string {
	id := fmt.Sprintf("%d.%s.%s", w.now().UnixMilli(), teamID, w.newID("tr"))
	w.triggers[id] = &trigger{user: userID, channel: channelID, issued: w.now()}
	if len(w.triggers) > w.tidyTriggers {
		for k, t := range w.triggers {
			if w.older(t.issued, time.Hour) {
				delete(w.triggers, k)
			}
		}
		w.tidyTriggers = tidyAgain(len(w.triggers))
	}
	return id
}

// tidyAgain is how many entries a table may have before it is gone through for old ones again.
func tidyAgain(left int) int { return max(100, 2*left) }

func (w *Workspace) useTrigger(a args) (*trigger, error) {
	t := w.triggers[a.str("trigger_id")]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case w.older(t.issued, triggerLife):
		return nil, refuse("expired_trigger_id")
	}
	return t, nil
}

func (w *Workspace) viewsOpen(a args) (map[string]any, error) { return w.stackView(a, false) }
func (w *Workspace) viewsPush(a args) (map[string]any, error) { return w.stackView(a, true) }

func (w *Workspace) stackView(a args, push bool) (map[string]any, error) {
	t, err := w.useTrigger(a)
	if err != nil {
		return nil, err
	}
	v, err := w.readView(a.object("view"), "modal")
	if err != nil {
		return nil, err
	}
	stack := w.stacks[t.user]
	switch {
	case push && len(stack) == 0:
		return nil, refuse("not_found") // there is nothing to push onto
	case push && len(stack) >= maxStack:
		return nil, refuse("push_limit_reached")
	}
	if v.ExternalID != "" && w.byExternalID(v.ExternalID) != nil {
		return nil, refuse("duplicate_external_id")
	}
	t.used = true
	if !push {
		w.closeStack(t.user)
	}
	v.Channel = t.channel
	w.show(v, t.user)
	return map[string]any{"view": w.wireView(v)}, nil
}

// show puts a modal on top of a user's stack. The caller holds the lock.
func (w *Workspace) show(v *view, userID string) {
	v.ID, v.User = w.newID("V"), userID
	v.root = v.ID
	if stack := w.stacks[userID]; len(stack) > 0 {
		v.previous, v.root = stack[len(stack)-1].ID, stack[0].ID
	}
	w.views[v.ID] = v
	w.stacks[userID] = append(w.stacks[userID], v)
	w.viewsChanged(userID)
}

func (w *Workspace) viewsChanged(userID string) { w.feed.send(feedEvent{Type: "views", User: userID}) }

// closeStack takes all modals of a user away. The caller holds the lock.
func (w *Workspace) closeStack(userID string) {
	for _, v := range w.stacks[userID] {
		w.forget(v)
	}
	delete(w.stacks, userID)
	w.viewsChanged(userID)
}

func (w *Workspace) forget(v *view) {
	delete(w.views, v.ID)
	delete(w.inputs, v.ID)
	delete(w.offered, v.ID)
}

// closeView takes one modal away. The caller holds the lock.
func (w *Workspace) closeView(v *view) {
	w.stacks[v.User] = slices.DeleteFunc(w.stacks[v.User], func(o *view) bool { return o == v })
	w.forget(v)
	w.viewsChanged(v.User)
}

func (w *Workspace) viewsUpdate(a args) (map[string]any, error) {
	v := w.views[a.str("view_id")]
	if v == nil && a.has("external_id") {
		v = w.byExternalID(a.str("external_id"))
	}
	if v == nil {
		return nil, refuse("not_found")
	}
	if a.has("hash") && a.str("hash") != v.Hash {
		return nil, refuse("hash_conflict")
	}
	fresh, err := w.readView(a.object("view"), v.Type)
	if err != nil {
		return nil, err
	}
	w.replace(v, fresh)
	return map[string]any{"view": w.wireView(v)}, nil
}

// replace gives a view new content; it stays where it is. What people filled in stays while block_id and action_id do.
func (w *Workspace) replace(v, fresh *view) {
	fresh.ID, fresh.User, fresh.Channel = v.ID, v.User, v.Channel
	v.View = fresh.View
	if v.Type == "home" {
		w.feed.send(feedEvent{Type: "home", User: v.User})
		return
	}
	w.viewsChanged(v.User)
}

func (w *Workspace) viewsPublish(a args) (map[string]any, error) {
	u := w.dir.user(a.str("user_id"))
	if u == nil || u.ID != a.str("user_id") || u.Bot {
		return nil, refuse("user_not_found")
	}
	fresh, err := w.readView(a.object("view"), "home")
	if err != nil {
		return nil, err
	}
	v := w.homes[u.ID]
	if v != nil && a.has("hash") && a.str("hash") != v.Hash {
		return nil, refuse("hash_conflict")
	}
	if v == nil {
		v = &view{View: View{ID: w.newID("V"), Type: "home", User: u.ID}}
		v.root = v.ID
		w.homes[u.ID], w.views[v.ID] = v, v
	}
	w.replace(v, fresh)
	return map[string]any{"view": w.wireView(v)}, nil
}

func (w *Workspace) byExternalID(id string) *view {
	for _, v := range w.views {
		if v.ExternalID == id {
			return v
		}
	}
	return nil
}

// readView checks a view that the app sent. The caller holds the lock.
func (w *Workspace) readView(raw json.RawMessage, kind string) (*view, error) {
	if raw == nil {
		return nil, refuse("invalid_arguments")
	}
	if len(raw) > maxViewSize {
		return nil, refuse("view_too_large")
	}
	v := &view{}
	var fields map[string]any
	if json.Unmarshal(raw, &v.View) != nil || json.Unmarshal(raw, &fields) != nil {
		return nil, refuse("invalid_arguments")
	}
	c := &blockCheck{}
	if v.Type != kind {
		c.fault("/view/type", "must be %s", kind)
	}
	if kind == "modal" {
		c.viewTexts(fields)
	}
	c.length("/view/private_metadata", v.PrivateMetadata, 0, 3000)
	c.length("/view/callback_id", v.CallbackID, 0, 255)
	c.length("/view/external_id", v.ExternalID, 0, 255)
	if len(c.faults) > 0 {
		e := c.refusal()
		e.code = "invalid_arguments"
		return nil, e
	}
	blocks, err := w.checkBlocks(v.Blocks, surface(kind))
	if err != nil {
		if e, ok := err.(*apiError); ok {
			e.code = "invalid_arguments"
		}
		return nil, err
	}
	v.Blocks = blocks
	v.Hash = fmt.Sprintf("%d.%s", w.now().Unix(), w.newID("h"))
	return v, nil
}

func (c *blockCheck) viewTexts(fields map[string]any) {
	c.text("/view/title", fields["title"], plainText, 1, 24)
	for _, k := range []string{"submit", "close"} {
		if fields[k] != nil {
			c.text("/view/"+k, fields[k], plainText, 1, 24)
		}
	}
	blocks, _ := fields["blocks"].([]any)
	for _, b := range blocks {
		if o, ok := b.(object); ok && o["type"] == "input" && fields["submit"] == nil {
			c.fault("/view/submit", "missing required field: submit, as there are inputs")
			return
		}
	}
}

// wireView is a view as the Web API and payloads show it. The caller holds the lock.
func (w *Workspace) wireView(v *view) map[string]any {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	out := map[string]any{
		"id": v.ID, "team_id": teamID, "app_id": appID, "app_installed_team_id": teamID, "bot_id": botID, "type": v.Type,
		"blocks": v.Blocks, "private_metadata": v.PrivateMetadata, "callback_id": v.CallbackID, "hash": v.Hash,
		"external_id": v.ExternalID, "clear_on_close": v.ClearOnClose, "notify_on_close": v.NotifyOnClose,
		"root_view_id": null(v.root), "previous_view_id": null(v.previous),
		"state": map[string]any{"values": w.state(v.ID, v.Blocks)},
	}
	for k, t := range map[string]json.RawMessage{"title": v.Title, "submit": v.Submit, "close": v.Close} {
		if t != nil {
			out[k] = t
		}
	}
	return out
}

// Views gives the modals open for a user, the top one last.
func (w *Workspace) Views(user string) []View {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []View
	if u := w.dir.user(user); u != nil {
		for _, v := range w.stacks[u.ID] {
			out = append(out, v.View)
		}
	}
	return out
}

// Home gives a user's App Home tab, if one was published.
func (w *Workspace) Home(user string) (View, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u := w.dir.user(user); u != nil && w.homes[u.ID] != nil {
		return w.homes[u.ID].View, true
	}
	return View{}, false
}

// Trigger gives a trigger_id, as the payload of anything that a person presses has one: for tests that open views by hand.
func (w *Workspace) Trigger(user, channel string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c := w.dir.user(user), w.dir.channel(channel)
	if u == nil || c == nil {
		return ""
	}
	return w.newTrigger(u.ID, c.ID)
}
