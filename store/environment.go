package store

import (
	"strings"
	"time"
)

// ID names one environment everywhere: DNS label, schema suffix, key prefix, tail of every AWS name. NewID makes it.
type ID string

// Kind names one sort of resource, with its role where it has one: "image", "schema", "service/admin".
type Kind string

// Of joins a sort and a role: Of("service", "admin") is "service/admin".
func Of(sort, role string) Kind { return Kind(sort + "/" + role) }

// Sort is the part before the slash: "service" of "service/admin".
func (k Kind) Sort() string { sort, _, _ := strings.Cut(string(k), "/"); return sort }

// Role is the part behind the slash, empty where the kind has none.
func (k Kind) Role() string { _, role, _ := strings.Cut(string(k), "/"); return role }

// holdsData tells the kinds that KeepDataUntil speaks of.
func (k Kind) holdsData() bool { return k.Sort() == "schema" || k.Sort() == "keyspace" }

// Environment is one branch's environment: what is wanted, what was seen, and where its story is told.
type Environment struct {
	ID       ID
	Spec     Spec          // written by the bot only
	Status   Status        // written by the provisioner only
	Thread   Thread        // written by the narrator only
	Facts    map[Kind]Fact // what resources had to remember, by Note
	Allotted map[Kind]int  // sticky numbers (ports), by Allot
	Made     time.Time     // when the row was first written
	Changed  int64         // raised by everything a reader of the thread could notice
}

// Spec is what people want of an environment.
type Spec struct {
	App    string // name of the app in the configuration
	Repo   string // "owner/name"
	Branch string
	Commit string // full SHA that is to be served

	Version    int64 // raised by every wish
	Generation int64 // raised when resources must look different, or a failed one be tried again

	Released      bool      // nobody wants it any more
	Asleep        bool      // data kept, compute at zero
	ExpiresAt     time.Time // from then on it counts as released; zero: never
	KeepDataUntil time.Time // after release compute goes at once, data then

	Data  Data
	Owner string // Slack user who has it, empty when a push made it
	Asked Asked  // the wish that people wait for
}

// Data says which incarnation of the data is wanted: raising Epoch asks for fresh data from From.
type Data struct {
	Epoch int64
	From  string
}

// Asked is who asked for the present state of things, and where they want to hear of it.
type Asked struct {
	Verb    string // "up", "push", "retry", "down", "deleted"
	By      string // Slack user ID, empty when it came from Git
	Name    string // name of who pushed, when it came from Git
	Channel string // Slack channel ID
	At      time.Time
}

// Gone tells whether nobody wants the environment at that time: it was released, or its time is over.
func (s Spec) Gone(now time.Time) bool {
	return s.Released || !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt)
}

// Wants tells whether a resource of that kind should exist at that time.
func (s Spec) Wants(k Kind, now time.Time) bool {
	if !s.Gone(now) {
		return true
	}
	return k.holdsData() && now.Before(s.KeepDataUntil)
}

// Thread is where an environment's story is told, and what was told last.
type Thread struct {
	Channel string
	TS      string    // parent message; empty: none posted yet
	Asked   time.Time // Asked.At of the wish that the parent tells of
	Hash    string    // of the view posted last
	Edited  time.Time
}
