package bot

import (
	"cmp"
	"slices"

	"github.com/slack-go/slack"

	"qabot/store"
)

// historyShown is how many events of an environment are shown: as many lines as a person reads.
const historyShown = 20

// history shows the newest events of the journal, the newest first.
func (s scene) history(events []store.Event) view {
	rows := []slack.RichTextElement{row(s.texts.rich(s.word(labelHistory), s.branch())...)}
	for _, e := range slices.Backward(events) {
		parts := []element{dateElement(e.At), words("  ")}
		rows = append(rows, row(append(parts, s.recount(e)...)...))
	}
	return view{Text: s.texts.flat(s.word(labelHistory), s.branch()), Blocks: []slack.Block{richText("history", rows...)}}
}

// recount says one event in a line.
func (s scene) recount(e store.Event) []element {
	var said []element
	switch e.Code {
	case store.EventAsked:
		said = s.texts.rich(s.word(store.EventAsked), e.Detail.Code)
	case store.EventPushed:
		subject := ""
		if len(e.Detail.Args) > 0 {
			subject = short(e.Detail.Args[0], 80)
		}
		return s.texts.rich(s.word(store.EventPushed), short(cmp.Or(e.Name, "?"), 60), sha(e.Commit), subject)
	case store.EventMigrated:
		return s.texts.rich(s.word(store.EventMigrated), sha(e.Commit), span(e.Took))
	case store.EventFailed:
		said = s.texts.rich(s.word(store.EventFailed), s.branch(), s.texts.flatLabel("stage.", e.Kind))
	case store.EventReady:
		return s.texts.rich(s.word(store.EventReady), s.branch(), sha(e.Commit))
	default:
		return s.texts.rich(s.word(e.Code), s.branch())
	}
	if e.By != "" {
		said = append(append(said, words("  ·  ")), person(e.By))
	} else if e.Name != "" {
		said = append(said, words("  ·  "+short(e.Name, 60)))
	}
	return said
}
