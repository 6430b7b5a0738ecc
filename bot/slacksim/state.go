package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
)

// stateValues are filled-in elements by block id and action id, in Slack's form: {"type":"static_select",
// "selected_option":{...}}.
type stateValues map[string]map[string]map[string]any

// element is one thing in blocks that people can press, choose or fill in.
type element struct {
	blockID  string
	actionID string
	kind     string
	optional bool // in an input block that may stay empty
	input    bool
	fields   object
}

// elementsOf lists what can be used in blocks, those in containers and cards too.
func elementsOf(raw json.RawMessage) []element {
	var blocks []any
	if json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	return usable(blocks)
}

func usable(blocks []any) []element {
	var out []element
	add := func(b object, v any) {
		e, ok := v.(object)
		if id, _ := e["action_id"].(string); ok && id != "" {
			blockID, _ := b["block_id"].(string)
			kind, _ := e["type"].(string)
			out = append(out, element{blockID: blockID, actionID: id, kind: kind, optional: b["optional"] == true, input: b["type"] == "input", fields: e})
		}
	}
	all := func(b object, field string) {
		list, _ := b[field].([]any)
		for _, e := range list {
			add(b, e)
		}
	}
	for _, item := range blocks {
		b, _ := item.(object)
		switch b["type"] {
		case "actions", "context_actions":
			all(b, "elements")
		case "card":
			all(b, "actions")
		case "section":
			add(b, b["accessory"])
		case "input":
			add(b, b["element"])
		case "container":
			list, _ := b["child_blocks"].([]any)
			out = append(out, usable(list)...)
		case "carousel":
			list, _ := b["elements"].([]any)
			out = append(out, usable(list)...)
		}
	}
	return out
}

// stateful says whether an element keeps a value; buttons and menus only fire.
func (e element) stateful() bool {
	switch e.kind {
	case "button", "overflow", "icon_button", "feedback_buttons":
		return false
	}
	return true
}

// field is where Slack puts the value of an element.
func (e element) field() string {
	multi := strings.HasPrefix(e.kind, "multi_")
	switch kind := strings.TrimPrefix(e.kind, "multi_"); kind {
	case "static_select", "external_select", "radio_buttons", "overflow":
		if multi {
			return "selected_options"
		}
		return "selected_option"
	case "checkboxes":
		return "selected_options"
	case "users_select", "channels_select", "conversations_select":
		name := "selected_" + strings.TrimSuffix(kind, "s_select")
		if multi {
			name += "s"
		}
		return name
	case "datepicker":
		return "selected_date"
	case "timepicker":
		return "selected_time"
	case "datetimepicker":
		return "selected_date_time"
	case "rich_text_input":
		return "rich_text_value"
	}
	return "value"
}

// start is the value an element has before anybody touches it.
func (e element) start(channelID string) any {
	for _, k := range []string{"initial_value", "initial_option", "initial_options", "initial_user", "initial_channel",
		"initial_conversation", "initial_date", "initial_time", "initial_date_time"} {
		if v := e.fields[k]; v != nil {
			return v
		}
	}
	if e.fields["default_to_current_conversation"] == true && channelID != "" {
		return channelID
	}
	if f := e.field(); f == "selected_options" {
		return []any{}
	}
	return nil
}

// state gives the values of all elements in a message (by ts) or view (by id). The caller holds the lock.
func (w *Workspace) state(container string, blocks json.RawMessage) stateValues {
	channelID := ""
	if v := w.views[container]; v != nil {
		channelID = v.Channel
	}
	out := stateValues{}
	for _, e := range elementsOf(blocks) {
		if !e.stateful() {
			continue
		}
		value := map[string]any{"type": e.kind, e.field(): e.start(channelID)}
		if set := w.inputs[container][e.blockID][e.actionID]; set != nil && set["type"] == e.kind {
			value = set
		}
		if out[e.blockID] == nil {
			out[e.blockID] = map[string]map[string]any{}
		}
		out[e.blockID][e.actionID] = value
	}
	return out
}

// setInput remembers a value. The caller holds the lock.
func (w *Workspace) setInput(container string, e element, value any) {
	if w.inputs[container] == nil {
		w.inputs[container] = stateValues{}
	}
	if w.inputs[container][e.blockID] == nil {
		w.inputs[container][e.blockID] = map[string]map[string]any{}
	}
	w.inputs[container][e.blockID][e.actionID] = map[string]any{"type": e.kind, e.field(): value}
}

// choose turns what a person picked (values, ids or text) into Slack's form. Options that were offered by the app at
// run time are given in offered, by value.
func (w *Workspace) choose(e element, picked any, offered offers) (any, error) {
	many := strings.HasSuffix(e.field(), "s")
	list, isList := picked.([]any)
	if !isList && picked != nil && picked != "" {
		list = []any{picked}
	}
	var out []any
	for _, p := range list {
		one, err := w.chooseOne(e, p, offered)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	switch {
	case many && out == nil:
		return []any{}, nil
	case many:
		return out, nil
	case len(out) == 0:
		return nil, nil
	}
	return out[0], nil
}

func (w *Workspace) chooseOne(e element, p any, offered offers) (any, error) {
	s, isText := p.(string)
	switch f := strings.TrimSuffix(e.field(), "s"); f {
	case "selected_option":
		if strings.Contains(e.kind, "external") {
			if raw, ok := offered[e.offer(s)]; ok {
				return raw, nil
			}
			if o := e.initially(s); o != nil {
				return o, nil
			}
			return nil, badRequest("%q is not among the suggestions for %s; ask for them first", s, e.actionID)
		}
		if o := e.option(s); o != nil {
			return o, nil
		}
		return nil, badRequest("%s has no option %q", e.actionID, s)
	case "selected_user":
		if u := w.dir.user(s); u != nil {
			return u.ID, nil
		}
		return nil, badRequest("no user %q", s)
	case "selected_channel", "selected_conversation":
		if c := w.dir.channel(s); c != nil {
			return c.ID, nil
		}
		return nil, badRequest("no channel %q", s)
	case "rich_text_value":
		if s == "" {
			return nil, badRequest("%s takes a text", e.actionID)
		}
		section := object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": s}}}
		return object{"type": "rich_text", "elements": []any{section}}, nil
	case "value":
		if e.kind == "feedback_buttons" && !e.hasSide(s) {
			return nil, badRequest("%s has no button with value %q", e.actionID, s)
		}
		if !isText {
			return nil, badRequest("%s takes a text", e.actionID)
		}
	}
	return p, nil
}

// initially finds one of the options that are chosen at the start, by value.
func (e element) initially(value string) any {
	options, _ := e.fields["initial_options"].([]any)
	for _, o := range append(options, e.fields["initial_option"]) {
		if m, ok := o.(object); ok && m["value"] == value {
			return o
		}
	}
	return nil
}

// hasSide says whether one of two feedback buttons has a value.
func (e element) hasSide(value string) bool {
	for _, side := range []string{"positive_button", "negative_button"} {
		if b, _ := e.fields[side].(object); b["value"] == value {
			return true
		}
	}
	return false
}

// option finds one of the element's own options by value.
func (e element) option(value string) any {
	lists := []any{e.fields["options"]}
	groups, _ := e.fields["option_groups"].([]any)
	for _, g := range groups {
		if o, ok := g.(object); ok {
			lists = append(lists, o["options"])
		}
	}
	for _, l := range lists {
		options, _ := l.([]any)
		if i := slices.IndexFunc(options, func(o any) bool { m, ok := o.(object); return ok && m["value"] == value }); i >= 0 {
			return options[i]
		}
	}
	return nil
}
