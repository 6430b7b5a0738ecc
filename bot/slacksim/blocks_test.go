package slacksim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"qabot/bot/slacksim"
)

func list(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

func section(text string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
}

func button(more string) string {
	return `{"type":"button","text":{"type":"plain_text","text":"Go"}` + more + `}`
}

func actions(elements ...string) string {
	return `[{"type":"actions","elements":[` + strings.Join(elements, ",") + `]}]`
}

func TestBlockLimits(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	confirm := func(title, text, yes, no int) string {
		p := func(n int) string { return fmt.Sprintf(`{"type":"plain_text","text":%q}`, x(n)) }
		return actions(button(fmt.Sprintf(`,"confirm":{"title":%s,"text":%s,"confirm":%s,"deny":%s}`, p(title), p(text), p(yes), p(no))))
	}
	option := func(text, value int) string {
		return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q},"value":%q}`, x(text), x(value))
	}
	selects := func(options string) string { return actions(`{"type":"static_select","options":` + options + `}`) }
	header := func(n int) string {
		return fmt.Sprintf(`[{"type":"header","text":{"type":"plain_text","text":%q}}]`, x(n))
	}
	fields := func(n, size int) string {
		return `[{"type":"section","fields":` + list(n, fmt.Sprintf(`{"type":"mrkdwn","text":%q}`, x(size))) + `}]`
	}
	context := func(n int) string {
		return `[{"type":"context","elements":` + list(n, `{"type":"mrkdwn","text":"x"}`) + `}]`
	}
	table := func(rows, cols int) string {
		return `{"type":"table","rows":` + list(rows, list(cols, `{"type":"raw_text","text":"x"}`)) + `}`
	}
	rich := func(element string) string {
		return `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[` + element + `]}]}]`
	}
	numbered := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, button(fmt.Sprintf(`,"action_id":"a%d"`, i)))
		}
		return actions(out...)
	}
	for _, c := range []struct {
		name, blocks, refused string // refused: the code, or part of the message; "" means accepted
	}{
		{"50 blocks", list(50, section("x")), ""},
		{"51 blocks", list(51, section("x")), "no more than 50 items allowed [json-pointer:/blocks]"},
		{"section of 3000", "[" + section(x(3000)) + "]", ""},
		{"section of 3001", "[" + section(x(3001)) + "]", "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"section without text", "[" + section("") + "]", "must be more than 0 characters"},
		{"characters, not bytes", "[" + section(strings.Repeat("ä", 3000)) + "]", ""},
		{"10 fields of 1000", fields(10, 1000), ""},
		{"11 fields", fields(11, 10), "no more than 10 items"},
		{"field of 2001", fields(1, 2001), "less than 2001"},
		{"header of 150", header(150), ""},
		{"header of 151", header(151), "less than 151"},
		{"header in mrkdwn", `[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, "must be plain_text"},
		{"10 in context", context(10), ""},
		{"11 in context", context(11), "no more than 10 items"},
		{"25 actions", numbered(25), ""},
		{"26 actions", numbered(26), "no more than 25 items"},
		{"button of 75", actions(`{"type":"button","text":{"type":"plain_text","text":"` + x(75) + `"}}`), ""},
		{"button of 76", actions(`{"type":"button","text":{"type":"plain_text","text":"` + x(76) + `"}}`), "less than 76"},
		{"value of 2001", actions(button(`,"value":"` + x(2001) + `"`)), "less than 2001"},
		{"url of 3001", actions(button(`,"url":"https://` + x(2993) + `"`)), "less than 3001"},
		{"button style", actions(button(`,"style":"loud"`)), "must be one of [primary, danger]"},
		{"confirm at its limits", confirm(100, 300, 30, 30), ""},
		{"confirm title", confirm(101, 1, 1, 1), "/confirm/title"},
		{"confirm text", confirm(1, 301, 1, 1), "/confirm/text"},
		{"confirm yes", confirm(1, 1, 31, 1), "/confirm/confirm"},
		{"confirm no", confirm(1, 1, 1, 31), "/confirm/deny"},
		{"100 options", selects(list(100, option(75, 150))), ""},
		{"101 options", selects(list(101, option(1, 1))), "no more than 100 items"},
		{"option of 76", selects(list(1, option(76, 1))), "less than 76"},
		{"initial option of its own", actions(`{"type":"static_select","options":[` + option(1, 1) + `],"initial_option":` + option(2, 1) + `}`), "must be one of the options"},
		{"action ids twice in a block", actions(button(`,"action_id":"a"`), button(`,"action_id":"a"`)), "already exists"},
		{"action ids twice in a message", strings.ReplaceAll(actions(button(`,"action_id":"a"`))+actions(button(`,"action_id":"a"`)), "][", ","), ""},
		{"block ids twice", `[{"type":"divider","block_id":"b"},{"type":"divider","block_id":"b"}]`, "already exists"},
		{"block id of 256", `[{"type":"divider","block_id":"` + x(256) + `"}]`, "less than 256"},
		{"alert", `[{"type":"alert","text":{"type":"plain_text","text":"x"}}]`, "not supported in a message"},
		{"unknown type", `[{"type":"hologram"}]`, "unsupported type: hologram"},
		{"unknown property", `[{"type":"divider","text":"x"}]`, "invalid additional property: text"},
		{"emoji in mrkdwn", `[{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}]`, "invalid additional property: emoji"},
		{"image without alt", `[{"type":"image","image_url":"https://a.example/x.png"}]`, "/alt_text"},
		{"table of 100 rows", "[" + table(100, 20) + "]", ""},
		{"table of 101 rows", "[" + table(101, 1) + "]", "no more than 100 items"},
		{"table of 21 columns", "[" + table(1, 21) + "]", "no more than 20 items"},
		{"two tables", "[" + table(1, 1) + "," + table(1, 1) + "]", "only_one_table_allowed"},
		{"empty rich text", rich(`{"type":"text","text":""}`), "must be more than 0 characters"},
		{"rich text of unknown kind", rich(`{"type":"blink"}`), "unsupported type: blink"},
		{"13200 in all", "[" + strings.Join([]string{section(x(3000)), section(x(3000)), section(x(3000)), section(x(3000)), section(x(1200))}, ",") + "]", ""},
		{"13201 in all", "[" + strings.Join([]string{section(x(3000)), section(x(3000)), section(x(3000)), section(x(3000)), section(x(1201))}, ",") + "]", "msg_blocks_too_long"},
		{"a card", `[{"type":"card","title":{"type":"mrkdwn","text":"x"},"actions":[` + button(`,"action_id":"a"`) + `]}]`, ""},
		{"a card with 4 buttons", `[{"type":"card","actions":` + list(4, button("")) + `}]`, "no more than 3 items"},
		{"a card without anything", `[{"type":"card"}]`, "missing required field: one of"},
		{"11 cards", `[{"type":"carousel","elements":` + list(11, `{"type":"card","body":{"type":"mrkdwn","text":"x"}}`) + `}]`, "no more than 10 items"},
		{"a container", `[{"type":"container","child_blocks":[` + section("x") + `]}]`, ""},
		{"11 in a container", `[{"type":"container","child_blocks":` + list(11, section("x")) + `}]`, "no more than 10 items"},
		{"a container in a container", `[{"type":"container","child_blocks":[{"type":"container","child_blocks":[]}]}]`, "must be one of [actions,"},
		{"a long section in a container", `[{"type":"container","child_blocks":[` + section(x(3001)) + `]}]`, "/blocks/0/child_blocks/0/text/text"},
		{"data table", `[{"type":"data_table","caption":"x","rows":` + list(2, `[{"type":"raw_number","value":1,"text":"1"}]`) + `}]`, ""},
		{"data table of a header", `[{"type":"data_table","caption":"x","rows":[[{"type":"raw_text","text":"x"}]]}]`, "no less than 2 items"},
		{"feedback", `[{"type":"context_actions","elements":[{"type":"feedback_buttons","positive_button":{"text":{"type":"plain_text","text":"Good"},"value":"1"},"negative_button":{"text":{"type":"plain_text","text":"Bad"}}}]}]`, "/negative_button/value"},
		{"8 KB of markdown twice", list(2, `{"type":"markdown","text":"`+x(8000)+`"}`), "in all markdown blocks"},
		{"image from nowhere", `[{"type":"image","image_url":"x.png","alt_text":"x"}]`, "must be a valid URL"},
		{"option in mrkdwn", selects(`[{"text":{"type":"mrkdwn","text":"x"},"value":"1"}]`), "must be plain_text"},
		{"options and groups", actions(`{"type":"static_select","options":[` + option(1, 1) + `],"option_groups":[]}`), "only one of [options, option_groups]"},
		{"date in German", actions(`{"type":"datepicker","initial_date":"24.12.2026"}`), "must be written like 2006-01-02"},
		{"property of another select", actions(`{"type":"users_select","initial_option":{}}`), "invalid additional property: initial_option"},
		{"empty filter", actions(`{"type":"conversations_select","filter":{}}`), "/filter"},
		{"response URL in a message", actions(`{"type":"conversations_select","response_url_enabled":true}`), "only allowed in a modal"},
		{"text input in actions", actions(`{"type":"plain_text_input"}`), "only allowed in an input block"},
		{"number input", `[{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"number_input"}}]`, "/element/is_decimal_allowed"},
		{"file input in a message", `[{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"file_input"}}]`, "not supported in a message"},
		{"two with focus", actions(`{"type":"users_select","focus_on_load":true}`, `{"type":"users_select","focus_on_load":true}`), "only one element may have focus_on_load"},
		{"no JSON", `[{]`, "invalid_blocks_format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t, slacksim.Options{})
			out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x", "blocks": c.blocks})
			answer, err := json.Marshal(out)
			w.must(err)
			if c.refused == "" {
				if out["ok"] != true {
					t.Fatalf("refused: %s", answer)
				}
				return
			}
			text := fmt.Sprint(out["error"], out["errors"])
			if out["ok"] != false || !strings.Contains(text, c.refused) {
				t.Fatalf("answer %s, want %q", answer, c.refused)
			}
		})
	}
}
