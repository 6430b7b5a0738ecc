package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"qabot/store"
)

// SweepStore is what a Sweeper needs of the store.
type SweepStore interface {
	ClaimName(ctx context.Context, name, owner string) (*store.Claim, error)
	Release(ctx context.Context, c *store.Claim) error
	List(ctx context.Context) ([]store.Environment, error)
	Wake(ctx context.Context, id store.ID) error
}

// Sweeper looks at all settled environments together, a page of the API at a time, and wakes those that no longer are as
// they were left: drift, and what a worker made that had already lost its turn. It changes nothing itself.
type Sweeper struct {
	Store SweepStore
	Apps  map[string]Stages
	Owner string
	Every time.Duration
	Now   func() time.Time
	Log   *slog.Logger
	Woken func(store.ID) // may be nil
}

// remembered is how long after its removal an environment is looked at: longer than any call that a lost worker might
// still have on its way.
const remembered = 15 * time.Minute

// Run sweeps until the context ends.
func (s *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("sweep", "error", err)
		}
	}
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
	byApp := map[string][]store.Environment{}
	for _, env := range all {
		if s.settled(env) {
			byApp[env.Spec.App] = append(byApp[env.Spec.App], env)
		}
	}
	differ := map[store.ID]store.Kind{}
	for app, envs := range byApp {
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
		if was := envs[i].Status.Seen[r.Kind()]; o.State != store.Unknown && o.State != was.State && was.Stuck == 0 {
			differ[envs[i].ID] = r.Kind()
		}
	}
	return nil
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
	case store.Up, store.Asleep, store.Broken:
		return true
	case store.Removed:
		last := env.Spec.Asked.At
		for _, o := range env.Status.Seen {
			if o.Ended.After(last) {
				last = o.Ended
			}
		}
		return s.Now().Sub(last) < remembered
	}
	return false
}
