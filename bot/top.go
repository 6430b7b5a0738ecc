package bot

import (
	"context"
	"slices"

	"qabot/store"
)

// verbTop shows who uses how much of the database.
const verbTop = "top"

// toTop reads behind top: nothing, or an app.
func toTop(c command, words []string, apps []App) (command, *store.Detail) {
	if len(words) == 0 {
		return c, nil
	}
	i := appCalled(words[0], apps)
	if i < 0 || len(words) > 1 {
		return command{}, say(answerListWhat, clean(words[0]), appNames(apps))
	}
	c.App = apps[i].Name
	return c, nil
}

// top answers how the database is used, as far as the person may look at it.
func (b *Bot) top(ctx context.Context, p place, c command) error {
	all, err := b.there(ctx)
	if err != nil {
		return err
	}
	hidden := b.hidden(ctx, p, verbTop)
	all = slices.DeleteFunc(all, func(e store.Environment) bool {
		return hidden[e.Spec.App] || c.App != "" && e.Spec.App != c.App
	})
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	found, err := b.opt.Questions.Top(ctx, all)
	if err != nil {
		b.log.Warn("ask how the database is used", "error", err)
		return b.reply(ctx, p, answer(b.texts, unanswered(err)))
	}
	scenes := map[store.ID]scene{}
	for _, e := range all {
		scenes[e.ID] = b.scene(e)
	}
	return b.reply(ctx, p, top(b.texts, scenes, found))
}
