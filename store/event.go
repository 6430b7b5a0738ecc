package store

import "time"

// Event is a fact of the journal: told once, append only, without sentences.
type Event struct {
	Environment ID
	N           int64  // position in the environment's journal, from 1
	Key         string // a second event of the same key and environment is dropped
	Code        string // what happened: "migrated", "ready", "failed", "removed", "pushed", "asked"
	At          time.Time

	Kind       Kind                   `json:",omitempty"`
	Commit     string                 `json:",omitempty"`
	Generation int64                  `json:",omitempty"`
	By         string                 `json:",omitempty"` // Slack user ID to mention
	Name       string                 `json:",omitempty"` // person without a Slack account
	Detail     Detail                 `json:",omitzero"`
	Lines      []string               `json:",omitempty"` // last log lines, scrubbed
	Changes    []Change               `json:",omitempty"`
	Ran        []string               `json:",omitempty"` // migrations, by name
	Warnings   []Detail               `json:",omitempty"` // Warn codes: what of a migration may hurt
	Took       time.Duration          `json:",omitempty"`
	Stages     map[Kind]time.Duration `json:",omitempty"` // what each took, of a deployment that built or migrated something
	Usual      time.Duration          `json:",omitempty"` // what the app's deployments before it took; Tell sets it
	Proofs     map[Kind]Detail        `json:",omitempty"` // what each service that can be asked answered with
	Verb       string                 `json:",omitempty"` // of the wish that it is the end of
	URL        string                 `json:",omitempty"` // log
	Answer     Detail                 `json:",omitzero"`  // what whoever asked is told, so that it can be told again
	Told       bool                   // whether the narrator has dealt with it
}

// Migrated is what a migration did to a database.
type Migrated struct {
	Ran      []string `json:",omitempty"` // by the framework's own ledger, in its order; empty: it has none that is known, or all was new
	Changes  []Change `json:",omitempty"`
	Warnings []Detail `json:",omitempty"` // Warn codes
}

// Change is one difference of structure that a migration made.
type Change struct {
	Table string
	What  string // "table", "column", "index", "foreign key", "view", "trigger", "routine"
	Name  string // empty for a table itself
	Was   string // definition before; empty: added
	Is    string // definition after; empty: removed
}
