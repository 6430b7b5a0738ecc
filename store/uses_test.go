package store

import (
	"errors"
	"testing"
	"time"
)

func TestUseGoesForwardOnly(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		c := claim(t, s, "a")
		must[Promise](t)(s.Ask(t.Context(), c, 5, func([]Promised) bool { return true }))
		ok(t, s.Release(t.Context(), c))
		first := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
		sweep := must[*Claim](t)(s.ClaimName(t.Context(), "sweep", "me"))
		for _, at := range []time.Time{first, first.Add(time.Minute), first} {
			ok(t, s.Use(t.Context(), sweep, map[ID]time.Time{"a": at, "gone": at}))
		}
		last := first.Add(time.Minute)
		if env := must[Environment](t)(s.Get(t.Context(), "a")); !env.Used.Equal(last) {
			t.Errorf("used %s, want %s", env.Used, last)
		}
		if all := must[[]Environment](t)(s.List(t.Context())); len(all) != 1 || !all[0].Used.Equal(last) {
			t.Errorf("listed as %+v", all)
		}
		if p := must[[]Promised](t)(s.Promises(t.Context())); len(p) != 1 || !p[0].Used.Equal(last) {
			t.Errorf("promises: %+v", p)
		}
		ok(t, s.Release(t.Context(), sweep))
		if err := s.Use(t.Context(), sweep, map[ID]time.Time{"a": last.Add(time.Hour)}); !errors.Is(err, ErrFenced) {
			t.Errorf("without the claim: %v", err)
		}
	})
}

func TestIdle(t *testing.T) {
	at := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	if got := Idle(Asked{At: at}, time.Time{}); !got.Equal(at) {
		t.Errorf("never used: %s", got)
	}
	if got := Idle(Asked{At: at}, at.Add(time.Hour)); !got.Equal(at.Add(time.Hour)) {
		t.Errorf("used after it was asked for: %s", got)
	}
}
