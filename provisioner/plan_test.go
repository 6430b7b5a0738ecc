package provisioner

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qabot/store"
)

var line = [][]store.Kind{{"image", "schema", "keyspace", "route/app"}, {"migration"}, {"service/app", "service/worker"}}

func TestPlan(t *testing.T) {
	ready, absent, stale, working := store.Ready, store.Absent, store.Stale, store.Working
	for _, c := range []struct {
		reason string
		want   bool
		seen   map[store.Kind]store.State
		free   []store.Kind
		steps  []string
	}{
		{"nothing is there: the first line goes side by side", true,
			nil, nil, nil},
		{"all is absent", true,
			map[store.Kind]store.State{"image": absent, "schema": absent, "keyspace": absent, "route/app": absent, "migration": absent, "service/app": absent, "service/worker": absent},
			nil, []string{"apply image", "apply schema", "apply keyspace", "apply route/app"}},
		{"the migration waits for the image", true,
			map[store.Kind]store.State{"image": working, "schema": ready, "keyspace": ready, "route/app": ready, "migration": absent, "service/app": absent, "service/worker": absent},
			nil, nil},
		{"the migration's turn", true,
			map[store.Kind]store.State{"image": ready, "schema": ready, "keyspace": ready, "route/app": ready, "migration": stale, "service/app": absent, "service/worker": absent},
			nil, []string{"apply migration"}},
		{"the migration failed: nothing after it is touched", true,
			map[store.Kind]store.State{"image": ready, "schema": ready, "keyspace": ready, "route/app": ready, "migration": store.Failed, "service/app": absent, "service/worker": ready},
			nil, nil},
		{"the migration failed: what serves the old version is still repaired", true,
			map[store.Kind]store.State{"image": ready, "schema": ready, "keyspace": ready, "route/app": ready, "migration": store.Failed, "service/app": stale, "service/worker": ready},
			[]store.Kind{"service/app"}, []string{"apply service/app"}},
		{"all as wanted", true,
			map[store.Kind]store.State{"image": ready, "schema": ready, "keyspace": ready, "route/app": ready, "migration": ready, "service/app": ready, "service/worker": ready},
			nil, nil},
		{"an unknown one is left alone, and holds up what needs it", true,
			map[store.Kind]store.State{"image": ready, "schema": store.Unknown, "keyspace": ready, "route/app": ready, "migration": absent, "service/app": absent, "service/worker": absent},
			nil, nil},
		{"taken down from the bottom", false,
			map[store.Kind]store.State{"image": absent, "schema": ready, "keyspace": ready, "route/app": ready, "migration": absent, "service/app": ready, "service/worker": store.Leaving},
			nil, []string{"remove service/app", "remove service/worker"}},
		{"a running build or migration is stopped before the schema goes", false,
			map[store.Kind]store.State{"image": working, "schema": ready, "keyspace": ready, "route/app": ready, "migration": working, "service/app": absent, "service/worker": absent},
			nil, []string{"remove migration"}},
		{"what cannot be told to be gone is not gone", false,
			map[store.Kind]store.State{"image": absent, "schema": ready, "keyspace": ready, "route/app": ready, "migration": absent, "service/app": store.Unknown, "service/worker": absent},
			nil, nil},
		{"the rest goes side by side", false,
			map[store.Kind]store.State{"image": absent, "schema": ready, "keyspace": store.Failed, "route/app": ready, "migration": absent, "service/app": absent, "service/worker": absent},
			nil, []string{"remove schema", "remove keyspace", "remove route/app"}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			want, seen := map[store.Kind]bool{}, map[store.Kind]store.Observation{}
			for _, k := range slices.Concat(line...) {
				want[k] = c.want
				seen[k] = store.Observation{State: c.seen[k], Free: slices.Contains(c.free, k)}
			}
			var got []string
			for _, s := range Plan(want, line, seen) {
				got = append(got, fmt.Sprintf("%s %s", s.Verb, s.Kind))
			}
			if diff := cmp.Diff(c.steps, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// model is a world in which a step takes effect at once or after a while.
type model map[store.Kind]store.State

func (m model) carryOut(s store.Step, slow bool) {
	switch {
	case s.Verb == store.Apply && slow:
		m[s.Kind] = store.Working
	case s.Verb == store.Apply:
		m[s.Kind] = store.Ready
	case slow && m[s.Kind] != store.Leaving:
		m[s.Kind] = store.Leaving
	default:
		m[s.Kind] = store.Absent
	}
}

func (m model) passTime() {
	for k, s := range m {
		switch s {
		case store.Working:
			m[k] = store.Ready
		case store.Leaving:
			m[k] = store.Absent
		case store.Unknown:
			m[k] = store.Stale
		}
	}
}

func TestPlanReachesTheWishFromAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted := rapid.Bool().Draw(t, "wanted")
		states := []store.State{store.Unknown, store.Absent, store.Stale, store.Working, store.Ready, store.Leaving}
		world, want := model{}, map[store.Kind]bool{}
		for _, k := range slices.Concat(line...) {
			world[k] = rapid.SampledFrom(states).Draw(t, string(k))
			want[k] = wanted
		}
		for round := 0; round < 40; round++ {
			seen := map[store.Kind]store.Observation{}
			for k, s := range world {
				seen[k] = store.Observation{State: s}
			}
			for _, s := range Plan(want, line, seen) {
				checkStep(t, s, world)
				world.carryOut(s, rapid.Bool().Draw(t, "slow"))
			}
			world.passTime()
		}
		end := store.Absent
		if wanted {
			end = store.Ready
		}
		for k, s := range world {
			if s != end {
				t.Fatalf("%s ended as %s, want %s", k, s, end)
			}
		}
	})
}

// checkStep states what no plan may do.
func checkStep(t *rapid.T, s store.Step, world model) {
	at := slices.IndexFunc(line, func(l []store.Kind) bool { return slices.Contains(l, s.Kind) })
	if s.Seen.State == store.Unknown {
		t.Fatalf("%s of %s, of which nothing is known", s.Verb, s.Kind)
	}
	if s.Verb == store.Apply {
		for _, above := range slices.Concat(line[:at]...) {
			if s.Seen.State == store.Absent && world[above] != store.Ready {
				t.Fatalf("%s is applied while %s above it is %s", s.Kind, above, world[above])
			}
		}
		return
	}
	for _, below := range slices.Concat(line[at+1:]...) {
		if world[below] != store.Absent {
			t.Fatalf("%s is removed while %s below it is %s", s.Kind, below, world[below])
		}
	}
}
