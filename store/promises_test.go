package store

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// fits admits as long as no more than room was promised.
func fits(room, asked int) func([]Promised) bool {
	return func(others []Promised) bool {
		n := asked
		for _, o := range others {
			if o.Granted {
				n += o.Connections
			}
		}
		return n <= room
	}
}

// Two replicas are asked by many environments at the same moment.
func TestAsksAtOnceAreDecidedOneByOne(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		replicas := []*Store{d.open(t, Options{}), d.open(t, Options{})}
		const asking, each, room = 10, 8, 30
		var wg sync.WaitGroup
		for i := range asking {
			s := replicas[i%2]
			id := ID(fmt.Sprintf("e%d", i))
			want(t, s, id, up("c1"))
			c := claim(t, s, id)
			wg.Go(func() {
				if _, err := s.Ask(t.Context(), c, each, fits(room, each)); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			})
		}
		wg.Wait()
		all := must[[]Promised](t)(replicas[0].Promises(t.Context()))
		granted, numbers := 0, map[int64]bool{}
		for i, p := range all {
			if numbers[p.N] = true; p.Granted {
				granted++
			}
			if i > 0 && all[i-1].Granted == p.Granted && all[i-1].N > p.N || p.Granted && i > 0 && !all[i-1].Granted {
				t.Errorf("out of order: %+v", all)
			}
		}
		if granted != room/each || len(all) != asking || len(numbers) != asking {
			t.Errorf("%d of %d were promised some, %d numbers; want %d", granted, len(all), len(numbers), room/each)
		}
	})
}

func TestPromiseLastsUntilItsEnvironmentRests(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		ask := func(c *Claim, n int, yes bool) Promise {
			t.Helper()
			return must[Promise](t)(s.Ask(t.Context(), c, n, func([]Promised) bool { return yes }))
		}
		settle := func(c *Claim, st Status) {
			t.Helper()
			st.Version, st.Asleep = c.Spec.Version, c.Spec.Asleep
			ok(t, s.Settle(t.Context(), c, st, time.Hour))
		}
		has := func(id ID) Promise { return must[Environment](t)(s.Get(t.Context(), id)).Promise }

		want(t, s, "a", up("c1"))
		a := claim(t, s, "a")
		if p := ask(a, 8, true); p != (Promise{N: 1, Connections: 8, Granted: true}) {
			t.Errorf("promised %+v", p)
		}
		settle(a, Status{Seen: seen(Ready)})
		want(t, s, "b", up("c1"))
		b := claim(t, s, "b")
		if p := ask(b, 8, false); p.Granted || p.N != 2 {
			t.Errorf("waits as %+v", p)
		}
		settle(b, Status{Seen: seen(Absent)})

		want(t, s, "a", up("c2")) // an update, which costs more now
		a = claim(t, s, "a")
		if p := ask(a, 12, false); p != (Promise{N: 1, Connections: 12, Granted: true}) {
			t.Errorf("an update was promised %+v", p)
		}
		settle(a, Status{Seen: seen(Working)})

		sleep := func(spec *Spec) ([]Event, error) { spec.Asleep = true; return nil, nil }
		want(t, s, "a", sleep)
		a = claim(t, s, "a")
		settle(a, Status{Seen: seen(Working)}) // its tasks end
		if p := has("a"); !p.Granted {
			t.Errorf("it gave back what it still uses: %+v", p)
		}
		ok(t, s.Wake(t.Context(), "a"))
		a = claim(t, s, "a")
		settle(a, Status{Seen: seen(Ready)})
		if p := has("a"); p != (Promise{}) {
			t.Errorf("asleep it still has %+v", p)
		}
		if !isDue(t, s, "b") {
			t.Error("who waits is not told that there is room")
		}
		b = claim(t, s, "b")
		if p := ask(b, 8, true); !p.Granted || p.N != 2 {
			t.Errorf("its turn: %+v", p)
		}
		settle(b, Status{Seen: seen(Ready)})
		want(t, s, "b", down)
		b = claim(t, s, "b")
		settle(b, Status{Seen: seen(Leaving)})
		if p := has("b"); !p.Granted {
			t.Errorf("it gave back what it still uses: %+v", p)
		}
		ok(t, s.Wake(t.Context(), "b"))
		b = claim(t, s, "b")
		settle(b, Status{Seen: seen(Absent)})
		if all := must[[]Promised](t)(s.Promises(t.Context())); len(all) != 0 {
			t.Errorf("left: %+v", all)
		}
	})
}
