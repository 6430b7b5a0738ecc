package bot

import (
	"context"
	"slices"
	"time"

	"qabot/store"
)

// failureWait is how long a failure waits for those that may follow from the same fault, so that people are called once.
const failureWait = 10 * time.Second

// together gives the events that are told in one reply, which the first of them begins, and those that are left: failures of
// one deployment that came at about the same time are one. wait is positive while more of them may come.
func (t *story) together(events []store.Event) (group, rest []store.Event, wait time.Duration) {
	first := events[0]
	if first.Code != store.EventFailed {
		return events[:1], events[1:], 0
	}
	left := failureWait - t.bot.opt.Now().Sub(first.At)
	seen := t.env.Status.Seen[first.Kind].State == store.Failed // else the journal is ahead of the status
	if first.Generation == t.env.Spec.Generation && left > 0 && left <= failureWait && (!seen || underWay(t.env.Status)) {
		return nil, events, soon
	}
	for _, e := range events {
		if e.Code == store.EventFailed && e.Generation == first.Generation && e.At.Sub(first.At) <= failureWait {
			group = append(group, e)
		} else {
			rest = append(rest, e)
		}
	}
	return group, rest, 0
}

// underWay tells whether something may still fail.
func underWay(s store.Status) bool {
	for _, o := range s.Seen {
		if o.State == store.Working {
			return true
		}
	}
	return false
}

// called tells whether people were called for an earlier failure of the same deployment.
func (t *story) called(ctx context.Context, group []store.Event) (bool, error) {
	first := group[0]
	if first.Code != store.EventFailed {
		return false, nil
	}
	before, err := t.bot.store.Events(ctx, t.env.ID, eventsRead)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(before, func(e store.Event) bool {
		return e.Told && e.Code == store.EventFailed && e.Generation == first.Generation &&
			!slices.ContainsFunc(group, func(g store.Event) bool { return g.N == e.N })
	}), nil
}
