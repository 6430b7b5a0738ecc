package bot

import (
	"context"
	"errors"

	"qabot/store"
)

// release ends a claim at the end of what was done under it, also when ctx has ended, and adds to err what went wrong. A claim that
// somebody else has meanwhile is released already.
func (b *Bot) release(ctx context.Context, c *store.Claim, err *error) {
	if done := b.store.Release(context.WithoutCancel(ctx), c); done != nil && !errors.Is(done, store.ErrFenced) {
		*err = errors.Join(*err, done)
	}
}
