package keyspace

import (
	"context"
	"fmt"

	"qabot/store"
)

// Traces lists the namespaces and the numbers whose markers are this installation's. It walks over the whole database, and
// changes nothing.
func (s *Server) Traces(ctx context.Context) ([]store.Trace, error) {
	names, err := s.marked(ctx)
	if err != nil {
		return nil, reach(err)
	}
	var traces []store.Trace
	for _, key := range names {
		fields, err := s.client.HMGet(ctx, key, fieldInstallation, fieldEnvironment).Result()
		if err != nil {
			continue // no marker of ours has another type; or it went meanwhile
		}
		id, _ := fields[1].(string)
		if fields[0] != s.o.Installation {
			continue
		}
		t := store.Trace{Environment: store.ID(id), What: store.Say(store.ThingKeys, key[:len(key)-len(marker)-1], s.db)}
		if !store.IsID(id) || markerOf(Name(t.Environment)) != key {
			t.Doubt = store.DoubtName
		}
		traces = append(traces, t)
	}
	numbers, err := s.marksOfNumbers(ctx)
	if err != nil {
		return nil, reach(err)
	}
	for n, id := range numbers {
		t := store.Trace{Environment: id, What: store.Say(store.ThingNumber, n)}
		if !store.IsID(string(id)) {
			t.Doubt = store.DoubtName
		}
		traces = append(traces, t)
	}
	return traces, nil
}

// marksOfNumbers tells of each number that bears this installation's marker, whose it is; there are none where environments
// have prefixes.
func (s *Server) marksOfNumbers(ctx context.Context) (map[int]store.ID, error) {
	w, err := s.way(ctx)
	if err != nil || !w.numbers {
		return nil, err
	}
	found := map[int]store.ID{}
	for n := range s.pool() {
		d, err := s.look(ctx, n, "")
		if err != nil {
			return nil, err
		}
		if d.kin {
			found[n] = store.ID(d.environment)
		}
	}
	return found, nil
}

// marked lists the keys that may be markers.
func (s *Server) marked(ctx context.Context) (keys []string, err error) {
	seen := map[string]bool{}
	for cursor := uint64(0); ; {
		found, next, err := s.client.Scan(ctx, cursor, store.Prefix+"*:"+marker, page).Result()
		if err != nil {
			return nil, fmt.Errorf("scan for markers: %w", err)
		}
		for _, key := range found {
			if !seen[key] { // a scan may give a key twice
				seen[key] = true
				keys = append(keys, key)
			}
		}
		if cursor = next; cursor == 0 {
			return keys, nil
		}
	}
}
