package keyspace

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

const (
	// spare is what a walk leaves of a pass's time, to note how far it came.
	spare = 2 * time.Second
	// scans is how often Remove walks in one call.
	scans = 3
)

// step takes the walk on: it takes away the keys of a namespace, all but its marker, until the walk is over or the time is.
// Keys that are there from its beginning to its end are met, by any number of processes that take it on in turn.
func (s *Server) step(ctx context.Context, c *store.Claim, name string, w *walk) (over bool, err error) {
	p, err := s.newPace(ctx)
	if err != nil {
		return false, err
	}
	var last []string // the page found before, which goes in the same round trip as the search for the next
	for n := 0; ; n++ {
		more := !w.Begun || w.Cursor != 0
		if !more && len(last) == 0 {
			return true, nil
		}
		stop := s.pages > 0 && n >= s.pages || late(ctx)
		if stop && len(last) == 0 {
			return false, nil
		}
		if len(last) > 0 {
			if err := c.Check(); err != nil {
				return false, err
			}
		}
		var answer *redis.ScanCmd
		began := time.Now()
		_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			if len(last) > 0 {
				pipe.Unlink(ctx, last...)
			}
			if more && !stop {
				answer = pipe.Scan(ctx, w.Cursor, pattern(name), p.page)
			}
			return nil
		})
		if err != nil {
			return false, fmt.Errorf("scan and unlink: %w", err)
		}
		if last = last[:0]; answer == nil {
			continue
		}
		var keys []string
		keys, w.Cursor = answer.Val()
		w.Begun, w.Seen = true, w.Seen+p.page
		p.took(time.Since(began))
		for _, key := range keys {
			if key != markerOf(name) {
				last = append(last, key)
			}
		}
		w.Found += len(last)
	}
}

// late tells whether the context's time is nearly over.
func late(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < spare
}

// walkOn takes up the walk in the memo, or begins one, and takes it on. What it came to is in the memo, and is noted when the
// walk is not over: an error loses what was walked since.
func (s *Server) walkOn(ctx context.Context, c *store.Claim, m *memo, purpose string) (over bool, err error) {
	info, err := s.info(ctx)
	if err != nil {
		return false, err
	}
	if m.Walk == nil || m.Walk.Server != info["run_id"] || m.Walk.For != purpose || m.Walk.Begun && m.Walk.Cursor == 0 {
		m.Walk = &walk{For: purpose, Server: info["run_id"]}
	}
	if over, err = s.step(ctx, c, Name(c.ID), m.Walk); err != nil || over {
		return over, err
	}
	return false, s.note(ctx, c, *m, false)
}

// empty takes away all keys of the environment's prefix until a whole walk found none.
func (s *Server) empty(ctx context.Context, c *store.Claim, m *memo) (proven bool, err error) {
	for range scans {
		over, err := s.walkOn(ctx, c, m, "removal")
		switch {
		case err != nil:
			return false, fmt.Errorf("empty keyspace %s: %w", Name(c.ID), err)
		case !over:
			return false, nil
		case m.Walk.Found == 0:
			return true, nil
		}
	}
	return false, fmt.Errorf("empty keyspace %s: the last walk still found %d keys", Name(c.ID), m.Walk.Found)
}

// count counts the keys of those namespaces in one walk over the database.
func (s *Server) count(ctx context.Context, names map[string]int) (map[string]int, error) {
	match := store.Prefix + "*"
	if len(names) == 1 {
		for name := range names {
			match = pattern(name)
		}
	}
	left := map[string]int{}
	var cursor uint64
	for {
		keys, next, err := s.client.Scan(ctx, cursor, match, page).Result()
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		for _, key := range keys {
			name, _, _ := strings.Cut(key, ":")
			if _, asked := names[name]; asked && strings.HasPrefix(key, name+":") {
				left[name]++
			}
		}
		if cursor = next; cursor == 0 {
			return left, nil
		}
	}
}
