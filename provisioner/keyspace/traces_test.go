package keyspace

import (
	"testing"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

func TestTraces(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	other, far := store.NewID("test", "shop", "other"), store.NewID("test", "shop", "far")
	w.must(w.admin.HSet(t.Context(), markerOf(Name(other)), fieldInstallation, "another", fieldEnvironment, string(other)).Err())
	w.must(w.admin.HSet(t.Context(), markerOf("qa_copied"), fieldInstallation, "test", fieldEnvironment, string(far)).Err())
	w.must(w.admin.Set(t.Context(), "qa_text:"+marker, "no marker", 0).Err())
	w.must(w.admin.HSet(t.Context(), "shop:"+marker, fieldInstallation, "test", fieldEnvironment, string(far)).Err())
	traces, err := w.Traces(t.Context())
	w.must(err)
	doubts := map[store.ID]string{}
	for _, tr := range traces {
		doubts[tr.Environment] = tr.Doubt
	}
	if doubt, ok := doubts[w.id]; len(traces) != 2 || !ok || doubt != "" || doubts[far] != store.DoubtName {
		t.Errorf("traces: %+v", traces)
	}
}

// What an environment left whose row was lost is found by its marks, and goes by the ordinary way once there is a row again.
func TestLostNumberIsFoundAndEmptied(t *testing.T) {
	w := newNumbers(t, 20, 22, nil)
	w.must(w.apply())
	w.must(w.in(20).Set(t.Context(), "cart", "x", 0).Err())
	w.store = resourcetest.Store(t)
	w.notes = w.store
	traces, err := w.Traces(t.Context())
	w.must(err)
	if len(traces) != 1 || traces[0].Environment != w.id || traces[0].What.Code != store.ThingNumber || traces[0].Doubt != "" {
		t.Fatalf("traces: %+v", traces)
	}
	w.want(false, store.Stale)
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	if w.size(20) != 0 || w.users() != 0 || len(w.vault.values) != 0 {
		t.Errorf("left: %d keys, %d accounts, %d addresses", w.size(20), w.users(), len(w.vault.values))
	}
}

// A number that another environment has by now is that one's, whatever marker is in it.
func TestLostNumberOfSomebodyElseStays(t *testing.T) {
	w := newNumbers(t, 20, 20, nil)
	w.must(w.apply())
	old := *w
	old.id, old.spec.Branch = store.NewID("test", "shop", "old"), "old"
	w.must(w.in(20).HSet(t.Context(), marker, fieldEnvironment, string(old.id)).Err())
	w.must(w.in(20).Set(t.Context(), "cart", "x", 0).Err())
	old.want(false, store.Absent)
	w.must(old.remove(t.Context()))
	if w.size(20) != 2 {
		t.Errorf("%d keys are left, want both", w.size(20))
	}
}
