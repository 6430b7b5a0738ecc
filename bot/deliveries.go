package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

const (
	hubRemembers = 3 * 24 * time.Hour // how long GitHub lists what it sent
	recovery     = 10 * time.Minute   // between two looks for what never arrived
	overlap      = 15 * time.Minute   // looked at again: what was sent last may not have been listed yet
	late         = 2 * time.Minute    // from then on people are told that something was heard of late
)

// deliveries finds what GitHub sent to the App and what never arrived, in GitHub's own list: GitHub sends nothing again by
// itself. What it finds goes into the inbox under GitHub's ID, as if it had been delivered, so nothing counts twice. Where nobody
// is told of events, everything in the list is taken.
type deliveries struct {
	bot    *Bot
	done   map[string]time.Time // IDs that were dealt with, and when they were sent
	looked chan struct{}        // closed after the first look
	ready  func()               // closes it, once
}

func newDeliveries(b *Bot) *deliveries {
	looked := make(chan struct{})
	return &deliveries{bot: b, done: map[string]time.Time{}, looked: looked, ready: sync.OnceFunc(func() { close(looked) })}
}

const deliveriesMark = "deliveries"

// every is how long to wait between two looks.
func (d *deliveries) every() time.Duration {
	if o := d.bot.opt; o.GitHub.Events == EventsPolling {
		return o.Compare
	}
	return recovery
}

// run looks once and then from time to time until ctx ends.
func (d *deliveries) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := d.pass(ctx)
		if err != nil && ctx.Err() == nil {
			d.bot.log.Warn("look for missed events", "error", err)
		}
		d.bot.health.hub.note("missed events", err)
		d.ready()
		sleep(ctx, d.every())
	}
	return nil
}

// pass looks once. Of several replicas one does it. The first look of all only remembers when it was: what was sent before
// qabot came is nobody's business.
func (d *deliveries) pass(ctx context.Context) (err error) {
	b := d.bot
	claim, err := b.store.ClaimName(ctx, deliveriesMark, b.worker)
	if err != nil || claim == nil {
		return err
	}
	defer b.release(ctx, claim, &err)
	now := b.opt.Now()
	var seen time.Time
	found, err := b.store.Mark(ctx, deliveriesMark, &seen)
	if err != nil {
		return err
	}
	if !found {
		return b.store.SetMark(ctx, claim, deliveriesMark, now)
	}
	since := seen.Add(-overlap)
	if oldest := now.Add(-hubRemembers); since.Before(oldest) {
		since = oldest
	}
	listed, err := b.github.delivered(ctx, since, func() error { return b.store.Renew(ctx, claim) })
	if err != nil {
		return err
	}
	lost := pending(listed, b.opt.GitHub.Events == EventsPolling, d.done)
	for _, l := range lost {
		if err := b.store.Renew(ctx, claim); err != nil {
			return err
		}
		if err := d.recover(ctx, l); err != nil {
			return err
		}
	}
	maps.DeleteFunc(d.done, func(_ string, at time.Time) bool { return at.Before(since) })
	return b.store.SetMark(ctx, claim, deliveriesMark, now)
}

// pending are the events that have to be fetched, the oldest first: one attempt for each. all takes those too that arrived somewhere.
func pending(attempts []*github.HookDelivery, all bool, done map[string]time.Time) []*github.HookDelivery {
	arrived, one := map[string]bool{}, map[string]*github.HookDelivery{}
	for _, a := range attempts {
		code := a.GetStatusCode()
		arrived[a.GetGUID()] = arrived[a.GetGUID()] || code >= 200 && code <= 299
		if first := one[a.GetGUID()]; first == nil || a.GetDeliveredAt().Before(first.GetDeliveredAt().Time) {
			one[a.GetGUID()] = a
		}
	}
	var out []*github.HookDelivery
	for id, a := range one {
		if _, dealt := done[id]; !dealt && concerns(a.GetEvent()) && (all || !arrived[id]) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *github.HookDelivery) int {
		if c := a.GetDeliveredAt().Compare(b.GetDeliveredAt().Time); c != 0 {
			return c
		}
		return int(a.GetID() - b.GetID())
	})
	return out
}

// recover fetches one event and keeps it.
func (d *deliveries) recover(ctx context.Context, a *github.HookDelivery) error {
	b := d.bot
	payload, err := b.github.payload(ctx, a.GetID())
	if err != nil {
		return err
	}
	at := a.GetDeliveredAt().Time
	event := delivery{ID: a.GetGUID(), Event: a.GetEvent(), Payload: payload}
	if b.opt.Now().Sub(at) > late {
		event.Missed = at
	}
	said, err := b.take(ctx, event)
	switch {
	case errors.Is(err, errUnreadable):
		b.log.Warn("missed event that cannot be read", "event", a.GetEvent(), "delivery", a.GetGUID(), "error", err)
	case err != nil:
		return err
	default:
		b.log.Info("event found in GitHub's list", "event", a.GetEvent(), "delivery", a.GetGUID(), "sent", at, "status", a.GetStatusCode(), "said", said)
	}
	d.done[a.GetGUID()] = at
	return nil
}

// delivered lists the attempts to deliver something to the App since then; more is called before each page.
func (g *gitHub) delivered(ctx context.Context, since time.Time, more func() error) ([]*github.HookDelivery, error) {
	var out []*github.HookDelivery
	opts := &github.ListCursorOptions{PerPage: 100}
	for range 300 {
		if err := more(); err != nil {
			return nil, err
		}
		page, resp, err := g.deliveriesPage(ctx, opts)
		if err != nil {
			return nil, fmt.Errorf("list deliveries of the GitHub App: %w", err)
		}
		for _, a := range page {
			if a.GetDeliveredAt().Before(since) {
				return out, nil
			}
			out = append(out, a)
		}
		if opts.Cursor = resp.Cursor; opts.Cursor == "" {
			break
		}
	}
	return out, nil
}

func (g *gitHub) deliveriesPage(ctx context.Context, opts *github.ListCursorOptions) ([]*github.HookDelivery, *github.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	return g.app.Apps.ListHookDeliveries(ctx, opts)
}

// payload gives what was delivered.
func (g *gitHub) payload(ctx context.Context, id int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	d, _, err := g.app.Apps.GetHookDelivery(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("ask for delivery %d of the GitHub App: %w", id, err)
	}
	if d.GetRequest() == nil {
		return nil, nil
	}
	return d.GetRequest().GetRawPayload(), nil
}
