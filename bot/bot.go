package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// Bot listens, wishes and tells. Make it with New; set Woken before Run.
type Bot struct {
	// Woken, when set, is called after each wish, so that whoever works on it need not wait for the next look. It must not
	// block.
	Woken func(store.ID)

	opt    Options
	store  Store
	log    *slog.Logger
	texts  texts
	worker string

	slackAPI   *slack.Client
	slack      *messenger
	github     *gitHub
	health     *healthBook
	dispatcher *dispatcher
	narrator   *narrator
	branches   *branches
}

// New checks the options, all faults at once, and makes a Bot. It speaks to nobody yet.
func New(o Options, s Store) (*Bot, error) {
	o, err := o.normal()
	if err != nil {
		return nil, err
	}
	gh, err := newGitHub(o.GitHub.Token, o.GitHub.APIURL)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Timeout:   httpTimeout,
		Transport: &openLimiter{next: http.DefaultTransport.(*http.Transport).Clone(), now: time.Now},
	}
	// Never slack.OptionDebug here: it makes connections live for six minutes only, and logs what people write.
	api := slack.New(o.Slack.BotToken, slack.OptionAppLevelToken(o.Slack.AppToken),
		slack.OptionAPIURL(o.Slack.APIURL), slack.OptionHTTPClient(client))
	b := &Bot{
		Woken:    func(store.ID) {},
		opt:      o,
		store:    s,
		log:      o.Log,
		texts:    english().with("cmd", o.Command).with("bot", "qabot"),
		worker:   workerName(),
		slackAPI: api,
		slack:    newMessenger(api, client),
		github:   gh,
		health:   newHealthBook(o.Now),
	}
	b.dispatcher = newDispatcher(b)
	b.narrator = newNarrator(b)
	b.branches = newBranches(b)
	return b, nil
}

// Run receives, wishes and tells until ctx ends; then it finishes what it has begun and gives nil. Its error is one that
// only a person can cure, in words for that person.
func (b *Bot) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	run := func(what string, do func(context.Context) error) {
		wg.Go(func() {
			if err := do(ctx); err != nil {
				stop(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	for n := range connections {
		run("listen to Slack", func(ctx context.Context) error { return b.listen(ctx, n) })
	}
	run("dispatch", b.dispatcher.run)
	run("narrate", b.narrator.run)
	run("follow branches", b.branches.run)
	<-ctx.Done()
	wg.Wait()
	b.slack.client.CloseIdleConnections()
	b.github.close()
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled && cause != context.DeadlineExceeded {
		return cause
	}
	return nil
}

// Poke says that something about an environment changed, so that its thread need not wait for the next look. It does not
// block.
func (b *Bot) Poke(id store.ID) { b.narrator.poke(id) }

// Health says how the connections to Slack are.
func (b *Bot) Health() Health { return b.health.read() }

// app finds the app of an environment; ok is false when it is no longer configured.
func (b *Bot) app(name string) (App, bool) {
	for _, a := range b.opt.Apps {
		if a.Name == name {
			return a, true
		}
	}
	return App{Name: name}, false
}

func (b *Bot) scene(e store.Environment) scene {
	app, _ := b.app(e.Spec.App)
	return newScene(b.texts, app, e, b.opt.Now(), b.opt.GitHub.WebURL)
}
