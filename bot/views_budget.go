package bot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// queued tells whether the environment waits in a queue for the database.
func (s scene) queued() bool {
	for _, o := range s.env.Status.Seen {
		if o.State == store.Held && o.Detail.Code == store.SchemaQueued {
			return s.env.Status.Generation == s.env.Spec.Generation
		}
	}
	return false
}

// choices are what would make room, as far as everybody in the channel may hear of it.
func (s scene) choices() []store.Choice {
	var all []store.Choice
	for _, o := range s.env.Status.Seen {
		if o.State == store.Held && s.queued() {
			all = append(all, o.Choices...)
		}
	}
	all = slices.DeleteFunc(all, func(c store.Choice) bool { return c.App != s.env.Spec.App && slices.Contains(s.private, c.App) })
	return all[:min(len(all), 3)]
}

// room lists what would make room; nil where there is nothing.
func (s scene) room() slack.Block {
	all := s.choices()
	if len(all) == 0 {
		return nil
	}
	rows := []slack.RichTextElement{row(s.texts.rich(s.word(labelRoom))...)}
	for _, c := range all {
		args := []any{short(c.Branch, 80), stamp(c.Since), strconv.Itoa(c.Frees)}
		label, ofSomebody := labelFrees, labelFreesOf
		if c.InUse {
			label, ofSomebody = labelFreesUsed, labelFreesUsedOf
		}
		if c.Owner != "" {
			label, args = ofSomebody, append(args, person(c.Owner))
		}
		rows = append(rows, row(s.texts.mixed(s.word(label), args...)...))
	}
	return richText("room", rows...)
}

// makeRoom are the buttons that put others to sleep. Who presses one needs the permission for that.
func (s scene) makeRoom() []slack.BlockElement {
	var buttons []slack.BlockElement
	for i, c := range s.choices() {
		buttons = append(buttons, button(numbered(actionSleep, i), revision(c.ID, c.Version), s.texts.plain(s.word(labelSleepIt), short(c.Branch, 40))))
	}
	return buttons
}

// price says how many connections to the database an up may open, what is left of them, and whether it would have to wait.
func (s scene) price(c store.Connections) []slack.RichTextElement {
	number := strconv.Itoa
	rows := []slack.RichTextElement{row(s.texts.rich(s.word(labelPool), number(c.Usual), number(c.Most))...)}
	if len(c.Assumed) > 0 {
		rows = append(rows, row(s.texts.rich(s.word(labelAssumed), strings.Join(c.Assumed, ", "))...))
	}
	if c.Ours > 0 {
		rows = append(rows, row(s.texts.rich(s.word(labelPriced), number(c.Free), number(c.Ours))...))
	}
	if c.Place > 0 {
		rows = append(rows, row(append([]element{emoji("double_vertical_bar"), words(" ")}, s.texts.rich(s.word(labelPlace), number(c.Place))...)...))
	}
	if c.Limit > 0 && c.Limit < c.Most {
		rows = append(rows, row(append([]element{emoji("warning"), words(" ")}, s.texts.rich(s.word(labelPoolTight), number(c.Limit))...)...))
	}
	return rows
}

// held says once, where it is heard, that an environment waits and for what; how it stands is to be seen above.
func (s scene) held(e store.Event) view {
	whom := s.waiting(e)
	head := store.EventHeld
	if e.Detail.Code != store.SchemaQueued {
		head = heldBuilder
	}
	parts := s.texts.rich(s.word(head), s.branch())
	parts = append(append(parts, words(s.texts.gap)), s.texts.full(e.Detail)...)
	text := s.texts.flat(s.word(head), s.branch()) + s.texts.gap + s.texts.flat(s.word(e.Detail.Code), shorts(e.Detail.Args, 40)...)
	return view{Text: mention(whom) + "⏸️ " + text, Blocks: []slack.Block{richText("held", row(s.calling(whom, "double_vertical_bar", parts...)...))}}
}
