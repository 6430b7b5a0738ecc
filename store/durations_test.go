package store

import (
	"fmt"
	"testing"
	"time"
)

func TestUsual(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		usual := func(app string, k Kind) time.Duration {
			t.Helper()
			return must[time.Duration](t)(s.Usual(t.Context(), app, k))
		}
		deploy := func(id ID, n int, took time.Duration, stages map[Kind]time.Duration) Event {
			t.Helper()
			want(t, s, id, func(spec *Spec) ([]Event, error) { spec.App = "shop"; return nil, nil })
			c := claim(t, s, id)
			e := Event{Key: fmt.Sprintf("ready/%d", n), Code: EventReady, Took: took, Stages: stages}
			ok(t, s.Tell(t.Context(), c, e))
			ok(t, s.Tell(t.Context(), c, e)) // again, as a pass may
			ok(t, s.Release(t.Context(), c))
			events := must[[]Event](t)(s.Events(t.Context(), id, 1))
			return events[0]
		}
		stages := func(d time.Duration) map[Kind]time.Duration { return map[Kind]time.Duration{"image": d} }
		for n, took := range []time.Duration{4 * time.Minute, time.Minute} {
			if e := deploy("a", n, took, stages(took/2)); e.Usual != 0 {
				t.Errorf("after %d it took usually %s", n, e.Usual)
			}
		}
		if got := usual("shop", ""); got != 0 {
			t.Errorf("two are enough for %s", got)
		}
		deploy("b", 0, 2*time.Minute, stages(time.Minute))
		if got := usual("shop", ""); got != 2*time.Minute {
			t.Errorf("usually %s, want the one in the middle", got)
		}
		if got := usual("shop", "image"); got != time.Minute {
			t.Errorf("the image takes usually %s", got)
		}
		if got := usual("pay", ""); got != 0 {
			t.Errorf("another app takes usually %s", got)
		}
		// One that only woke up counts for nothing, and is told against what is usual all the same.
		if e := deploy("a", 2, time.Second, nil); e.Usual != 2*time.Minute || usual("shop", "") != 2*time.Minute {
			t.Errorf("told as %+v; now usually %s", e, usual("shop", ""))
		}
		for n := range usualOf {
			deploy("c", n, time.Hour, stages(time.Hour))
		}
		if got := usual("shop", ""); got != time.Hour {
			t.Errorf("after %d of an hour each it is %s", usualOf, got)
		}
		var rows int
		ok(t, s.reader().row(t.Context(), "SELECT COUNT(*) FROM durations").Scan(&rows))
		if rows > 2*usualOf {
			t.Errorf("%d rows are kept", rows)
		}
	})
}
