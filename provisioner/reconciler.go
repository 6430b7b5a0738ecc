package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"qabot/store"
)

// Store is what a Reconciler needs of the store.
type Store interface {
	Claim(ctx context.Context, id store.ID, owner string) (*store.Claim, error)
	Renew(ctx context.Context, c *store.Claim) error
	Tell(ctx context.Context, c *store.Claim, e store.Event) error
	Settle(ctx context.Context, c *store.Claim, s store.Status, again time.Duration) error
}

// Explainer is offered by resources that can say more about a failure than its Detail.
type Explainer interface {
	// Explain gives the last log lines, secrets removed, and where the whole log is to be read.
	Explain(ctx context.Context, env store.Environment, seen store.Observation) (lines []string, url string, err error)
}

// Pace says how soon a pass is followed by the next one.
type Pace struct {
	Quick   time.Duration // after a step was taken
	Look    time.Duration // while something is on its way by itself
	Backoff time.Duration // after the first error; doubled up to two minutes
	Rest    time.Duration // when all is as wanted: the sweep watches then
	Bear    time.Duration // how long trouble may last before people are told
	Whole   time.Duration // how long a pass that waits looks only at what it waits for; zero: every pass looks at everything
}

// backoffMax bounds the time between two tries after errors.
const backoffMax = 2 * time.Minute

// Usual is the pace for AWS itself: its request buckets refill at 20 reads a second (ECS).
var Usual = Pace{Quick: 500 * time.Millisecond, Look: 2500 * time.Millisecond, Backoff: 2 * time.Second, Rest: 24 * time.Hour, Bear: 15 * time.Second, Whole: 20 * time.Second}

// Reconciler carries out passes.
type Reconciler struct {
	Store Store
	Apps  map[string]Stages // by the app's name
	Owner string            // names this process in claims
	Pace  Pace
	Now   func() time.Time
	Log   *slog.Logger

	Told     func(store.ID)                     // may be nil: called when there is something new to tell
	Boundary func(id store.ID, at string) error // may be nil: crash tests stop the process here

	glances glances
}

// Pass looks at one environment and takes the steps that are due. It holds the environment's claim only while it works,
// which is seconds, and answers how soon it should be called again; zero means that others will say so.
func (r *Reconciler) Pass(ctx context.Context, id store.ID) (again time.Duration, err error) {
	c, err := r.Store.Claim(ctx, id, r.Owner)
	if err != nil {
		return r.Pace.Backoff, fmt.Errorf("claim %s: %w", id, err)
	}
	if c == nil {
		return 0, nil
	}
	work, stop := r.keep(ctx, c)
	defer stop()

	p := r.begin(c)
	p.look(work)
	seen := maps.Clone(p.seen)
	p.act(work)

	cause := stop()
	if errors.Is(cause, store.ErrFenced) {
		return 0, fmt.Errorf("pass over %s: %w", id, store.ErrFenced)
	}
	calm := context.WithoutCancel(ctx)
	if errors.Is(cause, store.ErrChanged) || ctx.Err() != nil {
		// What was seen belongs to an older wish or is incomplete: leave the row due, the next pass looks again.
		return 0, r.settle(calm, c, c.Status, 0)
	}
	p.keepLook(seen)
	status, again, err := p.conclude(calm)
	if err != nil {
		// What is worth a word is not in the journal. The old status stays, so that the next pass finds it worth a word too.
		return r.Pace.Backoff, errors.Join(fmt.Errorf("conclude %s: %w", id, err), r.settle(calm, c, c.Status, r.Pace.Backoff))
	}
	if err := r.settle(calm, c, status, again); err != nil {
		return 0, err
	}
	if r.Told != nil {
		r.Told(id)
	}
	return again, nil
}

