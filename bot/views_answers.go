package bot

import (
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// answer says a Detail in whole sentences.
func answer(t texts, d store.Detail) view {
	args := shorts(d.Args, 300)
	return view{
		Text:   t.flat(t.whole(t.of(d.Code), args), args...),
		Blocks: []slack.Block{richText("answer", row(t.full(d)...))},
		code:   d.Code,
	}
}

// add puts more blocks below.
func (v view) add(blocks ...slack.Block) view {
	v.Blocks = append(slices.Clip(v.Blocks), blocks...)
	return v
}

// follow adds a link to a thread, where there is one.
func (v view) follow(t texts, permalink string) view {
	if permalink == "" {
		return v
	}
	return v.add(richText("follow", row(t.mixed(t.of(answerSeeThread).Say, link(permalink, t.of(homeThread).Say))...)))
}

// choice is one button of several to pick from.
type choice struct {
	Verb, App, Branch string
	Revision          string // of the environment when it was offered
	Label             string
	For               time.Duration
}

// choices offers things to do.
func choices(t texts, heading string, offered []choice) []slack.Block {
	if len(offered) == 0 {
		return nil
	}
	var buttons []slack.BlockElement
	for i, c := range offered {
		b := button(numbered(actionPick, i), c.value(), c.Label)
		if c.Verb == verbDown {
			s := scene{texts: t}
			b.WithConfirm(s.downButton().(*slack.ButtonBlockElement).Confirm)
		}
		buttons = append(buttons, b)
	}
	var blocks []slack.Block
	if heading != "" {
		blocks = append(blocks, richText("choose", row(t.rich(heading)...)))
	}
	return append(blocks, slack.NewActionBlock("choices", buttons...))
}

func (c choice) value() string {
	verb := c.Verb
	if c.For > 0 {
		verb += " " + c.For.String()
	}
	return strings.Join([]string{c.Revision, verb, c.App, c.Branch}, "|")
}

// choiceOf reads a button's value again.
func choiceOf(value string) (choice, bool) {
	parts := strings.SplitN(value, "|", 4)
	if len(parts) != 4 {
		return choice{}, false
	}
	c := choice{Revision: parts[0], App: parts[2], Branch: parts[3]}
	verb, long, timed := strings.Cut(parts[1], " ")
	c.Verb = verb
	if timed {
		var err error
		if c.For, err = time.ParseDuration(long); err != nil {
			return choice{}, false
		}
	}
	return c, true
}

func (s scene) phaseIcon() (icon, label string) {
	if s.queued() {
		return "double_vertical_bar", labelQueued
	}
	return signOf(s.env.Phase(s.now))
}

// signOf is how people see a phase.
func signOf(p store.Phase) (icon, label string) {
	switch p {
	case store.Up:
		return "white_check_mark", labelUp
	case store.Asleep:
		return "zzz", labelAsleep
	case store.Broken:
		return "x", labelFailed
	case store.Removing:
		return "broom", labelRemoving
	case store.Kept:
		return "wastebasket", labelKept
	case store.Removed:
		return "white_circle", labelRemoved
	}
	return "hourglass_flowing_sand", labelDeploying
}
