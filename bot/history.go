package bot

import (
	"context"
	"slices"

	"qabot/store"
)

// history answers with what people did and what became of it: of one branch, its environment there or gone or never made, or
// of all.
func (b *Bot) history(ctx context.Context, p place, c command) error {
	if c.Branch == "" {
		acts, err := b.store.Acts(ctx, store.ActQuery{App: c.App, Limit: historyShown * 10})
		if err != nil {
			return err
		}
		hidden := b.hidden(ctx, p, verbHistory)
		acts = slices.DeleteFunc(acts, func(a store.Act) bool { return hidden[a.App] })
		return b.reply(ctx, p, lately(b.texts, acts, len(b.apps()) > 1))
	}
	var lines []past
	var of scene
	for _, app := range candidates(c, b.apps()) {
		id := b.id(app, c.Branch)
		acts, err := b.store.Acts(ctx, store.ActQuery{Environment: id, Limit: historyShown})
		if err != nil {
			return err
		}
		events, err := b.store.Events(ctx, id, historyShown)
		if err != nil {
			return err
		}
		e, err := b.look(ctx, id)
		if err != nil {
			return err
		}
		e.Spec.Branch = c.Branch // where there never was an environment
		if s := b.scene(e); len(acts)+len(events) > 0 {
			lines, of = append(lines, s.past(events, acts)...), s
		}
	}
	if len(lines) == 0 {
		_, _, err := b.existing(ctx, p, c) // says that there is none, and which there are
		return err
	}
	v := history(b.texts, b.texts.of(labelHistory).Say, of.branch(), lines)
	return b.reply(ctx, p, v.follow(b.texts, b.slack.permalink(ctx, of.env.Thread)))
}
