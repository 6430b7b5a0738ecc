package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// templatesLook is between two looks at whether templates could be refreshed.
const templatesLook = 5 * time.Minute

// Words about templates.
const (
	labelTemplate     = "label.template"      // template, schema that it is made from, moment that its data is of
	labelTemplateNone = "label.template-none" // template, schema that it is made from
	labelTemplateOld  = "label.template-old"  // app, template, schema that it is made from, since when it fails
)

// templateWatch tells the admin channel of templates that could not be refreshed, once for each time that it begins.
type templateWatch struct {
	bot *Bot
}

func (w templateWatch) run(ctx context.Context) error {
	tick := time.NewTicker(templatesLook)
	defer tick.Stop()
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.bot.log.Warn("look at templates", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look tells what was not told yet. However many replicas look: the message's key lets it be said once.
func (w templateWatch) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	all, err := w.bot.opt.Templates(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Failing.IsZero() {
			continue
		}
		if err := w.bot.tellAdmin(ctx, fmt.Sprintf("template/%s/%d", t.Name, t.Failing.Unix()), templateFails(w.bot.texts, t)); err != nil {
			return err
		}
	}
	return nil
}

func templateFails(t texts, one store.Template) view {
	return answer(t, store.Say(labelTemplateOld, short(one.App, 20), short(one.Name, 70), short(one.From, 70), stamp(one.Failing)))
}

// withTemplates adds to a list of data what fresh data of these apps begins as.
func withTemplates(t texts, v view, all []store.Template) view {
	var rows []slack.RichTextElement
	for _, one := range all {
		if one.At.IsZero() {
			rows = append(rows, row(t.rich(t.of(labelTemplateNone).Say, short(one.Name, 70), short(one.From, 70))...))
			continue
		}
		rows = append(rows, row(t.mixed(t.of(labelTemplate).Say, short(one.Name, 70), short(one.From, 70), stamp(one.At))...))
	}
	if len(rows) == 0 {
		return v
	}
	return v.add(richText("templates", rows...))
}
