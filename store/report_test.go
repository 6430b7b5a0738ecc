package store

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportIsSavedAndTheChangeIsDealtWith(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		env := want(t, s, "a", up("c1"))
		want(t, s, "b", up("c1"))
		unreported := func(want ...ID) {
			t.Helper()
			all := must[map[ID]int64](t)(s.Unreported(t.Context()))
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(all))); diff != "" {
				t.Error(diff)
			}
			for id, changed := range all {
				if now := must[Environment](t)(s.Get(t.Context(), id)).Changed; changed != now {
					t.Errorf("%s is at %d, not at %d", id, now, changed)
				}
			}
		}
		unreported("a", "b")
		if diff := cmp.Diff(Report{}, must[Report](t)(s.Report(t.Context(), "a"))); diff != "" {
			t.Error("before anything was told:", diff)
		}
		c := claimName(t, s, Reporting("a"))
		r := Report{
			Trying: map[string]string{"comments": "comment/7"}, Place: "qa/a",
			Deployments: []ReportedDeployment{{Commit: "c1", ID: 1 << 40, State: "queued", Hash: "h"}, {Commit: "c2"}},
			Status:      ReportedStatus{"c1", "pending", "h"},
			Comments:    []ReportedComment{{Pull: 7, ID: 9, Hash: "h"}, {Pull: 8, Over: true}},
			Thread:      ReportedThread{"C1", "1.2", "https://x"},
		}
		ok(t, s.SaveReport(t.Context(), c, "a", r, 0)) // in the middle
		unreported("a", "b")
		want(t, s, "a", up("c2")) // while GitHub is told
		ok(t, s.SaveReport(t.Context(), c, "a", r, env.Changed))
		unreported("a", "b")
		if diff := cmp.Diff(r, must[Report](t)(s.Report(t.Context(), "a"))); diff != "" {
			t.Error(diff)
		}
		env = must[Environment](t)(s.Get(t.Context(), "a"))
		ok(t, s.SaveReport(t.Context(), c, "a", Report{}, env.Changed))
		ok(t, s.SaveReport(t.Context(), c, "a", Report{Place: "qa/a"}, 0)) // later, for another reason
		unreported("b")
		if diff := cmp.Diff(map[ID]Report{"a": {Place: "qa/a"}}, must[map[ID]Report](t)(s.Reports(t.Context()))); diff != "" {
			t.Error(diff)
		}
		ok(t, s.Tell(t.Context(), claim(t, s, "a"), Event{Key: "x"}))
		unreported("a", "b")
	})
}

func TestReporterThatLostItsTurnChangesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		env := want(t, s, "a", up("c1"))
		old := claimName(t, s, Reporting("a"))
		lapse(t, s)
		present := claimName(t, s, Reporting("a"))
		is(t, s.SaveReport(t.Context(), old, "a", Report{Place: "late"}, env.Changed), ErrFenced)
		if err := s.SaveReport(t.Context(), claimName(t, s, Narration("a")), "a", Report{Place: "wrong"}, env.Changed); err == nil {
			t.Error("saved with the narrator's claim")
		}
		if got := must[Report](t)(s.Report(t.Context(), "a")); got.Place != "" || len(must[map[ID]int64](t)(s.Unreported(t.Context()))) != 1 {
			t.Errorf("saved by somebody else: %+v", got)
		}
		ok(t, s.SaveReport(t.Context(), present, "a", Report{Place: "qa/a"}, env.Changed))
		if len(must[map[ID]int64](t)(s.Unreported(t.Context()))) != 0 {
			t.Error("still to be told")
		}
	})
}
