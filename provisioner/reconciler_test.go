package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"qabot/provisioner"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// thing is a Resource with a world of its own in memory.
type thing struct {
	kind store.Kind

	mu      sync.Mutex
	state   map[store.ID]store.State
	commit  map[store.ID]string
	looked  int
	applied int
	removed int
	onApply func(c *store.Claim) error
	down    bool // the service behind it cannot be reached
}

func newThing(kind store.Kind) *thing {
	return &thing{kind: kind, state: map[store.ID]store.State{}, commit: map[store.ID]string{}}
}

func (r *thing) Kind() store.Kind { return r.kind }

func (r *thing) Observe(_ context.Context, envs []store.Environment) ([]store.Observation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked++
	out := make([]store.Observation, len(envs))
	for i, e := range envs {
		switch {
		case r.down:
			out[i].Detail = store.Say(store.Unreachable, "the thing")
		case r.state[e.ID] == store.Unknown:
			out[i].State = store.Absent
		default:
			out[i].State, out[i].Commit = r.state[e.ID], r.commit[e.ID]
			if out[i].State == store.Ready && out[i].Commit != e.Spec.Commit {
				out[i].State = store.Stale
			}
		}
	}
	return out, nil
}

func (r *thing) Apply(_ context.Context, c *store.Claim, _ store.Observation) error {
	if err := c.Check(); err != nil {
		return err
	}
	if r.onApply != nil {
		if err := r.onApply(c); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.applied++
	r.state[c.ID], r.commit[c.ID] = store.Ready, c.Spec.Commit
	return nil
}

func (r *thing) Remove(_ context.Context, c *store.Claim, _ store.Observation) error {
	if err := c.Check(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removed++
	delete(r.state, c.ID)
	return nil
}

// play is a Reconciler over three things and a real store.
type play struct {
	*provisioner.Reconciler
	t                        *testing.T
	store                    *store.Store
	image, migration, worker *thing
}

const id store.ID = "hello-abc1234"

func newPlay(t *testing.T) *play {
	p := &play{t: t, store: resourcetest.Store(t), image: newThing("image"), migration: newThing("migration"), worker: newThing("service/worker")}
	p.Reconciler = &provisioner.Reconciler{
		Store: p.store, Owner: "test", Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Apps: map[string]provisioner.Stages{"shop": {{p.image}, {p.migration}, {p.worker}}},
		Pace: provisioner.Pace{Quick: 0, Look: 0, Backoff: 0, Rest: 0},
	}
	return p
}

func (p *play) want(change func(*store.Spec)) {
	p.t.Helper()
	if _, err := p.store.Want(p.t.Context(), id, func(s *store.Spec) ([]store.Event, error) {
		s.App, s.Branch = "shop", "hello"
		change(s)
		return nil, nil
	}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *play) up(commit string) {
	p.want(func(s *store.Spec) { s.Commit, s.Released = commit, false; s.Generation++ })
}

func (p *play) passes(n int) store.Environment {
	p.t.Helper()
	for range n {
		if _, err := p.Pass(p.t.Context(), id); err != nil {
			p.t.Fatal(err)
		}
	}
	env, err := p.store.Get(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return env
}

func (p *play) codes() (codes []string) {
	p.t.Helper()
	events, err := p.store.Events(p.t.Context(), id, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range events {
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	return codes
}

func TestUpPushDown(t *testing.T) {
	p := newPlay(t)
	p.up("c1")
	env := p.passes(8)
	if got := env.Phase(time.Now()); got != store.Up || env.Status.Serving != "c1" {
		t.Fatalf("after up: %s, serving %q: %+v", got, env.Status.Serving, env.Status.Seen)
	}
	p.passes(5)
	if p.image.applied+p.migration.applied+p.worker.applied != 3 {
		t.Error("passes over what is ready did something")
	}
	p.up("c2")
	if env = p.passes(8); env.Status.Serving != "c2" {
		t.Errorf("after a push: serving %q", env.Status.Serving)
	}
	p.want(func(s *store.Spec) { s.Released = true })
	if env = p.passes(8); env.Phase(time.Now()) != store.Removed {
		t.Errorf("after down: %s", env.Phase(time.Now()))
	}
	if got := fmt.Sprint(p.codes()); got != "[ready ready removed]" {
		t.Errorf("journal has %s, each thing is told once", got)
	}
}

func TestExpiryNeedsNoEvent(t *testing.T) {
	p := newPlay(t)
	now := time.Now()
	p.Now = func() time.Time { return now }
	p.want(func(s *store.Spec) { s.Commit, s.ExpiresAt = "c1", now.Add(time.Hour); s.Generation++ })
	p.passes(8)
	now = now.Add(2 * time.Hour)
	if err := p.store.Wake(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if env := p.passes(8); env.Phase(now) != store.Removed {
		t.Errorf("after its time it is %s", env.Phase(now))
	}
}

func TestTheEndIsToldBefore(t *testing.T) {
	p := newPlay(t)
	now := time.Now()
	p.Now = func() time.Time { return now }
	p.want(func(s *store.Spec) {
		s.Commit, s.ExpiresAt, s.Asked.At, s.Owner = "c1", now.Add(24*time.Hour), now, "UANA"
		s.Generation++
	})
	p.passes(8)
	if got := fmt.Sprint(p.codes()); got != "[ready]" {
		t.Fatalf("journal has %s", got)
	}
	now = now.Add(23 * time.Hour)
	p.passes(3)
	if got := fmt.Sprint(p.codes()); got != "[expiring ready]" {
		t.Errorf("an hour before the end the journal has %s", got)
	}
	p.want(func(s *store.Spec) { s.ExpiresAt = s.ExpiresAt.Add(24 * time.Hour) })
	now = now.Add(24 * time.Hour)
	p.passes(3)
	if got := fmt.Sprint(p.codes()); got != "[expiring expiring ready]" {
		t.Errorf("before the next end the journal has %s", got)
	}
}

func TestSleepIsTold(t *testing.T) {
	p := newPlay(t)
	p.up("c1")
	p.passes(8)
	p.want(func(s *store.Spec) { s.Asleep, s.Asked.At = true, time.Now() })
	if env := p.passes(4); env.Phase(time.Now()) != store.Asleep {
		t.Errorf("it is %s", env.Phase(time.Now()))
	}
	p.want(func(s *store.Spec) { s.Asleep = false; s.Generation++ })
	p.passes(4)
	if got := fmt.Sprint(p.codes()); got != "[asleep ready ready]" {
		t.Errorf("journal has %s", got)
	}
}

func TestAProblemIsStuckUntilTheGenerationRises(t *testing.T) {
	p := newPlay(t)
	tries := 0
	p.migration.onApply = func(*store.Claim) error {
		tries++
		return store.NewProblem(errors.New("1064"), store.MigrationFailed, "BUILD")
	}
	p.up("c1")
	env := p.passes(8)
	if env.Phase(time.Now()) != store.Broken || tries != 1 {
		t.Fatalf("it is %s after %d tries, want failed after one", env.Phase(time.Now()), tries)
	}
	if p.worker.applied != 0 {
		t.Error("the service was started although the migration failed")
	}
	p.want(func(s *store.Spec) {}) // a wish that raises no generation
	p.passes(3)
	if tries != 1 {
		t.Errorf("tried %d times in one generation", tries)
	}
	p.migration.onApply = nil
	p.up("c1")
	if env = p.passes(8); env.Phase(time.Now()) != store.Up {
		t.Errorf("after a retry it is %s", env.Phase(time.Now()))
	}
	if got := fmt.Sprint(p.codes()); got != "[failed ready]" {
		t.Errorf("journal has %s", got)
	}
}

func TestPassingTroubleIsToldOnceAndEnds(t *testing.T) {
	p := newPlay(t)
	p.up("c1")
	p.migration.down = true
	env := p.passes(10)
	if env.Phase(time.Now()) != store.Deploying {
		t.Fatalf("while it waits it is %s", env.Phase(time.Now()))
	}
	if d := env.Status.Seen["migration"].Detail; d.Code != store.Unreachable {
		t.Errorf("the checklist says %+v", d)
	}
	p.migration.down = false
	if env = p.passes(8); env.Phase(time.Now()) != store.Up {
		t.Errorf("when the trouble is over it is %s", env.Phase(time.Now()))
	}
	if got := fmt.Sprint(p.codes()); got != "[over ready trouble]" {
		t.Errorf("journal has %s", got)
	}
}

// forgetful is a store whose journal does not answer.
type forgetful struct {
	*store.Store
	down bool
}

func (s *forgetful) Tell(ctx context.Context, c *store.Claim, e store.Event) error {
	if s.down {
		return errors.New("the journal does not answer")
	}
	return s.Store.Tell(ctx, c, e)
}

func TestWhatTheJournalMissedIsToldLater(t *testing.T) {
	p := newPlay(t)
	journal := &forgetful{Store: p.store}
	p.Reconciler.Store = journal
	p.up("c1")
	p.passes(3)
	journal.down = true
	for range 3 {
		if _, err := p.Pass(t.Context(), id); err == nil {
			t.Error("a pass that could not tell is no error")
		}
	}
	journal.down = false
	p.passes(2)
	if got := fmt.Sprint(p.codes()); got != "[ready]" {
		t.Errorf("journal has %s", got)
	}
}

func TestAPanicIsOneResourcesTrouble(t *testing.T) {
	p := newPlay(t)
	p.image.onApply = func(*store.Claim) error { panic("out of luck") }
	p.up("c1")
	env := p.passes(2)
	if o := env.Status.Seen["image"]; o.State != store.Unknown || o.Detail.Code != store.Retrying {
		t.Errorf("after a panic it is %+v", o)
	}
	p.image.onApply = nil
	if env := p.passes(6); env.Phase(time.Now()) != store.Up {
		t.Errorf("it is %s", env.Phase(time.Now()))
	}
}

func TestADownDuringAStepCancelsIt(t *testing.T) {
	p := newPlay(t)
	p.image.onApply = func(c *store.Claim) error {
		p.want(func(s *store.Spec) { s.Released = true })
		return nil
	}
	p.up("c1")
	p.passes(1)
	if again, _ := p.store.Due(t.Context(), 10); !slices.Contains(again, id) {
		t.Error("a wish that came during the pass does not leave it due")
	}
	if env := p.passes(6); env.Phase(time.Now()) != store.Removed || p.worker.applied != 0 {
		t.Errorf("it is %s, the worker was applied %d times", env.Phase(time.Now()), p.worker.applied)
	}
}

func TestABoundaryStopsTheStep(t *testing.T) {
	p := newPlay(t)
	var points []string
	p.Boundary = func(_ store.ID, at string) error { points = append(points, at); return nil }
	p.up("c1")
	p.passes(4)
	for _, want := range []string{"apply image, call 1", "apply image, done", "settle", "apply service/worker, call 1"} {
		if !slices.Contains(points, want) {
			t.Errorf("no boundary %q in %q", want, points)
		}
	}
}

func TestDataOutlivesTheRest(t *testing.T) {
	p := newPlay(t)
	data, now := newThing("schema"), time.Now()
	p.Now = func() time.Time { return now }
	p.Apps["shop"] = append(provisioner.Stages{{data}}, p.Apps["shop"]...)
	p.up("c1")
	p.passes(8)
	down := func(keep time.Duration) {
		p.want(func(s *store.Spec) { s.Released, s.KeepDataUntil = true, now.Add(keep); s.Generation++ })
	}
	down(time.Hour)
	env := p.passes(8)
	if got := env.Phase(now); got != store.Kept || data.removed != 0 || p.worker.removed != 1 {
		t.Fatalf("after down: %s, data removed %d times: %+v", got, data.removed, env.Status.Seen)
	}
	p.want(func(s *store.Spec) { s.Released, s.KeepDataUntil = false, time.Time{}; s.Generation++ })
	if env = p.passes(8); env.Phase(now) != store.Up || data.applied != 1 {
		t.Fatalf("after undo: %s, data made %d times", env.Phase(now), data.applied)
	}
	down(time.Hour)
	p.passes(8)
	now = now.Add(2 * time.Hour)
	if env = p.passes(8); env.Phase(now) != store.Removed || data.removed != 1 {
		t.Errorf("after the hour: %s, data removed %d times", env.Phase(now), data.removed)
	}
	if got := fmt.Sprint(p.codes()); got != "[emptied kept kept ready ready]" {
		t.Errorf("journal has %s", got)
	}
}

func TestNothingIsMadeForTheTrash(t *testing.T) {
	p := newPlay(t)
	data := newThing("schema")
	p.Apps["shop"] = append(provisioner.Stages{{data}}, p.Apps["shop"]...)
	p.want(func(s *store.Spec) { s.Released, s.KeepDataUntil = true, time.Now().Add(time.Hour); s.Generation++ })
	if env := p.passes(3); env.Phase(time.Now()) != store.Removed || data.applied != 0 {
		t.Errorf("%s, data made %d times", env.Phase(time.Now()), data.applied)
	}
}
