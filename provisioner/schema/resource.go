package schema

import (
	"context"
	"errors"
	"fmt"

	"qabot/store"
)

// Kind of the resource.
const Kind store.Kind = "schema"

// Resource is one app's schemas, as the provisioner wants them.
type Resource struct {
	*Server
	app string
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
	seen := make([]store.Observation, len(envs))
	now := r.o.Now()
	for i, env := range envs {
		v := view{env: env, sight: sights[i], owner: r.whose(env, sights[i]), address: r.address(r.app, env.ID), kept: kept[env.ID]}
		v.account = accounts[v.address.account]
		if !known {
			if v.account, err = r.loginTells(ctx, v.address.with(v.kept)); err != nil {
				return nil, err
			}
		}
		if env.Spec.Wants(Kind, now) {
			seen[i] = r.wanted(v)
		} else {
			seen[i] = unwanted(v)
		}
	}
	return seen, nil
}

// view is all there is to judge one environment by.
type view struct {
	env     store.Environment
	sight   sight
	owner   owner
	address address
	kept    string // DATABASE_URL as the Vault has it
	account bool
}

func (r *Resource) wanted(v view) store.Observation {
	note := v.env.Facts[Kind]
	switch {
	case v.owner == stranger:
		return store.Observation{State: store.Failed, Detail: store.Say(store.Foreign, "schema", v.address.name)}
	case v.owner == nobody && !v.account && v.kept == "":
		return store.Observation{State: store.Absent}
	case v.owner == ours && v.sight.fresh(v.env) && v.account && v.address.fits(v.kept) && r.proven(note, v.address.name):
		return store.Observation{State: store.Ready, Detail: note.Detail}
	}
	return store.Observation{State: store.Stale, Detail: store.Say(store.SchemaCreating)}
}

// proven tells whether the account was proven, on the terms that are in force now.
func (r *Resource) proven(note store.Fact, name string) bool {
	if note.Ref != name || note.Outcome != store.Succeeded || note.Extra != r.terms() {
		return false
	}
	return note.Detail.Code == store.SchemaThere || note.Detail.Code == store.SchemaBestEffort && r.o.BestEffort
}

// terms are what an account was made with, as the note keeps it.
func (s *Server) terms() string { return fmt.Sprintf("connections=%d", s.o.MaxConnections) }

func unwanted(v view) store.Observation {
	switch {
	case v.owner == unmarked:
		// The tables in it may be anybody's: whoever took the marks away has to say so.
		return store.Observation{State: store.Held, Detail: store.Say(store.Foreign, "schema", v.address.name)}
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
