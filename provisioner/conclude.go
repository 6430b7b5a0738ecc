package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// conclude turns what was seen into the status to keep, tells the journal what is worth a word, and says when to look again.
func (p *pass) conclude(ctx context.Context) (store.Status, time.Duration) {
	before, spec := p.claim.Status, p.claim.Spec
	status := store.Status{
		Version: spec.Version, Generation: spec.Generation, Commit: spec.Commit, Asleep: spec.Asleep,
		Seen: map[store.Kind]store.Observation{}, Serving: serving(p.seen),
	}
	waitsFor := p.waiting(p.seen)
	moving := false
	for kind, o := range p.seen {
		was := before.Seen[kind]
		if before.Generation != spec.Generation || before.Version == 0 {
			was.Began, was.Ended = time.Time{}, time.Time{}
		}
		status.Seen[kind] = timed(was, o, p.now)
		moving = moving || !atRest(o.State)
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
	p.tell(ctx, status, waitsFor)
	switch {
	case waitsFor != nil:
		return status, backoff(p.Pace.Backoff, status.Attempts)
	case p.stepped:
		return status, p.Pace.Quick
	case moving:
		return status, p.Pace.Look
	}
	return status, p.rest()
}

// Notice is how long before an environment's end its owner is told.
const Notice = 2 * time.Hour

// expiring tells whether the end is near. A life that is hardly longer than the notice gets none.
func (p *pass) expiring() bool {
	end := p.claim.Spec.ExpiresAt
	if end.IsZero() || p.claim.Spec.Gone(p.now) || end.Sub(p.claim.Spec.Asked.At) < 2*Notice {
		return false
	}
	return end.Sub(p.now) <= Notice
}

// rest is how long a settled environment is left to the sweep: until its owner must be told of its end, if that is sooner.
func (p *pass) rest() time.Duration {
	end := p.claim.Spec.ExpiresAt
	if until := end.Add(-Notice).Sub(p.now); !end.IsZero() && until > 0 {
		return min(p.Pace.Rest, until)
	}
	return p.Pace.Rest
}

// tell writes the journal. Keys make each event a single one, however often a pass gets here.
func (p *pass) tell(ctx context.Context, status store.Status, waitsFor *store.Detail) {
	env := p.claim.Environment
	before := env.Phase(p.now)
	was := env.Status
	env.Status = status
	spec := env.Spec
	event := store.Event{At: p.now, Commit: spec.Commit, Generation: spec.Generation, By: spec.Asked.By, Name: spec.Asked.Name}
	if !spec.Asked.At.IsZero() {
		event.Took = p.now.Sub(spec.Asked.At)
	}
	switch now := env.Phase(p.now); {
	case now == store.Broken:
		for _, kind := range slices.Concat(p.stages.Kinds()...) {
			o := status.Seen[kind]
			if o.State == store.Failed && (was.Seen[kind].State != store.Failed || was.Generation != spec.Generation) {
				p.tellFailure(ctx, event, kind, o)
			}
		}
	case now == store.Up && (before != store.Up || was.Generation != spec.Generation):
		event.Key, event.Code = fmt.Sprintf("ready/%d", spec.Generation), store.EventReady
		p.write(ctx, event)
	case now == store.Asleep && (before != store.Asleep || was.Version != spec.Version):
		event.Key, event.Code = fmt.Sprintf("asleep/%d", spec.Asked.At.UnixMilli()), store.EventAsleep
		p.write(ctx, event)
	case now == store.Removed && before != store.Removed:
		event.Key, event.Code = fmt.Sprintf("removed/%d/%d", spec.Generation, spec.Asked.At.UnixMilli()), store.EventRemoved
		p.write(ctx, event)
	}
	event.Took = 0
	if p.expiring() {
		event.Key, event.Code = fmt.Sprintf("expiring/%d", spec.ExpiresAt.UnixMilli()), store.EventExpiring
		event.By, event.Detail = spec.Owner, store.Say("", spec.ExpiresAt.UTC().Format(time.RFC3339))
		p.write(ctx, event)
		event.By, event.Detail = spec.Asked.By, store.Detail{}
	}
	switch {
	case status.Worried:
		event.Key, event.Code, event.Detail = fmt.Sprintf("trouble/%d", status.Trouble.UnixMilli()), store.EventTrouble, *waitsFor
		p.write(ctx, event)
	case waitsFor == nil && was.Worried:
		event.Key, event.Code = fmt.Sprintf("over/%d", was.Trouble.UnixMilli()), store.EventOver
		if before := p.waiting(was.Seen); before != nil {
			event.Detail = *before
		}
		p.write(ctx, event)
	}
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

func (p *pass) tellFailure(ctx context.Context, event store.Event, kind store.Kind, o store.Observation) {
	event.Key, event.Code = fmt.Sprintf("failed/%d/%s", event.Generation, kind), store.EventFailed
	event.Kind, event.Detail, event.URL = kind, o.Detail, o.URL
	if e, ok := p.byKind[kind].(Explainer); ok {
		lines, url, err := e.Explain(ctx, p.claim.Environment, o)
		if err != nil {
			p.log(kind, "explain", err)
		}
		event.Lines = lines
		if url != "" {
			event.URL = url
		}
	}
	p.write(ctx, event)
}

func (p *pass) write(ctx context.Context, e store.Event) {
	if err := p.Store.Tell(ctx, p.claim, e); err != nil {
		p.Log.Warn("tell", "environment", p.claim.ID, "event", e.Key, "error", err)
	}
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

// serving is the commit that every service runs, empty when they differ.
func serving(seen map[store.Kind]store.Observation) string {
	commit, first := "", true
	for kind, o := range seen {
		if kind.Sort() != "service" {
			continue
		}
		if first {
			commit, first = o.Commit, false
		} else if o.Commit != commit {
			return ""
		}
	}
	return commit
}

func backoff(base time.Duration, attempts int) time.Duration {
	d := base << min(attempts-1, 10)
	return min(d, BackoffMax)
}
