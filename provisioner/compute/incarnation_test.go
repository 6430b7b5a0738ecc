package compute

import (
	"testing"

	"qabot/store"
)

// TestNothingStartsOnDataThatHasNotMigrated: what migrated the data that was dropped says nothing of the data that is made
// in its place.
func TestNothingStartsOnDataThatHasNotMigrated(t *testing.T) {
	for _, commit := range []string{first, second} {
		w := newWorld(t)
		w.push(first)
		w.untilPhase(store.Up)
		w.want(func(s *store.Spec) { s.Released = true })
		w.untilPhase(store.Removed)
		clear(w.ledger.migrated) // as the schema, which held it
		w.push(commit)
		w.until("up", func(e store.Environment) bool {
			if s := w.described(string(w.id) + "-app"); *s.Status == active && !w.ledger.migrated[inLedger(e, commit)] {
				t.Fatalf("at %s a service is there before the migration has passed", commit[:1])
			}
			return e.Phase(w.region.Now()) == store.Up && e.Status.Version == e.Spec.Version
		})
	}
}
