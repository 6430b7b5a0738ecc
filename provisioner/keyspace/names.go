package keyspace

import (
	"strings"

	"qabot/store"
)

const (
	marker = ".qabot" // the whole key in a number of its own; behind the namespace and its colon elsewhere
	leases = "redis"  // the pool of numbers, among all allotments
)

// Name is an environment's namespace, "qa_<id>": its keys begin with it and a colon. Its account is called so, too.
func Name(id store.ID) string { return store.Prefix + id.Underscored() }

func markerOf(name string) string { return name + ":" + marker }

// pattern matches the keys of a namespace and no others: the colon keeps "qa_a" apart from "qa_ab".
func pattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(name) + ":*"
}
