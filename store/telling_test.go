package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestThreadIsSavedAndTheChangeIsDealtWith(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		env := want(t, s, "a", up("c1"))
		want(t, s, "b", up("c1"))
		changed := func(want ...ID) {
			t.Helper()
			if diff := cmp.Diff(want, must[[]ID](t)(s.Changed(t.Context()))); diff != "" {
				t.Error(diff)
			}
		}
		changed("a", "b")
		n := claimName(t, s, "narrate/a")
		thread := Thread{Channel: "C1", TS: "1.2", Hash: "h", Asked: clock(t, s), Edited: clock(t, s)}
		want(t, s, "a", up("c2")) // while the narrator posts
		ok(t, s.SaveThread(t.Context(), n, "a", thread, env.Changed))
		changed("a", "b")
		env = must[Environment](t)(s.Get(t.Context(), "a"))
		if diff := cmp.Diff(thread, env.Thread); diff != "" {
			t.Error(diff)
		}
		ok(t, s.SaveThread(t.Context(), n, "a", thread, env.Changed))
		ok(t, s.SaveThread(t.Context(), n, "a", thread, env.Changed)) // the same once more
		changed("b")
		ok(t, s.Tell(t.Context(), claim(t, s, "a"), Event{Key: "x"}))
		changed("a", "b")
	})
}

func TestEventsAreMarkedOneByOne(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", func(*Spec) ([]Event, error) { return []Event{{Key: "1"}, {Key: "2"}, {Key: "3"}}, nil })
		n := claimName(t, s, "narrate/a")
		ok(t, s.Told(t.Context(), n, "a", 2))
		ok(t, s.Told(t.Context(), n, "a", 2))
		untold := must[[]Event](t)(s.Untold(t.Context(), "a"))
		if len(untold) != 2 || untold[0].N != 1 || untold[1].N != 3 {
			t.Errorf("untold: %+v", untold)
		}
		if all := must[[]Event](t)(s.Events(t.Context(), "a", 10)); !all[1].Told || all[0].Told {
			t.Errorf("all: %+v", all)
		}
	})
}

func TestNarratorThatLostItsTurnChangesNothing(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		env := want(t, s, "a", func(*Spec) ([]Event, error) { return []Event{{Key: "1"}}, nil })
		old := claimName(t, s, "narrate/a")
		lapse(t, s)
		present := claimName(t, s, "narrate/a")
		is(t, s.Told(t.Context(), old, "a", 1), ErrFenced)
		is(t, s.SaveThread(t.Context(), old, "a", Thread{TS: "late"}, env.Changed), ErrFenced)
		if got := must[Environment](t)(s.Get(t.Context(), "a")); got.Thread.TS != "" {
			t.Error("saved by a fenced narrator")
		}
		if err := s.Told(t.Context(), claimName(t, s, "narrate/b"), "a", 1); err == nil {
			t.Error("told with another environment's claim")
		}
		if err := s.SaveThread(t.Context(), claim(t, s, "a"), "a", Thread{}, 1); err == nil {
			t.Error("a worker wrote the thread")
		}
		ok(t, s.Told(t.Context(), present, "a", 1))
		is(t, s.SaveThread(t.Context(), claimName(t, s, "narrate/nobody"), "nobody", Thread{}, 1), ErrNotFound)
		if len(must[[]ID](t)(s.Changed(t.Context()))) != 1 || must[time.Duration](t)(dueIn(t, s, "a"), nil) > 0 {
			t.Error("narrating changed the queue")
		}
	})
}
