package provisioner

import (
	"context"
	"errors"
	"sync"
	"time"

	"qabot/store"
)

// keep renews the claim until stop is called, and ends the context as soon as the claim is lost or a newer wish is there;
// stop tells then which of the two, and may be called again.
func (r *Reconciler) keep(ctx context.Context, c *store.Claim) (_ context.Context, stop func() error) {
	ctx, cancel := context.WithCancelCause(store.WithClaim(ctx, c))
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(store.RenewEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
			case <-ctx.Done():
			case <-tick.C:
			}
			select { // a tick may have come together with the end
			case <-quit:
				return
			case <-ctx.Done():
				return
			default:
			}
			switch err := r.renew(ctx, c); {
			case errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrChanged):
				cancel(err)
				return
			case err != nil:
				// The answer is unknown. The claim's own deadline stops the work if this goes on.
				r.Log.Warn("renew claim", "environment", c.ID, "error", err)
			}
		}
	}()
	return ctx, sync.OnceValue(func() error {
		close(quit)
		<-ended
		cause := context.Cause(ctx)
		cancel(nil)
		return cause
	})
}

func (r *Reconciler) renew(ctx context.Context, c *store.Claim) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	return r.Store.Renew(ctx, c)
}
