package keyspace

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"qabot/store"
)

const (
	sampled  = 30_000 // keys are looked at: SCAN gives them in no order, so they stand for the rest
	variants = 5      // patterns with one beginning; more are one
	reported = 10     // patterns
)

// Leaks looks through keys of the URL's number for those that belong to none of the environments: what an application writes
// without its prefix, and what is left of others. It reads only.
func (s *Server) Leaks(ctx context.Context, envs []store.Environment) (found store.Leaks, err error) {
	known := map[string]bool{}
	for _, env := range envs {
		known[Name(env.ID)] = true
	}
	found.Number = s.db
	if found.Keys, err = s.client.DBSize(ctx).Result(); err != nil {
		return found, fmt.Errorf("count keys: %w", err)
	}
	sorts := map[string]*store.Leak{}
	var cursor uint64
	for found.Looked < sampled {
		var keys []string
		if keys, cursor, err = s.client.Scan(ctx, cursor, "*", page).Result(); err != nil {
			return found, fmt.Errorf("scan: %w", err)
		}
		found.Looked += int64(len(keys))
		for _, key := range keys {
			if name, _, _ := strings.Cut(key, ":"); known[name] {
				continue
			}
			sort := sortOf(key)
			if sorts[sort] == nil {
				sorts[sort] = &store.Leak{Pattern: sort, Example: key, Maker: makerOf(key)}
			}
			sorts[sort].Keys++
		}
		if cursor == 0 {
			break
		}
	}
	if cursor == 0 {
		found.Keys = found.Looked
	}
	if err := s.leaveOthers(ctx, sorts); err != nil {
		return found, err
	}
	found.Found = most(gathered(sorts), found.Keys, found.Looked)
	return found, nil
}

// leaveOthers takes out what bears another installation's marker: it is somebody's.
func (s *Server) leaveOthers(ctx context.Context, sorts map[string]*store.Leak) error {
	for sort, leak := range sorts {
		name, _, _ := strings.Cut(leak.Example, ":")
		if !strings.HasPrefix(name, store.Prefix) {
			continue
		}
		installation, err := s.client.HGet(ctx, markerOf(name), fieldInstallation).Result()
		if err != nil && away(err) {
			return fmt.Errorf("read marker of %s: %w", name, err)
		}
		if installation != "" && installation != s.o.Installation {
			delete(sorts, sort)
		}
	}
	return nil
}

// sortOf is the pattern of keys like that one: its segments up to the first that looks like a value.
func sortOf(key string) string {
	parts := strings.Split(key, ":")
	if strings.HasPrefix(key, store.Prefix) && len(parts) > 1 {
		return parts[0] + ":*"
	}
	for i, part := range parts {
		if i == 4 || len(part) > 24 || strings.ContainsAny(part, "0123456789") {
			if i == 0 {
				return short(part) + "*"
			}
			return strings.Join(parts[:i], ":") + ":*"
		}
	}
	return key
}

// short is the beginning of a segment, up to its first digit.
func short(part string) string {
	if i := strings.IndexAny(part, "0123456789"); i >= 0 {
		part = part[:i]
	}
	return part[:min(len(part), 24)]
}

// gathered makes one of many patterns that begin alike, such as tokens without a digit.
func gathered(sorts map[string]*store.Leak) map[string]*store.Leak {
	alike := map[string]int{}
	first := func(pattern string) string { head, _, _ := strings.Cut(pattern, ":"); return head }
	for pattern := range sorts {
		alike[first(pattern)]++
	}
	all := map[string]*store.Leak{}
	for pattern, leak := range sorts {
		if head := first(pattern); alike[head] > variants && head != pattern {
			pattern = head + ":*"
		}
		if all[pattern] == nil {
			all[pattern] = &store.Leak{Pattern: pattern, Example: leak.Example, Maker: leak.Maker}
		}
		one := all[pattern]
		one.Keys += leak.Keys
		one.Example = min(one.Example, leak.Example)
	}
	return all
}

// most gives the sorts with the most keys, counted up from the sample to the whole.
func most(sorts map[string]*store.Leak, keys, looked int64) (list []store.Leak) {
	for _, leak := range sorts {
		if looked > 0 && keys > looked {
			leak.Keys = leak.Keys * keys / looked
		}
		list = append(list, *leak)
	}
	slices.SortFunc(list, func(a, b store.Leak) int {
		return cmp.Or(cmp.Compare(b.Keys, a.Keys), strings.Compare(a.Pattern, b.Pattern))
	})
	return list[:min(len(list), reported)]
}

// makers are libraries, by how their keys begin. Those of Sidekiq stand alone or before a colon.
var makers = []struct{ begin, library string }{
	{"rack::attack", "Rack::Attack"}, {"queue:", "Sidekiq"}, {"queues", "Sidekiq"}, {"stat:", "Sidekiq"}, {"schedule", "Sidekiq"}, {"retry", "Sidekiq"},
	{"dead", "Sidekiq"}, {"processes", "Sidekiq"}, {"cron_job", "sidekiq-cron"}, {"resque:", "Resque"}, {"views/", "Rails"}, {"session:", "sessions"},
	{"_session_id:", "sessions"}, {"flipper", "Flipper"}, {"bull:", "Bull"}, {"celery", "Celery"}, {"_kombu", "Celery"}, {"unacked", "Celery"},
	{"laravel", "Laravel"}, {"rollout", "Rollout"}, {"redlock", "Redlock"}, {"geocoder:", "Geocoder"}, {"sess:", "express-session"},
}

func makerOf(key string) string {
	for _, m := range makers {
		if strings.HasPrefix(key, m.begin) {
			return m.library
		}
	}
	return ""
}
