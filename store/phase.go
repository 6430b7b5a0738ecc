package store

import "time"

// Phase is an environment's state in one word.
type Phase string

// The phases. Failed means: stuck until somebody does something; the old version, if there is one, serves on.
const (
	Deploying Phase = "deploying"
	Up        Phase = "up"
	Asleep    Phase = "asleep" // the data is kept, nothing runs
	Broken    Phase = "failed"
	Removing  Phase = "removing"
	Removed   Phase = "removed"
)

// Phase tells it from the wish and what was last seen.
func (e Environment) Phase(now time.Time) Phase {
	current := e.Status.Version == e.Spec.Version && len(e.Status.Seen) > 0
	if e.Spec.Gone(now) {
		if current && all(e.Status.Seen, Absent) {
			return Removed
		}
		return Removing
	}
	if !current && (e.Status.Generation != e.Spec.Generation || e.Status.Asleep != e.Spec.Asleep) {
		return Deploying
	}
	for _, o := range e.Status.Seen {
		if o.State == Failed {
			return Broken
		}
	}
	if all(e.Status.Seen, Ready) {
		if e.Spec.Asleep {
			return Asleep
		}
		return Up
	}
	return Deploying
}

func all(seen map[Kind]Observation, s State) bool {
	for _, o := range seen {
		if o.State != s {
			return false
		}
	}
	return len(seen) > 0
}
