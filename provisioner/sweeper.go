package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"qabot/store"
)

// SweepStore is what a Sweeper needs of the store.
type SweepStore interface {
	ClaimName(ctx context.Context, name, owner string) (*store.Claim, error)
	Release(ctx context.Context, c *store.Claim) error
	List(ctx context.Context) ([]store.Environment, error)
	Use(ctx context.Context, c *store.Claim, last map[store.ID]time.Time) error
	Wake(ctx context.Context, id store.ID) error
}

// Sweeper looks at all settled environments together, a page of the API at a time, and wakes those that no longer are as
// they were left: drift, and what a worker made that had already lost its turn. It changes nothing itself, but for noting
// when people last used environments.
type Sweeper struct {
	Store SweepStore
	Apps  map[string]Stages
	Owner string
	Every time.Duration
	Now   func() time.Time
	Log   *slog.Logger
	Woken func(store.ID) // may be nil

	// Traces lists what bears our marks, wherever it is; may be nil. Seldom is how long it is between two looks at them.
	Traces func(context.Context) ([]store.Trace, error)
	Seldom time.Duration

	// Used tells when people last used environments; may be nil. Usage is how long it is between two looks at that: each is
	// paid for.
	Used  func(ctx context.Context, envs []store.Environment) (map[store.ID]time.Time, error)
	Usage time.Duration

	traced time.Time           // the last look at the marks
	used   time.Time           // the last look at what is used
	said   map[store.ID]string // strays that the log has named
}

// Run sweeps until the context ends.
func (s *Sweeper) Run(ctx context.Context) error {
	return Every(ctx, s.Every, s.Log, "sweep", s.Once)
}

// Once sweeps, unless another replica is at it.
func (s *Sweeper) Once(ctx context.Context) error {
	c, err := s.Store.ClaimName(ctx, "sweep", s.Owner)
	if err != nil || c == nil {
		return err
	}
	defer s.release(ctx, c)
	all, err := s.Store.List(ctx)
	if err != nil {
		return fmt.Errorf("list environments: %w", err)
	}
	s.use(ctx, c, all) // first: the claim outlasts this, not always the whole sweep
	byApp := map[string][]store.Environment{}
	for _, env := range all {
		if s.settled(env) {
			byApp[env.Spec.App] = append(byApp[env.Spec.App], env)
		}
	}
	differ := map[store.ID]store.Kind{}
	for app, envs := range byApp {
		ctx := LookAtRest(ctx)
		for _, line := range s.Apps[app] {
			for _, r := range line {
				err := s.compare(ctx, r, envs, differ)
				if ctx.Err() != nil {
					return ctx.Err() // we are to end, and that is no trouble
				}
				if err != nil {
					s.Log.Warn("sweep", "kind", r.Kind(), "error", err)
				}
			}
		}
	}
	s.trace(ctx, all, differ)
	for id, kind := range differ {
		s.Log.Info("environment is not as it was left", "environment", id, "kind", kind)
		if err := s.Store.Wake(ctx, id); err != nil {
			return fmt.Errorf("wake %s: %w", id, err)
		}
		if s.Woken != nil {
			s.Woken(id)
		}
	}
	return nil
}

// sweepLimit bounds the look at one kind of all environments: many pages, where a pass has one.
const sweepLimit = time.Minute

// compare adds the environments of which that resource is not as it was left.
func (s *Sweeper) compare(ctx context.Context, r Resource, envs []store.Environment, differ map[store.ID]store.Kind) error {
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	seen, err := observe(ctx, r, envs)
	if err != nil {
		return err
	}
	for i, o := range seen {
		if was := envs[i].Status.Seen[r.Kind()]; o.State != store.Unknown && was.Stuck == 0 && differs(was, o) {
			differ[envs[i].ID] = r.Kind()
		}
	}
	return nil
}

// differs tells whether a look at rest finds something else than the one before.
func differs(was, is store.Observation) bool {
	return was.State != is.State || was.Proof.Code != is.Proof.Code || !slices.Equal(was.Proof.Args, is.Proof.Args)
}

// release lets other replicas sweep. One that fails lets them when the claim runs out.
func (s *Sweeper) release(ctx context.Context, c *store.Claim) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
	defer cancel()
	if err := s.Store.Release(ctx, c); err != nil && !errors.Is(err, store.ErrFenced) {
		s.Log.Warn("release the sweep", "error", err)
	}
}

// settled tells whether nobody is at work on the environment, and it is not long gone.
func (s *Sweeper) settled(env store.Environment) bool {
	switch env.Phase(s.Now()) {
	case store.Up, store.Asleep, store.Broken, store.Kept:
		return true
	case store.Removed:
		return env.Recent(s.Now())
	}
	return false
}
