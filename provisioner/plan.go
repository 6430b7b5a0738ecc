package provisioner

import "qabot/store"

// Plan tells which steps are due, from the wish and the observations alone. It is pure, so that a dry run, the checklist in
// the thread and the work itself cannot differ.
//
// A kind is applied when every wanted kind of the stages above is Ready, or when its
// observation is Free. It is removed when everything unwanted in the stages below it is gone. Unknown is never acted upon
// and never counts as gone.
func Plan(want map[store.Kind]bool, stages [][]store.Kind, seen map[store.Kind]store.Observation) []store.Step {
	var steps []store.Step
	reached := true
	for _, line := range stages {
		ready := true
		for _, k := range line {
			if !want[k] {
				continue
			}
			o := seen[k]
			if o.State != store.Ready {
				ready = false
			}
			if (o.State == store.Absent || o.State == store.Stale) && (reached || o.Free) {
				steps = append(steps, store.Step{Verb: store.Apply, Kind: k, Seen: o})
			}
		}
		reached = reached && ready
	}
	clear := true
	for i := len(stages) - 1; i >= 0 && clear; i-- {
		for _, k := range stages[i] {
			if want[k] {
				continue
			}
			o := seen[k]
			if o.State == store.Absent {
				continue
			}
			clear = false
			if o.State != store.Unknown {
				steps = append(steps, store.Step{Verb: store.Remove, Kind: k, Seen: o})
			}
		}
	}
	return steps
}
