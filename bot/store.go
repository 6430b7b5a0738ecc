package bot

import (
	"context"
	"time"

	"qabot/store"
)

// Store is what the bot needs of a *store.Store. Want is the only way in which it changes what environments are wanted.
type Store interface {
	// Want changes the Spec of an environment in one transaction, raises its Version and makes the environment due. An
	// error of change is given back and nothing is written.
	Want(ctx context.Context, id store.ID, change func(*store.Spec) ([]store.Event, error), acts ...store.Act) (store.Environment, error)
	Record(ctx context.Context, a store.Act) error
	Acts(ctx context.Context, want store.ActQuery) ([]store.Act, error) // oldest first
	ForgetActs(ctx context.Context, before time.Time, most int) (int64, error)
	Get(ctx context.Context, id store.ID) (store.Environment, error) // store.ErrNotFound
	List(ctx context.Context) ([]store.Environment, error)
	Events(ctx context.Context, id store.ID, limit int) ([]store.Event, error) // oldest first
	// Usual is how long an app's deployments usually take, or one stage of them; zero while too few are known.
	Usual(ctx context.Context, app string, k store.Kind) (time.Duration, error)
	Happened(ctx context.Context, key string) ([]store.Event, error)

	ClaimName(ctx context.Context, name, owner string) (*store.Claim, error) // nil when taken
	Renew(ctx context.Context, c *store.Claim) error
	Release(ctx context.Context, c *store.Claim) error

	Changed(ctx context.Context) ([]store.ID, error)
	Untold(ctx context.Context, id store.ID) ([]store.Event, error)
	Told(ctx context.Context, c *store.Claim, id store.ID, n int64) error
	SaveThread(ctx context.Context, c *store.Claim, id store.ID, t store.Thread, changed int64) error

	Unreported(ctx context.Context) (map[store.ID]int64, error)
	Report(ctx context.Context, id store.ID) (store.Report, error)
	Reports(ctx context.Context) (map[store.ID]store.Report, error)
	SaveReport(ctx context.Context, c *store.Claim, id store.ID, r store.Report, changed int64) error

	Receive(ctx context.Context, l store.Letter) (fresh bool, err error)
	ReceiveAll(ctx context.Context, letters []store.Letter) (fresh []bool, err error)
	Lanes(ctx context.Context) ([]string, error)
	Letters(ctx context.Context, lane string) ([]store.Letter, error)
	Finish(ctx context.Context, c *store.Claim, key string, answers ...store.Message) error
	Post(ctx context.Context, m store.Message) error

	WantSave(ctx context.Context, w store.SaveWish) error // store.ErrTaken
	DropSave(ctx context.Context, app, name string) error
	Saves(ctx context.Context) ([]store.Save, error)

	Unsent(ctx context.Context) ([]string, error)
	Messages(ctx context.Context, lane string) ([]store.Message, error)
	Try(ctx context.Context, c *store.Claim, key string) error
	Sent(ctx context.Context, c *store.Claim, key string) error
	Heads(ctx context.Context, list string) (map[string]string, error)
	Mark(ctx context.Context, name string, value any) (found bool, err error)
	SetMark(ctx context.Context, c *store.Claim, name string, value any) error
	LookedHome(ctx context.Context, user string, page int) error
	HomeLooks(ctx context.Context, within time.Duration, most int) ([]store.HomeLook, error) // latest first
	SaveHeads(ctx context.Context, c *store.Claim, list string, heads map[string]string) error
}
