package slacksim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// surface is where blocks are shown.
type surface string

const (
	surfaceMessage surface = "message"
	surfaceModal   surface = "modal"
	surfaceHome    surface = "home"
)

// maxBlockText is how many characters all texts of a message's blocks may have together.
const maxBlockText = 13_200

const maxMarkdown = 12_000 // characters of all markdown blocks together

type object = map[string]any

// checkBlocks holds blocks to Slack's rules and gives them back with the missing block and action ids filled in.
// Its error is what the Web API answers: invalid_blocks with one message per fault, or msg_blocks_too_long.
func (w *Workspace) checkBlocks(raw json.RawMessage, on surface) (json.RawMessage, error) {
	var list []any
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, refuse("invalid_blocks_format")
	}
	if len(list) == 0 && on == surfaceMessage {
		return nil, nil
	}
	c := &blockCheck{on: on, blockIDs: map[string]bool{}, newID: func() string { return w.newID("b") }}
	c.all("/blocks", list)
	if c.markdown > maxMarkdown {
		c.fault("/blocks", "must have less than %d characters in all markdown blocks", maxMarkdown+1)
	}
	switch {
	case len(c.faults) > 0:
		return nil, c.refusal()
	case on == surfaceMessage && c.tables > 1:
		return nil, refuse("only_one_table_allowed")
	case on == surfaceMessage && c.chars > maxBlockText:
		return nil, refuse("msg_blocks_too_long")
	}
	out, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encode blocks: %w", err)
	}
	return out, nil
}

// blockCheck walks over blocks and collects what is wrong with them.
type blockCheck struct {
	on       surface
	faults   []string
	blockIDs map[string]bool
	chars    int // of all texts
	markdown int // characters of markdown blocks
	tables   int
	focus    int // elements with focus_on_load
	newID    func() string
}

func (c *blockCheck) refusal() *apiError {
	plain := make([]string, len(c.faults))
	for i, f := range c.faults {
		plain[i] = "[ERROR] " + f
	}
	return &apiError{code: "invalid_blocks", extra: map[string]any{
		"errors": c.faults, "response_metadata": map[string]any{"messages": plain},
	}}
}

func (c *blockCheck) fault(at, format string, v ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, v...)+" [json-pointer:"+at+"]")
}

func (c *blockCheck) all(at string, list []any) {
	most := 100
	if c.on == surfaceMessage {
		most = 50
	}
	c.count(at, list, 0, most)
	for i, item := range list {
		at := at + "/" + strconv.Itoa(i)
		b, ok := item.(object)
		if !ok {
			c.fault(at, "must be an object")
			continue
		}
		c.blockID(at, b)
		c.block(at, b)
	}
}

func (c *blockCheck) blockID(at string, b object) {
	id, given := b["block_id"].(string)
	if b["block_id"] != nil && !given {
		c.fault(at+"/block_id", "must be a string")
		return
	}
	if id == "" {
		id = c.newID()
		b["block_id"] = id
	}
	c.length(at+"/block_id", id, 1, 255)
	if c.blockIDs[id] {
		c.fault(at+"/block_id", "block_id %q already exists", id)
	}
	c.blockIDs[id] = true
}

// block checks one block of any kind.
func (c *blockCheck) block(at string, b object) {
	kind, _ := b["type"].(string)
	switch kind {
	case "section":
		c.section(at, b)
	case "divider":
		c.only(at, b)
	case "header":
		c.only(at, b, "text", "level")
		c.text(at+"/text", b["text"], plainText, 1, 150)
	case "context":
		c.context(at, b)
	case "actions":
		c.only(at, b, "elements")
		c.elements(at+"/elements", b["elements"], 1, 25, c.actionElement)
	case "image":
		c.only(at, b, "image_url", "alt_text", "title", "slack_file")
		c.image(at, b)
		if b["title"] != nil {
			c.text(at+"/title", b["title"], plainText, 1, 2000)
		}
	case "rich_text":
		c.only(at, b, "elements")
		c.elements(at+"/elements", b["elements"], 1, 100, c.richElement)
	case "input":
		c.input(at, b)
	case "table":
		c.table(at, b)
	case "markdown":
		c.only(at, b, "text")
		before := c.chars
		c.str(at+"/text", b["text"], 1, 12_000)
		c.markdown += c.chars - before
		c.allowedOn(at, kind, surfaceMessage)
	case "alert":
		c.only(at, b, "text", "level")
		c.text(at+"/text", b["text"], anyText, 1, 200)
		c.oneOf(at+"/level", b["level"], "default", "info", "warning", "error", "success")
		c.allowedOn(at, kind, surfaceModal)
	default:
		c.rareBlock(at, kind, b)
	}
}

