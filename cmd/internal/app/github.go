package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"qabot/bot"
	"qabot/bot/sqsource"
)

// gitHub says how the bot speaks with GitHub and how it hears of events.
func (p *program) gitHub(ctx context.Context, o *bot.Options) error {
	g := p.Config.GitHub
	o.GitHub.Token, o.GitHub.APIURL, o.GitHub.WebURL = p.Secrets.GitHubToken, g.API, g.Web
	if g.App.ID != 0 {
		key, err := appKey(p.Secrets.GitHubAppKey)
		if err != nil {
			return fmt.Errorf("QABOT_GITHUB_APP_KEY %w", err)
		}
		o.GitHub.App = &bot.GitHubApp{ID: int64(g.App.ID), Installation: int64(g.App.Installation), Key: key}
	}
	o.GitHub.Events, o.GitHub.WebhookSecret = g.events(), p.Secrets.WebhookSecret
	if o.GitHub.Events != bot.EventsWebhook {
		o.GitHub.WebhookSecret = rand.Text() // nobody listens, and nobody could know it
	}
	if o.GitHub.Events == bot.EventsQueue {
		queue, err := sqsource.New(ctx, g.Queue, p.Config.AWS.Region, p.Config.AWS.Endpoint, p.Log)
		if err != nil {
			return err
		}
		p.queue, o.GitHub.Queue = queue, queue
	}
	return nil
}

func (p *program) askQueue(ctx context.Context) error {
	if p.queue == nil {
		return nil
	}
	return p.queue.Check(ctx)
}
