package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestOneWorkerAtATime(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		stores := []*Store{d.open(t, Options{}), d.open(t, Options{})}
		want(t, stores[0], "a", up("c1"))
		for round := range 5 {
			var got, named atomic.Int32
			var winner atomic.Pointer[Claim]
			var wg sync.WaitGroup
			for _, s := range stores {
				for range 4 {
					wg.Go(func() {
						c, err := s.Claim(t.Context(), "a", "worker")
						if err != nil {
							t.Error(err)
						}
						if c != nil {
							got.Add(1)
							winner.Store(c)
						}
						if c, err = s.ClaimName(t.Context(), "sweep", "worker"); err != nil {
							t.Error(err)
						}
						if c != nil {
							named.Add(1)
						}
					})
				}
			}
			wg.Wait()
			if got.Load() != 1 || named.Load() != 1 {
				t.Fatalf("round %d: %d workers have the environment, %d the name", round, got.Load(), named.Load())
			}
			if fence := winner.Load().Fence; fence != int64(round+1) {
				t.Fatalf("round %d: fence %d", round, fence)
			}
			ok(t, stores[1].Settle(t.Context(), winner.Load(), Status{}, 0))
			lapse(t, stores[0])
		}
	})
}

func TestNotDueIsNotClaimed(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		if c := must[*Claim](t)(s.Claim(t.Context(), "nobody", "w")); c != nil {
			t.Error("claimed what is not there")
		}
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		if c.Name != "env/a" || c.Owner != "worker" || c.Spec.Commit != "c1" || c.ID != "a" || !c.alive() {
			t.Errorf("got %+v", c)
		}
		if isDue(t, s, "a") {
			t.Error("due although it is claimed")
		}
		ok(t, s.Settle(t.Context(), c, Status{}, time.Hour))
		if c.alive() || !errors.Is(c.Check(), ErrFenced) {
			t.Error("a settled claim is alive")
		}
		if c := must[*Claim](t)(s.Claim(t.Context(), "a", "w")); c != nil {
			t.Error("claimed an hour too early")
		}
	})
}

// writes are all the ways in which a claim can change something.
func writes(s *Store) map[string]func(context.Context, *Claim) error {
	return map[string]func(context.Context, *Claim) error{
		"Renew":  s.Renew,
		"Note":   func(ctx context.Context, c *Claim) error { return s.Note(ctx, c, "image", Fact{Ref: "late"}) },
		"Forget": func(ctx context.Context, c *Claim) error { return s.Forget(ctx, c, "schema") },
		"Tell":   func(ctx context.Context, c *Claim) error { return s.Tell(ctx, c, Event{Key: "late"}) },
		"Allot": func(ctx context.Context, c *Claim) error {
			_, err := s.Allot(ctx, c, "route", "ports", []int{1})
			return err
		},
		"Ask": func(ctx context.Context, c *Claim) error {
			_, err := s.Ask(ctx, c, 5, func([]Promised) bool { return true })
			return err
		},
		"Settle":  func(ctx context.Context, c *Claim) error { return s.Settle(ctx, c, Status{Attempts: 9}, time.Hour) },
		"Release": s.Release,
	}
}

func TestWorkerThatLostItsTurnChangesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		old := claim(t, s, "a")
		ok(t, s.Note(t.Context(), old, "schema", Fact{Ref: "kept"}))
		if c := must[*Claim](t)(s.Claim(t.Context(), "a", "other")); c != nil {
			t.Fatal("claimed twice")
		}
		lapse(t, s) // the worker was killed, or stopped
		present := claim(t, s, "a")
		if present.Fence != old.Fence+1 {
			t.Errorf("fence %d after %d", present.Fence, old.Fence)
		}
		before := must[Environment](t)(s.Get(t.Context(), "a"))
		for name, write := range writes(s) {
			if err := write(t.Context(), old); !errors.Is(err, ErrFenced) {
				t.Errorf("%s: got %v, want ErrFenced", name, err)
			}
		}
		if old.alive() {
			t.Error("a fenced claim is alive")
		}
		after := must[Environment](t)(s.Get(t.Context(), "a"))
		if after.Changed != before.Changed || after.Facts["schema"].Ref != "kept" || len(after.Facts) != 1 || len(after.Allotted) != 0 || after.Promise.N != 0 {
			t.Errorf("changed by a fenced worker: %+v", after)
		}
		if events := must[[]Event](t)(s.Events(t.Context(), "a", 10)); len(events) != 0 {
			t.Errorf("told by a fenced worker: %+v", events)
		}
		ok(t, s.Renew(t.Context(), present))
	})
}

func TestSilentWorkerIsFencedBeforeAnotherComes(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		lapse(t, s)
		is(t, s.Note(t.Context(), c, "image", Fact{}), ErrFenced)
		is(t, s.Renew(t.Context(), c), ErrFenced)
	})
}