func (c *blockCheck) section(at string, b object) {
	c.only(at, b, "text", "fields", "accessory", "expand")
	if b["text"] == nil && b["fields"] == nil {
		c.fault(at, "missing required field: text or fields")
	}
	if b["text"] != nil {
		c.text(at+"/text", b["text"], anyText, 1, 3000)
	}
	if b["fields"] != nil {
		c.elements(at+"/fields", b["fields"], 1, 10, func(at string, f object, _ map[string]bool) {
			c.text(at, f, anyText, 1, 2000)
		})
	}
	if acc, ok := b["accessory"].(object); ok {
		if acc["type"] == "image" {
			c.image(at+"/accessory", acc)
		} else {
			c.actionElement(at+"/accessory", acc, map[string]bool{})
		}
	} else if b["accessory"] != nil {
		c.fault(at+"/accessory", "must be an object")
	}
}

func (c *blockCheck) context(at string, b object) {
	c.only(at, b, "elements")
	c.elements(at+"/elements", b["elements"], 1, 10, func(at string, e object, _ map[string]bool) {
		if e["type"] == "image" {
			c.image(at, e)
			return
		}
		c.text(at, e, anyText, 1, 3000)
	})
}

func (c *blockCheck) image(at string, b object) {
	switch file, _ := b["slack_file"].(object); {
	case b["slack_file"] == nil:
		c.webURL(at+"/image_url", c.str(at+"/image_url", b["image_url"], 1, 3000))
	case b["image_url"] != nil:
		c.fault(at, "only one of [image_url, slack_file] is allowed")
	case file["id"] == nil && file["url"] == nil:
		c.fault(at+"/slack_file", "missing required field: id or url")
	}
	c.str(at+"/alt_text", b["alt_text"], 1, 2000)
}

// webURL refuses what is no absolute http or https URL. An empty one was refused before.
func (c *blockCheck) webURL(at, s string) {
	if u, err := url.Parse(s); s != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		c.fault(at, "must be a valid URL")
	}
}

func (c *blockCheck) allowedOn(at, kind string, on ...surface) {
	if !slices.Contains(on, c.on) {
		c.fault(at+"/type", "%s is not supported in a %s", kind, c.on)
	}
}

// oneOf checks a word that may be left out.
func (c *blockCheck) oneOf(at string, v any, words ...string) {
	if v == nil {
		return
	}
	if s, ok := v.(string); !ok || !slices.Contains(words, s) {
		c.fault(at, "must be one of [%s]", strings.Join(words, ", "))
	}
}

// only refuses properties that the type does not have.
func (c *blockCheck) only(at string, b object, names ...string) {
	allowed := map[string]bool{"type": true, "block_id": true}
	for _, n := range names {
		allowed[n] = true
	}
	for k := range b {
		if !allowed[k] {
			c.fault(at, "invalid additional property: %s", k)
		}
	}
}

func (c *blockCheck) count(at string, list []any, least, most int) {
	if len(list) < least {
		c.fault(at, "no less than %d items required", least)
	}
	if len(list) > most {
		c.fault(at, "no more than %d items allowed", most)
	}
}

// elements checks a list of objects; seen carries the action ids of the list.
func (c *blockCheck) elements(at string, v any, least, most int, check func(at string, e object, seen map[string]bool)) {
	list, ok := v.([]any)
	if !ok {
		c.fault(at, "missing required field")
		return
	}
	c.count(at, list, least, most)
	seen := map[string]bool{}
	for i, item := range list {
		at := at + "/" + strconv.Itoa(i)
		if e, ok := item.(object); ok {
			check(at, e, seen)
		} else {
			c.fault(at, "must be an object")
		}
	}
}

func (c *blockCheck) length(at, s string, least, most int) {
	n := utf8.RuneCountInString(s)
	if n < least {
		c.fault(at, "must be more than %d characters", least-1)
	}
	if n > most {
		c.fault(at, "must be less than %d characters", most+1)
	}
}

// str checks a text that counts towards the sum of all texts.
func (c *blockCheck) str(at string, v any, least, most int) string {
	s, ok := v.(string)
	if !ok {
		c.fault(at, "missing required field")
		return ""
	}
	c.length(at, s, least, most)
	c.chars += utf8.RuneCountInString(s)
	return s
}

type textKind int

const (
	plainText textKind = iota
	anyText            // plain_text or mrkdwn
)

func (c *blockCheck) text(at string, v any, kind textKind, least, most int) {
	t, ok := v.(object)
	if !ok {
		c.fault(at, "missing required field")
		return
	}
	switch t["type"] {
	case "plain_text":
	case "mrkdwn":
		if kind == plainText {
			c.fault(at+"/type", "must be plain_text")
		}
		if t["emoji"] != nil {
			c.fault(at, "invalid additional property: emoji")
		}
	default:
		c.fault(at+"/type", "must be a valid text type")
	}
	c.str(at+"/text", t["text"], least, most)
}
