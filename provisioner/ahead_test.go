package provisioner

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qabot/store"
)

func played(want map[store.Kind]bool, seen map[store.Kind]store.Observation) (steps []string) {
	for _, s := range Ahead(want, line, seen) {
		steps = append(steps, fmt.Sprintf("%s %s", s.Verb, s.Kind))
	}
	return steps
}

func TestAhead(t *testing.T) {
	const absent, ready, working, stale, unknown = store.Absent, store.Ready, store.Working, store.Stale, store.Unknown
	all := []string{"apply image", "apply schema", "apply keyspace", "apply route/app", "apply migration", "apply service/app", "apply service/worker"}
	for _, c := range []struct {
		reason string
		want   bool
		but    map[store.Kind]store.State // all others are ready when wanted, absent when not
		steps  []string
	}{
		{"nothing is there", true, map[store.Kind]store.State{"image": absent, "schema": absent, "keyspace": absent, "route/app": absent, "migration": absent, "service/app": absent, "service/worker": absent}, all},
		{"all is as wanted", true, nil, nil},
		{"a new commit whose image builds already", true, map[store.Kind]store.State{"image": working, "migration": absent, "service/app": stale, "service/worker": stale}, all[4:]},
		{"what goes is made again", true, map[store.Kind]store.State{"service/app": store.Leaving}, all[5:6]},
		{"what failed keeps the rest from its turn", true, map[store.Kind]store.State{"schema": store.Failed, "image": absent, "migration": absent, "service/app": absent}, all[:1]},
		{"what cannot be seen does too", true, map[store.Kind]store.State{"schema": unknown, "migration": absent}, nil},
		{"down", false, map[store.Kind]store.State{"schema": ready, "migration": working, "service/app": ready}, []string{"remove service/app", "remove migration", "remove schema"}},
	} {
		want, seen := map[store.Kind]bool{}, map[store.Kind]store.Observation{}
		for _, k := range slices.Concat(line...) {
			want[k] = c.want
			state, ok := c.but[k]
			if !ok && c.want {
				state = ready
			} else if !ok {
				state = absent
			}
			seen[k] = store.Observation{State: state}
		}
		if diff := cmp.Diff(c.steps, played(want, seen)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

// From anywhere the play has an end, takes each step once at most, begins with what is due, and changes nothing that it was
// given.
func TestAheadBeginsWithThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, seen, before := map[store.Kind]bool{}, map[store.Kind]store.Observation{}, map[store.Kind]store.Observation{}
		for _, k := range slices.Concat(line...) {
			want[k] = rapid.Bool().Draw(t, "want "+string(k))
			seen[k] = store.Observation{State: store.State(rapid.IntRange(0, 7).Draw(t, string(k))), Free: rapid.Bool().Draw(t, "free")}
			before[k] = seen[k]
		}
		steps := Ahead(want, line, seen)
		taken := map[store.Kind]bool{}
		for _, s := range steps {
			if taken[s.Kind] {
				t.Fatalf("%s twice", s.Kind)
			}
			taken[s.Kind] = true
			if (s.Verb == store.Apply) != want[s.Kind] {
				t.Fatalf("%s of %s, wanted %v", s.Verb, s.Kind, want[s.Kind])
			}
		}
		for _, s := range Plan(want, line, seen) {
			if s.Verb == store.Apply && !taken[s.Kind] {
				t.Fatalf("%s is due and not ahead", s.Kind)
			}
		}
		if diff := cmp.Diff(before, seen); diff != "" {
			t.Fatal(diff)
		}
	})
}
