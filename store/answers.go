package store

import "time"

// Log is the end of what one container of a task has logged, as an answer to a question.
type Log struct {
	Role      string
	Task      string // its ID
	Container string
	Commit    string // that it runs
	Began     time.Time
	Ended     time.Time // zero: it runs
	Reason    string    // why it ended, in AWS's words
	Group     string    // in CloudWatch; empty: it logs elsewhere
	Lines     []string  // the last ones, scrubbed
	URL       string    // where all of it is to be read
}

// Foreseen is one resource of an environment: how it will be seen when its turn comes, what would be done about it, and
// what it is called in the world.
type Foreseen struct {
	Kind   Kind
	Will   Verb        // Apply or Remove; empty: it stays as it is
	Seen   Observation // Absent and applied: it would be made; anything else and applied: changed
	Things []Detail    // by name, see the Thing codes

	Number      int // the allotted one that it has or would get, such as a port
	Connections int // to the database, that its tasks may open at most; 0: not to be known
}

// Connections are those to the database.
type Connections struct {
	Used   int // by the environment's account
	Limit  int // of the account; 0: only the server's
	Server int // what the server takes in all; 0: it did not say

	Usual, Most int      // that its tasks may open, and while one version follows another; 0: not to be known
	Assumed     []string // roles of which nothing tells how many they open
	Promised    bool     // it was promised Most
	Ours        int      // that all environments together may have
	Free        int      // of these, what none was promised
	Place       int      // among those that wait, which it has or would have; 0: it need not wait
}

// Proof is what one role was found to serve.
type Proof struct {
	Role string
	Runs string // commit, as ECS says; empty: nothing runs
	Said Detail // what its version path answered, one of the Proof codes; empty: it has none to ask
	URL  string // that was asked
}

// Top is how the database's server is used at the moment.
type Top struct {
	Connections       // of all: Used, Server, Ours, Free
	Others       int  // connections of everybody but environments
	Waiting      int  // environments in the queue
	Blind        bool // qabot's account may not see other accounts' sessions
	Environments []Use
}

// Use is what one environment has of the database.
type Use struct {
	ID          ID
	Connections int
	Promised    int           // connections
	Bytes       int64         // on the disk; 0: not to be known
	Longest     time.Duration // of its open transactions; 0: none
	Waits       int           // of its sessions that wait for a lock
	Guests      []Guest       // others who have transactions open in its schema
}

// Guest is somebody whose transaction is open in a schema that is not his.
type Guest struct {
	Account string // as the server knows it: "sato@10.0.0.5"
	Open    time.Duration
}
