package store

import "time"

// Fact is what one resource of one environment must remember across passes: the newest run of work that happens once
// (a build, a migration, a rollout), noted before the call as an intent and after it as an outcome. One is kept for each kind.
type Fact struct {
	Commit     string    `json:",omitempty"`
	Generation int64     `json:",omitempty"`
	Ref        string    `json:",omitempty"` // the run's own name: build ID, task definition
	Outcome    Outcome   `json:",omitempty"`
	Detail     Detail    `json:",omitzero"`
	Passed     string    `json:",omitempty"` // newest commit that succeeded; survives later failures
	Epoch      int64     `json:",omitempty"` // of the data on which Passed succeeded
	Extra      string    `json:",omitempty"` // the resource's own, never a secret
	Left       string    `json:",omitempty"` // digest of how the resource was left, to tell a change by others from a new wish
	Hash       string    `json:",omitempty"` // of what the run in Ref was made from
	Began      time.Time `json:",omitzero"`
	Ended      time.Time `json:",omitzero"`
}

// Outcome of a run; empty while it is not known.
type Outcome string

// The outcomes.
const (
	Succeeded Outcome = "succeeded"
	Botched   Outcome = "failed"
)
