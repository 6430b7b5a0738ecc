package keyspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// Kind of the resource.
const Kind store.Kind = "keyspace"

// Kind is "keyspace".
func (s *Server) Kind() store.Kind { return Kind }

// Observe reports on many environments: one round trip for the markers, one look into the Vault, and one scan for all the
// environments that nobody wants and that have no marker any more, which proves that they have no keys either.
func (s *Server) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	seen := make([]store.Observation, len(envs))
	err := s.observe(ctx, envs, seen)
	var why *store.Problem
	switch {
	case err == nil:
		return seen, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, ctx.Err()
	case !errors.As(reach(err), &why):
		return nil, fmt.Errorf("observe keyspaces: %w", err)
	}
	s.o.Log.Debug("observe keyspaces", "error", err)
	for i := range seen {
		seen[i] = store.Observation{Detail: why.Detail}
	}
	return seen, nil
}

func (s *Server) observe(ctx context.Context, envs []store.Environment, seen []store.Observation) error {
	if len(envs) == 0 {
		return nil
	}
	marks, err := s.marks(ctx, envs)
	if err != nil {
		return err
	}
	kept, err := s.kept(ctx, envs)
	if err != nil {
		return err
	}
	now := s.o.Now()
	doubtful := map[string]int{} // by name, the place in envs
	for i, env := range envs {
		mark, name := marks[i], Name(env.ID)
		wanted := env.Spec.Wants(Kind, now)
		switch {
		case mark.stranger && wanted:
			seen[i] = store.Observation{State: store.Failed, Detail: store.Say(store.Foreign, "keyspace", name)}
		case mark.stranger:
			seen[i].State = store.Absent
		case wanted && !mark.there && kept[env.ID] == "":
			seen[i].State = store.Absent
		case wanted && mark.there && mark.epoch == epoch(env) && (!s.secret() || kept[env.ID] == s.address):
			seen[i] = store.Observation{State: store.Ready, Detail: store.Say(store.KeyspaceThere, name, s.db)}
		case wanted, mark.there, kept[env.ID] != "":
			seen[i].State = store.Stale
		default:
			doubtful[name] = i
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	left, err := s.count(ctx, doubtful)
	if err != nil {
		return err
	}
	for name, i := range doubtful {
		seen[i].State = store.Absent
		if n := left[name]; n > 0 {
			seen[i] = store.Observation{State: store.Stale, Detail: store.Say(store.KeyspaceEmptied, n)}
		}
	}
	return nil
}

// kept gives the addresses that the Vault has, where they belong there.
func (s *Server) kept(ctx context.Context, envs []store.Environment) (map[store.ID]string, error) {
	if !s.secret() {
		return nil, nil
	}
	ids := make([]store.ID, len(envs))
	for i, env := range envs {
		ids[i] = env.ID
	}
	kept, err := s.vault.Look(ctx, ids, Parameter)
	if err != nil {
		return nil, vaultError{fmt.Errorf("look for addresses: %w", err)}
	}
	return kept, nil
}

// mark is what a namespace's marker says.
type mark struct {
	there    bool
	stranger bool // it is there and not ours, or no marker at all
	epoch    string
}

const (
	fieldInstallation = "installation"
	fieldEnvironment  = "environment"
	fieldEpoch        = "epoch"
	fieldMade         = "made"
)

func epoch(env store.Environment) string { return fmt.Sprint(env.Spec.Data.Epoch) }

func (s *Server) marks(ctx context.Context, envs []store.Environment) ([]mark, error) {
	answers := make([]*redis.MapStringStringCmd, len(envs))
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, env := range envs {
			answers[i] = p.HGetAll(ctx, markerOf(Name(env.ID)))
		}
		return nil
	})
	if err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, fmt.Errorf("read markers: %w", err)
	}
	marks := make([]mark, len(envs))
	for i, answer := range answers {
		fields, err := answer.Result()
		switch {
		case redis.HasErrorPrefix(err, "WRONGTYPE"):
			marks[i] = mark{there: true, stranger: true}
		case err != nil:
			return nil, fmt.Errorf("read marker of %s: %w", envs[i].ID, err)
		case len(fields) > 0:
			ours := fields[fieldInstallation] == s.o.Installation && fields[fieldEnvironment] == string(envs[i].ID)
			marks[i] = mark{there: true, stranger: !ours, epoch: fields[fieldEpoch]}
		}
	}
	return marks, nil
}

// vaultError keeps trouble of the Vault from being taken for trouble of the server. What the Vault says itself of its
// trouble is heard.
type vaultError struct{ error }

func (e vaultError) As(target any) bool {
	problem, ok := target.(**store.Problem)
	return ok && errors.As(e.error, problem)
}
