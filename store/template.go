package store

import "time"

// Template is a schema that qabot makes from a live one, for the data of environments to begin as.
type Template struct {
	App, Name, From string
	At              time.Time // moment that its data is of; zero: it was not made yet
	Failing         time.Time // since when refreshing it fails; zero: it does not
}
