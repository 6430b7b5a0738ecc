package provisioner

import (
	"maps"

	"qabot/store"
)

// Ahead tells every step that lies ahead, not only those that are due: Plan played forward, each step and everything that
// is on its way taken to succeed. It is pure. What has Failed, or cannot be seen, is where the play stops for whatever
// stands on it.
func Ahead(want map[store.Kind]bool, stages [][]store.Kind, seen map[store.Kind]store.Observation) []store.Step {
	seen = maps.Clone(seen)
	for k, o := range seen {
		switch o.State {
		case store.Working, store.Held:
			o.State = store.Ready
		case store.Leaving:
			o.State = store.Absent
		}
		seen[k] = o
	}
	var ahead []store.Step
	for {
		steps := Plan(want, stages, seen)
		if len(steps) == 0 {
			return ahead
		}
		for _, s := range steps {
			ahead = append(ahead, s)
			o := s.Seen
			o.State = store.Ready
			if s.Verb == store.Remove {
				o.State = store.Absent
			}
			seen[s.Kind] = o
		}
	}
}
