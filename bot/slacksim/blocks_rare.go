package slacksim

import (
	"fmt"
	"strconv"
)

// rareBlock checks the kinds that few apps use: tables of data, cards, containers and pictures that move.
func (c *blockCheck) rareBlock(at, kind string, b object) {
	switch kind {
	case "card":
		c.card(at, b)
	case "carousel":
		c.allowedOn(at, kind, surfaceMessage, surfaceHome)
		c.only(at, b, "elements")
		c.nested(at+"/elements", b["elements"], 10, "card")
	case "container":
		c.container(at, b)
	case "context_actions":
		c.allowedOn(at, kind, surfaceMessage)
		c.only(at, b, "elements")
		c.elements(at+"/elements", b["elements"], 1, 5, c.contextAction)
	case "data_table":
		c.dataTable(at, b)
	case "video":
		c.video(at, b)
	case "file":
		c.fault(at, "file blocks cannot be sent, only read")
	default:
		c.fault(at+"/type", "unsupported type: %s", kind)
	}
}

// nested checks blocks inside a block.
func (c *blockCheck) nested(at string, v any, most int, kinds ...string) {
	c.elements(at, v, 1, most, func(at string, b object, _ map[string]bool) {
		if b["type"] == nil {
			c.fault(at+"/type", "missing required field")
			return
		}
		before := len(c.faults)
		if c.oneOf(at+"/type", b["type"], kinds...); len(c.faults) > before {
			return
		}
		c.blockID(at, b)
		c.block(at, b)
	})
}

func (c *blockCheck) card(at string, b object) {
	c.only(at, b, "hero_image", "icon", "title", "subtitle", "subtext", "body", "actions")
	if b["hero_image"] == nil && b["title"] == nil && b["body"] == nil && b["actions"] == nil {
		c.fault(at, "missing required field: one of hero_image, title, body, actions")
	}
	for field, most := range map[string]int{"title": 150, "subtitle": 150, "subtext": 200, "body": 200} {
		if b[field] != nil {
			c.text(at+"/"+field, b[field], anyText, 1, most)
		}
	}
	for _, field := range []string{"hero_image", "icon"} {
		if o, ok := b[field].(object); ok {
			c.image(at+"/"+field, o)
		}
	}
	if b["actions"] != nil {
		c.elements(at+"/actions", b["actions"], 1, 3, func(at string, e object, seen map[string]bool) {
			if e["type"] != "button" {
				c.fault(at+"/type", "must be button")
				return
			}
			c.element(at, e, seen)
		})
	}
}

func (c *blockCheck) container(at string, b object) {
	c.allowedOn(at, "container", surfaceMessage)
	c.only(at, b, "title", "rich_text_title", "subtitle", "child_blocks", "width", "icon", "is_collapsible", "default_collapsed", "has_header_divider")
	if b["title"] != nil {
		c.text(at+"/title", b["title"], plainText, 1, 150)
	}
	if b["subtitle"] != nil {
		c.text(at+"/subtitle", b["subtitle"], anyText, 1, 150)
	}
	c.oneOf(at+"/width", b["width"], "narrow", "standard", "wide", "full")
	c.nested(at+"/child_blocks", b["child_blocks"], 10, "actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table", "video")
}

func (c *blockCheck) contextAction(at string, e object, seen map[string]bool) {
	c.actionID(at, e, seen)
	switch e["type"] {
	case "feedback_buttons":
		c.only(at, e, "action_id", "positive_button", "negative_button")
		for _, side := range []string{"positive_button", "negative_button"} {
			o, _ := e[side].(object)
			c.text(at+"/"+side+"/text", o["text"], plainText, 1, 75)
			c.str(at+"/"+side+"/value", o["value"], 1, 2000)
			c.optional(at+"/"+side+"/accessibility_label", o["accessibility_label"], 75)
		}
	case "icon_button":
		c.only(at, e, "action_id", "icon", "text", "accessibility_label", "value", "visible_to_user_ids", "confirm")
		c.oneOf(at+"/icon", e["icon"], "trash")
		c.text(at+"/text", e["text"], plainText, 1, 75)
		c.optional(at+"/value", e["value"], 2000)
	default:
		c.fault(at+"/type", "must be one of [feedback_buttons, icon_button]")
	}
}

