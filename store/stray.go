package store

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Trace is a thing in the world that bears this installation's marks, or looks as if it did.
type Trace struct {
	Environment ID     // whose it is, as its marks say, or its name where it has none
	App, Branch string // as its marks say; empty where they do not
	What        Detail // a Thing code
	Doubt       string // a Doubt code: why it is not proven to be ours; empty: it bears our marks
}

// Codes of Trace.Doubt.
const (
	DoubtUnmarked = "doubt.unmarked" // it has a name like ours, and none of our marks
	DoubtName     = "doubt.name"     // it bears our marks, and has not the name that belongs to them
	DoubtApp      = "doubt.app"      // it bears our marks, and is of no app of the configuration
)

// Standing tells what a Stray is to the store.
type Standing string

// The standings.
const (
	Unburied  Standing = "unburied" // its environment was seen to be gone: the ordinary pass has to look again
	Unknownst Standing = "unknown"  // no row knows of it: a tombstone has to be made first
	Doubtful  Standing = "doubtful" // it is not proven to be ours, so nobody touches it
)

// Stray is what is in the world of an environment that nobody has.
type Stray struct {
	ID          ID
	App, Branch string
	Standing    Standing
	Doubt       string // of a Doubtful one
	Things      []Detail
}

// Strays compares what is in the world with what the store knows. It is pure. What belongs to an environment that somebody
// has, that is on its way out or was until just now, or whose data is kept, is no stray. What is not proven to be ours stays apart from what is,
// unless the environment is known: then its own resources judge it.
func Strays(traces []Trace, envs []Environment, now time.Time) []Stray {
	rows := map[ID]Environment{}
	for _, e := range envs {
		rows[e.ID] = e
	}
	proven := map[ID]bool{}
	for _, t := range traces {
		proven[t.Environment] = proven[t.Environment] || t.Doubt == ""
	}
	type key struct {
		id    ID
		doubt string
	}
	found := map[key]*Stray{}
	var order []key
	for _, t := range traces {
		row, known := rows[t.Environment]
		if known && (t.Doubt == DoubtUnmarked || row.Phase(now) != Removed || row.Recent(now)) || t.Doubt == DoubtUnmarked && proven[t.Environment] {
			continue
		}
		s := Stray{ID: t.Environment, Standing: Unknownst, Doubt: t.Doubt}
		switch {
		case t.Doubt != "":
			s.Standing = Doubtful
		case known:
			s.Standing, s.App, s.Branch = Unburied, row.Spec.App, row.Spec.Branch
		}
		k := key{t.Environment, t.Doubt}
		if found[k] == nil {
			found[k] = &s
			order = append(order, k)
		}
		one := found[k]
		one.App, one.Branch = cmp.Or(one.App, t.App), cmp.Or(one.Branch, t.Branch)
		one.Things = append(one.Things, t.What)
	}
	strays := make([]Stray, len(order))
	for i, k := range order {
		strays[i] = *found[k]
	}
	slices.SortStableFunc(strays, func(a, b Stray) int {
		return cmp.Or(strings.Compare(string(b.Standing), string(a.Standing)), strings.Compare(string(a.ID), string(b.ID)))
	})
	return strays
}

// remembered is how long after its removal an environment is watched row by row: longer than any call that a lost worker might
// still have on its way, and than AWS goes on listing what is deleted.
const remembered = 15 * time.Minute

// Recent tells whether the environment was removed a short time ago.
func (e Environment) Recent(now time.Time) bool {
	last := e.Spec.Asked.At
	for _, o := range e.Status.Seen {
		if o.Ended.After(last) {
			last = o.Ended
		}
	}
	return now.Sub(last) < remembered
}

// IsID tells whether a text may be an ID: what marks say is somebody else's word.
func IsID(s string) bool {
	if len(s) <= hashLength+1 || len(s) > maxID || s[0] < 'a' || s[0] > 'z' || s[len(s)-hashLength-1] != '-' {
		return false
	}
	return Slug(s, maxID) == s
}
