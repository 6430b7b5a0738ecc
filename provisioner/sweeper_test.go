package provisioner_test

import (
	"log/slog"
	"testing"
	"time"

	"qabot/provisioner"
	"qabot/store"
)

func TestTheSweepWakesWhatIsNotAsItWasLeft(t *testing.T) {
	p := newPlay(t)
	p.Pace.Rest = time.Hour
	p.up("c1")
	p.passes(8)
	sweeper := &provisioner.Sweeper{Store: p.store, Apps: p.Apps, Owner: "test", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	due := func() bool {
		t.Helper()
		if err := sweeper.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		ids, err := p.store.Due(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids) > 0
	}
	if due() {
		t.Error("nothing changed and it was woken")
	}
	p.worker.state[id] = store.Absent
	if !due() {
		t.Fatal("the worker is gone and nobody was woken")
	}
	if env := p.passes(4); env.Phase(time.Now()) != store.Up || p.worker.applied != 2 {
		t.Errorf("drift is not mended: %s, applied %d times", env.Phase(time.Now()), p.worker.applied)
	}
	p.want(func(s *store.Spec) { s.Released = true })
	p.passes(8)
	p.image.state[id] = store.Ready // a late call of a worker that had lost its turn
	if !due() {
		t.Fatal("an orphan is there and nobody was woken")
	}
	if p.passes(4); p.image.removed != 2 {
		t.Errorf("the orphan is still there: removed %d times", p.image.removed)
	}
}
