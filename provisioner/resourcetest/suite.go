// Package resourcetest is the suite that every Resource must pass: absent, applied, applied again, ready, drifted,
// repaired, removed, removed again; and cut off before every call that changes the world, then resumed.
//
// It drives a resource as the Reconciler does: one pass at a time, under a real claim of a real store, with nothing kept in
// memory between passes.
package resourcetest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"qabot/provisioner"
	"qabot/store"
)

// Subject is a resource in a world of its own.
type Subject struct {
	Resource provisioner.Resource
	Store    *store.Store // the one that the resource notes in
	Spec     store.Spec   // what is wanted: App, Repo, Branch, Commit
	ID       store.ID

	// Prepare, when set, brings about what the stages above would have left: facts, an image, a parameter.
	Prepare func(t *testing.T, c *store.Claim)
	// Advance lets time pass in the world, so that what works by itself comes to its end.
	Advance func(t *testing.T)
	// Drift, when set, changes the thing by hand, so that it must be mended.
	Drift func(t *testing.T)
	// Count tells how many things bear the environment's marks: one thing made twice must show.
	Count func(t *testing.T) int
	// Made is what Count gives when all is there; the suite compares it after every cut.
	Made int
	// Left is what Count gives after Remove, where something is meant to stay (images); mostly 0.
	Left int
	// Changes, when set, counts the calls so far that changed the world, to prove that an unchanged pass makes none.
	Changes func() int
}

// patience is how many passes one thing may take.
const patience = 60

// Run runs the suite; world makes a fresh Subject each time.
func Run(t *testing.T, world func(t *testing.T) Subject) {
	t.Run("life", func(t *testing.T) { life(t, world(t)) })
	t.Run("cut while applied", func(t *testing.T) {
		cuts(t, world, func(d *driver) { d.until(true, store.Ready) }, func(t *testing.T, d *driver) {
			d.count(d.Made, "after a cut and a resumption each thing is there once")
		})
	})
	t.Run("cut while removed", func(t *testing.T) {
		cuts(t, world, func(d *driver) {
			d.uncut(func() { d.until(true, store.Ready) })
			d.until(false, store.Absent)
		}, func(t *testing.T, d *driver) {
			d.count(d.Left, "after a cut and a resumption nothing is left")
		})
	})
	t.Run("unwanted while it comes", func(t *testing.T) {
		d := newDriver(t, world(t))
		d.pass(true)
		d.until(false, store.Absent)
		d.count(d.Left, "what was begun is taken back")
	})
}

func life(t *testing.T, s Subject) {
	d := newDriver(t, s)
	if o := d.look(); o.State != store.Absent {
		t.Fatalf("before anything was done it is %s (%v), want absent", o.State, o.Detail)
	}
	d.until(true, store.Ready)
	d.count(s.Made, "applied")
	d.apply()
	d.until(true, store.Ready)
	d.count(s.Made, "applied again")
	if s.Changes != nil {
		before := s.Changes()
		d.pass(true)
		if n := s.Changes() - before; n != 0 {
			t.Errorf("a pass over what is ready made %d changing calls, want none", n)
		}
	}
	if s.Drift != nil {
		s.Drift(t)
		if o := d.look(); o.State == store.Ready {
			t.Fatalf("changed by hand and still taken for ready: %+v", o)
		}
		d.until(true, store.Ready)
		d.count(s.Made, "repaired")
	}
	d.until(false, store.Absent)
	d.count(s.Left, "removed")
	d.remove()
	d.until(false, store.Absent)
	d.until(true, store.Ready)
	d.count(s.Made, "made again after removal")
	d.until(false, store.Absent)
	d.count(s.Left, "removed for good")
}

// errCut stands for the death of the worker.
var errCut = errors.New("cut off here")

// cuts repeats the work, each time cut off before one call more, until it gets through without meeting the cut.
func cuts(t *testing.T, world func(*testing.T) Subject, work func(*driver), check func(*testing.T, *driver)) {
	for n := 1; ; n++ {
		if n > 100 {
			t.Fatal("after 100 calls the work has no end")
		}
		d := newDriver(t, world(t))
		d.cutAt = n
		work(d)
		check(t, d)
		if !d.cut {
			if n == 1 {
				t.Fatal("the resource changed the world without checking its claim")
			}
			return
		}
	}
}

type driver struct {
	Subject
	t     *testing.T
	calls int
	cutAt int // 0: never
	cut   bool
}

func newDriver(t *testing.T, s Subject) *driver {
	t.Helper()
	d := &driver{Subject: s, t: t}
	d.wish(true)
	return d
}

// uncut runs f without cuts and without counting.
func (d *driver) uncut(f func()) {
	at := d.cutAt
	d.cutAt = 0
	f()
	d.cutAt, d.calls = at, 0
}

