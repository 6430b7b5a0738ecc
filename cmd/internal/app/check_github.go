package app

import (
	"net/url"
	"slices"
	"strings"

	"qabot/bot"
)

func (g *GitHub) check(f *checker) {
	if !strings.HasPrefix(g.Webhook.Path, "/") {
		f.add("github.webhook.path", "must begin with a slash")
	}
	if g.Events != "" && !slices.Contains([]string{bot.EventsPolling, bot.EventsQueue, bot.EventsWebhook}, g.Events) {
		f.add("github.events", "must be polling, sqs or webhook")
		return
	}
	switch {
	case g.events() == bot.EventsWebhook && g.Webhook.Listen == "":
		f.add("github.webhook.listen", "is missing: events come by webhook, and nobody would listen")
	case g.events() != bot.EventsWebhook && g.Webhook.Listen != "":
		f.add("github.webhook.listen", "is set, but events come by "+g.Events+": take one of the two away")
	}
	switch u, err := url.Parse(g.Queue); {
	case g.events() == bot.EventsQueue && g.Queue == "":
		f.add("github.queue", "is missing: events come by sqs")
	case g.events() != bot.EventsQueue && g.Queue != "":
		f.add("github.queue", "is set, but events do not come by sqs")
	case g.Queue != "" && (err != nil || u.Host == "" || u.Path == ""):
		f.add("github.queue", "must be the URL of a queue: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME")
	}
	if g.App.ID < 0 || g.App.Installation < 0 {
		f.add("github.app", "must have the numbers that GitHub shows for the App and its installation")
	}
	if g.App.ID == 0 && g.App.Installation != 0 {
		f.add("github.app.id", "is missing, but github.app.installation is set")
	}
}

// events is how events come, also where the configuration leaves it open.
func (g *GitHub) events() string {
	switch {
	case g.Events != "":
		return g.Events
	case g.Webhook.Listen != "":
		return bot.EventsWebhook
	}
	return bot.EventsPolling
}
