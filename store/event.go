package store

import "time"

// Event is a fact of the journal: told once, append only, without sentences.
type Event struct {
	Environment ID
	N           int64  // position in the environment's journal, from 1
	Key         string // a second event of the same key and environment is dropped
	Code        string // what happened: "migrated", "ready", "failed", "removed", "pushed", "asked"
	At          time.Time

	Kind       Kind          `json:",omitempty"`
	Commit     string        `json:",omitempty"`
	Generation int64         `json:",omitempty"`
	By         string        `json:",omitempty"` // Slack user ID to mention
	Name       string        `json:",omitempty"` // person without a Slack account
	Detail     Detail        `json:",omitzero"`
	Lines      []string      `json:",omitempty"` // last log lines, scrubbed
	Changes    []Change      `json:",omitempty"`
	Took       time.Duration `json:",omitempty"`
	URL        string        `json:",omitempty"` // log
	Told       bool          // whether the narrator has dealt with it
}

// Change is one difference of structure that a migration made.
type Change struct {
	Table string
	What  string // "table", "column", "index", "foreign key", "view", "trigger", "routine"
	Name  string // empty for a table itself
	Was   string // definition before; empty: added
	Is    string // definition after; empty: removed
}
