package schema

import (
	"context"

	"qabot/store"
)

// Parameter is the name under which an environment's DATABASE_URL lies in the Vault.
const Parameter = "DATABASE_URL"

// Vault keeps what has a password in it, by environment and name ("DATABASE_URL").
type Vault interface {
	// Look gives the values that are there; absent ones are missing from the map.
	Look(ctx context.Context, ids []store.ID, name string) (map[store.ID]string, error)
	// Put puts the value if there is none yet, and gives the one that is there now.
	Put(ctx context.Context, c *store.Claim, name, value string) (stored string, err error)
	// Delete takes the value away; an absent one is success.
	Delete(ctx context.Context, c *store.Claim, name string) error
	// Ref is what a task definition needs to have the value: its valueFrom.
	Ref(id store.ID, name string) string
}

// Notebook is where the newest work on each schema is noted: the store.
type Notebook interface {
	Desk
	Note(ctx context.Context, c *store.Claim, kind store.Kind, f store.Fact) error
	Forget(ctx context.Context, c *store.Claim, kind store.Kind) error
}
