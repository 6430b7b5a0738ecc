package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// offers are options that the app gave for external selects, by element and value: only they can be chosen.
type offers map[string]json.RawMessage

// offer names one option of an element.
func (e element) offer(value string) string { return e.blockID + "\x00" + e.actionID + "\x00" + value }

// A Suggestion is one option that the app offers while somebody types into an external select.
type Suggestion struct {
	Text  string `json:"text"`
	Value string `json:"value"`
	Hint  string `json:"hint,omitempty"`  // the option's description
	Group string `json:"group,omitempty"` // label of its option group
}

// Suggest types into an external select of a view or a message: the app gets block_suggestion and answers with
// options. Below the element's min_query_length (default 3) nobody is asked.
func (w *Workspace) Suggest(ctx context.Context, a Action, typed string) ([]Suggestion, error) {
	w.mu.Lock()
	e, container, p, err := w.suggestion(a, typed)
	w.mu.Unlock()
	if err != nil || p == nil {
		return []Suggestion{}, err
	}
	raw, err := w.deliver(ctx, "interactive", p, true, retry{})
	if err != nil {
		return nil, w.failed(err, w.opts.BotName)
	}
	return w.offer(container, e, raw)
}

// suggestion makes the payload; it is nil while too little is typed.
func (w *Workspace) suggestion(a Action, typed string) (e element, container string, p map[string]any, err error) {
	var u *User
	var c *Channel
	var m *Message
	var v *view
	var blocks json.RawMessage
	if a.ViewID != "" {
		if u, v, err = w.viewOf(a.User, a.ViewID); err == nil {
			container, blocks = v.ID, v.Blocks
		}
	} else if u, c, m, err = w.messageOf(a); err == nil {
		container, blocks = m.TS, m.Blocks
	}
	if err != nil {
		return element{}, "", nil, err
	}
	if e, err = findElement(blocks, a.BlockID, a.ActionID); err != nil {
		return element{}, "", nil, err
	}
	if e.kind != "external_select" && e.kind != "multi_external_select" {
		return element{}, "", nil, badRequest("%s is no external select", a.ActionID)
	}
	least, given := e.fields["min_query_length"].(float64)
	if !given {
		least = 3
	}
	if utf8.RuneCountInString(typed) < int(least) {
		return e, container, nil, nil
	}
	p = w.interaction("block_suggestion", u, "")
	delete(p, "trigger_id")
	p["action_id"], p["block_id"], p["value"] = e.actionID, e.blockID, typed
	if v != nil {
		p["container"], p["view"] = map[string]any{"type": "view", "view_id": v.ID}, w.wireView(v)
	} else {
		w.fillMessage(p, c, m)
	}
	return e, container, p, nil
}

// offer checks the app's options and remembers them.
func (w *Workspace) offer(container string, e element, raw json.RawMessage) ([]Suggestion, error) {
	var answer struct {
		Options      []any `json:"options"`
		OptionGroups []struct {
			Label   object `json:"label"`
			Options []any  `json:"options"`
		} `json:"option_groups"`
	}
	bad := &Failure{Code: "invalid_options", Text: "Result not readable"}
	if json.Unmarshal(raw, &answer) != nil {
		return nil, bad
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &blockCheck{}
	out := []Suggestion{}
	out, err := w.offerList(container, e, c, "/options", "", answer.Options, out)
	c.count("/option_groups", make([]any, len(answer.OptionGroups)), 0, 100)
	for i, g := range answer.OptionGroups {
		at := fmt.Sprintf("/option_groups/%d", i)
		c.text(at+"/label", g.Label, plainText, 1, 75)
		label, _ := g.Label["text"].(string)
		if err == nil {
			out, err = w.offerList(container, e, c, at+"/options", label, g.Options, out)
		}
	}
	if err == nil && len(c.faults) > 0 {
		w.log.Warn("suggestions refused", "faults", c.faults)
		err = bad
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (w *Workspace) offerList(container string, e element, c *blockCheck, at, group string, options []any, out []Suggestion) ([]Suggestion, error) {
	c.count(at, options, 0, 100)
	for i, item := range options {
		o, _ := item.(object)
		if c.option(fmt.Sprintf("%s/%d", at, i), o, plainText); len(c.faults) > 0 {
			return out, nil
		}
		encoded, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("encode option: %w", err)
		}
		value, _ := o["value"].(string)
		text, _ := o["text"].(object)["text"].(string)
		described, _ := o["description"].(object)
		hint, _ := described["text"].(string)
		if w.offered[container] == nil {
			w.offered[container] = offers{}
		}
		w.offered[container][e.offer(value)] = encoded
		out = append(out, Suggestion{Text: text, Value: value, Group: group, Hint: hint})
	}
	return out, nil
}
