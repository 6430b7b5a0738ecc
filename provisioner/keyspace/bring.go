package keyspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// Saves has the keys that were kept together with other data.
type Saves interface {
	// Keys gives those of the save that an environment's data comes from, or why none were kept with it. It is a Problem where there
	// is no such save.
	Keys(ctx context.Context, env store.Environment) (keys []store.Key, why store.Detail, err error)
}

// luggage are keys that come to an environment together with its data.
type luggage struct {
	keys []store.Key
	why  store.Detail // there are none
}

// luggage gathers what an environment is to be given, before anything of its own is taken away: what people asked for by load or
// copy. Data that begins as the configuration says brings none.
func (s *Server) luggage(ctx context.Context, c *store.Claim, m memo) (l luggage, err error) {
	from, ok := store.SourceOf(c.Spec.Data.From)
	if !ok || m.Epoch == epoch(c.Environment) {
		return luggage{}, nil
	}
	switch {
	case from.Sort == store.FromSave && s.o.Saves != nil:
		l.keys, l.why, err = s.o.Saves.Keys(ctx, c.Environment)
	case from.Sort == store.FromEnvironment:
		var source store.Environment
		if source, err = s.notes.Get(ctx, store.NewID(s.o.Installation, c.Spec.App, from.Name)); err == nil {
			l.keys, l.why, err = s.Collect(ctx, source)
		}
		if errors.Is(err, store.ErrNotFound) {
			err = store.NewProblem(err, store.SchemaNoSource, c.Spec.Data.From)
		}
	}
	if err != nil {
		return luggage{}, fmt.Errorf("gather the keys of %s: %w", c.Spec.Data.From, err)
	}
	return l, nil
}

// unpack puts the keys into the environment's corner, which is its own and empty. Where the server takes them not, it is left empty,
// and the thread hears of it, as where there were none to put.
func (s *Server) unpack(ctx context.Context, c *store.Claim, w way, l luggage) error {
	h := s.home(w, c.Environment)
	err := s.restore(ctx, c, h, l.keys)
	if err != nil && refused(err) && !errors.Is(err, redis.TxFailedErr) {
		s.o.Log.Warn("keys cannot be put back", "env", c.ID, "error", err)
		l.why = store.Say(store.KeysRefused)
		err = s.takeBack(ctx, c, h, l.keys)
	}
	if err != nil || l.why.Code == "" {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	return s.notes.Tell(ctx, c, store.Event{Key: "keyless/" + epoch(c.Environment), Code: store.EventKeyless, Kind: Kind, Answer: l.why, At: s.o.Now()})
}

// batch is how much is sent at a time.
const batch = 1 << 20

// inBatches calls do with some of the keys at a time.
func inBatches(keys []store.Key, do func([]store.Key) error) error {
	for len(keys) > 0 {
		n, size := 0, 0
		for n < len(keys) && n < page && size < batch {
			size += len(keys[n].Payload)
			n++
		}
		if err := do(keys[:n]); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func (s *Server) restore(ctx context.Context, c *store.Claim, h home, keys []store.Key) error {
	err := inBatches(keys, func(keys []store.Key) error {
		return s.within(ctx, c, h, func(p redis.Pipeliner) {
			for _, k := range keys {
				args := []any{"RESTORE", h.named(k), k.Expires, k.Payload, "REPLACE"}
				if k.Expires > 0 {
					args = append(args, "ABSTTL") // the server leaves out what has expired
				}
				p.Do(ctx, args...)
			}
		})
	})
	if err != nil {
		return fmt.Errorf("restore keys: %w", err)
	}
	return nil
}

func (s *Server) takeBack(ctx context.Context, c *store.Claim, h home, keys []store.Key) error {
	err := inBatches(keys, func(keys []store.Key) error {
		return s.within(ctx, c, h, func(p redis.Pipeliner) {
			for _, k := range keys {
				p.Unlink(ctx, h.named(k))
			}
		})
	})
	if err != nil {
		return fmt.Errorf("take restored keys back: %w", err)
	}
	return nil
}

// within changes keys of the environment: in a number, only while that bears its marker.
func (s *Server) within(ctx context.Context, c *store.Claim, h home, change func(redis.Pipeliner)) error {
	if h.number != 0 {
		return s.alone(ctx, c, h.number, func(d number) bool { return d.there && !d.stranger }, change)
	}
	if err := c.Check(); err != nil {
		return err
	}
	_, err := h.client.Pipelined(ctx, func(p redis.Pipeliner) error { change(p); return nil })
	return err
}