func (d *driver) wish(wanted bool) {
	d.t.Helper()
	_, err := d.Store.Want(d.t.Context(), d.ID, func(s *store.Spec) ([]store.Event, error) {
		version, generation := s.Version, s.Generation
		*s = d.Spec
		s.Version, s.Generation = version, generation
		if s.Generation == 0 || wanted && s.Released {
			s.Generation++
		}
		s.Released = !wanted
		return nil, nil
	})
	if err != nil {
		d.t.Fatalf("want: %v", err)
	}
}

// claimed runs f under a fresh claim and gives it back, as one pass.
func (d *driver) claimed(f func(ctx context.Context, c *store.Claim)) {
	d.t.Helper()
	ctx := d.t.Context()
	c, err := d.Store.Claim(ctx, d.ID, "suite")
	if err != nil || c == nil {
		d.t.Fatalf("claim: %v, %v", c, err)
	}
	c.Hook = func() error {
		d.calls++
		if d.calls == d.cutAt {
			d.cut = true
			return errCut
		}
		return nil
	}
	if d.Prepare != nil {
		hook := c.Hook
		c.Hook = nil
		d.Prepare(d.t, c)
		c.Hook = hook
		if c.Environment, err = d.Store.Get(ctx, d.ID); err != nil {
			d.t.Fatal(err)
		}
	}
	f(store.WithClaim(ctx, c), c)
	if err := d.Store.Settle(ctx, c, store.Status{Version: c.Spec.Version, Generation: c.Spec.Generation}, 0); err != nil {
		d.t.Fatalf("settle: %v", err)
	}
}

func (d *driver) observe(ctx context.Context, env store.Environment) store.Observation {
	d.t.Helper()
	seen, err := d.Resource.Observe(ctx, []store.Environment{env})
	if err != nil {
		d.t.Fatalf("observe: %v", err)
	}
	if len(seen) != 1 {
		d.t.Fatalf("observe gave %d observations for one environment", len(seen))
	}
	return seen[0]
}

func (d *driver) look() (o store.Observation) {
	d.t.Helper()
	d.claimed(func(ctx context.Context, c *store.Claim) { o = d.observe(ctx, c.Environment) })
	return o
}

func (d *driver) apply() {
	d.t.Helper()
	d.claimed(func(ctx context.Context, c *store.Claim) {
		if err := d.Resource.Apply(ctx, c, d.observe(ctx, c.Environment)); err != nil {
			d.t.Fatalf("apply: %v", err)
		}
	})
}

func (d *driver) remove() {
	d.t.Helper()
	d.claimed(func(ctx context.Context, c *store.Claim) {
		if err := d.Resource.Remove(ctx, c, d.observe(ctx, c.Environment)); err != nil {
			d.t.Fatalf("remove: %v", err)
		}
	})
}

// pass observes and takes the step that is due, as Plan has it for a single resource.
func (d *driver) pass(wanted bool) (o store.Observation) {
	d.t.Helper()
	d.claimed(func(ctx context.Context, c *store.Claim) {
		o = d.observe(ctx, c.Environment)
		kind := d.Resource.Kind()
		steps := provisioner.Plan(map[store.Kind]bool{kind: wanted}, [][]store.Kind{{kind}}, map[store.Kind]store.Observation{kind: o})
		for _, s := range steps {
			var err error
			if s.Verb == store.Apply {
				err = d.Resource.Apply(ctx, c, o)
			} else {
				err = d.Resource.Remove(ctx, c, o)
			}
			if err != nil && !d.cut {
				d.t.Logf("%s: %v (tried again)", s.Verb, err)
			}
		}
	})
	return o
}

func (d *driver) until(wanted bool, state store.State) {
	d.t.Helper()
	d.wish(wanted)
	var last store.Observation
	for range patience {
		last = d.pass(wanted)
		if last.State == state {
			return
		}
		if d.Advance != nil {
			d.Advance(d.t)
		}
	}
	d.t.Fatalf("after %d passes it is %s (%+v), want %s", patience, last.State, last.Detail, state)
}

func (d *driver) count(want int, why string) {
	d.t.Helper()
	if d.Count == nil {
		return
	}
	if got := d.Count(d.t); got != want {
		d.t.Errorf("%s: %d things bear the marks, want %d", why, got, want)
	}
}

// Store opens a fresh store in a file of the test.
func Store(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "store.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Claim writes a wish for an environment and claims it, for tests of single methods.
func Claim(t testing.TB, s *store.Store, id store.ID, spec store.Spec) *store.Claim {
	t.Helper()
	if _, err := s.Want(t.Context(), id, func(w *store.Spec) ([]store.Event, error) {
		spec.Version = w.Version
		spec.Generation = max(spec.Generation, w.Generation+1)
		*w = spec
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for time.Now().Before(deadline) {
		c, err := s.Claim(t.Context(), id, "test")
		if err != nil {
			t.Fatal(err)
		}
		if c != nil {
			return c
		}
	}
	t.Fatalf("%s is not to be had", id)
	return nil
}
