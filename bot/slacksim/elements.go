package slacksim

import (
	"reflect"
	"strings"
	"time"
)

// actionElement checks an element of an actions block or a section's accessory.
func (c *blockCheck) actionElement(at string, e object, seen map[string]bool) {
	kind, _ := e["type"].(string)
	switch kind {
	case "plain_text_input", "number_input", "email_text_input", "url_text_input", "file_input":
		c.fault(at+"/type", "%s is only allowed in an input block", kind)
		return
	}
	c.element(at, e, seen)
}

// element checks anything that people can press, choose or fill in.
func (c *blockCheck) element(at string, e object, seen map[string]bool) {
	c.actionID(at, e, seen)
	kind, _ := e["type"].(string)
	switch kind {
	case "button":
		c.button(at, e)
	case "overflow":
		c.only(at, e, "action_id", "options", "confirm")
		c.options(at, e, 1, 5, plainText)
	case "checkboxes", "radio_buttons":
		c.only(at, e, "action_id", "options", "initial_option", "initial_options", "confirm", "focus_on_load")
		c.options(at, e, 1, 10, anyText)
		c.initial(at, e)
	case "datepicker", "timepicker", "datetimepicker":
		c.moment(at, kind, e)
	case "plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input":
		c.typedInput(at, kind, e)
	default:
		c.selectMenu(at, kind, e)
	}
	if e["placeholder"] != nil {
		c.text(at+"/placeholder", e["placeholder"], plainText, 1, 150)
	}
	if e["confirm"] != nil {
		c.confirm(at+"/confirm", e["confirm"])
	}
	if e["focus_on_load"] == true {
		if c.focus++; c.focus > 1 {
			c.fault(at+"/focus_on_load", "only one element may have focus_on_load")
		}
	}
}

// selectMenu checks the five kinds of selects, for one and for many.
func (c *blockCheck) selectMenu(at, kind string, e object) {
	common := []string{"action_id", "placeholder", "confirm", "focus_on_load"}
	name, many := strings.CutPrefix(kind, "multi_")
	if many {
		common = append(common, "max_selected_items")
		c.whole(at+"/max_selected_items", e["max_selected_items"], 1, 100)
	}
	switch name {
	case "static_select":
		c.only(at, e, append(common, "options", "option_groups", "initial_option", "initial_options")...)
		c.choices(at, e, 100)
	case "external_select":
		c.only(at, e, append(common, "min_query_length", "initial_option", "initial_options")...)
		c.whole(at+"/min_query_length", e["min_query_length"], 0, 150)
	case "users_select":
		c.only(at, e, append(common, "initial_user", "initial_users")...)
	case "channels_select":
		c.only(at, e, append(common, "initial_channel", "initial_channels", "response_url_enabled")...)
	case "conversations_select":
		c.only(at, e, append(common, "initial_conversation", "initial_conversations", "default_to_current_conversation", "filter", "response_url_enabled")...)
		if f, ok := e["filter"].(object); ok {
			c.conversationFilter(at+"/filter", f)
		}
	default:
		c.fault(at+"/type", "unsupported type: %s", kind)
	}
	if e["response_url_enabled"] == true && c.on != surfaceModal {
		c.fault(at+"/response_url_enabled", "is only allowed in a modal")
	}
}

func (c *blockCheck) conversationFilter(at string, f object) {
	if len(f) == 0 {
		c.fault(at, "missing required field: one of include, exclude_external_shared_channels, exclude_bot_users")
	}
	if f["include"] != nil {
		list, _ := f["include"].([]any)
		c.count(at+"/include", list, 1, 4)
		for _, v := range list {
			c.oneOf(at+"/include", v, "im", "mpim", "private", "public")
		}
	}
}

// moment checks dates and times, and where they may stand.
func (c *blockCheck) moment(at, kind string, e object) {
	field, layout := "initial_date", time.DateOnly
	switch kind {
	case "timepicker":
		field, layout = "initial_time", "15:04"
		c.only(at, e, "action_id", field, "placeholder", "confirm", "focus_on_load", "timezone")
	case "datetimepicker":
		c.only(at, e, "action_id", "initial_date_time", "confirm", "focus_on_load")
		c.allowedOn(at, kind, surfaceMessage, surfaceModal)
		c.whole(at+"/initial_date_time", e["initial_date_time"], 1_000_000_000, 9_999_999_999)
		return
	default:
		c.only(at, e, "action_id", field, "placeholder", "confirm", "focus_on_load")
	}
	if e[field] == nil {
		return
	}
	s, _ := e[field].(string)
	if _, err := time.Parse(layout, s); err != nil {
		c.fault(at+"/"+field, "must be written like %s", layout)
	}
}

