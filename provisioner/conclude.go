package provisioner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// conclude turns what was seen into the status to keep, tells the journal what is worth a word, and says when to look again.
func (p *pass) conclude(ctx context.Context) (store.Status, time.Duration, error) {
	before, spec := p.claim.Status, p.claim.Spec
	status := store.Status{
		Version: spec.Version, Generation: spec.Generation, Commit: spec.Commit, Asleep: spec.Asleep,
		Seen: map[store.Kind]store.Observation{}, Serving: serving(p.seen),
	}
	waitsFor := p.waiting(p.seen)
	moving, queued := false, p.queued()
	for kind, o := range p.seen {
		was := before.Seen[kind]
		if before.Generation != spec.Generation || before.Version == 0 {
			was.Began, was.Ended = time.Time{}, time.Time{}
		}
		status.Seen[kind] = timed(was, o, p.now)
		moving = moving || !atRest(o.State) && !(p.gone() && p.want[kind]) && o.Detail.Code != store.MigrationEdited
	}
	if len(p.stages) == 0 {
		status.Seen = map[store.Kind]store.Observation{"app": {State: store.Failed, Detail: store.Say(store.AppMissing, spec.App)}}
	}
	if waitsFor != nil {
		status.Attempts, status.Trouble = before.Attempts+1, before.Trouble
		if status.Trouble.IsZero() {
			status.Trouble = p.now
		}
		// By the clock as it is now: to learn that something does not answer may have taken most of the pass.
		status.Worried = p.Now().Sub(status.Trouble) >= p.Pace.Bear
	}
	env := p.claim.Environment
	env.Status = status
	status.Kept = env.Phase(p.now) == store.Kept || before.Kept && before.Version == spec.Version && env.Phase(p.now) == store.Removing
	err := p.tell(ctx, status, waitsFor)
	switch {
	case waitsFor != nil:
		return status, p.backoff(waitsFor, status.Attempts), err
	case p.stepped:
		return status, p.Pace.Quick, err
	case queued != nil:
		return status, waitLooks * p.Pace.Look, err
	case moving:
		return status, p.Pace.Look, err
	}
	return status, p.rest(), err
}

// waitLooks is how many looks the next one at an environment is put off that waits in a queue: whoever makes room wakes it.
const waitLooks = 4

// queued is what the environment waits in a queue for, nil when it does not, or when something else is on its way.
func (p *pass) queued() *store.Detail {
	var found *store.Detail
	for _, o := range p.seen {
		switch {
		case o.State == store.Held && o.Detail.Code == store.SchemaQueued:
			found = &o.Detail
		case o.State == store.Working || o.State == store.Leaving:
			return nil
		}
	}
	return found
}

// notice is how long before an environment's end its owner is told.
const notice = 2 * time.Hour

// expiring tells whether the end is near. A life that is hardly longer than the notice gets none.
func (p *pass) expiring() bool {
	end := p.claim.Spec.ExpiresAt
	if end.IsZero() || p.claim.Spec.Gone(p.now) || end.Sub(p.claim.Spec.Asked.At) < 2*notice {
		return false
	}
	return end.Sub(p.now) <= notice
}

// rest is how long a settled environment is left to the sweep: until its owner must be told of its end, if that is sooner.
func (p *pass) rest() time.Duration {
	end := p.claim.Spec.ExpiresAt
	if until := end.Add(-notice).Sub(p.now); !end.IsZero() && until > 0 {
		return min(p.Pace.Rest, until)
	}
	return p.Pace.Rest
}

