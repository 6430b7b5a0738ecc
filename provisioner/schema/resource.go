package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qabot/store"
)

// Kind of the resource.
const Kind store.Kind = "schema"

// Resource is one app's schemas, as the provisioner wants them.
type Resource struct {
	*Server
	app   string
	loads Loads // nil: nobody counts connections
	book  Book
}

// Resource gives the schemas of an app.
func (s *Server) Resource(app string) *Resource { return &Resource{Server: s, app: app} }

// Kind is "schema".
func (r *Resource) Kind() store.Kind { return Kind }

// Observe reports on many environments with a constant number of queries, and one for each schema that bears marks.
func (r *Resource) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	if len(envs) == 0 {
		return nil, nil
	}
	seen, err := r.observe(ctx, envs)
	if err == nil {
		return seen, nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	var why *store.Problem
	if !errors.As(reach(explain(err, "look")), &why) {
		return nil, err
	}
	r.o.Log.Debug("observe schemas", "error", err)
	seen = make([]store.Observation, len(envs))
	for i := range seen {
		seen[i].Detail = why.Detail
	}
	return seen, nil
}

func (r *Resource) observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	sights, err := r.look(ctx, r.app, envs)
	if err != nil {
		return nil, err
	}
	accounts, known, err := r.accounts(ctx, envs)
	if err != nil {
		return nil, err
	}
	ids := make([]store.ID, len(envs))
	for i, env := range envs {
		ids[i] = env.ID
	}
	kept, err := r.vault.Look(ctx, ids, Parameter)
	if err != nil {
		return nil, vaultError{fmt.Errorf("look for passwords: %w", err)}
	}
	price, unpriced := r.price(ctx)
	seen := make([]store.Observation, len(envs))
	now := r.o.Now()
	for i, env := range envs {
		if at := r.making(env, sights[i]); at != nil && env.Spec.Wants(Kind, now) {
			if seen[i], err = r.filling(ctx, env, sights[i].name, *at); err != nil {
				return nil, err
			}
			continue
		}
		terms := r.terms(r.most(price))
		if unpriced != nil {
			terms = env.Facts[Kind].Extra
		}
		v := view{terms: terms, env: env, sight: sights[i], owner: r.whose(env, sights[i]), address: r.address(r.app, env.ID), kept: kept[env.ID]}
		v.account = accounts[v.address.account]
		if !known {
			if v.account, err = r.loginTells(ctx, v.address.with(v.kept)); err != nil {
				return nil, err
			}
		}
		if env.Spec.Wants(Kind, now) {
			seen[i] = r.wanted(v)
		} else {
			seen[i] = r.unwanted(v)
		}
	}
	return seen, r.ration(ctx, envs, seen, price, unpriced)
}

// view is all there is to judge one environment by.
type view struct {
	env     store.Environment
	sight   sight
	owner   owner
	address address
	kept    string // DATABASE_URL as the Vault has it
	account bool
	terms   string // that are in force now
}

func (r *Resource) wanted(v view) store.Observation {
	note := v.env.Facts[Kind]
	switch {
	case v.owner == stranger:
		return store.Observation{State: store.Failed, Detail: store.Say(store.Foreign, "schema", v.address.name)}
	case v.owner == nobody && !v.account && v.kept == "":
		return store.Observation{State: store.Absent}
	case v.owner == ours && v.sight.fresh(v.env) && !r.clearable(v.env, v.sight.next) && (r.o.Shared || v.account && v.address.fits(v.kept)) && r.proven(note, v.address.name, v.terms):
		return store.Observation{State: store.Ready, Detail: note.Detail}
	}
	return store.Observation{State: store.Stale, Detail: store.Say(store.SchemaCreating)}
}

// proven tells whether the account was proven, on those terms.
func (r *Resource) proven(note store.Fact, name, terms string) bool {
	if note.Ref != name || note.Outcome != store.Succeeded || note.Extra != terms {
		return false
	}
	return r.o.Shared || note.Detail.Code == store.SchemaThere || note.Detail.Code == store.SchemaBestEffort && r.o.BestEffort
}

// terms are what an account was made with, as the note keeps it.
func (s *Server) terms(most int) string {
	if s.o.Shared {
		return "shared"
	}
	return fmt.Sprintf("connections=%d", most)
}

func (r *Resource) unwanted(v view) store.Observation {
	switch {
	case v.owner == unmarked:
		// The tables in it may be anybody's: whoever took the marks away has to say so.
		return store.Observation{State: store.Held, Detail: store.Say(store.Foreign, "schema", v.address.name)}
	case r.clearable(v.env, v.sight.next), r.clearable(v.env, v.sight.past):
		return store.Observation{State: store.Stale}
	case v.env.Facts[Kind].Ref != "", v.owner == ours, v.owner == nobody && (v.account || v.kept != ""):
		return store.Observation{State: store.Stale}
	}
	return store.Observation{State: store.Absent}
}

// loginTells finds out about an account by logging in, for want of a right to look.
func (s *Server) loginTells(ctx context.Context, a address) (bool, error) {
	if a.password == "" {
		return false, nil
	}
	opened, err := s.opens(ctx, a)
	switch {
	case is(err, loginDenied, accountLocked, accountLockedMariaDB):
		return false, nil
	case is(err, accountFull):
		return true, nil
	}
	return opened, hide(err, a.password)
}

// vaultError keeps trouble of the Vault from being taken for trouble of the server. What the Vault says itself of its
// trouble is heard.
type vaultError struct{ error }

func (e vaultError) As(target any) bool {
	problem, ok := target.(**store.Problem)
	return ok && errors.As(e.error, problem)
}

// making is the schema in which the data that is wanted comes about, or that has to be finished; nil where none is.
func (r *Resource) making(env store.Environment, v sight) *sight {
	switch {
	case r.whose(env, v) != ours:
		return nil
	case v.whole(), v.marks[markFilling] != "" && v.meant(env):
		return &v
	case !v.meant(env) && r.of(env, v.next) && v.next.meant(env):
		return v.next
	}
	return nil
}

// filling tells how far data is that comes about. What nobody is at is gone on with, or begun anew.
func (r *Resource) filling(ctx context.Context, env store.Environment, home string, v sight) (store.Observation, error) {
	if f, failed := failedOf(v.marks); failed && f.Generation == env.Spec.Generation {
		return store.Observation{State: store.Failed, Detail: f.Detail}, nil
	}
	held, err := r.notes.Held(ctx, job(home))
	if err != nil {
		return store.Observation{}, err
	}
	state := store.Stale
	if held && !v.whole() {
		state = store.Working
	}
	filled, tables, _ := strings.Cut(v.marks[markProgress], "/")
	if tables == "" {
		return store.Observation{State: state, Detail: store.Say(store.SchemaCreating)}, nil
	}
	return store.Observation{State: state, Detail: store.Say(store.SchemaFilling, filled, tables)}, nil
}
