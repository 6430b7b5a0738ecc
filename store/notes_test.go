package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"qabot/store/servers/servertest"

	"github.com/google/go-cmp/cmp"
)

func TestFactsAreKeptAndForgotten(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		fact := Fact{Commit: "c1", Generation: 1, Ref: "arn:1", Extra: `{"quote":"'\"\\"}`, Began: time.Date(2030, 1, 1, 0, 0, 0, 123456789, time.UTC)}
		ok(t, s.Note(t.Context(), c, "image", Fact{Ref: "arn:0"}))
		ok(t, s.Note(t.Context(), c, "image", fact))
		ok(t, s.Note(t.Context(), c, "Image", Fact{Ref: "another kind"}))
		got := must[Environment](t)(s.Get(t.Context(), "a")).Facts
		if diff := cmp.Diff(map[Kind]Fact{"image": fact, "Image": {Ref: "another kind"}}, got); diff != "" {
			t.Error(diff)
		}
		ok(t, s.Forget(t.Context(), c, "image"))
		ok(t, s.Forget(t.Context(), c, "image"))
		ok(t, s.Settle(t.Context(), c, Status{}, 0))
		if next := claim(t, s, "a"); len(next.Facts) != 1 {
			t.Errorf("the next claim has %v", next.Facts)
		}
	})
}

func TestEventsAreToldOnceAndNumbered(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		for _, id := range []ID{"a", "b"} {
			want(t, s, id, up("c1"))
			c := claim(t, s, id)
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					if err := s.Tell(t.Context(), c, Event{Key: fmt.Sprintf("ready/%d", i%3), Code: EventReady, Lines: []string{"ü", "`"}}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			ok(t, s.Tell(t.Context(), c, Event{Code: "without a key"}))
			ok(t, s.Tell(t.Context(), c, Event{Code: "without a key"}))
			events := must[[]Event](t)(s.Untold(t.Context(), id))
			if len(events) != 5 {
				t.Fatalf("%d events, want 5: %+v", len(events), events)
			}
			for i, e := range events {
				if e.N != int64(i+1) || e.Environment != id || e.At.IsZero() || e.Told {
					t.Errorf("event %d: %+v", i, e)
				}
			}
			newest := must[[]Event](t)(s.Events(t.Context(), id, 2))
			if len(newest) != 2 || newest[0].N != 4 || newest[1].N != 5 {
				t.Errorf("the newest two: %+v", newest)
			}
		}
	})
}

func TestNumbersAreStickyAndUnique(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		stores := []*Store{d.open(t, Options{}), d.open(t, Options{})}
		ports := []int{8001, 8002, 8003, 8004, 8005, 8006}
		var mu sync.Mutex
		got := map[int]ID{}
		var wg sync.WaitGroup
		for i := range len(ports) {
			id, s := ID(fmt.Sprintf("e%d", i)), stores[i%2]
			want(t, s, id, up("c1"))
			wg.Go(func() {
				c := claim(t, s, id)
				for range 2 {
					n, err := s.Allot(t.Context(), c, "route", "ports", ports)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if had, ok := got[n]; ok && had != id {
						t.Errorf("%s and %s both have %d", had, id, n)
					}
					got[n] = id
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(got) != len(ports) {
			t.Errorf("%d numbers for %d environments: %v", len(got), len(ports), got)
		}
	})
}

func TestNumbersOfARangeThatChanged(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		allot := func(k Kind, pool string, candidates ...int) int {
			t.Helper()
			return must[int](t)(s.Allot(t.Context(), c, k, pool, candidates))
		}
		for _, step := range []struct {
			why        string
			kind       Kind
			pool       string
			candidates []int
			want       int
		}{
			{"the first that is free", "route/app", "ports", []int{5, 6, 7}, 5},
			{"another resource of the environment", "route/admin", "ports", []int{5, 6, 7}, 6},
			{"another pool has its own numbers", "keyspace", "databases", []int{5}, 5},
			{"kept although an earlier one is free", "route/admin", "ports", []int{4, 6, 7}, 6},
			{"no longer a candidate", "route/admin", "ports", []int{7, 8}, 7},
			{"another pool", "route/app", "ports-2", []int{5}, 5},
		} {
			if got := allot(step.kind, step.pool, step.candidates...); got != step.want {
				t.Errorf("%s: %d, want %d", step.why, got, step.want)
			}
		}
		_, err := s.Allot(t.Context(), c, "other", "ports", []int{7})
		is(t, err, ErrExhausted)
		_, err = s.Allot(t.Context(), c, "other", "empty", nil)
		is(t, err, ErrExhausted)
	})
}

