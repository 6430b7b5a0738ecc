package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

const (
	optionsMost  = 100    // of a select
	optionRoom   = 75     // characters of a label, of its second line, and of a value
	suggestBytes = 18_000 // Slack drops acknowledgements of more than 20 KB
)

// option is a match to pick from. Names that are too long for a value are picked by their hash.
func (t texts) option(m match) *slack.OptionBlockObject {
	label, hint := m.Branch, ""
	if m.Pull.Number > 0 {
		hint = "#" + strconv.Itoa(m.Pull.Number)
		if m.Branch == "" {
			label = hint
		}
		hint = join("  ·  ", strings.TrimSpace(hint+" "+tidy(m.Pull.Title)), tidy(m.Pull.Author))
	}
	switch {
	case m.Pull.Fork:
		label, hint = strings.TrimSpace("#"+strconv.Itoa(m.Pull.Number)+" "+tidy(m.Pull.Title)), t.plain(t.of(formFork).Say)
	case m.Typed:
		hint = t.plain(t.of(formTyped).Say)
	}
	var second *slack.TextBlockObject
	if hint != "" {
		second = foreign(short(hint, optionRoom))
	}
	return slack.NewOptionBlockObject(m.value(), foreign(middle(label, optionRoom)), second)
}

// tidy is somebody's sentence in one line.
func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

// foreign shows other people's words, without making pictures of them.
func foreign(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, cmp.Or(legible(s), "–"), false, false)
}

// middle cuts a text in its middle: what tells branches apart stands at either end.
func middle(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	head := (n - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(n-1-head):])
}

func (m match) value() string {
	switch {
	case m.Branch == "" || m.Pull.Fork:
		return "p:" + strconv.Itoa(m.Pull.Number)
	case len(m.Branch)+2 <= optionRoom:
		return "b:" + m.Branch
	}
	return "h:" + hashed(m.Branch)
}

func hashed(branch string) string {
	sum := sha256.Sum256([]byte(branch))
	return hex.EncodeToString(sum[:16])
}

// optionsOf are matches to pick from, as many as Slack takes in an acknowledgement.
func (t texts) optionsOf(found []match) []*slack.OptionBlockObject {
	room := suggestBytes
	out := []*slack.OptionBlockObject{}
	for _, m := range found[:min(len(found), optionsMost)] {
		if m.Typed && strings.HasPrefix(m.value(), "h:") {
			continue // nobody could tell later what was typed
		}
		o := t.option(m)
		b, err := json.Marshal(o)
		if room -= len(b) + 1; err != nil || room < 0 {
			break
		}
		if !slices.ContainsFunc(out, func(p *slack.OptionBlockObject) bool { return p.Value == o.Value }) {
			out = append(out, o)
		}
	}
	return out
}

// picked finds the branch that was picked. What is wrong with it is one of the answer codes.
func (b *Bot) picked(ctx context.Context, app App, value string) (branch string, wrong *store.Detail) {
	kind, rest, _ := strings.Cut(value, ":")
	switch kind {
	case "b":
		if t, wrong := named(target{Branch: rest}); wrong != nil {
			return t.Branch, wrong
		}
		return rest, nil
	case "h":
		for _, look := range []func(context.Context, string) (refList, bool){b.refs.late, b.refs.fresh} {
			l, _ := look(ctx, app.Repo)
			for _, m := range l.matches() {
				if m.Branch != "" && hashed(m.Branch) == rest {
					return m.Branch, nil
				}
			}
		}
		return "", say(formGone)
	}
	n, err := strconv.Atoi(rest)
	if kind != "p" || err != nil {
		return "", say(formGone)
	}
	p, found, err := b.github.pull(ctx, app.Repo, n)
	if err != nil {
		b.log.Warn("ask for pull request", "repo", app.Repo, "number", n, "error", err)
		if p, found = b.refs.pull(app.Repo, n); !found {
			return "", say(answerGitHubDown)
		}
	}
	switch {
	case !found:
		return "", say(answerNoSuchPull, "#"+rest, app.Repo)
	case p.Fork:
		return "", say(answerFork, "#"+rest)
	}
	return p.Branch, nil
}
