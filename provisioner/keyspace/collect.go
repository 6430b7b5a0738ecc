package keyspace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// At most so much is kept of an environment's keys, and brought to one: one pass has to bring it back, and a process to hold it in
// memory. Sessions and queues of a QA environment take far less; whatever is larger is a cache.
const (
	mostBytes = 16 << 20 // as the server counts the memory of keys
	mostKeys  = 50_000
)

// home is where an environment's keys lie.
type home struct {
	client  *redis.Client
	number  int // that is the environment's own; 0: it has a namespace
	name    string
	pattern string
}

func (s *Server) home(w way, env store.Environment) home {
	if w.numbers {
		n := env.Allotted[Kind]
		return home{client: s.number(n), number: n, name: Name(env.ID), pattern: "*"}
	}
	return home{client: s.client, name: Name(env.ID), pattern: pattern(Name(env.ID))}
}

// marker is the key that says whose it is.
func (h home) marker() string {
	if h.number != 0 {
		return marker
	}
	return markerOf(h.name)
}

// scoped gives the name of a key without the namespace.
func (h home) scoped(name string) (rest string, scoped bool) {
	return strings.CutPrefix(name, h.name+":")
}

// named is the reverse, for another environment's keys too. Where all keys have to bear the namespace, this one gets it.
func (h home) named(k store.Key) string {
	if k.Scoped || h.number == 0 {
		return h.name + ":" + string(k.Name)
	}
	return string(k.Name)
}

// bears tells whether the environment's marker is there.
func (s *Server) bears(ctx context.Context, h home, env store.Environment) (bool, error) {
	if h.number != 0 {
		d, err := s.look(ctx, h.number, env.ID)
		return d.there && !d.stranger, err
	}
	marks, err := s.marks(ctx, []store.Environment{env})
	return err == nil && marks[0].there && !marks[0].stranger, err
}

// Collect gives the keys of an environment, each as it is when the walk meets it. Where there are too many, or the server does not
// give them away, it gives none and says why.
func (s *Server) Collect(ctx context.Context, env store.Environment) (keys []store.Key, why store.Detail, err error) {
	keys, why, err = s.collect(ctx, env)
	if err != nil && refused(err) {
		s.o.Log.Warn("keys cannot be read", "env", env.ID, "error", err)
		return nil, store.Say(store.KeysRefused), nil
	}
	return keys, why, reach(err)
}

func (s *Server) collect(ctx context.Context, env store.Environment) (keys []store.Key, why store.Detail, err error) {
	w, err := s.way(ctx)
	if err != nil || w.numbers && env.Allotted[Kind] == 0 {
		return nil, why, err
	}
	h := s.home(w, env)
	if ours, err := s.bears(ctx, h, env); err != nil || !ours {
		return nil, why, err
	}
	met := map[string]bool{} // it is not added to once there are too many
	count, total, cursor := 0, int64(0), uint64(0)
	for {
		names, next, err := h.client.Scan(ctx, cursor, h.pattern, page).Result()
		if err != nil {
			return nil, why, fmt.Errorf("scan: %w", err)
		}
		var fresh []string
		for _, name := range names { // a walk may meet a key twice
			if !met[name] && name != h.marker() {
				if count++; count <= mostKeys {
					met[name] = true
				}
				fresh = append(fresh, name)
			}
		}
		size, err := h.sizes(ctx, fresh)
		if err != nil {
			return nil, why, err
		}
		// A key that is too large is not even read: that would keep others waiting.
		if total += size; total <= mostBytes && count <= mostKeys {
			more, err := h.dump(ctx, fresh)
			if err != nil {
				return nil, why, err
			}
			keys = append(keys, more...)
		} else {
			keys = nil
		}
		if cursor = next; cursor == 0 {
			break
		}
		if late(ctx) {
			return nil, store.Say(store.KeysUnwalked), nil
		}
	}
	if total > mostBytes || count > mostKeys {
		return nil, store.Say(store.KeysTooMany, total, count, int64(mostBytes), mostKeys), nil
	}
	return keys, why, nil
}

// sizes is what keys take of the server's memory.
func (h home) sizes(ctx context.Context, names []string) (total int64, err error) {
	if len(names) == 0 {
		return 0, nil
	}
	answers := make([]*redis.IntCmd, len(names))
	_, err = h.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			answers[i] = p.MemoryUsage(ctx, name)
		}
		return nil
	})
	for _, a := range answers {
		switch {
		case errors.Is(a.Err(), redis.Nil): // it is gone
		case a.Err() != nil:
			return 0, fmt.Errorf("ask for the size of keys: %w", a.Err())
		}
		total += a.Val()
	}
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return total, err
}

// dump reads keys. One that is gone meanwhile is left out.
func (h home) dump(ctx context.Context, names []string) ([]store.Key, error) {
	if len(names) == 0 {
		return nil, nil
	}
	payloads, left := make([]*redis.StringCmd, len(names)), make([]*redis.DurationCmd, len(names))
	var clock *redis.TimeCmd
	_, err := h.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		clock = p.Time(ctx) // the server's: it is the one that ends them
		for i, name := range names {
			payloads[i], left[i] = p.Dump(ctx, name), p.PTTL(ctx, name)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("dump keys: %w", err)
	}
	var keys []store.Key
	for i, name := range names {
		payload, err := payloads[i].Bytes()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err := errors.Join(err, left[i].Err(), clock.Err()); err != nil {
			return nil, fmt.Errorf("dump a key: %w", err)
		}
		rest, scoped := h.scoped(name)
		k := store.Key{Name: []byte(rest), Scoped: scoped, Payload: payload}
		if d := left[i].Val(); d >= time.Millisecond {
			k.Expires = clock.Val().Add(d).UnixMilli()
		}
		keys = append(keys, k)
	}
	return keys, nil
}
