package bot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"qabot/store"
)

const (
	reportLook    = time.Second
	reportsAtOnce = 4
	reportTimeout = time.Minute      // for what one look finds to tell of one environment; the next look goes on
	threadFirst   = 10 * time.Second // how long GitHub waits for the thread, so that it can point there
	reportRests   = 10 * time.Minute // between tries of what GitHub refuses

	// GitHub minds more than 80 changes a minute.
	reportsPerMinute = 60
	reportsInARow    = 20
)

// reporter keeps GitHub true, as the narrator keeps threads: what it tells follows from the store alone, it may be stopped
// at any point and begun anew, here or elsewhere, and several may run side by side.
type reporter struct {
	bot    *Bot
	budget *rate.Limiter
	bell   chan struct{}

	mu     sync.Mutex
	later  map[store.ID]respite
	faults map[store.ID]int // in a row
	rests  map[way]time.Time
	quiet  time.Time // GitHub wants to hear nothing before
}

// respite is until when an environment is left alone, as long as it stays as it is.
type respite struct {
	until   time.Time
	changed int64
}

// way is one way of telling about one repository.
type way struct{ repo, tell string }

func newReporter(b *Bot) *reporter {
	return &reporter{
		bot: b, budget: rate.NewLimiter(rate.Limit(reportsPerMinute)/60, reportsInARow), bell: make(chan struct{}, 1),
		later: map[store.ID]respite{}, faults: map[store.ID]int{}, rests: map[way]time.Time{},
	}
}

// again says that pull requests came or went, so that the next look need not wait.
func (r *reporter) again() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// run tells until ctx ends, and finishes the call that it is in the middle of.
func (r *reporter) run(ctx context.Context) error {
	if !r.bot.tells() {
		return nil
	}
	tick := time.NewTicker(reportLook)
	defer tick.Stop()
	r.tellAll(ctx, r.everything(ctx)) // what is told may be configured otherwise than before
	var looked time.Time
	for {
		ids := r.changed(ctx)
		if time.Since(looked) >= r.bot.opt.Compare {
			looked = time.Now()
			ids = append(ids, r.uncommented(ctx)...)
		}
		r.tellAll(ctx, ids)
		select {
		case <-ctx.Done():
			return nil
		case <-r.bell:
			looked = time.Time{}
		case <-tick.C:
		}
	}
}

// tells tells whether GitHub is told anything at all.
func (b *Bot) tells() bool {
	for _, a := range b.opt.Apps {
		if len(a.Tell) > 0 {
			return true
		}
	}
	return false
}

// changed lists the environments of which something is to be told, but those that are to be left alone.
func (r *reporter) changed(ctx context.Context) (ids []store.ID) {
	all, err := r.bot.store.Unreported(ctx)
	if err != nil {
		r.complain(ctx, "look for what GitHub was not told", err)
		return nil
	}
	now := r.bot.opt.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, changed := range all {
		if l, ok := r.later[id]; !ok || !now.Before(l.until) || l.changed != changed && r.faults[id] == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// everything lists the environments that are there.
func (r *reporter) everything(ctx context.Context) (ids []store.ID) {
	all, err := r.bot.store.List(ctx)
	if err != nil {
		r.complain(ctx, "list environments", err)
		return nil
	}
	now := r.bot.opt.Now()
	for _, e := range all {
		if !e.Phase(now).Over() {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// uncommented lists the environments with a pull request that says nothing of them.
func (r *reporter) uncommented(ctx context.Context) (ids []store.ID) {
	all, err := r.bot.store.List(ctx)
	if err != nil {
		r.complain(ctx, "list environments", err)
		return nil
	}
	reports, err := r.bot.store.Reports(ctx)
	if err != nil {
		r.complain(ctx, "list reports", err)
		return nil
	}
	now := r.bot.opt.Now()
	if now.Before(r.quietUntil()) {
		return nil
	}
	for _, e := range all {
		app, ok := r.bot.app(e.Spec.App)
		if !ok || e.Spec.Gone(now) || !r.mayTell(way{app.Repo, TellComments}, app, now) {
			continue
		}
		pulls, err := r.bot.github.pullsFrom(ctx, app.Repo, e.Spec.Branch, now)
		if err != nil {
			r.complain(ctx, "look for pull requests", err)
			continue
		}
		if missesComment(reports[e.ID], pulls) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// missesComment tells whether one of the pull requests was never commented on.
func missesComment(r store.Report, pulls []int) bool {
	return slices.ContainsFunc(pulls, func(pull int) bool {
		return !slices.ContainsFunc(r.Comments, func(c store.ReportedComment) bool { return c.Pull == pull })
	})
}

// tellAll brings GitHub up to date about these environments.
func (r *reporter) tellAll(ctx context.Context, ids []store.ID) {
	var g errgroup.Group
	g.SetLimit(reportsAtOnce)
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			work, done := lingering(ctx)
			defer done()
			telling, cancel := context.WithTimeout(work, reportTimeout)
			defer cancel()
			again, changed, err := r.tell(telling, id, func() bool { return ctx.Err() != nil })
			r.done(ctx, id, again, changed, err)
			return nil
		})
	}
	g.Wait()
}

func (r *reporter) done(ctx context.Context, id store.ID, again time.Duration, changed int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		delete(r.faults, id)
	} else {
		again = max(again, min(time.Second<<min(r.faults[id], 6), slowest))
		r.faults[id]++
		if !errors.Is(err, store.ErrFenced) && ctx.Err() == nil {
			r.bot.log.Warn("tell GitHub", "env", id, "again", again, "error", err)
		}
	}
	if again > 0 {
		r.later[id] = respite{r.bot.opt.Now().Add(again), changed}
	} else {
		delete(r.later, id)
	}
}

func (r *reporter) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.bot.log.Warn("tell GitHub", "step", what, "error", err)
	}
}

// tell brings GitHub up to date about one environment under its own claim. again is when to go on, zero when all is told.
// It stops between two calls when told to.
func (r *reporter) tell(ctx context.Context, id store.ID, stop func() bool) (again time.Duration, changed int64, err error) {
	s, now := r.bot.store, r.bot.opt.Now()
	if wait := r.quietUntil().Sub(now); wait > 0 {
		return wait, 0, nil
	}
	claim, err := s.ClaimName(ctx, store.Reporting(id), r.bot.worker)
	if err != nil {
		return 0, 0, err
	}
	if claim == nil {
		return 2 * time.Second, 0, nil // another replica tells it
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
		defer cancel()
		if done := s.Release(ctx, claim); done != nil && !errors.Is(done, store.ErrFenced) {
			err = errors.Join(err, done)
		}
	}()
	e, err := s.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if newParent(e, now) && now.Sub(e.Spec.Asked.At) < threadFirst {
		return soon, e.Changed, nil
	}
	t := &telling{reporter: r, claim: claim, env: e, renewed: time.Now()}
	if t.report, err = s.Report(ctx, id); err != nil {
		return 0, e.Changed, err
	}
	if t.events, err = s.Events(ctx, id, eventsRead); err != nil {
		return 0, e.Changed, err
	}
	again, err = t.run(ctx, stop)
	return again, e.Changed, err
}

// hush stops everything for a while.
func (r *reporter) hush(until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until.After(r.quiet) {
		r.quiet = until
	}
}

func (r *reporter) quietUntil() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.quiet
}
