package store

import (
	"encoding"
	"fmt"
	"time"
)

// State is what an observation says of one resource.
type State int

// Unknown is the zero value: it never leads to Apply and never counts as gone.
const (
	Unknown State = iota // not to be told now: throttled, not reachable, not visible yet
	Absent               // not there
	Stale                // there, but not as wanted; Apply moves it on
	Working              // on its way by itself
	Held                 // waits for capacity or for a person
	Ready                // as wanted
	Failed               // trying again cannot cure it; stuck until the generation rises
	Leaving              // on its way out by itself
)

var stateNames = [...]string{"unknown", "absent", "stale", "working", "held", "ready", "failed", "leaving"}

var (
	_ encoding.TextMarshaler   = State(0)
	_ encoding.TextUnmarshaler = (*State)(nil)
)

func (s State) String() string {
	if s < 0 || int(s) >= len(stateNames) {
		return fmt.Sprintf("state(%d)", int(s))
	}
	return stateNames[s]
}

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name; a name it does not know is Unknown.
func (s *State) UnmarshalText(b []byte) error {
	*s = Unknown
	for i, name := range stateNames {
		if name == string(b) {
			*s = State(i)
		}
	}
	return nil
}

// Detail is a fact for people without words: the bot's catalogue has the sentence for each code, in the reader's language.
type Detail struct {
	Code string   `json:",omitempty"`
	Args []string `json:",omitempty"`
}

// Say makes a Detail; numbers and other values are printed with %v.
func Say(code string, args ...any) Detail {
	d := Detail{Code: code}
	for _, a := range args {
		d.Args = append(d.Args, fmt.Sprint(a))
	}
	return d
}

// Observation is what was seen of one resource of one environment.
type Observation struct {
	State  State
	Detail Detail
	URL    string `json:",omitempty"` // of what people open; also a log's, when State is Failed
	Commit string `json:",omitempty"` // what it runs or was made from, where that has a meaning
	Proof  Detail `json:",omitzero"`  // what its version path answered, one of the Proof codes; empty: it has none to ask

	// Free says that what the resource needs was proven before, so it may be applied although a stage above it is not
	// Ready: the old version is repaired while a newer one builds or has failed.
	Free bool `json:",omitempty"`

	Choices []Choice `json:",omitempty"` // of one that is Held: what would make room

	// The Reconciler keeps these; resources leave them alone.
	Began time.Time `json:",omitzero"`  // when the present work on it began
	Ended time.Time `json:",omitzero"`  // when it became Ready, Failed or Absent again
	Stuck int64     `json:",omitempty"` // generation in which Apply or Remove met a Problem
}

// Choice is something that a person can do so that what is Held goes on: put another environment to sleep.
type Choice struct {
	ID      ID
	Version int64 // of its Spec: what was chosen on another one is stale
	App     string
	Branch  string
	Owner   string
	Since   time.Time // when somebody last used it, or asked for something of it
	InUse   bool      `json:",omitempty"` // somebody uses it
	Frees   int       // connections
}

// Proven tells whether nothing speaks against Commit being what people get: the version path has answered with it, or there
// is none to ask.
func (o Observation) Proven() bool { return o.Proof.Code == "" || o.Proof.Code == ProofGiven }

// Status is what was seen of an environment by the last pass.
type Status struct {
	Version    int64 // of the Spec that was looked at
	Generation int64 // likewise
	Commit     string
	Asleep     bool `json:",omitempty"` // likewise
	Kept       bool `json:",omitempty"` // all but the data was seen to be gone, and people were told
	Seen       map[Kind]Observation
	// Serving is the commit that every service runs, proven where that can be asked: each role with a version path has
	// answered with it through its URL. It is empty while roles differ, while one of them was not heard yet, and when one
	// answers with something else or with nothing that tells. An older commit that serves on is Serving too.
	Serving  string
	Attempts int       // passes in a row that ended in an error: the back-off
	Trouble  time.Time `json:",omitzero"`  // since when they do
	Worried  bool      `json:",omitempty"` // people were told of it
}
