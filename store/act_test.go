package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func act(key string, at time.Time) Act {
	return Act{Key: key, At: at.UTC(), Verb: "up", Way: WayCommand, User: "U1", Team: "T1", Channel: "C1", App: "shop", Branch: "qa/x", Outcome: OutcomeRefused, Why: "refused.guest"}
}

func acts(t testing.TB, s *Store, want ActQuery) []Act {
	t.Helper()
	return must[[]Act](t)(s.Acts(t.Context(), want))
}

func keysOf(all []Act) (out []string) {
	for _, a := range all {
		out = append(out, a.Key)
	}
	return out
}

func TestActsAreKeptOnceAndInOrder(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		began := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		for i, key := range []string{"a", "b", "A", "b", "c"} {
			ok(t, s.Record(t.Context(), act(key, began.Add(time.Duration(i)*time.Hour))))
		}
		all := acts(t, s, ActQuery{})
		if diff := cmp.Diff([]string{"a", "b", "A", "c"}, keysOf(all)); diff != "" {
			t.Errorf("acts differ (-want +got):\n%s", diff)
		}
		want := act("b", began.Add(time.Hour))
		if want.N = all[1].N; all[1] != want {
			t.Errorf("read back %+v, want %+v", all[1], want)
		}
		for i, a := range all {
			if a.N != int64(i)+1 {
				t.Errorf("number %d at place %d", a.N, i+1)
			}
		}
		if s.Record(t.Context(), Act{}) == nil {
			t.Error("an act without a key was recorded")
		}
	})
}

func TestActGoesWithItsWish(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		a := act("a", clock(t, s))
		refused := errors.New("no")
		_, err := s.Want(t.Context(), "x", func(*Spec) ([]Event, error) { return nil, refused }, a)
		is(t, err, refused)
		if got := acts(t, s, ActQuery{}); len(got) != 0 {
			t.Errorf("an act without its wish: %+v", got)
		}
		must[Environment](t)(s.Want(t.Context(), "x", up("c1"), a))
		env := must[Environment](t)(s.Want(t.Context(), "x", down, act("b", clock(t, s))))
		got := acts(t, s, ActQuery{Environment: "x"})
		if len(got) != 2 || got[0].Environment != "x" || got[0].Version != 1 || got[1].Version != env.Spec.Version {
			t.Errorf("acts of the wishes: %+v", got)
		}
		// A wish whose act cannot be written is none.
		if _, err := s.Want(t.Context(), "x", up("c2"), Act{}); err == nil {
			t.Error("a wish without the key of its act")
		}
		if e := must[Environment](t)(s.Get(t.Context(), "x")); e.Spec.Version != env.Spec.Version {
			t.Errorf("version %d, want %d", e.Spec.Version, env.Spec.Version)
		}
	})
}

func TestActsAreFound(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		began := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		for i := range 6 {
			a := act(fmt.Sprint(i), began.Add(time.Duration(i)*time.Hour))
			if i%2 == 1 {
				a.App, a.Branch = "pay", "qa/y"
			}
			a.Environment = ID("env-" + a.App)
			ok(t, s.Record(t.Context(), a))
		}
		for _, c := range []struct {
			want ActQuery
			keys []string
		}{
			{ActQuery{Environment: "env-pay"}, []string{"1", "3", "5"}},
			{ActQuery{App: "shop", Since: began.Add(time.Hour)}, []string{"2", "4"}},
			{ActQuery{Branch: "qa/y", Limit: 2}, []string{"3", "5"}},
			{ActQuery{Limit: 1}, []string{"5"}},
			{ActQuery{After: acts(t, s, ActQuery{})[3].N}, []string{"4", "5"}},
			{ActQuery{App: "shop", Branch: "qa/y"}, nil},
			{ActQuery{Oldest: true, Limit: 2}, []string{"0", "1"}},
			{ActQuery{Oldest: true, App: "shop", After: 1}, []string{"2", "4"}},
		} {
			if diff := cmp.Diff(c.keys, keysOf(acts(t, s, c.want))); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", c.want, diff)
			}
		}
	})
}

func TestActsAreForgotten(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		began := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		for i := range 5 {
			ok(t, s.Record(t.Context(), act(fmt.Sprint(i), began.Add(time.Duration(i)*time.Hour))))
		}
		forget := func(want int64, left ...string) {
			t.Helper()
			if gone := must[int64](t)(s.ForgetActs(t.Context(), began.Add(3*time.Hour), 2)); gone != want {
				t.Errorf("%d are gone, want %d", gone, want)
			}
			if diff := cmp.Diff(left, keysOf(acts(t, s, ActQuery{}))); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		}
		forget(2, "2", "3", "4")
		forget(1, "3", "4")
		forget(0, "3", "4")
		ok(t, s.Record(t.Context(), act("5", began)))
		if all := acts(t, s, ActQuery{}); all[2].N != 6 {
			t.Errorf("number %d after six acts, want 6: none is used again", all[2].N)
		}
	})
}

// Many at once, some twice: each is there once, and every number too.
func TestActsSideBySide(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		at := clock(t, s)
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				a := act(fmt.Sprint(i/2), at)
				var err error
				if i%4 < 2 {
					_, err = s.Want(context.Background(), ID(fmt.Sprint("env-", i/4)), up("c"), a)
				} else {
					err = s.Record(context.Background(), a)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[int64]bool{}
		all := acts(t, s, ActQuery{})
		for _, a := range all {
			seen[a.N] = true
		}
		if len(all) != 6 || len(seen) != 6 || all[5].N != 6 {
			t.Errorf("%d acts with %d numbers, want 6: %+v", len(all), len(seen), all)
		}
	})
}
