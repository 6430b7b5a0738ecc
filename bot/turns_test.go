package bot

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"qabot/store"
)

// Of the stories that wait for the budget the ends come first, then what has waited longest; what something happened to is
// looked at before them, as it may have come to its end.
func TestTurns(t *testing.T) {
	b, _ := offline(t, nil)
	n := b.narrator
	now := noon
	n.now = func() time.Time { return now }
	for n.budget.mayEdit(final, now) {
	}
	for i, u := range []urgency{progressed, final, progressed, final, heartbeat} {
		id := store.ID(fmt.Sprintf("%d", i))
		n.poke(id)
		if n.edited(id, u) {
			t.Fatal("an edit beyond the budget")
		}
		n.done(t.Context(), id, soon, nil)
		now = now.Add(10 * time.Millisecond)
	}
	n.done(t.Context(), "4", 0, nil)
	delete(n.todo, "4") // a heartbeat does not wait: the next one says more
	order := func() (ids string) {
		for {
			id, ok := n.next()
			if !ok {
				return ids
			}
			ids += string(id)
		}
	}
	now = now.Add(soon)
	if got := order(); got != "" {
		t.Errorf("%s are looked at while no edit is allowed", got)
	}
	n.budget.edits = rate.NewLimiter(1, 10)
	n.poke("0")
	if got := order(); got != "0132" {
		t.Errorf("looked at in the order %s", got)
	}
	for _, id := range []store.ID{"0", "1", "2", "3"} {
		if !n.edited(id, final) {
			t.Error("an edit within the budget is refused")
		}
		n.done(t.Context(), id, 0, nil)
	}
	if got := order(); got != "" || len(n.turns) != 0 {
		t.Errorf("%s wait, though all is told: %v", got, n.turns)
	}
}

// Whoever waits is looked at now and then all the same: an end that another process noted comes in between.
func TestWaitingStoriesAreLookedAtAgain(t *testing.T) {
	b, _ := offline(t, nil)
	n := b.narrator
	now := noon
	n.now = func() time.Time { return now }
	n.budget.hush(now.Add(time.Hour))
	n.poke("x")
	n.edited("x", progressed)
	n.done(t.Context(), "x", soon, nil)
	for range 2 {
		now = now.Add(2 * time.Second)
		if _, ok := n.next(); ok {
			t.Error("looked at too soon")
		}
	}
	now = now.Add(2 * time.Second)
	if _, ok := n.next(); !ok {
		t.Error("never looked at again")
	}
}
