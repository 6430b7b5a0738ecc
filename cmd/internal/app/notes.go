package app

import (
	"context"

	"qabot/store"
)

// notes is the store as resources know it. With a Boundary, crash tests may stop the process between a call and the note of
// its outcome.
type notes struct {
	*store.Store
	boundary func(id store.ID, at string) error
}

// Note keeps a fact.
func (n notes) Note(ctx context.Context, c *store.Claim, k store.Kind, f store.Fact) error {
	if n.boundary != nil {
		if err := n.boundary(c.ID, "note of "+string(k)+" "+string(f.Outcome)); err != nil {
			return err
		}
	}
	return n.Store.Note(ctx, c, k, f)
}
