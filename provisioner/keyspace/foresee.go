package keyspace

import (
	"context"
	"errors"
	"fmt"

	"qabot/store"
)

// Foresee names the corner, the account, and the parameter with its address where that is a secret.
func (s *Server) Foresee(ctx context.Context, env store.Environment) (store.Foreseen, error) {
	seen, err := s.Observe(ctx, []store.Environment{env})
	if err != nil {
		return store.Foreseen{}, err
	}
	f := store.Foreseen{Seen: seen[0]}
	if f.Seen.State == store.Unknown {
		return f, nil
	}
	w, err := s.way(ctx)
	if err != nil {
		return f, err
	}
	if !env.Spec.Wants(Kind, s.o.Now()) {
		return f, nil
	}
	if w.numbers {
		free, others, err := s.candidates(ctx, env)
		if err == nil {
			f.Number, err = s.notes.Offer(ctx, env.ID, Kind, leases, free)
		}
		if errors.Is(err, store.ErrExhausted) {
			f.Seen.State = store.Failed
			f.Seen.Detail, err = s.full(ctx, env.ID, others)
			return f, err
		}
		if err != nil {
			return f, fmt.Errorf("foresee a number: %w", err)
		}
		f.Things = append(f.Things, store.Say(store.ThingNumber, f.Number))
	} else {
		f.Things = append(f.Things, store.Say(store.ThingKeys, Name(env.ID), s.db))
	}
	if w.accounts {
		f.Things = append(f.Things, store.Say(store.ThingAccount, Name(env.ID)))
	} else if s.o.Account == Auto {
		f.Things = append(f.Things, store.Say(store.ThingCommon))
	}
	if s.secret(w) {
		f.Things = append(f.Things, store.Say(store.ThingSecret, Parameter, s.vault.Ref(env.ID, Parameter)))
	}
	return f, nil
}
