package store

import (
	"testing"
	"time"
)

func TestHomeLooks(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, l := range []HomeLook{{User: "U1"}, {User: "U2", Page: 3}, {User: "U2", Page: 3}, {User: "U1", Page: 1}} {
			if err := s.LookedHome(ctx, l.User, l.Page); err != nil {
				t.Fatal(err)
			}
		}
		looks, err := s.HomeLooks(ctx, time.Hour, 10)
		if err != nil || len(looks) != 2 {
			t.Fatalf("%+v, %v", looks, err)
		}
		for _, l := range looks {
			if want := map[string]int{"U1": 1, "U2": 3}[l.User]; l.Page != want || l.Ago < 0 || l.Ago > time.Hour {
				t.Errorf("%+v", l)
			}
		}
		if one, err := s.HomeLooks(ctx, time.Hour, 1); err != nil || len(one) != 1 {
			t.Errorf("at most one: %+v, %v", one, err)
		}
		if none, err := s.HomeLooks(ctx, -time.Hour, 10); err != nil || len(none) != 0 {
			t.Errorf("of nobody: %+v, %v", none, err)
		}
	})
}
