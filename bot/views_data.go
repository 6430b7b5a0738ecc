package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"qabot/store"
)

// saves answers with what was saved.
func (b *Bot) saves(ctx context.Context, p place, c command) error {
	all, err := b.store.Saves(ctx)
	if err != nil {
		return err
	}
	hidden := b.hidden(ctx, p, verbSaves)
	all = slices.DeleteFunc(all, func(s store.Save) bool {
		return s.Dropped || hidden[s.App] || c.App != "" && s.App != c.App || c.Branch != "" && s.Branch != c.Branch
	})
	v := saves(b.texts, all, len(b.apps()) > 1)
	return b.reply(ctx, p, withTemplates(b.texts, v, b.templatesFor(ctx, c, hidden)))
}

// templatesFor are those that the command speaks of. The list does without where they are not to be had.
func (b *Bot) templatesFor(ctx context.Context, c command, hidden map[string]bool) []store.Template {
	if b.opt.Templates == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	all, err := b.opt.Templates(ctx)
	if err != nil {
		b.log.Warn("list templates", "error", err)
		return nil
	}
	return slices.DeleteFunc(all, func(t store.Template) bool { return hidden[t.App] || c.App != "" && t.App != c.App })
}

// savesShown is how many saves a message shows.
const savesShown = 40

func saves(t texts, all []store.Save, named bool) view {
	if len(all) == 0 {
		return answer(t, store.Say(answerNoSaves))
	}
	total := int64(0)
	for _, s := range all {
		total += s.Status.Bytes
	}
	heading := []string{fmt.Sprint(len(all)), fmt.Sprint(total)}
	rows := []slack.RichTextElement{row(t.rich(t.of(labelSaves).Say, heading...)...)}
	for _, s := range all[:min(len(all), savesShown)] {
		name := short(s.Name, 40)
		if named {
			name = short(s.App, 20) + ": " + name
		}
		branch := short(s.Branch, 60)
		switch s.Status.Done {
		case store.Succeeded:
			said := t.mixed(t.of(saveLine).Say, name, branch, fmt.Sprint(s.Status.Bytes), stamp(s.At), person(s.By))
			if s.Status.Where != "" {
				said = append(said, words("  ·  "+short(s.Status.Where, 80)))
			}
			rows = append(rows, row(said...))
		case store.Botched:
			p := t.of(s.Status.Detail.Code)
			said := t.mixed(t.of(savePending).Say, name, branch, person(s.By))
			rows = append(rows, row(append(append(said, words("  ")), t.rich(p.Say, shorts(s.Status.Detail.Args, 60)...)...)...))
		default:
			rows = append(rows, row(append(t.mixed(t.of(savePending).Say, name, branch, person(s.By)), words("  …"))...))
		}
	}
	return view{Text: t.flat(t.of(labelSaves).Say, heading...), Blocks: []slack.Block{richText("saves", rows...)}}
}

// sizeOf writes bytes as people read them.
func sizeOf(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", (n+1023)>>10)
}

// keyless tells that an environment's data came without what lay in Redis, and why.
func (s scene) keyless(e store.Event) view {
	said := append(s.texts.rich(s.word(e.Code), s.branch()), words(s.texts.gap))
	said = append(said, s.texts.full(e.Answer)...)
	text := "🔑 " + s.texts.flat(s.word(e.Code), s.branch()) + s.texts.gap + s.texts.flat(s.word(e.Answer.Code), shorts(e.Answer.Args, 40)...)
	return view{Text: text, Blocks: []slack.Block{richText("keyless", row(append([]element{emoji("key"), words(" ")}, said...)...))}}
}

// savedReply tells that data was saved, or why it was not.
func (s scene) savedReply(e store.Event) view {
	args := append([]string{s.branch()}, shorts(e.Detail.Args, 40)...)
	icon, sign := "floppy_disk", "💾"
	if e.Code == store.EventUnsaved {
		icon, sign = "warning", "⚠️"
	}
	said := s.calling(e.By, icon, s.texts.rich(s.word(e.Code), args...)...)
	text := mention(e.By) + sign + " " + s.texts.flat(s.word(e.Code), args...)
	switch again := s.texts.of(e.Code).Next; {
	case e.Answer.Code == "":
	case e.Code == store.EventUnsaved && e.Answer.Code != store.SaveNoRoom:
		// What a cause advises otherwise, to retry the environment, saves nothing.
		cause := s.texts.of(e.Answer.Code)
		cause.Next = ""
		given := shorts(e.Answer.Args, 300)
		said = append(append(said, words(s.texts.gap)), s.texts.rich(s.texts.ended(s.texts.whole(cause, given), given), given...)...)
		said = append(append(said, words(s.texts.gap)), s.texts.rich(again, args...)...)
	default:
		said = append(append(said, words(s.texts.gap)), s.texts.full(e.Answer)...)
	}
	return view{Text: text, Blocks: []slack.Block{richText("saved", row(said...))}}
}
