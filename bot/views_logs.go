package bot

import (
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// linesOfFailure is how many lines of a log a failure shows.
const linesOfFailure = 12

// logs shows the ends of a role's logs, below the failure that the environment is stuck at, where there is one.
func (s scene) logs(role string, found []store.Log, failure *store.Event) view {
	args := []string{s.branch(), role}
	blocks := []slack.Block{richText("logs", row(s.texts.rich(s.word(labelLogs), args...)...))}
	if failure != nil {
		blocks = append(blocks, richText("failure", s.excerpt(*failure)...))
	}
	var rows []slack.RichTextElement
	room := linesAsked // in the message: a longer one is refused
	for _, l := range found {
		rows = append(rows, row(s.ofTask(l)...))
		if lines := l.Lines[max(0, len(l.Lines)-room):]; len(lines) > 0 {
			rows = append(rows, s.texts.preformatted(lines, linesAsked))
			room -= len(lines)
		}
	}
	if len(rows) == 0 {
		rows = append(rows, row(s.texts.rich(s.word(labelNoLogs), role)...))
	}
	blocks = append(blocks, richText("tasks", rows...))
	return view{Text: s.texts.flat(s.word(labelLogs), args...), Blocks: blocks}.add(s.logButtons(role)...)
}

// excerpt says what failed, with the last lines that it said.
func (s scene) excerpt(e store.Event) []slack.RichTextElement {
	said := append([]element{emoji("x"), words(" ")}, s.texts.rich(s.word(store.EventFailed), s.branch(), s.texts.flatLabel("stage.", e.Kind))...)
	if webLink(e.URL) {
		said = append(said, words("  "), link(e.URL, s.word(labelLog)))
	}
	rows := []slack.RichTextElement{row(said...)}
	if len(e.Lines) > 0 {
		rows = append(rows, s.texts.preformatted(e.Lines[max(0, len(e.Lines)-linesOfFailure):], linesOfFailure))
	}
	return rows
}

// ofTask names the task that logged, what it runs and since when, and where all of it is to be read.
func (s scene) ofTask(l store.Log) []element {
	task := short(l.Task, 8)
	if rest := strings.TrimSuffix(task, "…"); rest != "" {
		task = rest
	}
	parts := []element{strong(short(l.Container, 60)), words("  "), codeWord(task), words("  "), codeWord(sha(l.Commit)), words("  ")}
	if l.Ended.IsZero() {
		began := l.Began
		if began.After(s.now) {
			began = s.now // by a clock that is ahead of this one
		}
		parts = append(parts, s.texts.rich(s.word(labelRunsSince), stamp(began))...)
	} else {
		parts = append(parts, s.texts.rich(s.word(labelEndedAt), stamp(l.Ended), short(l.Reason, 200))...)
	}
	switch {
	case l.Group == "":
		parts = append(append(parts, words("  ")), s.texts.rich(s.word(labelLogsElsewhere))...)
	case webLink(l.URL):
		parts = append(parts, words("  "), link(l.URL, s.word(labelCloudWatch)))
	}
	return parts
}

// logButtons ask for the logs of the other roles, and for this one again.
func (s scene) logButtons(role string) []slack.Block {
	buttons := []slack.BlockElement{s.logsButton(0, role, s.word(labelRefresh))}
	for i, other := range s.app.roles() {
		if other != role && len(buttons) < 5 {
			buttons = append(buttons, s.logsButton(i+1, other, s.texts.plain(s.word(labelLogsOf), other)))
		}
	}
	return []slack.Block{s.actions(buttons...)}
}

// logsButton asks for a role's logs; for those of the most telling one when role is empty.
func (s scene) logsButton(n int, role, label string) slack.BlockElement {
	value := s.value()
	if role != "" {
		value += "|" + role
	}
	return button(numbered(actionLogs, n), value, label)
}
