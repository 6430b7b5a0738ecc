package app_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"qabot/bot/slacksim"
)

// transcript writes a channel as a person reads it, without what differs from run to run.
func transcript(messages []slacksim.Message, name func(id string) string) string {
	t := &teller{name: name}
	for _, m := range messages {
		if m.Ephemeral != "" && strings.HasSuffix(m.Text, "…") {
			continue // an acknowledgement; it may overtake the answer, or be overtaken
		}
		t.message(m, "")
		for _, r := range m.Replies {
			t.message(r, "    ")
		}
	}
	return steady(t.b.String())
}

type teller struct {
	b    strings.Builder
	name func(id string) string
}

func (t *teller) message(m slacksim.Message, indent string) {
	if t.b.Len() > 0 {
		t.b.WriteString("\n")
	}
	who := t.name(m.User)
	if m.Ephemeral != "" {
		who += " (only to " + t.name(m.Ephemeral) + ")"
	}
	text := m.Text
	if len(m.Blocks) > 2 {
		var blocks []map[string]any
		if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
			text = "unreadable blocks: " + err.Error()
		} else {
			var lines []string
			for _, b := range blocks {
				lines = append(lines, t.block(b)...)
			}
			text = strings.Join(lines, "\n")
		}
	}
	for i, line := range strings.Split(strings.TrimRight(t.people(text), "\n"), "\n") {
		if i == 0 {
			line = who + ": " + line
		} else {
			line = "  " + line
		}
		t.b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
}

func (t *teller) block(b map[string]any) (lines []string) {
	switch b["type"] {
	case "section":
		if text, ok := b["text"].(map[string]any); ok {
			lines = append(lines, strings.Split(str(text["text"]), "\n")...)
		}
		for _, f := range list(b["fields"]) {
			lines = append(lines, strings.ReplaceAll(str(f["text"]), "\n", " "))
		}
		if a, ok := b["accessory"].(map[string]any); ok && a["type"] == "overflow" {
			lines = append(lines, "["+strings.Join(labels(a), " | ")+"]")
		} else if ok {
			lines = append(lines, button(a))
		}
	case "header":
		lines = append(lines, "# "+str(b["text"].(map[string]any)["text"]))
	case "context":
		var parts []string
		for _, e := range list(b["elements"]) {
			parts = append(parts, str(e["text"]))
		}
		lines = append(lines, "· "+strings.Join(parts, " "))
	case "actions":
		var parts []string
		for _, e := range list(b["elements"]) {
			parts = append(parts, button(e))
		}
		lines = append(lines, strings.Join(parts, " "))
	case "rich_text":
		for _, e := range list(b["elements"]) {
			lines = append(lines, strings.Split(rich(e), "\n")...)
		}
	case "table":
		for _, row := range b["rows"].([]any) {
			var cells []string
			for _, c := range list(row) {
				cells = append(cells, cell(c))
			}
			lines = append(lines, "| "+strings.Join(cells, " | ")+" |")
		}
	case "input":
		e, _ := b["element"].(map[string]any)
		first, _ := e["initial_option"].(map[string]any)
		chosen := "…"
		if text, ok := first["text"].(map[string]any); ok {
			chosen = str(text["text"])
		} else if id := str(e["initial_conversation"]); id != "" {
			chosen = id
		}
		lines = append(lines, labelOf(b["label"])+": "+chosen)
	case "divider":
		lines = append(lines, "---")
	default:
		lines = append(lines, fmt.Sprintf("[%v]", b["type"]))
	}
	return lines
}

// labels are the words of an element's options.
func labels(e map[string]any) (out []string) {
	for _, o := range list(e["options"]) {
		out = append(out, labelOf(o["text"]))
	}
	return out
}

func labelOf(text any) string {
	t, _ := text.(map[string]any)
	return str(t["text"])
}

func cell(c map[string]any) string {
	if s := str(c["text"]); s != "" {
		return s
	}
	return rich(c)
}

