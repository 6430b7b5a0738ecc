package app_test

import (
	"encoding/json"
	"regexp"
	"strings"

	"qabot/bot/slacksim"
	"qabot/provisioner/keyspace"
	"qabot/provisioner/schema"
)

// apart proves that environments share no name, no address and no port.
func (s *stage) apart(branches ...string) {
	s.t.Helper()
	taken := map[string]string{}
	for _, branch := range branches {
		env := s.environment(branch)
		things := []string{"ID " + string(env.ID), "schema " + schema.Name("shop", env.ID), "account " + schema.Account(env.ID), "keys " + keyspace.Name(env.ID)}
		for kind, o := range env.Status.Seen {
			if o.URL != "" && kind.Sort() == "route" {
				things = append(things, o.URL)
			}
		}
		if len(things) != 6 {
			s.t.Errorf("%s has %q, want two URLs among them", branch, things)
		}
		for _, thing := range things {
			if other := taken[thing]; other != "" {
				s.t.Errorf("%s and %s share %s", branch, other, thing)
			}
			taken[thing] = branch
		}
	}
}

// calls are what Slack turns into a notification or a link where it parses a text; dates do no harm.
var calls = regexp.MustCompile(`<!(?:[^d]|d[^a])[^>]*>|<[#@][^>]+>`)

// harmless proves that nothing that others wrote calls anybody or is formatted: wherever Slack parses a text, a branch's
// name is code, and the only people mentioned are those who asked. Nor is there a stack trace.
func (s *stage) harmless() {
	s.t.Helper()
	check := func(text string) {
		s.t.Helper()
		if strings.Contains(text, "goroutine ") || strings.Contains(text, ".go:") {
			s.t.Errorf("a stack trace reaches people: %q", text)
		}
		for _, call := range calls.FindAllString(text, -1) {
			if call != "<@"+s.world.Slack.UserID("ana")+">" && call != "<@"+s.world.Slack.UserID("ben")+">" {
				s.t.Errorf("%s is called by %q", call, text)
			}
		}
		outside := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text, "")
		for _, env := range s.environments() {
			if strings.Contains(outside, env.Spec.Branch) {
				s.t.Errorf("the name of the branch %s is parsed in %q", env.Spec.Branch, text)
			}
		}
	}
	messages := 0
	var walk func(list []slacksim.Message)
	walk = func(list []slacksim.Message) {
		for _, m := range list {
			messages++
			check(m.Text)
			for _, text := range parsed(m.Blocks) {
				check(text)
			}
			walk(m.Replies)
		}
	}
	walk(s.world.Slack.Messages("#qa"))
	if messages < 3 {
		s.t.Errorf("only %d messages were looked at", messages)
	}
}

// parsed gives the texts in blocks that Slack parses: those of the type mrkdwn, wherever they are.
func parsed(blocks json.RawMessage) (texts []string) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if v["type"] == "mrkdwn" {
				texts = append(texts, str(v["text"]))
			}
			for _, x := range v {
				walk(x)
			}
		}
	}
	var v any
	if json.Unmarshal(blocks, &v) == nil {
		walk(v)
	}
	return texts
}
