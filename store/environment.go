package store

import (
	"slices"
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
func (k Kind) holdsData() bool {
	return k.Sort() == "schema" || k.Sort() == "keyspace" || k.Sort() == "redis"
}

// Environment is one branch's environment: what is wanted, what was seen, and where its story is told.
type Environment struct {
	ID       ID
	Spec     Spec          // written by the bot only
	Status   Status        // written by the provisioner only
	Thread   Thread        // written by the narrator only
	Facts    map[Kind]Fact // what resources had to remember, by Note
	Allotted map[Kind]int  // sticky numbers (ports), by Allot
	Promise  Promise       // of the database's connections, by Ask
	Used     time.Time     // when people last used it, by Use; zero: not that anybody knows
	Made     time.Time     // when the row was first written
	Changed  int64         // raised by everything a reader of the thread could notice
}

// Spec is what people want of an environment.
type Spec struct {
	App    string // name of the app in the configuration
	Repo   string // "owner/name"
	Branch string
	Commit string // full SHA that is to be served
	// Declined is the commit of a deployment that somebody cancelled: no push brings it back, an up does.
	Declined string `json:",omitempty"`

	Version    int64 // raised by every wish
	Generation int64 // raised when resources must look different, or a failed one be tried again

	Released      bool      // nobody wants it any more
	Asleep        bool      // data kept, compute at zero
	Dozing        bool      `json:",omitempty"` // Asleep by its app's hours, which wake it again
	ExpiresAt     time.Time // from then on it counts as released; zero: never
	KeepDataUntil time.Time // after release compute goes at once, data then

	Data    Data
	Edited  Edited `json:",omitzero"`
	Rollout Rollout
	Owner   string // Slack user who has it, empty when a push made it
	Pull    Pull
	Asked   Asked // the wish that people wait for
}

// Data says which incarnation of the data is wanted: raising Epoch asks for fresh data from From.
type Data struct {
	Epoch int64
	From  string
}

// Edited are the migrations of a commit that are not as they were when they ran on the data that is there. What is due of them waits
// until somebody has said what to do.
type Edited struct {
	Commit string `json:",omitempty"`
	Files  string `json:",omitempty"` // as EditsOf writes them
	Past   string `json:",omitempty"` // commit whose migrations ran on data that was given up since
}

// Edits gives the migrations of the wanted commit about which somebody has to decide.
func (s Spec) Edits() []Detail {
	if s.Edited.Commit != s.Commit || s.Edited.Files == "" {
		return nil
	}
	var all []Detail
	for line := range strings.SplitSeq(s.Edited.Files, "\n") {
		words := strings.Split(line, "\t")
		all = append(all, Detail{Code: words[0], Args: words[1:]})
	}
	return all
}

// EditsOf is what a Spec keeps of edited migrations: a line for each, so that Specs can be compared.
func EditsOf(all []Detail) string {
	clean := strings.NewReplacer("\n", " ", "\t", " ")
	var lines []string
	for _, d := range all {
		line := d.Code
		for _, a := range d.Args {
			line += "\t" + clean.Replace(a)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// Pull is what a label on a pull request has to do with an environment.
type Pull struct {
	Number int  // pull request whose label was heeded, zero when none bears it now
	Made   bool // the label brought the environment up and nobody has asked for it since: without the label it goes
}

// Rollout asks for new tasks of a commit that runs already: raising N starts its services anew, and changes nothing else. It
// says nothing about other commits, so that what runs while a newer one is on its way stays as it is.
type Rollout struct {
	Commit string
	N      int64
}

// Asked is who asked for the present state of things, and where they want to hear of it.
type Asked struct {
	Verb    string // "up", "push", "retry", "redeploy", "down", "deleted", "labelled", "unlabelled", "closed", "merged", "cancel", "doze", "rise"
	By      string // Slack user ID, empty when it came from Git
	Name    string // name of who pushed, when it came from Git
	Channel string // Slack channel ID
	Message Post   // in which it was asked for; empty: a command, a button, Git
	Pull    int    `json:",omitempty"` // pull request it came from
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
	Channel  string
	TS       string    // parent message; empty: none posted yet
	Asked    time.Time // Asked.At of the wish that the parent tells of
	Hash     string    // of the view posted last
	Edited   time.Time
	Former   []Post   // parents before it, the newest last
	Reaction Reaction // under the words that the story began with
	Pointer  bool     `json:",omitempty"` // the newest of them still has to be told where the story went on
}

// Post is one message in Slack.
type Post struct{ Channel, TS string }

// Reaction is an emoji under a message.
type Reaction struct {
	Post Post
	Name string
}

// Told tells whether the story is told under that message, or was before it went on in a newer one.
func (t Thread) Told(channel, ts string) bool {
	return ts != "" && (t.Channel == channel && t.TS == ts || slices.Contains(t.Former, Post{channel, ts}))
}

// formerKept is how many earlier parents are remembered.
const formerKept = 20

// Left notes that the story leaves its present parent.
func (t Thread) Left() Thread {
	if t.TS != "" {
		t.Former = append(slices.Clone(t.Former), Post{t.Channel, t.TS})
		t.Former = t.Former[max(0, len(t.Former)-formerKept):]
		t.TS = ""
	}
	return t
}
