package bot

import (
	"strconv"

	"github.com/slack-go/slack"

	"qabot/store"
)

// Codes of words around migrations.
const labelRan = "label.ran" // a list follows

// Bounds of a migration's card.
const (
	ranShown      = 10
	warningsShown = 10
)

// migrated is the card of a migration: what ran, what became different, and what may hurt.
func (s scene) migrated(e store.Event) view {
	args := []string{sha(e.Commit), e.Took.String()}
	head := append([]element{emoji("card_file_box"), words(" ")}, s.texts.rich(s.word(store.EventMigrated), args...)...)
	for _, a := range e.Detail.Args {
		if a == "seeded" {
			head = append(append(head, words(s.texts.gap)), s.texts.rich(s.word("migrated.seeded"))...)
		}
	}
	lines := []slack.RichTextElement{row(head...)}
	if len(e.Ran) > 0 {
		lines = append(lines, row(s.ran(e.Ran)...))
	}
	if len(e.Changes) == 0 {
		lines = append(lines, row(s.texts.rich(s.word("migrated.nothing"))...))
	} else {
		lines = append(lines, row(s.texts.rich(s.word("migrated.changes"))...), s.texts.preformatted(s.texts.changeLines(e.Changes), 30))
	}
	for _, d := range e.Warnings[:min(len(e.Warnings), warningsShown)] {
		lines = append(lines, row(append([]element{emoji("warning"), words(" ")}, s.texts.rich(s.word(d.Code), shorts(d.Args, 60)...)...)...))
	}
	if more := len(e.Warnings) - warningsShown; more > 0 {
		lines = append(lines, row(s.texts.rich(s.word(labelMore), strconv.Itoa(more))...))
	}
	return view{Text: "🗃️ " + s.texts.flat(s.word(store.EventMigrated), args...), Blocks: []slack.Block{richText("migrated", lines...)}}
}

// ran names the migrations that ran, the oldest first.
func (s scene) ran(names []string) []element {
	parts := s.texts.rich(s.word(labelRan))
	for i, name := range names[:min(len(names), ranShown)] {
		sep := s.texts.list
		if i == 0 {
			sep = " "
		}
		parts = append(parts, words(sep), codeWord(short(name, 80)))
	}
	if more := len(names) - ranShown; more > 0 {
		parts = append(append(parts, words(" ")), s.texts.rich(s.word(labelMore), strconv.Itoa(more))...)
	}
	return parts
}