// typedInput checks what people write or upload.
func (c *blockCheck) typedInput(at, kind string, e object) {
	common := []string{"action_id", "placeholder", "initial_value", "dispatch_action_config", "focus_on_load"}
	switch kind {
	case "plain_text_input":
		c.only(at, e, append(common, "multiline", "min_length", "max_length")...)
		c.whole(at+"/min_length", e["min_length"], 0, 3000)
		c.whole(at+"/max_length", e["max_length"], 1, 3000)
	case "number_input":
		c.only(at, e, append(common, "is_decimal_allowed", "min_value", "max_value")...)
		if _, ok := e["is_decimal_allowed"].(bool); !ok {
			c.fault(at+"/is_decimal_allowed", "missing required field")
		}
	case "rich_text_input":
		c.only(at, e, append(common, "min_lines", "max_lines")...)
		return
	case "file_input":
		c.only(at, e, "action_id", "filetypes", "max_files")
		c.allowedOn(at, kind, surfaceModal)
		c.whole(at+"/max_files", e["max_files"], 1, 10)
		return
	default:
		c.only(at, e, common...)
	}
	c.optional(at+"/initial_value", e["initial_value"], 3000)
}

func (c *blockCheck) actionID(at string, e object, seen map[string]bool) {
	id, given := e["action_id"].(string)
	if e["action_id"] != nil && !given {
		c.fault(at+"/action_id", "must be a string")
		return
	}
	if id == "" {
		id = c.newID()
		e["action_id"] = id
	}
	c.length(at+"/action_id", id, 1, 255)
	if seen[id] {
		c.fault(at+"/action_id", "action_id %q already exists", id)
	}
	seen[id] = true
}

func (c *blockCheck) button(at string, e object) {
	c.only(at, e, "text", "action_id", "url", "value", "style", "confirm", "accessibility_label")
	c.text(at+"/text", e["text"], plainText, 1, 75)
	c.optional(at+"/value", e["value"], 2000)
	c.optional(at+"/url", e["url"], 3000)
	c.optional(at+"/accessibility_label", e["accessibility_label"], 75)
	c.style(at, e)
	if s, ok := e["url"].(string); ok && !strings.Contains(s, ":") {
		c.fault(at+"/url", "must be a valid URL")
	}
}

func (c *blockCheck) style(at string, e object) {
	if s := e["style"]; s != nil && s != "primary" && s != "danger" {
		c.fault(at+"/style", "must be one of [primary, danger]")
	}
}

func (c *blockCheck) optional(at string, v any, most int) {
	if v == nil {
		return
	}
	s, ok := v.(string)
	if !ok {
		c.fault(at, "must be a string")
		return
	}
	c.length(at, s, 0, most)
}

// choices checks options or option groups.
func (c *blockCheck) choices(at string, e object, most int) {
	if groups, ok := e["option_groups"].([]any); ok {
		if e["options"] != nil {
			c.fault(at, "only one of [options, option_groups] is allowed")
		}
		c.count(at+"/option_groups", groups, 1, 100)
		c.elements(at+"/option_groups", groups, 1, 100, func(at string, g object, _ map[string]bool) {
			c.text(at+"/label", g["label"], plainText, 1, 75)
			c.options(at, g, 1, most, plainText)
		})
		return
	}
	c.options(at, e, 1, most, plainText)
	c.initial(at, e)
}

func (c *blockCheck) options(at string, e object, least, most int, kind textKind) {
	c.elements(at+"/options", e["options"], least, most, func(at string, o object, _ map[string]bool) {
		c.option(at, o, kind)
		if e["type"] != "overflow" && o["url"] != nil {
			c.fault(at+"/url", "is only allowed in an overflow menu")
		}
	})
}

