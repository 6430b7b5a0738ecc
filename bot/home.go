package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"qabot/store"
)

const (
	homeSeen     = 10 * time.Minute // for so long after a look a person's App Home is kept up to date
	homeLook     = 2 * time.Second  // between two looks for changes, while there is somebody to see them
	homeGap      = 3 * time.Second
	homesAMinute = 60   // of Slack's hundred for views.publish
	homesMost    = 2000 // people that are remembered
)

// homes keeps the App Home of people true who looked at it lately. Who looked is in the store, so that another process goes
// on with it.
type homes struct {
	bot    *Bot
	budget *rate.Limiter
	gap    time.Duration // between two views published by itself to the same person
	bell   chan struct{}

	mu    sync.Mutex
	seen  map[string]*homeView // by user
	quiet time.Time            // Slack wants to hear nothing before
}

// homeView is what one person sees.
type homeView struct {
	at time.Time // looked at last; under the lock of homes

	busy      sync.Mutex // one publishing at a time; it guards what follows
	page      int
	notice    view
	state     string // of what was published
	hash      string // Slack's, of what was published
	published time.Time
}

func newHomes(b *Bot) *homes {
	return &homes{bot: b, budget: rate.NewLimiter(rate.Limit(homesAMinute)/60, 10), gap: homeGap, bell: make(chan struct{}, 1), seen: map[string]*homeView{}}
}

// poke says that an environment changed. It does not block.
func (h *homes) poke() {
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

// run publishes what changed to those who may be looking, until ctx ends.
func (h *homes) run(ctx context.Context) error {
	if err := h.recall(ctx); err != nil && ctx.Err() == nil {
		h.bot.log.Warn("recall who looks at app homes", "error", err) // whoever opens it anew gets a fresh one
	}
	tick := time.NewTicker(homeLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.bell:
		case <-tick.C:
		}
		if lookers := h.lookers(time.Now()); len(lookers) > 0 {
			if err := h.refresh(ctx, lookers); err != nil && ctx.Err() == nil {
				h.bot.log.Warn("refresh app home", "error", err)
			}
		}
	}
}

// recall takes up those who looked lately, before this process was there.
func (h *homes) recall(ctx context.Context) error {
	looks, err := h.bot.store.HomeLooks(ctx, homeSeen, homesMost)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range looks {
		if h.seen[l.User] == nil {
			h.seen[l.User] = &homeView{at: time.Now().Add(-l.Ago), page: l.Page}
		}
	}
	return nil
}

// lookers are those who looked lately; the others are forgotten.
func (h *homes) lookers(now time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var users []string
	for user, v := range h.seen {
		if now.Sub(v.at) > homeSeen {
			delete(h.seen, user)
			continue
		}
		users = append(users, user)
	}
	return users
}

func (h *homes) refresh(ctx context.Context, users []string) error {
	all, err := h.bot.there(ctx)
	if err != nil {
		return err
	}
	for _, user := range users {
		if ctx.Err() != nil || time.Now().Before(h.silence()) {
			return nil
		}
		v := h.of(user)
		may := func() bool { return time.Since(v.published) >= h.gap && h.budget.Allow() }
		if err := h.publish(ctx, user, v, all, may); err != nil {
			return err
		}
	}
	return nil
}

// of is what a person sees; it is made where nothing is known of it.
func (h *homes) of(user string) *homeView {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[user] == nil {
		if len(h.seen) >= homesMost {
			clear(h.seen)
		}
		h.seen[user] = &homeView{}
	}
	return h.seen[user]
}

func (h *homes) silence() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.quiet
}

// show publishes to somebody who looks right now: a page, with the answer to what was done there last.
func (h *homes) show(ctx context.Context, user string, page int, notice view) error {
	v := h.of(user)
	all, err := h.bot.there(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	v.at = time.Now()
	h.mu.Unlock()
	v.busy.Lock()
	v.notice, v.state = notice, ""
	if page >= 0 {
		v.page = page
	}
	page = v.page
	v.busy.Unlock()
	if err := h.bot.store.LookedHome(ctx, user, page); err != nil {
		h.bot.log.Warn("keep who looks at app homes", "error", err) // it is shown all the same
	}
	return h.publish(ctx, user, v, all, func() bool { return true })
}

// publish brings a person's App Home up to date where it differs and may says yes.
func (h *homes) publish(ctx context.Context, user string, v *homeView, all []store.Environment, may func() bool) error {
	v.busy.Lock()
	defer v.busy.Unlock()
	b := h.bot.to(ctx, user)
	scene := b.homeScene(ctx, user, v, all)
	state := scene.state()
	if state == v.state || !may() {
		return nil
	}
	request := slack.PublishViewContextRequest{UserID: user, View: scene.view()}
	if v.hash != "" {
		request.Hash = &v.hash
	}
	answer, err := b.slackAPI.PublishViewContext(ctx, request)
	if codeOf(err) == "hash_conflict" { // another replica was here; what is in the store now is right
		request.Hash = nil
		answer, err = b.slackAPI.PublishViewContext(ctx, request)
	}
	if wait, ok := limited(err); ok {
		h.mu.Lock()
		h.quiet = time.Now().Add(wait)
		h.mu.Unlock()
		return nil
	}
	if err != nil {
		return err
	}
	v.state, v.hash, v.published = state, answer.View.Hash, time.Now()
	return nil
}

func (b *Bot) homeScene(ctx context.Context, user string, v *homeView, all []store.Environment) homeScene {
	s := homeScene{
		texts: b.texts, user: user, page: v.page, notice: v.notice, now: b.opt.Now(), apps: len(b.apps()) > 1,
		thread: func(t store.Thread) string { return b.slack.permalink(ctx, t) },
	}
	for _, e := range b.visible(ctx, place{User: user, Home: true}, slices.Clone(all)) {
		s.envs = append(s.envs, b.scene(e))
	}
	return s
}

// state tells whether two scenes look alike but for the time of the last look.
func (h homeScene) state() string {
	h.still = true
	v := h.view()
	return view{Text: v.CallbackID, Blocks: v.Blocks.BlockSet}.hash()
}

// visited is the body of letterHome: somebody looks at App Home.
type visited struct {
	place
	Page int
}

// letterHome is a look at App Home.
const letterHome = "home"
