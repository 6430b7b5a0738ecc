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
	Kept      Phase = "kept" // taken down, but for the data, which waits for its end
	Removed   Phase = "removed"
)

// Phase tells it from the wish and what was last seen.
func (e Environment) Phase(now time.Time) Phase {
	current := e.Status.Version == e.Spec.Version && len(e.Status.Seen) > 0
	if e.Spec.Gone(now) {
		switch {
		case !current || !e.takenDown(now):
			return Removing
		case all(e.Status.Seen, Absent):
			return Removed
		}
		return Kept
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

// Over tells whether nothing of it runs or will run.
func (p Phase) Over() bool { return p == Kept || p == Removed }

// takenDown tells whether all that nobody wants any more was seen to be gone.
func (e Environment) takenDown(now time.Time) bool {
	for k, o := range e.Status.Seen {
		if o.State != Absent && !e.Spec.Wants(k, now) {
			return false
		}
	}
	return true
}

// Keeps tells whether the data of an environment that nobody wants is there still, and may be had again.
func (e Environment) Keeps(now time.Time) bool {
	if !e.Spec.Gone(now) {
		return false
	}
	for k, o := range e.Status.Seen {
		if o.State != Absent && k.holdsData() && e.Spec.Wants(k, now) {
			return true
		}
	}
	return false
}

func all(seen map[Kind]Observation, s State) bool {
	for _, o := range seen {
		if o.State != s {
			return false
		}
	}
	return len(seen) > 0
}
