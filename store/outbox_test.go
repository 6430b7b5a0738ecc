package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMessagesAreKeptUntilTheyAreSaid(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		body := []byte("{\"text\":\"'; DROP \\ \x00 ü 😀\"}\xff")
		for _, key := range []string{"z", "a", "A", "a "} {
			ok(t, s.Post(t.Context(), Message{Key: key, Lane: "ana", Body: body}))
		}
		ok(t, s.Post(t.Context(), Message{Key: "a", Lane: "ben", Body: []byte("another")})) // kept already
		ok(t, s.Post(t.Context(), Message{Key: "b", Lane: "ben"}))
		if s.Post(t.Context(), Message{Lane: "ana"}) == nil {
			t.Error("took a message without a key")
		}
		lanes := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, must[[]string](t)(s.Unsent(t.Context()))); diff != "" {
				t.Error(diff)
			}
		}
		unsent := func() (all []string) {
			t.Helper()
			for _, m := range must[[]Message](t)(s.Messages(t.Context(), "ana")) {
				all = append(all, m.Key)
				if m.Lane != "ana" || !bytes.Equal(m.Body, body) || m.Age < 0 || m.Age > time.Minute {
					t.Errorf("got %+v", m)
				}
			}
			return all
		}
		lanes("ana", "ben")
		if diff := cmp.Diff([]string{"z", "a", "A", "a "}, unsent()); diff != "" {
			t.Error(diff)
		}
		c := claimName(t, s, Outbox("ana"))
		ok(t, s.Try(t.Context(), c, "z"))
		ok(t, s.Try(t.Context(), c, "b")) // not in this lane: nothing happens
		ok(t, s.Sent(t.Context(), c, "b"))
		if got := must[[]Message](t)(s.Messages(t.Context(), "ana"))[0].Tries; got != 1 {
			t.Errorf("%d tries, want 1", got)
		}
		for _, key := range []string{"z", "A", "a "} {
			ok(t, s.Sent(t.Context(), c, key))
		}
		if diff := cmp.Diff([]string{"a"}, unsent()); diff != "" {
			t.Error(diff)
		}
		ok(t, s.Sent(t.Context(), c, "a"))
		lanes("ben")
		if m := must[[]Message](t)(s.Messages(t.Context(), "ben"))[0]; m.Tries != 0 {
			t.Errorf("tried %d times under another lane's claim", m.Tries)
		}

		ok(t, s.Post(t.Context(), Message{Key: "z", Lane: "ana", Body: body})) // said already
		lanes("ben")
		must[int64](t)(s.reader().exec(t.Context(), "UPDATE outbox SET finished={now}-9*24*3600*1000 WHERE message_key='z'"))
		ok(t, s.Sent(t.Context(), c, "a"))
		ok(t, s.Post(t.Context(), Message{Key: "z", Lane: "ana", Body: body}))
		if diff := cmp.Diff([]string{"z"}, unsent()); diff != "" {
			t.Errorf("a key is remembered for more than 8 days: %s", diff)
		}
		lapse(t, s)
		is(t, s.Try(t.Context(), c, "z"), ErrFenced)
		is(t, s.Sent(t.Context(), c, "z"), ErrFenced)
		if s.Sent(t.Context(), claimName(t, s, "sweep"), "z") == nil {
			t.Error("finished with another claim")
		}
	})
}

func TestEventsAreFoundByTheirKey(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		for _, id := range []ID{"b", "a"} {
			want(t, s, id, func(*Spec) ([]Event, error) {
				return []Event{{Key: "asked/1", Answer: Say("answer.started", "x", 2)}, {Key: "asked/10"}}, nil
			})
		}
		var found []string
		for _, e := range must[[]Event](t)(s.Happened(t.Context(), "asked/1")) {
			found = append(found, string(e.Environment)+" "+e.Answer.Code+" "+e.Answer.Args[1])
		}
		if diff := cmp.Diff([]string{"a answer.started 2", "b answer.started 2"}, found); diff != "" {
			t.Error(diff)
		}
		if got := must[[]Event](t)(s.Happened(t.Context(), "asked/2")); len(got) != 0 {
			t.Errorf("found %v", got)
		}
	})
}
