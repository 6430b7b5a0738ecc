package compute

import (
	"iter"
	"maps"
	"slices"
)

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// sorted ranges over a map by key.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
