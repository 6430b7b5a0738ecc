package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
)

// Values are what a person filled into a modal: by block id and action id, an option's value, a text, a name or id of a
// channel or user, or a list of them.
type Values map[string]map[string]any

// Submit fills in and submits the modal. The map holds a fault per block id when the modal stays open because of
// them. A *Failure says that the app did not answer; the modal stays open then too.
func (w *Workspace) Submit(ctx context.Context, user, viewID string, values Values) (faults map[string]string, err error) {
	w.mu.Lock()
	u, v, err := w.viewOf(user, viewID)
	if err == nil && v.Type != "modal" {
		err = badRequest("%s is no modal", viewID)
	}
	if err == nil {
		faults, err = w.fillIn(v, values)
	}
	if err != nil || len(faults) > 0 {
		w.mu.Unlock()
		return faults, err
	}
	p := w.interaction("view_submission", u, v.Channel)
	p["view"], p["response_urls"] = w.wireView(v), []any{}
	w.mu.Unlock()

	raw, err := w.deliver(ctx, "interactive", p, true, retry{})
	if err != nil {
		return nil, w.failed(err, w.opts.BotName)
	}
	return w.afterSubmit(u, v, raw)
}

// fillIn sets the values and checks that what must be filled in is.
func (w *Workspace) fillIn(v *view, values Values) (map[string]string, error) {
	for blockID, actions := range values {
		for actionID, picked := range actions {
			e, err := findElement(v.Blocks, blockID, actionID)
			if err != nil {
				return nil, err
			}
			value, err := w.choose(e, picked, w.offered[v.ID])
			if err != nil {
				return nil, err
			}
			w.setInput(v.ID, e, value)
		}
	}
	faults := map[string]string{}
	state := w.state(v.ID, v.Blocks)
	for _, e := range elementsOf(v.Blocks) {
		value := state[e.blockID][e.actionID][e.field()]
		list, isList := value.([]any)
		if e.input && !e.optional && (value == nil || value == "" || isList && len(list) == 0) {
			faults[e.blockID] = "Please complete this required field."
		}
	}
	return faults, nil
}

// afterSubmit does what the app's answer asks for.
func (w *Workspace) afterSubmit(u *User, v *view, raw json.RawMessage) (map[string]string, error) {
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	trouble := &Failure{Code: "invalid_response", Text: "We had some trouble connecting. Try again?"}
	if len(raw) > 0 && string(raw) != `""` && json.Unmarshal(raw, &answer) != nil {
		return nil, trouble
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch answer.Action {
	case "":
		w.closeView(v)
	case "clear":
		w.closeStack(u.ID)
	case "errors":
		known := map[string]bool{}
		for _, e := range elementsOf(v.Blocks) {
			known[e.blockID] = e.input
		}
		for id := range answer.Errors {
			if !known[id] {
				return nil, trouble
			}
		}
		if len(answer.Errors) == 0 {
			return nil, trouble
		}
		return answer.Errors, nil
	case "update", "push":
		fresh, err := w.readView(answer.View, "modal")
		if err != nil || answer.Action == "push" && len(w.stacks[u.ID]) >= maxStack {
			w.log.Warn("view in acknowledgement refused", "err", err)
			return nil, trouble
		}
		fresh.Channel = v.Channel
		if answer.Action == "push" {
			w.show(fresh, u.ID)
		} else {
			w.replace(v, fresh)
		}
	default:
		return nil, trouble
	}
	return nil, nil
}

// CloseView closes the modal by hand; the app hears of it when it asked to (notify_on_close).
func (w *Workspace) CloseView(ctx context.Context, user, viewID string) error {
	w.mu.Lock()
	u, v, err := w.viewOf(user, viewID)
	if err == nil && v.Type != "modal" {
		err = badRequest("%s is no modal", viewID)
	}
	if err != nil {
		w.mu.Unlock()
		return err
	}
	p := w.interaction("view_closed", u, v.Channel)
	delete(p, "trigger_id")
	p["view"], p["is_cleared"] = w.wireView(v), v.ClearOnClose
	if v.ClearOnClose {
		w.closeStack(u.ID)
	} else {
		w.closeView(v)
	}
	notify := v.NotifyOnClose
	w.mu.Unlock()
	if !notify {
		return nil
	}
	if _, err := w.deliver(ctx, "interactive", p, false, retry{}); err != nil {
		return fmt.Errorf("tell the app: %w", err)
	}
	return nil
}
