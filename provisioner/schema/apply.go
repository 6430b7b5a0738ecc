package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qabot/store"
)

// Apply makes or mends an environment's schema, its account and its parameter, in an order in which each thing can be told
// from a stranger's at any moment, and proves the account at the end.
func (r *Resource) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return reach(r.apply(ctx, c))
}

func (r *Resource) apply(ctx context.Context, c *store.Claim) error {
	a, v, err := r.before(ctx, c)
	if err != nil {
		return err
	}
	if r.whose(c.Environment, v) == stranger {
		return foreign(a.name)
	}
	price, err := r.price(ctx)
	if err != nil {
		return err
	}
	if granted, err := r.ask(ctx, c, price); err != nil || !granted {
		return err
	}
	there, marked := v.there, false
	if r.whose(c.Environment, v) == ours {
		marked = v.fresh(c.Environment)
		stays, err := r.keeps(ctx, v)
		switch {
		case err != nil:
			return err
		case !marked && stays:
			if in, err := r.replace(ctx, c, a, v); !in || err != nil {
				return err
			}
			return r.build(ctx, c, a, r.most(price), true, true)
		case !marked:
			if over, err := r.dropOwn(ctx, c, a, v); !over || err != nil {
				return err
			}
			there = false
		}
	}
	if r.clearable(c.Environment, v.next) { // nobody needs it any more
		if err := r.clearBeside(ctx, c, v.next); err != nil {
			return err
		}
	}
	return r.build(ctx, c, a, r.most(price), there, marked)
}

// dropOwn drops what is in the schema and is not whole, to make it anew in its place. over is false while just that is going on.
func (r *Resource) dropOwn(ctx context.Context, c *store.Claim, a address, v sight) (over bool, err error) {
	// Before anything is taken away: is there something to put in its place?
	if _, err := r.source(ctx, c.Environment); err != nil {
		return false, err
	}
	if working, err := r.halt(ctx, c, a.name, &v); working || err != nil {
		return false, err
	}
	return true, r.purge(ctx, c, a.name, a.account)
}

// build brings about what is missing of the parts, top to bottom.
func (r *Resource) build(ctx context.Context, c *store.Claim, a address, most int, there, marked bool) error {
	if !marked {
		if begun, err := r.begin(ctx, c, a, there); begun || err != nil {
			return err
		}
	}
	note := store.Fact{Ref: a.name, Generation: c.Spec.Generation, Began: r.o.Now()}
	if !there {
		// The intent: from here on an empty schema of that name is ours.
		if err := r.note(ctx, c, note); err != nil {
			return err
		}
	}
	a, err := r.password(ctx, c, a)
	if err != nil {
		return err
	}
	if !there {
		if err := r.create(ctx, c, a.name); err != nil {
			return err
		}
	}
	if !marked {
		if err := r.mark(ctx, c, a.name); err != nil {
			return err
		}
	}
	detail, err := r.admit(ctx, c, a, most)
	if err != nil {
		return err
	}
	note.Outcome, note.Detail, note.Extra, note.Ended = store.Succeeded, detail, r.terms(most), r.o.Now()
	return r.note(ctx, c, note)
}

// admit lets the environment's tasks into the schema: with an account that can do no more than that, or, where all share
// one, with that.
func (r *Resource) admit(ctx context.Context, c *store.Claim, a address, most int) (store.Detail, error) {
	if r.o.Shared {
		if c.Facts[Kind].Extra == "" || c.Facts[Kind].Extra == r.terms(0) {
			return store.Say(store.SchemaShared, a.name), nil
		}
		// It was made with an account of its own.
		return store.Say(store.SchemaShared, a.name), errors.Join(r.dropAccount(ctx, c, a.account), r.discard(ctx, c))
	}
	if err := r.account(ctx, c, a.account, a.password); err != nil {
		return store.Detail{}, err
	}
	detail, err := r.isolate(ctx, c, a)
	if err != nil {
		return store.Detail{}, err
	}
	return detail, r.limit(ctx, c, a.account, a.password, most)
}

func (r *Resource) create(ctx context.Context, c *store.Claim, name string) error {
	err := r.do(ctx, c, "CREATE DATABASE "+quote(name)+" CHARACTER SET utf8mb4")
	if is(err, schemaExists) {
		// Somebody made it between our look and now. The intent must go, or it would be ours at the next try.
		if err := r.abandon(ctx, c); err != nil {
			return err
		}
		return foreign(name)
	}
	return explain(err, "create database")
}

// password gives the address with the password that the Vault has, after it has one.
func (r *Resource) password(ctx context.Context, c *store.Claim, a address) (address, error) {
	if r.o.Shared {
		return a, nil
	}
	a.password = newPassword()
	kept, err := r.put(ctx, c, a)
	if err != nil {
		return a, err
	}
	if a.fits(kept) {
		return a.with(kept), nil
	}
	// It leads elsewhere: the host or the form of the URL was configured anew, or somebody changed it.
	if err := r.discard(ctx, c); err != nil {
		return a, err
	}
	if old := passwordIn(kept); old != "" {
		a.password = old
	}
	if kept, err = r.put(ctx, c, a); err != nil {
		return a, err
	}
	if !a.fits(kept) {
		return a, errors.New("keep the address: the vault gives another one than was put")
	}
	return a.with(kept), nil
}

// put offers the address to the Vault and gives the one that is kept.
func (r *Resource) put(ctx context.Context, c *store.Claim, a address) (string, error) {
	if err := c.Check(); err != nil {
		return "", err
	}
	kept, err := r.vault.Put(ctx, c, Parameter, a.String())
	if err != nil {
		return "", hide(fmt.Errorf("keep the address: %w", err), a.password)
	}
	return kept, nil
}

func (r *Resource) note(ctx context.Context, c *store.Claim, f store.Fact) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := r.notes.Note(ctx, c, Kind, f); err != nil {
		return fmt.Errorf("note the schema: %w", err)
	}
	return nil
}

// abandon takes away what is ours beside schema and account; the note goes last, since it says that there may be something.
func (r *Resource) abandon(ctx context.Context, c *store.Claim) error {
	if err := r.discard(ctx, c); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := r.notes.Forget(ctx, c, Kind); err != nil {
		return fmt.Errorf("forget the schema: %w", err)
	}
	return nil
}

func (r *Resource) discard(ctx context.Context, c *store.Claim) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := r.vault.Delete(ctx, c, Parameter); err != nil {
		return fmt.Errorf("take away the address: %w", err)
	}
	return nil
}

// before looks at what is there, right before it is changed.
func (r *Resource) before(ctx context.Context, c *store.Claim) (address, sight, error) {
	a := r.address(r.app, c.ID)
	if err := r.guard(a); err != nil {
		return a, sight{}, err
	}
	sights, err := r.look(ctx, r.app, []store.Environment{c.Environment})
	if err != nil {
		return a, sight{}, explain(err, "look")
	}
	return a, sights[0], nil
}

// guard refuses names that are never to be touched.
func (r *Resource) guard(a address) error {
	if r.protected[strings.ToLower(a.name)] || a.account == r.config.User || !strings.HasPrefix(a.name, store.Prefix) {
		return store.NewProblem(errors.New("the name is protected"), store.Foreign, "schema", a.name)
	}
	return nil
}

func foreign(name string) error {
	return store.NewProblem(errors.New("it is there and bears none of our marks"), store.Foreign, "schema", name)
}