func (r *Reconciler) settle(ctx context.Context, c *store.Claim, s store.Status, again time.Duration) error {
	if err := r.at(c.ID, "settle"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if err := r.Store.Settle(ctx, c, s, again); err != nil {
		return fmt.Errorf("settle %s: %w", c.ID, err)
	}
	return nil
}

func (r *Reconciler) at(id store.ID, point string) error {
	if r.Boundary == nil {
		return nil
	}
	return r.Boundary(id, point)
}

// pass is the work of one Pass: what is there, what was done about it.
type pass struct {
	*Reconciler
	claim  *store.Claim
	now    time.Time
	stages Stages
	want   map[store.Kind]bool
	byKind map[store.Kind]Resource

	mu      sync.Mutex
	seen    map[store.Kind]store.Observation
	stepped bool
	whole   bool // everything was looked at
}

func (r *Reconciler) begin(c *store.Claim) *pass {
	p := &pass{
		Reconciler: r, claim: c, now: r.Now(), stages: r.Apps[c.Spec.App],
		want: map[store.Kind]bool{}, byKind: map[store.Kind]Resource{}, seen: map[store.Kind]store.Observation{},
	}
	for _, line := range p.stages {
		for _, res := range line {
			p.byKind[res.Kind()] = res
			p.want[res.Kind()] = c.Spec.Wants(res.Kind(), p.now)
		}
	}
	return p
}

// look observes every resource side by side; while the environment only waits, first those that it waits for, and the others
// when something has moved.
func (p *pass) look(ctx context.Context) {
	ctx = Look(ctx)
	awaited := p.awaited()
	if len(awaited) > 0 {
		p.observe(ctx, func(k store.Kind) bool { return awaited[k] })
		if p.still() {
			return
		}
	}
	p.observe(ctx, func(k store.Kind) bool { return !awaited[k] })
	p.whole = true
}

func (p *pass) observe(ctx context.Context, these func(store.Kind) bool) {
	var g errgroup.Group
	for kind, res := range p.byKind {
		if !these(kind) {
			continue
		}
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
			defer cancel()
			seen, err := observe(ctx, res, []store.Environment{p.claim.Environment})
			var o store.Observation
			if err != nil {
				p.log(kind, "observe", err)
				o.Detail = reason(err)
			} else {
				o = seen[0]
			}
			p.note(kind, p.remember(kind, o))
			return nil
		})
	}
	g.Wait()
}

// remember keeps a failure of Apply in mind: the world looks the same as before it, and only a new generation may try again.
func (p *pass) remember(kind store.Kind, o store.Observation) store.Observation {
	before := p.claim.Status.Seen[kind]
	movable := o.State == store.Absent || o.State == store.Stale
	if p.want[kind] && movable && before.State == store.Failed && before.Stuck == p.claim.Spec.Generation && before.Stuck != 0 {
		return before
	}
	return o
}

// act takes the steps that the plan has, side by side.
func (p *pass) act(ctx context.Context) {
	ctx = acting(ctx)
	var g errgroup.Group
	for _, step := range Plan(p.want, p.stages.Kinds(), p.seen) {
		if step.Verb == store.Apply && p.gone() {
			continue // what is kept of it stays as it is
		}
		g.Go(func() error { p.step(ctx, step); return nil })
	}
	g.Wait()
}

// gone tells whether nobody wants the environment; its data may be kept nevertheless.
func (p *pass) gone() bool { return p.claim.Spec.Gone(p.now) }

func (p *pass) step(ctx context.Context, s store.Step) {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	// Each step has its own view of the claim, so that a stop is named after the step that it stops.
	claim := *p.claim
	point := fmt.Sprintf("%s %s", s.Verb, s.Kind)
	calls := 0
	if p.Boundary != nil {
		claim.Hook = func() error { calls++; return p.at(claim.ID, fmt.Sprintf("%s, call %d", point, calls)) }
	}
	ctx = store.WithClaim(ctx, &claim)
	do := p.byKind[s.Kind].Apply
	if s.Verb == store.Remove {
		do = p.byKind[s.Kind].Remove
	}
	err := caught(func() error { return do(ctx, &claim, s.Seen) })
	if err == nil {
		err = p.at(claim.ID, point+", done")
	}
	o := s.Seen
	var problem *store.Problem
	switch {
	case err == nil && s.Verb == store.Apply:
		o.State = store.Working
	case err == nil:
		o.State = store.Leaving
	case ctx.Err() != nil && context.Cause(ctx) != context.DeadlineExceeded, errors.Is(err, store.ErrFenced):
		return // lost or superseded: nothing may be said about it
	case errors.As(err, &problem) && !problem.Passes() && s.Verb == store.Apply:
		p.log(s.Kind, point, err)
		o.State, o.Detail, o.Stuck = store.Failed, problem.Detail, p.claim.Spec.Generation
	default:
		p.log(s.Kind, point, err)
		o.State, o.Detail = store.Unknown, reason(err)
	}
	p.note(s.Kind, o)
	if err == nil && s.Seen.State != store.Leaving { // what leaves was told to before
		p.mu.Lock()
		p.stepped = true
		p.mu.Unlock()
	}
}

// reason is what people can be told of an error.
func reason(err error) store.Detail {
	var problem *store.Problem
	if errors.As(err, &problem) {
		return problem.Detail
	}
	return store.Say(store.Retrying)
}

func (p *pass) note(k store.Kind, o store.Observation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[k] = o
}

func (p *pass) log(k store.Kind, did string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	p.Log.Warn("resource", "environment", p.claim.ID, "kind", k, "did", did, "error", err)
}
