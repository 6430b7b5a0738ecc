package keyspace

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// page is how many keys the server walks at a time. Ten times more is hardly faster and makes others wait.
const page = 300

// purge takes away the keys of a namespace, all but its marker, in one walk over the database. It counts those it found.
func (s *Server) purge(ctx context.Context, c *store.Claim, name string) (found int, err error) {
	var cursor uint64
	var last []string // the page found before, which goes in the same round trip as the search for the next
	for first := true; first || cursor != 0 || len(last) > 0; first = false {
		if len(last) > 0 {
			if err := c.Check(); err != nil {
				return found, err
			}
		}
		var answer *redis.ScanCmd
		more := first || cursor != 0
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			if len(last) > 0 {
				p.Unlink(ctx, last...)
			}
			if more {
				answer = p.Scan(ctx, cursor, pattern(name), page)
			}
			return nil
		})
		if err != nil {
			return found, fmt.Errorf("scan and unlink: %w", err)
		}
		if last = last[:0]; !more {
			break
		}
		var keys []string
		keys, cursor = answer.Val()
		for _, key := range keys {
			if key != markerOf(name) {
				last = append(last, key)
			}
		}
		found += len(last)
	}
	return found, nil
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
