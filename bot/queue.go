package bot

import (
	"context"
	"errors"
	"time"
)

// fromQueue keeps what the queue brings until ctx ends.
func (b *Bot) fromQueue(ctx context.Context) error {
	return b.opt.GitHub.Queue.Run(ctx, func(ctx context.Context, id, event string, sent time.Time, payload []byte) error {
		if event == "ping" {
			return nil
		}
		d := delivery{ID: id, Event: event, Payload: payload}
		if !sent.IsZero() && b.opt.Now().Sub(sent) > late {
			d.Missed = sent // it waited while qabot was away
		}
		said, err := b.take(ctx, d)
		if err != nil && !errors.Is(err, errUnreadable) {
			b.log.Error("keep letter", "event", event, "delivery", id, "error", err)
		}
		if err == nil {
			b.log.Info("event from the queue", "event", event, "delivery", id, "said", said)
		}
		return err
	}, func(err error) { b.health.hub.note("the queue", err) })
}
