package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"qabot/bot/envelopes"
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
	beside     *errands
	line       *envelopes.Line
	intake     *intake
	mailbox    *mailbox
	refs       *refs
	repos      *repositories
	health     *healthBook
	dispatcher *dispatcher
	sender     *sender
	narrator   *narrator
	reporter   *reporter
	homes      *homes
	choices    *latest
	branches   *branches
	deliveries *deliveries
	voices     *voices
	people     *people
}

// New checks the options, all faults at once, and makes a Bot. It speaks to nobody yet.
func New(o Options, s Store) (*Bot, error) {
	o, err := o.normal()
	if err != nil {
		return nil, err
	}
	gh, err := newGitHub(o.GitHub.Token, o.GitHub.App, o.GitHub.APIURL)
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
		texts:    o.words(o.Language),
		worker:   workerName(),
		slackAPI: api,
		slack:    newMessenger(api, client),
		github:   gh,
		repos:    newRepositories(),
		health:   newHealthBook(o.Now, o.GitHub.Events),
	}
	b.voices = newVoices(api, o.Now)
	b.people = newPeople(api, o.Now, b.slack.direct)
	b.beside = newErrands(b.guarded)
	b.line = b.hear()
	b.intake = newIntake()
	b.mailbox = &mailbox{receive: s.ReceiveAll}
	b.refs = newRefs(gh, b.beside, o.Now, o.Log)
	b.dispatcher = newDispatcher(b)
	b.sender = newSender(b)
	b.narrator = newNarrator(b)
	b.reporter = newReporter(b)
	b.homes = newHomes(b)
	b.choices = &latest{of: map[string]string{}}
	b.branches = newBranches(b)
	b.deliveries = newDeliveries(b)
	return b, nil
}

// Run receives, wishes and tells until ctx ends; then it finishes what it has begun and gives nil. Its error is one that
// only a person can cure, in words for that person.
func (b *Bot) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if err := b.recall(ctx); err != nil && ctx.Err() == nil {
		b.log.Warn("recall names of repositories", "error", err) // they are looked up anew
	}
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
	b.refs.warm(reposOf(b.apps()))
	run("dispatch", b.dispatcher.run)
	run("send", b.sender.run)
	run("narrate", b.narrator.run)
	run("tell GitHub", b.reporter.run)
	run("keep app homes true", b.homes.run)
	run("follow branches", b.branches.run)
	run("keep the hours", clock{b}.run)
	run("compare migrations", (&radar{bot: b}).run)
	if b.opt.Admin != "" && b.opt.Leaks != nil {
		run("look for keys of nobody", (&leakWatch{bot: b}).run)
	}
	if b.opt.Admin != "" && b.opt.Templates != nil {
		run("look at templates", templateWatch{b}.run)
	}
	run("keep the audit journal", newAuditor(b).run)
	if b.github.app != nil {
		run("look for missed events", b.deliveries.run)
	}
	if b.opt.GitHub.Queue != nil {
		run("receive from the queue", b.fromQueue)
	}
	<-ctx.Done()
	wg.Wait()
	b.beside.close()
	b.sender.last(ctx)
	b.slack.client.CloseIdleConnections()
	b.github.close()
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled && cause != context.DeadlineExceeded {
		return cause
	}
	return nil
}

// Poke says that something about an environment changed, so that its thread need not wait for the next look. It does not
// block.
func (b *Bot) Poke(id store.ID) {
	b.narrator.poke(id)
	b.homes.poke()
}

// Health says how the connections to Slack are.
func (b *Bot) Health() Health { return b.health.read() }

// app finds the app of an environment; ok is false when it is no longer configured.
func (b *Bot) app(name string) (App, bool) {
	for _, a := range b.apps() {
		if a.Name == name {
			return a, true
		}
	}
	return App{Name: name}, false
}

func (b *Bot) scene(e store.Environment) scene {
	app, _ := b.app(e.Spec.App)
	s := newScene(b.texts, app, e, b.opt.Now(), b.opt.GitHub.WebURL)
	for _, a := range b.opt.Apps {
		if len(naming(b.rulesFor(a.Name), verbStatus)) > 0 {
			s.private = append(s.private, a.Name)
		}
	}
	return s
}
