package store

import (
	"strings"
)

// Where data comes from, as the sort of a Source.
const (
	FromEmpty       = "empty"       // nothing: migrations and seeds fill it
	FromTemplate    = "template"    // a schema of that name, which is not ours
	FromEnvironment = "environment" // the data of that branch's environment, of the same app
	FromSave        = "save"        // what was saved under that name, of the same app
)

// Source is Data.From, taken apart: "empty", "template staging_copy", "environment qa/login", "save before checkout".
type Source struct{ Sort, Name string }

func (s Source) String() string { return strings.TrimSpace(s.Sort + " " + s.Name) }

// SourceOf reads what a Source's String writes. ok is false where it says nothing that can be copied.
func SourceOf(text string) (s Source, ok bool) {
	s.Sort, s.Name, _ = strings.Cut(strings.TrimSpace(text), " ")
	s.Name = strings.TrimSpace(s.Name)
	switch s.Sort {
	case FromEmpty:
		return s, s.Name == ""
	case FromTemplate, FromEnvironment, FromSave:
		return s, s.Name != ""
	}
	return Source{}, false
}
