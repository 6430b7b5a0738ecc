package keyspace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"qabot/store"
)

// Kind of the resource.
const Kind store.Kind = "keyspace"

// Kind is "keyspace".
func (s *Server) Kind() store.Kind { return Kind }

// countable is how many keys the server may have for late keys of environments that are gone to be counted at every look.
// With more of them, the walk that proved that none is left has to do.
const countable = 2_000_000

// Observe reports on many environments: one round trip for the markers and one for the accounts, one look into the Vault,
// and one scan for all the environments of which nothing is left, which proves that they have no keys either.
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

// sight is what was seen of one environment's corner.
type sight struct {
	memo
	noted   bool // there is a memo
	prefix  mark
	number  number // the one that is allotted; of no number: empty
	lost    int    // number that bears its marker without being allotted to it; 0: none
	kept    string // address in the Vault
	fits    bool   // it leads here, as it must
	account bool   // the account is there, and takes the password in the address
}

func (s *Server) sights(ctx context.Context, w way, envs []store.Environment) ([]sight, error) {
	marks, err := s.marks(ctx, envs)
	if err != nil {
		return nil, err
	}
	kept, err := s.kept(ctx, w, envs)
	if err != nil {
		return nil, err
	}
	lost, err := s.lostNumbers(ctx, envs)
	if err != nil {
		return nil, err
	}
	all, passwords := make([]sight, len(envs)), map[store.ID]string{}
	for i, env := range envs {
		v := sight{prefix: marks[i], kept: kept[env.ID], lost: lost[env.ID]}
		v.memo, v.noted = memoOf(env)
		if n := env.Allotted[Kind]; n != 0 && n != s.db && (w.numbers || v.Number == n) {
			if v.number, err = s.look(ctx, n, env.ID); err != nil {
				return nil, err
			}
		}
		var password string
		password, v.fits = s.fits(w, env.ID, env.Allotted[Kind], v.kept)
		v.fits = v.fits || !s.secret(w)
		if w.accounts && v.fits {
			passwords[env.ID] = password
		}
		all[i] = v
	}
	if len(passwords) > 0 {
		there, err := s.accounts(ctx, passwords)
		if err != nil {
			return nil, err
		}
		for i, env := range envs {
			all[i].account = there[env.ID]
		}
	}
	return all, nil
}

// lostNumbers finds numbers that bear markers of environments nobody wants, and are not allotted to them: all that is known of
// these may be what they left behind.
func (s *Server) lostNumbers(ctx context.Context, envs []store.Environment) (map[store.ID]int, error) {
	alone := func(env store.Environment) bool {
		return env.Allotted[Kind] == 0 && !env.Spec.Wants(Kind, s.o.Now())
	}
	if !slices.ContainsFunc(envs, alone) {
		return nil, nil
	}
	marked, err := s.marksOfNumbers(ctx)
	if err != nil {
		return nil, err
	}
	lost := map[store.ID]int{}
	for n, id := range marked {
		if slices.ContainsFunc(envs, func(env store.Environment) bool { return env.ID == id && alone(env) }) {
			lost[id] = n
		}
	}
	if len(lost) == 0 {
		return nil, nil
	}
	holders, err := s.notes.Holders(ctx, leases)
	if err != nil {
		return nil, fmt.Errorf("ask who has the numbers: %w", err)
	}
	maps.DeleteFunc(lost, func(_ store.ID, n int) bool { // somebody's by now, whatever marker is in it
		return slices.ContainsFunc(holders, func(h store.Holder) bool { return h.Number == n && !h.Idle })
	})
	return lost, nil
}

func (s *Server) observe(ctx context.Context, envs []store.Environment, seen []store.Observation) error {
	if len(envs) == 0 {
		return nil
	}
	w, err := s.way(ctx)
	if err != nil {
		return err
	}
	sights, err := s.sights(ctx, w, envs)
	if err != nil {
		return err
	}
	staying, err := s.staying(ctx, w, envs, sights)
	if err != nil {
		return err
	}
	doubtful := map[string]int{} // by name, the place in envs
	for i, env := range envs {
		if staying[env.ID] {
			seen[i] = store.Observation{State: store.Ready, Detail: s.there(w, env)}
			continue
		}
		if env.Spec.Wants(Kind, s.o.Now()) {
			seen[i] = s.wanted(w, env, sights[i])
			continue
		}
		if seen[i] = unwanted(sights[i]); seen[i].State == store.Absent && !sights[i].prefix.stranger {
			doubtful[Name(env.ID)] = i
		}
	}
	return s.latecomers(ctx, doubtful, seen)
}