func TestCrashedWorkerIsReplacedAfterTheLease(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.open(t, Options{Lease: 300 * time.Millisecond})
		want(t, s, "a", up("c1"))
		began := time.Now()
		crashed := claim(t, s, "a")
		next := eventually(t, func() *Claim { return must[*Claim](t)(s.Claim(t.Context(), "a", "next")) })
		if took := time.Since(began); took < 300*time.Millisecond {
			t.Errorf("replaced after %v, within the lease", took)
		}
		if crashed.alive() {
			t.Error("the first worker still trusts its claim")
		}
		if next.Fence != 2 {
			t.Errorf("fence %d", next.Fence)
		}
	})
}

// eventually asks until it gets something.
func eventually[T any](t *testing.T, ask func() *T) *T {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if v := ask(); v != nil {
			return v
		}
		select {
		case <-deadline:
			t.Fatal("waited in vain")
		case <-tick.C:
		}
	}
}

func TestRenewTellsOfANewerWishAndStillRenews(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		ok(t, s.Renew(t.Context(), c))
		want(t, s, "a", down)
		must[int64](t)(s.reader().exec(t.Context(), "UPDATE environments SET lease_until={now}+5000"))
		is(t, s.Renew(t.Context(), c), ErrChanged)
		var left int64
		ok(t, s.reader().row(t.Context(), "SELECT lease_until-{now} FROM environments").Scan(&left))
		if left < 20_000 {
			t.Errorf("%d ms of the lease left after a renewal", left)
		}
		if !c.alive() {
			t.Error("a renewed claim is not alive")
		}
		ok(t, s.Note(t.Context(), c, "image", Fact{}))
	})
}

func TestNamesAreClaimedAndGivenBack(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		c := claimName(t, s, "narrate/a")
		if other := must[*Claim](t)(s.ClaimName(t.Context(), "narrate/a", "w")); other != nil {
			t.Error("claimed twice")
		}
		claimName(t, s, "narrate/A") // another name
		ok(t, s.Renew(t.Context(), c))
		ok(t, s.Release(t.Context(), c))
		if c.alive() {
			t.Error("alive after its release")
		}
		second := claimName(t, s, "narrate/a")
		if second.Fence != c.Fence+1 {
			t.Errorf("fence %d after %d", second.Fence, c.Fence)
		}
		is(t, s.Release(t.Context(), c), ErrFenced)
		is(t, s.Renew(t.Context(), c), ErrFenced)
		ok(t, s.Renew(t.Context(), second))
		if _, err := s.ClaimName(t.Context(), "env/a", "w"); err == nil {
			t.Error("an environment was claimed as a name")
		}
		if err := s.Note(t.Context(), second, "image", Fact{}); err == nil {
			t.Error("a claim of a name wrote to an environment")
		}
	})
}

func TestReleasedEnvironmentStaysDue(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		ok(t, s.Release(t.Context(), claim(t, s, "a")))
		if c := claim(t, s, "a"); c.Fence != 2 {
			t.Errorf("fence %d", c.Fence)
		}
	})
}

func TestTrustOnlyShortens(t *testing.T) {
	start := now()
	tr := newTrust(start, time.Hour)
	if !tr.alive() {
		t.Fatal("not alive at first")
	}
	later := moment{start.at.Add(time.Minute)}
	tr.extend(later)
	tr.extend(start) // an older answer that comes late
	if got := time.Duration(tr.until.Load()); got != time.Hour+time.Minute {
		t.Errorf("trusted for %v", got)
	}
	tr.end()
	tr.extend(later)
	if tr.alive() {
		t.Error("alive after its end")
	}
	if newTrust(moment{start.at.Add(-2 * time.Hour)}, time.Hour).alive() {
		t.Error("alive although its answer took longer than the guard")
	}
	if (&Claim{}).alive() {
		t.Error("a claim that was never made is alive")
	}
}

func TestTimesKeepTheInequality(t *testing.T) {
	if Guard+LongestCall >= Lease {
		t.Errorf("guard %v and the longest call %v are not below the lease %v", Guard, LongestCall, Lease)
	}
	if RenewEvery+2*sqlTimeout >= Guard {
		t.Errorf("no second try for a renewal within the guard of %v", Guard)
	}
}

func TestHookIsAskedWhileTheClaimLives(t *testing.T) {
	stop := errors.New("stop")
	c := &Claim{trust: newTrust(now(), time.Hour), Hook: func() error { return stop }}
	is(t, c.Check(), stop)
	c.trust.end()
	is(t, c.Check(), ErrFenced)
	if ClaimOf(WithClaim(t.Context(), c)) != c || ClaimOf(t.Context()) != nil {
		t.Error("the context does not carry the claim")
	}
}