func (c *blockCheck) table(at string, b object) {
	c.only(at, b, "rows", "column_settings")
	c.allowedOn(at, "table", surfaceMessage)
	c.tables++
	c.rows(at, b["rows"], 1, 100)
	settings, _ := b["column_settings"].([]any)
	c.count(at+"/column_settings", settings, 0, 20)
	for i, item := range settings {
		o, _ := item.(object)
		c.oneOf(fmt.Sprintf("%s/column_settings/%d/align", at, i), o["align"], "left", "center", "right")
	}
}

func (c *blockCheck) dataTable(at string, b object) {
	c.only(at, b, "rows", "caption", "page_size", "row_header_column_index")
	c.allowedOn(at, "data_table", surfaceMessage)
	c.tables++
	c.str(at+"/caption", b["caption"], 1, 3000)
	c.whole(at+"/page_size", b["page_size"], 1, 100)
	c.whole(at+"/row_header_column_index", b["row_header_column_index"], 0, 19)
	c.rows(at, b["rows"], 2, 101)
	rows, _ := b["rows"].([]any)
	for i := range rows {
		first, _ := rows[0].([]any)
		if row, _ := rows[i].([]any); len(row) != len(first) {
			c.fault(at+"/rows/"+strconv.Itoa(i), "must have as many cells as the first row")
		}
	}
}

// rows checks the cells of a table; all of them together may have 10,000 characters.
func (c *blockCheck) rows(at string, v any, least, most int) {
	rows, _ := v.([]any)
	c.count(at+"/rows", rows, least, most)
	before := c.chars
	for i, row := range rows {
		at := fmt.Sprintf("%s/rows/%d", at, i)
		cells, _ := row.([]any)
		c.count(at, cells, 1, 20)
		for j, cell := range cells {
			at := fmt.Sprintf("%s/%d", at, j)
			o, _ := cell.(object)
			switch o["type"] {
			case "raw_text":
				c.str(at+"/text", o["text"], 1, 3000)
			case "raw_number":
				c.str(at+"/text", o["text"], 1, 3000)
				if _, ok := o["value"].(float64); !ok {
					c.fault(at+"/value", "must be a number")
				}
			case "rich_text":
				c.elements(at+"/elements", o["elements"], 1, 100, c.richElement)
			default:
				c.fault(at+"/type", "must be one of [raw_text, raw_number, rich_text]")
			}
		}
	}
	if c.chars-before > 10_000 {
		c.fault(at+"/rows", "must have less than 10001 characters in all cells")
	}
}

func (c *blockCheck) video(at string, b object) {
	c.only(at, b, "video_url", "thumbnail_url", "alt_text", "title", "title_url", "author_name", "provider_name", "provider_icon_url", "description")
	for _, field := range []string{"video_url", "thumbnail_url"} {
		c.webURL(at+"/"+field, c.str(at+"/"+field, b[field], 1, 3000))
	}
	c.str(at+"/alt_text", b["alt_text"], 1, 2000)
	c.text(at+"/title", b["title"], plainText, 1, 200)
	if b["description"] != nil {
		c.text(at+"/description", b["description"], plainText, 1, 200)
	}
	c.optional(at+"/author_name", b["author_name"], 50)
}

// whole checks a number that may be left out.
func (c *blockCheck) whole(at string, v any, least, most int) {
	if v == nil {
		return
	}
	f, ok := v.(float64)
	switch {
	case !ok || f != float64(int(f)):
		c.fault(at, "must be a whole number")
	case int(f) < least || int(f) > most:
		c.fault(at, "must be between %d and %d", least, most)
	}
}