// home is the mark on the corner in which the environment's keys lie.
func (v sight) home(w way) mark {
	if w.numbers {
		return v.number.mark
	}
	return v.prefix
}

// staying tells which corners have the keys of data that is still in use, although other data is wished for.
func (s *Server) staying(ctx context.Context, w way, envs []store.Environment, sights []sight) (map[store.ID]bool, error) {
	var old []store.Environment
	for i, env := range envs {
		home := sights[i].home(w)
		if env.Spec.Wants(Kind, s.o.Now()) && home.there && !home.stranger && home.epoch != epoch(env) && home.epoch != unfilled && sights[i].settled(w, env) && s.o.Data != nil {
			old = append(old, env)
		}
	}
	if len(old) == 0 {
		return nil, nil
	}
	fresh, err := s.o.Data.Fresh(ctx, old)
	if err != nil {
		return nil, fmt.Errorf("ask whether data is there: %w", err)
	}
	stays := map[store.ID]bool{}
	for i, env := range old {
		stays[env.ID] = !fresh[i]
	}
	return stays, nil
}

// wanted judges the corner of an environment that is to have one.
func (s *Server) wanted(w way, env store.Environment, v sight) store.Observation {
	home := v.home(w)
	addressed := v.fits && (!w.accounts || v.account && v.Account)
	switch {
	case !w.numbers && home.stranger:
		return store.Observation{State: store.Failed, Detail: store.Say(store.Foreign, "keyspace", Name(env.ID))}
	case !home.there && !v.noted && v.kept == "":
		return store.Observation{State: store.Absent}
	case home.there && !home.stranger && home.epoch == epoch(env) && addressed && v.settled(w, env):
		return store.Observation{State: store.Ready, Detail: s.there(w, env)}
	case v.Walk != nil:
		return store.Observation{State: store.Stale, Detail: store.Say(store.KeyspaceEmptying, v.Walk.Seen)}
	}
	return store.Observation{State: store.Stale}
}

// settled tells whether the memo says of the corner what is wanted of it.
func (v sight) settled(w way, env store.Environment) bool {
	return v.noted && (w.numbers && v.Number == env.Allotted[Kind] || !w.numbers && v.Prefix)
}

// there says in which corner the environment's keys lie.
func (s *Server) there(w way, env store.Environment) store.Detail {
	switch {
	case w.numbers && w.accounts:
		return store.Say(store.KeyspaceNumber, env.Allotted[Kind])
	case w.numbers:
		return store.Say(store.KeyspaceNumberShared, env.Allotted[Kind])
	case w.accounts:
		return store.Say(store.KeyspaceThere, Name(env.ID), s.db)
	}
	return store.Say(store.KeyspaceShared, Name(env.ID), s.db)
}

// unwanted judges what is left of a corner that nobody wants.
func unwanted(v sight) store.Observation {
	ours := v.prefix.there && !v.prefix.stranger || v.number.there && !v.number.stranger || v.lost != 0
	switch {
	case v.Walk != nil:
		return store.Observation{State: store.Stale, Detail: store.Say(store.KeyspaceEmptying, v.Walk.Seen)}
	case ours, v.noted, v.kept != "" && !v.prefix.stranger:
		return store.Observation{State: store.Stale}
	}
	return store.Observation{State: store.Absent}
}

// latecomers looks whether keys of environments that are gone were written after all.
func (s *Server) latecomers(ctx context.Context, doubtful map[string]int, seen []store.Observation) error {
	if len(doubtful) == 0 {
		return nil
	}
	size, err := s.client.DBSize(ctx).Result()
	if err != nil {
		return fmt.Errorf("count keys: %w", err)
	}
	if size > countable {
		return nil
	}
	left, err := s.count(ctx, doubtful)
	if err != nil {
		return err
	}
	for name, i := range doubtful {
		if n := left[name]; n > 0 {
			seen[i] = store.Observation{State: store.Stale, Detail: store.Say(store.KeyspaceEmptied, n)}
		}
	}
	return nil
}
