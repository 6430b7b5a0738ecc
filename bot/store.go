package bot

import (
	"context"

	"qabot/store"
)

// Store is what the bot needs of a *store.Store. Want is the only way in which it changes what environments are wanted.
type Store interface {
	// Want changes the Spec of an environment in one transaction, raises its Version and makes the environment due. An
	// error of change is given back and nothing is written.
	Want(ctx context.Context, id store.ID, change func(*store.Spec) ([]store.Event, error)) (store.Environment, error)
	Get(ctx context.Context, id store.ID) (store.Environment, error) // store.ErrNotFound
	List(ctx context.Context) ([]store.Environment, error)
	Events(ctx context.Context, id store.ID, limit int) ([]store.Event, error) // oldest first

	ClaimName(ctx context.Context, name, owner string) (*store.Claim, error) // nil when taken
	Renew(ctx context.Context, c *store.Claim) error
	Release(ctx context.Context, c *store.Claim) error

	Changed(ctx context.Context) ([]store.ID, error)
	Untold(ctx context.Context, id store.ID) ([]store.Event, error)
	Told(ctx context.Context, c *store.Claim, id store.ID, n int64) error
	SaveThread(ctx context.Context, c *store.Claim, id store.ID, t store.Thread, changed int64) error

	Receive(ctx context.Context, l store.Letter) (fresh bool, err error)
	Lanes(ctx context.Context) ([]string, error)
	Letters(ctx context.Context, lane string) ([]store.Letter, error)
	Finish(ctx context.Context, c *store.Claim, key string) error
	Heads(ctx context.Context, list string) (map[string]string, error)
	SaveHeads(ctx context.Context, c *store.Claim, list string, heads map[string]string) error
}
