package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWantMakesAnEnvironmentThatIsDue(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		expires := time.Date(2030, 1, 2, 3, 4, 5, 678, time.UTC)
		env := want(t, s, "login-abc", func(spec *Spec) ([]Event, error) {
			if *spec != (Spec{}) {
				t.Errorf("change got %+v for a new environment", *spec)
			}
			*spec = Spec{App: "shop", Repo: "acme/shop", Branch: "feature/lögin 😀", Commit: "c1", Generation: 1, ExpiresAt: expires, Data: Data{1, "staging"}}
			return []Event{{Key: "asked/1", Code: EventAsked, By: "U1"}}, nil
		})
		if env.Spec.Version != 1 || env.Spec.Branch != "feature/lögin 😀" || !env.Spec.ExpiresAt.Equal(expires) {
			t.Errorf("got %+v", env.Spec)
		}
		if env.Made.Before(clock(t, s).Add(-time.Minute)) {
			t.Errorf("made %v", env.Made)
		}
		if !isDue(t, s, "login-abc") {
			t.Error("a new environment is not due")
		}
		events := must[[]Event](t)(s.Untold(t.Context(), "login-abc"))
		if len(events) != 1 || events[0].N != 1 || events[0].By != "U1" || events[0].Environment != "login-abc" {
			t.Errorf("journal: %+v", events)
		}
		got := must[Environment](t)(s.Get(t.Context(), "login-abc"))
		if diff := cmp.Diff(env, got); diff != "" {
			t.Errorf("Get differs from what Want returned:\n%s", diff)
		}
	})
}

func TestVersionIsNotChangesBusiness(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", func(spec *Spec) ([]Event, error) { spec.Version = 70; return nil, nil })
		env := want(t, s, "a", func(spec *Spec) ([]Event, error) { spec.Version = 0; return nil, nil })
		if env.Spec.Version != 2 {
			t.Errorf("version %d after two wishes", env.Spec.Version)
		}
	})
}

func TestRefusedWishChangesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		no := errors.New("not yours")
		refuse := func(spec *Spec) ([]Event, error) { spec.Released = true; return []Event{{Key: "x"}}, no }
		if _, err := s.Want(t.Context(), "a", refuse); err != no {
			t.Errorf("got %v, want the very error of change", err)
		}
		_, err := s.Get(t.Context(), "a")
		is(t, err, ErrNotFound)

		want(t, s, "a", up("c1"))
		ok(t, s.Settle(t.Context(), claim(t, s, "a"), Status{}, time.Hour))
		before := must[Environment](t)(s.Get(t.Context(), "a"))
		if _, err := s.Want(t.Context(), "a", refuse); err != no {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff(before, must[Environment](t)(s.Get(t.Context(), "a"))); diff != "" {
			t.Error(diff)
		}
		if isDue(t, s, "a") {
			t.Error("a refused wish made the environment due")
		}
	})
}

func TestWishesOfTwoProcessesAreAllKept(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		const each = 10
		var stores []*Store
		for range 2 {
			stores = append(stores, d.open(t, Options{}))
		}
		var wg sync.WaitGroup
		for i, s := range stores {
			for k := range each {
				wg.Go(func() {
					_, err := s.Want(t.Context(), "a", func(spec *Spec) ([]Event, error) {
						spec.Generation++
						return []Event{{Key: fmt.Sprintf("pushed/%d/%d", i, k), Code: EventPushed}}, nil
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		env := must[Environment](t)(stores[0].Get(t.Context(), "a"))
		if env.Spec.Version != 2*each || env.Spec.Generation != 2*each {
			t.Errorf("version %d, generation %d after %d wishes", env.Spec.Version, env.Spec.Generation, 2*each)
		}
		for i, e := range must[[]Event](t)(stores[1].Untold(t.Context(), "a")) {
			if e.N != int64(i+1) {
				t.Errorf("event %d has number %d", i+1, e.N)
			}
		}
	})
}

func TestWakeMakesDueWithoutANewWish(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		is(t, s.Wake(t.Context(), "a"), ErrNotFound)
		want(t, s, "a", up("c1"))
		ok(t, s.Settle(t.Context(), claim(t, s, "a"), Status{}, time.Hour))
		ok(t, s.Wake(t.Context(), "a"))
		c := claim(t, s, "a")
		if c.Spec.Version != 1 {
			t.Errorf("version %d after a wake", c.Spec.Version)
		}
		ok(t, s.Wake(t.Context(), "a"))
		ok(t, s.Renew(t.Context(), c)) // no newer wish: the pass goes on
		ok(t, s.Settle(t.Context(), c, Status{}, time.Hour))
		if !isDue(t, s, "a") {
			t.Error("a wake during the pass is lost")
		}
	})
}

func TestListHasEveryEnvironmentWithItsFactsAndNumbers(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		for _, id := range []ID{"b", "a", "c"} {
			want(t, s, id, up("c1"))
			must[int64](t)(s.reader().exec(t.Context(), "UPDATE environments SET made=? WHERE id=?", map[ID]int{"b": 1, "a": 2, "c": 3}[id], id))
		}
		c := claim(t, s, "a")
		ok(t, s.Note(t.Context(), c, "image", Fact{Ref: "build:1", Outcome: Succeeded}))
		must[int](t)(s.Allot(t.Context(), c, "route", "ports", []int{8001}))
		ok(t, s.Settle(t.Context(), c, Status{Seen: seen(Ready)}, time.Hour))
		want(t, s, "c", down)

		all := must[[]Environment](t)(s.List(t.Context()))
		var ids []ID
		for _, env := range all {
			ids = append(ids, env.ID)
			if diff := cmp.Diff(must[Environment](t)(s.Get(t.Context(), env.ID)), env); diff != "" {
				t.Errorf("List differs from Get:\n%s", diff)
			}
		}
		if diff := cmp.Diff([]ID{"b", "a", "c"}, ids); diff != "" {
			t.Errorf("not oldest first:\n%s", diff)
		}
		if all[1].Facts["image"].Ref != "build:1" || all[1].Allotted["route"] != 8001 || len(all[0].Facts) != 0 {
			t.Errorf("facts %v, numbers %v", all[1].Facts, all[1].Allotted)
		}
	})
}

func TestStateOfANewerProgramIsUnknown(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		must[int64](t)(s.reader().exec(t.Context(),
			`UPDATE environments SET status='{"Version":1,"Brand":"new","Seen":{"image":{"State":"hibernating"},"schema":{"State":"ready"}}}'`))
		env := must[Environment](t)(s.Get(t.Context(), "a"))
		if env.Status.Seen["image"].State != Unknown || env.Status.Seen["schema"].State != Ready {
			t.Errorf("got %+v", env.Status.Seen)
		}
	})
}
