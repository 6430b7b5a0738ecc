package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// missed tells that something happened on GitHub while nobody listened.
func missed(next store.Spec, a asking) []store.Event {
	if a.Missed.IsZero() {
		return nil
	}
	return []store.Event{{
		Key: "missed/" + a.Key, Code: store.EventMissed, At: a.At, Commit: next.Commit, Generation: next.Generation, Name: a.Name,
		Detail: store.Say(a.Verb, a.Missed.UTC().Format(time.RFC3339)),
	}}
}

// caughtUp waits at the start until what was missed has been found and read, or a little while: events know who did
// something, and branches do not.
func (b *Bot) caughtUp(ctx context.Context) {
	if b.github.app == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case <-b.deliveries.looked:
	case <-ctx.Done():
		return
	}
	for {
		lanes, err := b.store.Lanes(ctx)
		if err == nil && !slices.ContainsFunc(lanes, func(l string) bool { return strings.HasPrefix(l, gitHubLane("")) }) {
			return
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return
		}
	}
}
