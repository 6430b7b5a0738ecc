package bot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// failedLines is how many lines of logs a failure shows, of all that failed together.
const failedLines = 12

// failures says in one message what failed and why, what is still served, the end of the logs, and what to type. The same
// cause is told once, whatever it hit. again leaves the mention out: people were called for this deployment before.
func (s scene) failures(events []store.Event, again bool) view {
	e, kinds := events[0], kindsOf(s.app, s.env)
	place := func(e store.Event) uint { return uint(slices.Index(kinds, e.Kind)) } // what is in no stage comes last
	events = slices.SortedStableFunc(slices.Values(events), func(a, b store.Event) int { return cmp.Compare(place(a), place(b)) })
	whom := s.waiting(e)
	if whom == "" {
		whom = s.env.Spec.Owner // who pushed has no Slack name, but somebody waits for this branch
	}
	if again {
		whom = ""
	}
	args := []string{s.branch(), s.failedParts(events)}
	lines := []slack.RichTextElement{row(s.calling(whom, "x", s.texts.rich(s.word(store.EventFailed), args...)...)...)}
	causes := alike(events, func(e store.Event) string { return join("\x00", append([]string{e.Detail.Code}, e.Detail.Args...)...) })
	for _, same := range causes {
		said := s.texts.full(same[0].Detail)
		if len(causes) > 1 {
			said = append([]element{strong(s.failedParts(same) + ": ")}, said...)
		}
		lines = append(lines, row(said...))
	}
	lines = append(append(lines, row(s.serving()...)), s.failedLogs(events)...)
	blocks := []slack.Block{richText("failed", lines...)}
	if buttons := s.failedButtons(events); len(buttons) > 0 {
		blocks = append(blocks, s.actions(buttons...))
	}
	return view{Text: mention(whom) + "❌ " + s.texts.flat(s.word(store.EventFailed), args...), Blocks: blocks}
}

// alike puts events together that have the same key, in the order of the first of each.
func alike(events []store.Event, key func(store.Event) string) (groups [][]store.Event) {
	at := map[string]int{}
	for _, e := range events {
		k := key(e)
		if _, ok := at[k]; !ok {
			at[k] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[k]] = append(groups[at[k]], e)
	}
	return groups
}

// failedParts names what failed, each once: the making of something, or its end.
func (s scene) failedParts(events []store.Event) string {
	prefix := "stage."
	if s.env.Spec.Gone(s.now) {
		prefix = "gone."
	}
	var names []string
	for _, e := range events {
		if name := short(s.texts.flatLabel(prefix, e.Kind), 60); len(names) < 8 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return s.texts.listed(names)
}

// failedLogs are the last lines of one log for each sort of cause, and what they hint at.
func (s scene) failedLogs(events []store.Event) (rows []slack.RichTextElement) {
	logs := alike(slices.DeleteFunc(slices.Clone(events), func(e store.Event) bool { return len(e.Lines) == 0 }),
		func(e store.Event) string { return e.Detail.Code })
	logs = logs[:min(len(logs), 3)]
	for _, same := range logs {
		most := failedLines / len(logs)
		tail := same[0].Lines[max(0, len(same[0].Lines)-most):]
		if code := hint(tail); code != "" {
			rows = append(rows, row(append([]element{emoji("bulb"), words(" ")}, s.texts.full(store.Say(code))...)...))
		}
		heading := s.texts.rich(s.word("failed.lines"))
		if len(logs) > 1 {
			heading = append([]element{strong(s.failedParts(same[:1]) + ": ")}, heading...)
		}
		rows = append(rows, row(heading...), s.texts.preformatted(tail, most))
	}
	return rows
}

func (s scene) failedButtons(events []store.Event) (buttons []slack.BlockElement) {
	if g := events[0].Generation; g == 0 || g == s.env.Spec.Generation {
		buttons = append(buttons, s.retryButton())
	}
	logs := alike(slices.DeleteFunc(slices.Clone(events), func(e store.Event) bool { return !webLink(e.URL) }),
		func(e store.Event) string { return e.URL })
	for i, same := range logs[:min(len(logs), 5)] {
		label := s.word(labelLog)
		if role := same[0].Kind.Role(); role != "" && len(logs) > 1 {
			label = s.texts.plain(s.word(labelLogOf), short(role, 40))
		}
		action := actionLog
		if len(logs) > 1 {
			action = numbered(actionLog, i)
		}
		buttons = append(buttons, button(action, s.value(), strings.TrimSpace(label)).WithURL(same[0].URL))
	}
	return buttons
}

// cause is why stages failed, or wait: all that have the same reason.
type cause struct {
	labels []string
	detail store.Detail
}

// causes are those of the stages in one of these states, each once.
func (s scene) causes(lines []stage, states ...store.State) (out []cause) {
	for _, l := range lines {
		if l.Detail.Code == "" || !slices.Contains(states, l.State) {
			continue
		}
		i := slices.IndexFunc(out, func(c cause) bool {
			return c.detail.Code == l.Detail.Code && slices.Equal(c.detail.Args, l.Detail.Args)
		})
		if i < 0 {
			out = append(out, cause{detail: l.Detail})
			i = len(out) - 1
		}
		out[i].labels = append(out[i].labels, short(l.label, 60))
	}
	return out
}

func (s scene) causeRow(c cause) slack.RichTextElement {
	return row(append([]element{strong(s.texts.listed(c.labels[:min(len(c.labels), 8)]) + ": ")}, s.texts.full(c.detail)...)...)
}

// causeRows say why something failed, three reasons at most.
func (s scene) causeRows(lines []stage) (rows []slack.RichTextElement) {
	for _, c := range s.causes(lines, store.Failed) {
		if len(rows) < 3 {
			rows = append(rows, s.causeRow(c))
		}
	}
	return rows
}
