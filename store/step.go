package store

// Verb is what a step does to its resource.
type Verb string

// The verbs.
const (
	Apply  Verb = "apply"
	Remove Verb = "remove"
)

// Step is one thing that is due on an environment: a pure value, so a plan can be printed as well as carried out.
type Step struct {
	Verb Verb
	Kind Kind
	Seen Observation
}
