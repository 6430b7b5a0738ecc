package schema

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qabot/store"
)

// Some work on a schema takes longer than a pass may: it is a job, which has a claim of its own and renews it. What the job
// does shows in the schema's marks, so that a successor can tell where it ended, and end it.

// Desk is where jobs are claimed: the store.
type Desk interface {
	ClaimName(ctx context.Context, name, owner string) (*store.Claim, error)
	Renew(ctx context.Context, c *store.Claim) error
	Release(ctx context.Context, c *store.Claim) error
	Held(ctx context.Context, name string) (bool, error)
}

// job is the name of the claim on whatever fills a schema.
func job(schema string) string { return "fill/" + schema }

// claimJob claims the work on a schema; nil: somebody is at it.
func (s *Server) claimJob(ctx context.Context, schema string) (*store.Claim, error) {
	c, err := s.notes.ClaimName(ctx, job(schema), s.o.Installation)
	if err != nil {
		return nil, fmt.Errorf("claim the work on %s: %w", schema, err)
	}
	return c, nil
}

// start works in the background until it is done, the claim is lost or the Server is closed, and gives the claim back.
func (s *Server) start(c *store.Claim, work func(context.Context) error) {
	s.jobs.Go(func() {
		ctx, cancel := context.WithCancelCause(s.life)
		renewed := make(chan struct{})
		go func() {
			defer close(renewed)
			s.renew(ctx, c, cancel)
		}()
		err := work(ctx)
		lost := context.Cause(ctx)
		cancel(nil)
		<-renewed
		calm, end := context.WithTimeout(context.Background(), store.LongestCall)
		defer end()
		if errors.Is(lost, store.ErrFenced) {
			err = lost
		} else if err := s.notes.Release(calm, c); err != nil {
			s.o.Log.Warn("give back a claim", "name", c.Name, "error", err)
		}
		switch {
		case err == nil:
			s.o.Log.Info("job done", "name", c.Name)
		case s.life.Err() != nil:
			s.o.Log.Info("job stopped: another worker goes on", "name", c.Name)
		default:
			s.o.Log.Warn("job", "name", c.Name, "error", err)
		}
	})
}

// renew keeps a job's claim until the context ends, and ends it when the claim is lost.
func (s *Server) renew(ctx context.Context, c *store.Claim, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(store.RenewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		call, end := context.WithTimeout(ctx, store.LongestCall)
		err := s.notes.Renew(call, c)
		end()
		if errors.Is(err, store.ErrFenced) || err != nil && errors.Is(c.Check(), store.ErrFenced) {
			cancel(store.ErrFenced)
			return
		}
	}
}