func (c *blockCheck) option(at string, o object, kind textKind) {
	c.only(at, o, "text", "value", "description", "url")
	c.text(at+"/text", o["text"], kind, 1, 75)
	value, ok := o["value"].(string)
	if !ok {
		c.fault(at+"/value", "missing required field")
	}
	c.length(at+"/value", value, 1, 150)
	if o["description"] != nil {
		c.text(at+"/description", o["description"], anyText, 1, 75)
	}
	c.optional(at+"/url", o["url"], 3000)
}

// initial checks that what is chosen at the start is among the options, word by word.
func (c *blockCheck) initial(at string, e object) {
	options, _ := e["options"].([]any)
	among := func(at string, v any) {
		for _, o := range options {
			if reflect.DeepEqual(o, v) {
				return
			}
		}
		c.fault(at, "must be one of the options")
	}
	if v := e["initial_option"]; v != nil {
		among(at+"/initial_option", v)
	}
	if list, ok := e["initial_options"].([]any); ok {
		c.count(at+"/initial_options", list, 1, len(options))
		for _, v := range list {
			among(at+"/initial_options", v)
		}
	}
}

func (c *blockCheck) confirm(at string, v any) {
	o, ok := v.(object)
	if !ok {
		c.fault(at, "must be an object")
		return
	}
	c.text(at+"/title", o["title"], plainText, 1, 100)
	c.text(at+"/text", o["text"], anyText, 1, 300)
	c.text(at+"/confirm", o["confirm"], plainText, 1, 30)
	c.text(at+"/deny", o["deny"], plainText, 1, 30)
	c.style(at, o)
}

func (c *blockCheck) input(at string, b object) {
	c.only(at, b, "label", "element", "hint", "optional", "dispatch_action")
	c.text(at+"/label", b["label"], plainText, 1, 2000)
	if b["hint"] != nil {
		c.text(at+"/hint", b["hint"], plainText, 1, 2000)
	}
	e, ok := b["element"].(object)
	switch {
	case !ok:
		c.fault(at+"/element", "missing required field")
	case e["type"] == "button" || e["type"] == "overflow":
		c.fault(at+"/element/type", "%s is not allowed in an input block", e["type"])
	case e["type"] == "file_input" && b["dispatch_action"] == true:
		c.fault(at+"/dispatch_action", "is not allowed with file_input")
	default:
		c.element(at+"/element", e, map[string]bool{})
	}
}

// richElement checks a section, list, quote or preformatted text of rich_text.
func (c *blockCheck) richElement(at string, e object, _ map[string]bool) {
	switch e["type"] {
	case "rich_text_section", "rich_text_quote":
		c.elements(at+"/elements", e["elements"], 0, 1000, c.richInline)
	case "rich_text_preformatted":
		c.elements(at+"/elements", e["elements"], 1, 1000, func(at string, e object, seen map[string]bool) {
			if e["type"] != "text" && e["type"] != "link" {
				c.fault(at+"/type", "must be text or link")
			}
			c.richInline(at, e, seen)
		})
	case "rich_text_list":
		if s := e["style"]; s != "bullet" && s != "ordered" {
			c.fault(at+"/style", "must be one of [bullet, ordered]")
		}
		c.elements(at+"/elements", e["elements"], 1, 1000, func(at string, e object, seen map[string]bool) {
			if e["type"] != "rich_text_section" {
				c.fault(at+"/type", "must be rich_text_section")
				return
			}
			c.richElement(at, e, seen)
		})
	default:
		c.fault(at+"/type", "unsupported type: %v", e["type"])
	}
}

func (c *blockCheck) richInline(at string, e object, _ map[string]bool) {
	need := func(field string, least int) { c.str(at+"/"+field, e[field], least, textCut) }
	switch e["type"] {
	case "text":
		need("text", 1)
	case "link":
		need("url", 1)
		if e["text"] != nil {
			need("text", 0)
		}
	case "emoji":
		need("name", 1)
	case "user":
		need("user_id", 1)
	case "usergroup":
		need("usergroup_id", 1)
	case "channel":
		need("channel_id", 1)
	case "broadcast":
		if r := e["range"]; r != "here" && r != "channel" && r != "everyone" {
			c.fault(at+"/range", "must be one of [here, channel, everyone]")
		}
	case "date":
		need("format", 1)
		if _, ok := e["timestamp"].(float64); !ok {
			c.fault(at+"/timestamp", "missing required field")
		}
	case "color":
		need("value", 1)
	default:
		c.fault(at+"/type", "unsupported type: %v", e["type"])
	}
}
