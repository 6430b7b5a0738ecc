package compute

import (
	"fmt"
	"testing"
	"time"

	"qabot/provisioner/awssim"
	"qabot/store"
)

func TestManyEnvironmentsTogether(t *testing.T) {
	w := newWorld(t)
	var envs []store.Environment
	for i := range 25 {
		id := store.ID(fmt.Sprintf("many-%02d", i))
		_, err := w.store.Want(t.Context(), id, func(s *store.Spec) ([]store.Event, error) {
			*s = store.Spec{App: "shop", Branch: string(id), Commit: first, Generation: 1, Version: s.Version}
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.store.Claim(t.Context(), id, "test")
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		w.app.FirstPort, w.app.LastPort = 20000, 20099
		w.build()
		if err := w.region.PushImage("shop", imageTag(first)); err != nil {
			t.Fatal(err)
		}
		if err := w.resource("route/app").Apply(t.Context(), c, store.Observation{}); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Note(t.Context(), c, MigrationKind, store.Fact{Passed: first}); err != nil {
			t.Fatal(err)
		}
		if c.Environment, err = w.store.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := w.resource("service/app").Apply(t.Context(), c, store.Observation{}); err != nil {
			t.Fatal(err)
		}
		env, err := w.store.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		envs = append(envs, env)
	}
	w.region.Advance(5 * time.Minute)
	w.region.ForgetCalls()
	for kind, want := range map[store.Kind]store.State{"route/app": store.Ready, "service/app": store.Stale, ImageKind: store.Ready} {
		seen, err := w.resource(kind).Observe(t.Context(), envs)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range seen {
			if o.State != want {
				t.Errorf("%s of %s is %s (%+v), want %s", kind, envs[i].ID, o.State, o.Detail, want)
			}
		}
	}
	counts := map[string]int{}
	for _, c := range w.region.Calls() {
		counts[c.Action]++
		if c.Error != "" {
			t.Errorf("%s: %s", c.Action, c.Error)
		}
	}
	for action, most := range map[string]int{"DescribeServices": 3, "DescribeTags": 5, "DescribeListeners": 1, "DescribeTargetGroups": 2, "DescribeImages": 1} {
		if counts[action] > most {
			t.Errorf("%d calls of %s for 25 environments, want at most %d", counts[action], action, most)
		}
	}
}

// A sweep over what nobody changed costs fewer calls than there are environments.
func TestSweepsAreCheap(t *testing.T) {
	const n, times = 50, 3
	f := newFleet(t, func(o *awssim.Options) { o.Throttle = false })
	if err := f.region.PushImage("shop", imageTag(first)); err != nil {
		t.Fatal(err)
	}
	f.populate(n)
	if calls := f.sweeps(times); float64(calls) >= 0.7*n*times {
		t.Errorf("%d calls for %d sweeps over %d environments", calls, times, n)
	}
}