// tell writes the journal. Keys make each event a single one, however often a pass gets here.
func (p *pass) tell(ctx context.Context, status store.Status, waitsFor *store.Detail) error {
	env := p.claim.Environment
	before, was, spec := env.Phase(p.now), env.Status, env.Spec
	env.Status = status
	now := env.Phase(p.now)
	event := store.Event{At: p.now, Commit: spec.Commit, Generation: spec.Generation, By: spec.Asked.By, Name: spec.Asked.Name, Verb: spec.Asked.Verb}

	var events []store.Event
	add := func(e store.Event, code, key string, args ...any) {
		e.Code, e.Key = code, fmt.Sprintf(key, args...)
		events = append(events, e)
	}
	took := event
	if !spec.Asked.At.IsZero() {
		took.Took = p.now.Sub(spec.Asked.At)
	}
	switch {
	case now == store.Broken:
		events = p.failures(ctx, took, was, status)
	case now == store.Up && (before != store.Up || was.Generation != spec.Generation):
		took.Stages, took.Proofs = p.stageTimes(status.Seen), proofs(status.Seen)
		add(took, store.EventReady, "ready/%d", spec.Generation)
	case now == store.Asleep && (before != store.Asleep || was.Version != spec.Version):
		add(took, store.EventAsleep, "asleep/%d", spec.Asked.At.UnixMilli())
	case now == store.Kept && before != store.Kept:
		took.Detail = store.Say("", spec.KeepDataUntil.UTC().Format(time.RFC3339))
		add(took, store.EventKept, "kept/%d/%d", spec.Generation, spec.KeepDataUntil.UnixMilli())
	case now == store.Removed && was.Kept && was.Version == spec.Version:
		add(event, store.EventEmptied, "emptied/%d/%d", spec.Generation, spec.KeepDataUntil.UnixMilli())
	case now == store.Removed && before != store.Removed:
		add(took, store.EventRemoved, "removed/%d/%d", spec.Generation, spec.Asked.At.UnixMilli())
	}
	for _, o := range status.Seen {
		if o.State == store.Held && o.Detail.Code == store.SchemaQueued {
			e := event
			e.Detail = o.Detail
			add(e, store.EventHeld, "held/%d/%d", spec.Generation, spec.Asked.At.UnixMilli())
		}
		if o.State == store.Held && (o.Detail.Code == store.BuildQuota || o.Detail.Code == store.BuildNoQuota) {
			e := event
			e.Detail = o.Detail
			add(e, store.EventHeld, "held/%d/%s", spec.Generation, o.Detail.Code)
		}
		if o.State == store.Held && o.Detail.Code == store.MigrationEdited {
			e := event
			e.Detail, e.Warnings = o.Detail, spec.Edits()
			add(e, store.EventEdited, "edited/%d", spec.Generation)
		}
	}
	if p.expiring() {
		e := event
		e.By, e.Detail = spec.Owner, store.Say("", spec.ExpiresAt.UTC().Format(time.RFC3339))
		add(e, store.EventExpiring, "expiring/%d", spec.ExpiresAt.UnixMilli())
	}
	switch {
	case status.Worried:
		event.Detail = *waitsFor
		add(event, store.EventTrouble, "trouble/%d", status.Trouble.UnixMilli())
	case waitsFor == nil && was.Worried:
		if before := p.waiting(was.Seen); before != nil {
			event.Detail = *before
		}
		add(event, store.EventOver, "over/%d", was.Trouble.UnixMilli())
	}
	for _, e := range events {
		if err := p.write(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// stageTimes tells how long each stage of a deployment took. There is none to tell of one that only started services, such
// as a wake: it says nothing about how long the others take.
func (p *pass) stageTimes(seen map[store.Kind]store.Observation) map[store.Kind]time.Duration {
	took, worked := map[store.Kind]time.Duration{}, false
	for i, line := range p.stages {
		for _, r := range line {
			o := seen[r.Kind()]
			if o.Began.IsZero() || o.Ended.Before(o.Began) {
				continue
			}
			took[r.Kind()] = o.Ended.Sub(o.Began)
			worked = worked || i < len(p.stages)-1
		}
	}
	if !worked {
		return nil
	}
	return took
}

// proofs gives what the services that can be asked have answered.
func proofs(seen map[store.Kind]store.Observation) map[store.Kind]store.Detail {
	said := map[store.Kind]store.Detail{}
	for kind, o := range seen {
		if o.Proof.Code != "" {
			said[kind] = o.Proof
		}
	}
	return said
}

// failures are the events of what failed since the last status.
func (p *pass) failures(ctx context.Context, event store.Event, was, status store.Status) (events []store.Event) {
	// For all of them together: what follows must end before the claim does.
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	for _, kind := range slices.Concat(p.stages.Kinds()...) {
		o := status.Seen[kind]
		if o.State == store.Failed && (was.Seen[kind].State != store.Failed || was.Generation != status.Generation) {
			events = append(events, p.failure(ctx, event, kind, o))
		}
	}
	return events
}

func (p *pass) failure(ctx context.Context, event store.Event, kind store.Kind, o store.Observation) store.Event {
	event.Key, event.Code = fmt.Sprintf("failed/%d/%s", event.Generation, kind), store.EventFailed
	event.Kind, event.Detail, event.URL = kind, o.Detail, o.URL
	if e, ok := p.byKind[kind].(Explainer); ok {
		err := caught(func() error {
			lines, url, err := e.Explain(ctx, p.claim.Environment, o)
			event.Lines, event.URL = lines, cmp.Or(url, event.URL)
			return err
		})
		if err != nil {
			p.log(kind, "explain", err)
		}
	}
	return event
}

func (p *pass) write(ctx context.Context, e store.Event) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if err := p.Store.Tell(ctx, p.claim, e); err != nil {
		return fmt.Errorf("tell %s: %w", e.Key, err)
	}
	return nil
}

// waiting is what keeps the environment from going on, nil when nothing does: all that does not answer together, else
// what says most.
func (p *pass) waiting(seen map[store.Kind]store.Observation) *store.Detail {
	var away []string
	var other *store.Detail
	for _, kind := range slices.Concat(p.stages.Kinds()...) {
		o := seen[kind]
		switch {
		case o.State != store.Unknown || o.Detail.Code == "":
		case o.Detail.Code == store.Unreachable:
			away = append(away, o.Detail.Args...)
		case other == nil || other.Code == store.Retrying:
			other = &o.Detail
		}
	}
	if len(away) == 0 {
		return other
	}
	slices.Sort(away)
	d := store.Say(store.Unreachable, strings.Join(slices.Compact(away), ", "))
	return &d
}

func atRest(s store.State) bool {
	return s == store.Ready || s == store.Failed || s == store.Absent
}

// timed carries along when the present work on a resource began and when it ended.
func timed(was, now store.Observation, at time.Time) store.Observation {
	now.Began, now.Ended = was.Began, was.Ended
	switch {
	case !atRest(now.State) && (was.Began.IsZero() || !was.Ended.IsZero()):
		now.Began, now.Ended = at, time.Time{}
	case atRest(now.State) && !now.Began.IsZero() && now.Ended.IsZero():
		now.Ended = at
	}
	return now
}

// serving is the commit that every service runs, empty when they differ or when one of them is not proven to.
func serving(seen map[store.Kind]store.Observation) string {
	commit, first := "", true
	for kind, o := range seen {
		if kind.Sort() != "service" {
			continue
		}
		if first {
			commit, first = o.Commit, false
		}
		if o.Commit != commit || !o.Proven() {
			return ""
		}
	}
	return commit
}

// pacedAttempts bounds the back-off of what only waits for its turn: that comes by itself, and soon.
const pacedAttempts = 4

func (p *pass) backoff(why *store.Detail, attempts int) time.Duration {
	if why.Code == store.Paced {
		attempts = min(attempts, pacedAttempts)
	}
	return backoff(p.Pace.Backoff, attempts)
}

func backoff(base time.Duration, attempts int) time.Duration {
	d := base << min(attempts-1, 10)
	return min(d, backoffMax)
}
