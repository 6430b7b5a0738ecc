package bot

import (
	"context"
	"strconv"

	"qabot/store"
)

// list answers with the environments that there are.
func (b *Bot) list(ctx context.Context, p place, l listing) error {
	all, err := b.there(ctx)
	if err != nil {
		return err
	}
	var scenes []scene
	for _, e := range b.visible(ctx, p, all) {
		scenes = append(scenes, b.scene(e))
	}
	v := list(b.texts, scenes, l, p.User, func(t store.Thread) string { return b.slack.permalink(ctx, t) })
	if p.Message != "" {
		return b.slack.edit(ctx, p.Channel, p.Message, v) // the page that was turned, in a direct message
	}
	return b.reply(ctx, p, v)
}

// turned deals with buttons that only show something else. done is false for all others.
func (b *Bot) turned(ctx context.Context, c clicked, action string) (done bool, err error) {
	switch action {
	case actionList:
		return true, b.list(ctx, c.place, listingOf(c.Value))
	case actionNew: // the form could not be opened
		return true, b.puzzled(ctx, c.place, store.Say(answerNoBranch, verbUp), false)
	case actionHome:
		page, err := strconv.Atoi(c.Value)
		if err != nil {
			page = 0
		}
		return true, b.homes.show(ctx, c.User, page, view{})
	case actionHelp:
		return true, b.reply(ctx, c.place, help(b.texts, "", b.apps()))
	}
	return false, nil
}
