package keyspace

import (
	"strings"

	"qabot/store"
)

const marker = ".qabot" // behind the namespace and its colon

// Name is an environment's namespace: "qa_<id>". Its keys begin with it and a colon.
func Name(id store.ID) string { return store.Prefix + id.Underscored() }

func markerOf(name string) string { return name + ":" + marker }

// pattern matches the keys of a namespace and no others: the colon keeps "qa_a" apart from "qa_ab".
func pattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(name) + ":*"
}