func TestNumbersOfGoneEnvironmentsAreGivenAway(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		ports := []int{1, 2, 3}
		ids := []ID{"first", "second", "third"}
		allot := func(id ID) (int, error) {
			t.Helper()
			want(t, s, id, up("c1"))
			c := claim(t, s, id)
			n, err := s.Allot(t.Context(), c, "route", "ports", ports)
			ok(t, s.Settle(t.Context(), c, Status{Seen: seen(Ready)}, time.Hour))
			return n, err
		}
		remove := func(id ID, states ...State) {
			t.Helper()
			want(t, s, id, down)
			ok(t, s.Settle(t.Context(), claim(t, s, id), Status{Seen: seen(states...)}, time.Hour))
		}
		for i, id := range ids {
			if n := must[int](t)(allot(id)); n != i+1 {
				t.Fatalf("%s has %d", id, n)
			}
		}
		remove("third", Absent, Ready) // its data is kept
		_, err := allot("new")
		is(t, err, ErrExhausted)

		remove("second", Absent)
		// A moment later; looked at again since, it still has been gone for longer.
		must[int64](t)(s.reader().exec(t.Context(), "UPDATE environments SET idle_since=idle_since-1000 WHERE id='second'"))
		remove("first", Absent)
		ok(t, s.Wake(t.Context(), "second"))
		ok(t, s.Settle(t.Context(), claim(t, s, "second"), Status{Seen: seen(Absent)}, time.Hour))
		if n := must[int](t)(allot("new")); n != 2 {
			t.Errorf("got %d, want that of the environment gone for longest", n)
		}
		if env := must[Environment](t)(s.Get(t.Context(), "second")); len(env.Allotted) != 0 {
			t.Errorf("the number given away is still with %v", env.Allotted)
		}

		want(t, s, "first", up("c2")) // comes back, and has its number still
		_, err = allot("newer")
		is(t, err, ErrExhausted)
		if n := must[int](t)(allot("first")); n != 1 {
			t.Errorf("came back with %d", n)
		}

		remove("first", Absent)
		ok(t, s.Wake(t.Context(), "first"))
		claim(t, s, "first") // somebody is at work on it
		_, err = allot("newer")
		is(t, err, ErrExhausted)
	})
}

// TestNumberOfAnEnvironmentThatComesBackIsNotGivenAway has a wish that is not committed yet when somebody chooses its number.
func TestNumberOfAnEnvironmentThatComesBackIsNotGivenAway(t *testing.T) {
	s := database{"mysql:" + servertest.Database(t)}.open(t, Options{})
	want(t, s, "old", up("c1"))
	c := claim(t, s, "old")
	must[int](t)(s.Allot(t.Context(), c, "route", "ports", []int{1}))
	want(t, s, "old", down)
	ok(t, s.Settle(t.Context(), c, Status{}, 0))
	ok(t, s.Settle(t.Context(), claim(t, s, "old"), Status{Seen: seen(Absent)}, time.Hour))
	want(t, s, "new", up("c1"))
	c = claim(t, s, "new")

	chosen := make(chan error, 1)
	want(t, s, "old", func(spec *Spec) ([]Event, error) {
		go func() {
			_, err := s.Allot(t.Context(), c, "route", "ports", []int{1})
			chosen <- err
		}()
		eventually(t, func() *int {
			var waiting int
			ok(t, s.reader().row(t.Context(), "SELECT COUNT(*) FROM information_schema.processlist WHERE db=DATABASE() AND info LIKE 'UPDATE environments%''old''%'").Scan(&waiting))
			if waiting == 0 {
				return nil
			}
			return &waiting
		})
		return up("c2")(spec)
	})
	is(t, <-chosen, ErrExhausted)
}