// rich writes one element of a rich_text block, inner ones too.
func rich(e map[string]any) string {
	switch e["type"] {
	case "text":
		return str(e["text"])
	case "emoji":
		return ":" + str(e["name"]) + ":"
	case "link":
		return "<" + str(e["url"]) + "|" + str(e["text"]) + ">"
	case "date":
		return "DATE"
	case "user":
		return "<@" + str(e["user_id"]) + ">"
	}
	var b strings.Builder
	for _, inner := range list(e["elements"]) {
		b.WriteString(rich(inner))
		if e["type"] == "rich_text_list" {
			b.WriteString("\n")
		}
	}
	text := strings.TrimRight(b.String(), "\n")
	if e["type"] == "rich_text_preformatted" {
		text = "```\n" + text + "\n```"
	}
	return text
}

func button(e map[string]any) string {
	label := ""
	if text, ok := e["text"].(map[string]any); ok {
		label = str(text["text"])
	}
	if url := str(e["url"]); url != "" {
		return "[" + label + " -> " + url + "]"
	}
	return "[" + label + "]"
}

func (t *teller) people(text string) string {
	return mention.ReplaceAllStringFunc(text, func(s string) string { return "@" + t.name(mention.FindStringSubmatch(s)[1]) })
}

var (
	mention = regexp.MustCompile(`<@(\w+)(?:\|[^>]*)?>`)

	unsteady = []struct {
		is *regexp.Regexp
		to string
	}{
		{regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+`), "WHEN"},
		{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d UTC`), "DATE"},
		{regexp.MustCompile(`log-events/[0-9a-f-]{36}`), "log-events/BUILD"},
		{regexp.MustCompile(`(?:ECS went back to the version before|ECS が以前のバージョンに戻しました|ECS deployment circuit breaker: [^.]*)(?:。|\. ?)`), "REASON. "},
		{regexp.MustCompile(`<!date\^\d+\^[^|]*\|[^>]*>`), "DATE"},
		{regexp.MustCompile(`\b(?:\d+d )?(?:\d+h )?(?:\d+m )?\d+(?:\.\d+)?(?:s|ms|µs)\b`), "TIME"},
		{regexp.MustCompile(`(?:\d+ 日 )?(?:\d+ 時間 )?(?:\d+ 分 )?\d+ 秒`), "TIME"},
		{regexp.MustCompile(`(ports from|ポート) \d+ (to|から) \d+`), "$1 PORT $2 PORT"},
		{regexp.MustCompile(`(targetgroup/[a-z0-9-]+)/[0-9a-f]+`), "$1/ID"},
		{regexp.MustCompile(`\b\d+ KB\b`), "SIZE"},
		{regexp.MustCompile(`qa\.localhost:\d+`), "qa.localhost:PORT"},
		{regexp.MustCompile(`localhost:\d+`), "localhost:PORT"},
		{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
		{regexp.MustCompile(`/p\d{16}\b`), "/pTS"},
		{regexp.MustCompile(`(\$252F)[0-9a-f]{32}\b`), "${1}TASK"},
		{regexp.MustCompile(`(shop-(?:image|migration)):[0-9a-f-]{36}`), "$1:BUILD"},
		{regexp.MustCompile(`(shop-(?:image|migration))(%3A|/)[0-9a-f-]{36}`), "$1${2}BUILD"},
	}
)

func steady(s string) string {
	for _, u := range unsteady {
		s = u.is.ReplaceAllString(s, u.to)
	}
	return measured.ReplaceAllString(s, "$1")
}

// measured are lines of the checklist whose stage took a second or more, which only some of the runs have.
var measured = regexp.MustCompile(`(?m)^( *:(?:white_check_mark|x|hourglass_flowing_sand): .*)  TIME$`)

func str(v any) string { s, _ := v.(string); return s }

func list(v any) (out []map[string]any) {
	items, _ := v.([]any)
	for _, i := range items {
		if m, ok := i.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
