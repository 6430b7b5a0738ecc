package store

import (
	"context"
	"errors"
	"time"
)

// The times of a claim. Guard and the longest call together stay below the lease, so that a worker stops by its own clock
// before another may begin: 20 s + 8 s < 30 s.
const (
	Lease       = 30 * time.Second // how long the database holds the row for a silent worker
	Guard       = 20 * time.Second // how long a worker trusts its last claim or renewal, counted from before it was sent
	LongestCall = 8 * time.Second  // deadline around one call to the outside, retries included
	RenewEvery  = 5 * time.Second
)

var (
	// ErrFenced says that somebody else has the claim, or that it can no longer be trusted: stop at once.
	ErrFenced = errors.New("fenced: the claim is no longer ours")
	// ErrChanged says that a newer wish is there: the claim still holds, but what is being done may be out of date.
	ErrChanged = errors.New("a newer wish is there")
	// ErrNotFound says that there is no such environment.
	ErrNotFound = errors.New("no such environment")
	// ErrExhausted says that every number of a range is in use.
	ErrExhausted = errors.New("every number of the range is in use")
)

// Claim holds a named row for one worker: an environment, or another name such as "narrate/<id>".
// It is safe for concurrent use.
type Claim struct {
	Environment        // as it was when the claim was made; empty for other names
	Name        string // "env/<id>" for an environment
	Owner       string
	Fence       int64 // rises with every claim of the name, and never falls

	// Hook, when set, is asked by every Check, right before a call that changes the world: tests cut work off there.
	Hook func() error

	trust  *trust
	wishes int64 // what the row had when the claim was made: Settle compares it
	made   int64 // when, by the database's clock in milliseconds
}

// alive tells whether the claim may still be trusted, by this process's monotonic clock.
func (c *Claim) alive() bool { return c.trust.alive() }

// Check is ErrFenced once the claim may no longer be trusted. Call it right before every call that changes the world.
func (c *Claim) Check() error {
	if !c.alive() {
		return ErrFenced
	}
	if c.Hook != nil {
		return c.Hook()
	}
	return nil
}

type claimKey struct{}

// WithClaim puts the claim into the context, for clients that check it at each call and put its fence on the wire.
func WithClaim(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// ClaimOf gives the context's claim, nil where there is none.
func ClaimOf(ctx context.Context) *Claim {
	c, _ := ctx.Value(claimKey{}).(*Claim)
	return c
}
