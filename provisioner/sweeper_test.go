package provisioner_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
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

func TestMarksOfWhatIsGoneWakeIt(t *testing.T) {
	p := newPlay(t)
	p.up("c1")
	p.passes(8)
	p.want(func(s *store.Spec) { s.Released = true })
	p.passes(8)
	now := time.Now()
	schema := func(id store.ID) store.Trace {
		return store.Trace{Environment: id, What: store.Say(store.ThingSchema, "qa_shop_x")}
	}
	var traces []store.Trace
	var log bytes.Buffer
	woken := 0
	sweeper := &provisioner.Sweeper{
		Store: p.store, Apps: p.Apps, Owner: "test", Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Woken: func(store.ID) { woken++ }, Seldom: time.Minute,
		Traces: func(context.Context) ([]store.Trace, error) { return traces, nil },
	}
	for _, step := range []struct {
		after  time.Duration
		traces []store.Trace
		woken  int
	}{
		{0, []store.Trace{schema(id)}, 0},           // seldom
		{time.Hour, []store.Trace{schema(id)}, 1},   // long after its removal
		{time.Second, []store.Trace{schema(id)}, 1}, // seldom
		{time.Hour, []store.Trace{schema("lost-aaaaaaa")}, 1},
		{time.Hour, []store.Trace{schema("lost-aaaaaaa")}, 1},
	} {
		now, traces = now.Add(step.after), step.traces
		if err := sweeper.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if woken != step.woken {
			t.Errorf("%s later it was woken %d times, want %d", step.after, woken, step.woken)
		}
		p.passes(1)
	}
	if n := strings.Count(log.String(), "lost-aaaaaaa"); n != 1 {
		t.Errorf("what no row knows of was named %d times:\n%s", n, &log)
	}
}

// When environments were used is asked for at the first sweep and then seldom, and kept; an error changes nothing.
func TestTheSweepNotesWhatIsUsed(t *testing.T) {
	p := newPlay(t)
	p.up("c1")
	p.passes(8)
	now := time.Now()
	first := now.Add(-time.Hour).UTC().Truncate(time.Minute)
	used, asked := first, 0
	var trouble error
	sweeper := &provisioner.Sweeper{
		Store: p.store, Apps: p.Apps, Owner: "test", Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Usage: 5 * time.Minute,
		Used: func(context.Context, []store.Environment) (map[store.ID]time.Time, error) {
			asked++
			return map[store.ID]time.Time{id: used}, trouble
		},
	}
	for _, step := range []struct {
		after, used time.Duration
		trouble     error
		asked       int
		want        time.Duration // after first
	}{
		{0, 0, nil, 1, 0},
		{time.Minute, time.Minute, nil, 1, 0},
		{4 * time.Minute, time.Minute, nil, 2, time.Minute},
		{5 * time.Minute, time.Hour, errors.New("refused"), 3, time.Minute},
	} {
		now, used, trouble = now.Add(step.after), first.Add(step.used), step.trouble
		if err := sweeper.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if env := p.passes(0); asked != step.asked || !env.Used.Equal(first.Add(step.want)) {
			t.Errorf("%s later: asked %d times, used %s; want %d, %s", step.after, asked, env.Used, step.asked, first.Add(step.want))
		}
	}
}
