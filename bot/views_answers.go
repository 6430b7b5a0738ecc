package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// answer says a Detail in whole sentences.
func answer(t texts, d store.Detail) view {
	p := t.of(d.Code)
	return view{
		Text:   t.flat(join(" ", p.Say, p.Means, p.Next), shorts(d.Args, 300)...),
		Blocks: []slack.Block{richText("answer", row(t.full(d)...))},
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
	return v.add(richText("follow", row(words(t.of(answerSeeThread).Say), link(permalink, permalink))))
}

// choice is one button of several to pick from.
type choice struct {
	Verb, App, Branch string
	Revision          string // of the environment when it was offered
	Label             string
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
	return strings.Join([]string{c.Revision, c.Verb, c.App, c.Branch}, "|")
}

// choiceOf reads a button's value again.
func choiceOf(value string) (choice, bool) {
	parts := strings.SplitN(value, "|", 4)
	if len(parts) != 4 {
		return choice{}, false
	}
	return choice{Revision: parts[0], Verb: parts[1], App: parts[2], Branch: parts[3]}, true
}

// list shows every environment that is not gone, those that need somebody first.
func list(t texts, scenes []scene, permalink func(store.Thread) string) view {
	const most = 30
	if len(scenes) == 0 {
		return answer(t, store.Say(answerNoneThere))
	}
	slices.SortFunc(scenes, func(a, b scene) int {
		return cmp.Or(strings.Compare(a.env.Spec.App, b.env.Spec.App), strings.Compare(a.env.Spec.Branch, b.env.Spec.Branch))
	})
	total := strconv.Itoa(len(scenes))
	rows := []slack.RichTextElement{row(t.rich(t.of(labelLists).Say, total)...)}
	for _, s := range scenes[:min(len(scenes), most)] {
		rows = append(rows, row(s.line(permalink(s.env.Thread))...))
	}
	if len(scenes) > most {
		rows = append(rows, row(t.rich(t.of(labelMore).Say, strconv.Itoa(len(scenes)-most))...))
	}
	return view{Text: t.flat(t.of(labelLists).Say, total), Blocks: []slack.Block{richText("list", rows...)}}
}

// line is one environment in the list.
func (s scene) line(permalink string) []element {
	spec := s.env.Spec
	icon, label := s.phaseIcon()
	parts := []element{emoji(icon), words(" ")}
	if permalink == "" {
		parts = append(parts, strong(short(spec.Branch, 80)))
	} else {
		parts = append(parts, link(permalink, short(spec.Branch, 80)))
	}
	parts = append(parts, words("  "), codeWord(cmp.Or(sha(spec.Commit), "?")), words("  "+s.word(label)))
	if spec.Owner != "" {
		parts = append(parts, words("  ·  "), person(spec.Owner))
	}
	if at := spec.Asked.At; !s.env.Made.IsZero() || !at.IsZero() {
		made := s.env.Made
		if made.IsZero() {
			made = at
		}
		parts = append(append(parts, words("  ·  ")), s.texts.rich(s.word(labelAge), span(s.now.Sub(made)))...)
	}
	if !spec.ExpiresAt.IsZero() && !spec.Gone(s.now) {
		parts = append(parts, words("  ·  "+s.word(labelExpires)+" "), dateElement(spec.ExpiresAt))
	}
	for _, u := range s.urls()[:min(len(s.urls()), 2)] {
		parts = append(parts, words("  "), link(u.url, u.label))
	}
	return parts
}

// status shows one environment in detail.
func (s scene) status(permalink string) view {
	icon, label := s.phaseIcon()
	spec := s.env.Spec
	lines := checklist(s.texts, s.app, s.env, spec.Gone(s.now))
	blocks := []slack.Block{s.head(icon, label), s.stages(lines, s.env.Phase(s.now) == store.Broken)}
	var facts []slack.RichTextElement
	for _, u := range s.urls() {
		facts = append(facts, row(strong(u.label), words("  "), link(u.url, u.url)))
	}
	if s.env.Status.Serving != "" || s.env.Phase(s.now) == store.Broken {
		facts = append(facts, row(s.serving()...))
	}
	for _, l := range lines {
		if (l.State == store.Failed || l.State == store.Held) && l.Detail.Code != "" {
			facts = append(facts, row(append([]element{strong(l.label + ": ")}, s.texts.full(l.Detail)...)...))
		}
	}
	if spec.Owner != "" {
		facts = append(facts, row(words(s.word(labelOwner)+" "), person(spec.Owner)))
	}
	if !s.env.Made.IsZero() {
		facts = append(facts, row(s.texts.rich(s.word(labelAge), span(s.now.Sub(s.env.Made)))...))
	}
	if len(facts) > 0 {
		blocks = append(blocks, richText("facts", facts[:min(len(facts), 16)]...))
	}
	blocks = append(blocks, s.footnote(true))
	v := view{Text: code(s.branch()) + ": " + s.word(label), Blocks: s.blocks(blocks...)}
	return v.follow(s.texts, permalink)
}

func (s scene) phaseIcon() (icon, label string) {
	switch s.env.Phase(s.now) {
	case store.Up:
		return "white_check_mark", labelUp
	case store.Asleep:
		return "zzz", labelAsleep
	case store.Broken:
		return "x", labelFailed
	case store.Removing:
		return "broom", labelRemoving
	case store.Removed:
		return "white_circle", labelRemoved
	}
	return "hourglass_flowing_sand", labelDeploying
}

// help shows all commands, or one in more words.
func help(t texts, topic string, apps []App) view {
	if topic != "" {
		if !slices.Contains(verbs(), topic) {
			return answer(t, store.Say(answerUnknownTopic, topic))
		}
		p := t.of("help." + topic)
		return view{Text: t.flat(p.Say), Blocks: []slack.Block{richText("help", row(t.rich(join(" ", p.Say, p.Means, p.Next))...))}}
	}
	rows := []slack.RichTextElement{row(t.rich(t.of("help").Say)...)}
	for _, v := range verbs() {
		p := t.of("help." + v)
		rows = append(rows, row(t.rich(p.Say+" "+p.Means)...))
	}
	rows = append(rows, row(t.rich(t.of("help.thread").Say)...))
	if len(apps) > 1 {
		var names []string
		for _, a := range apps {
			names = append(names, fmt.Sprintf("%s (%s)", a.Name, a.Repo))
		}
		rows = append(rows, row(t.rich(t.of("help.apps").Say, short(strings.Join(names, ", "), 1000))...))
	}
	return view{Text: t.flat(t.of("help").Say), Blocks: []slack.Block{richText("help", rows...)}}
}
