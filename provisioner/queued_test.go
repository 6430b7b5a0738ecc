package provisioner_test

import (
	"context"
	"slices"
	"testing"

	"qabot/provisioner"
	"qabot/store"
)

// counter is a Resource that lets environments wait in a queue until it is open.
type counter struct {
	*thing
	open  bool
	place int
}

func (r *counter) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	if r.open {
		return r.thing.Observe(ctx, envs)
	}
	seen := make([]store.Observation, len(envs))
	for i := range seen {
		seen[i] = store.Observation{State: store.Held, Detail: store.Say(store.SchemaQueued, 24, 18, r.place)}
	}
	return seen, nil
}

// An environment in a queue starts nothing, tells of it once however its place changes, and goes on by itself.
func TestQueued(t *testing.T) {
	p := newPlay(t)
	queue := &counter{thing: newThing("schema"), place: 2}
	p.Apps["shop"] = provisioner.Stages{{p.image, queue}, {p.migration}, {p.worker}}
	held := func() int {
		return len(slices.DeleteFunc(p.codes(), func(code string) bool { return code != store.EventHeld }))
	}
	p.up("c1")
	p.passes(2)
	queue.place = 1
	env := p.passes(2)
	if held() != 1 || p.image.applied != 1 || p.migration.applied+p.worker.applied != 0 {
		t.Errorf("told %d times, %d images, %d migrations, %d services; want 1, 1, 0, 0", held(), p.image.applied, p.migration.applied, p.worker.applied)
	}
	if o := env.Status.Seen["schema"]; o.State != store.Held || o.Detail.Args[2] != "1" || env.Phase(p.Now()) != store.Deploying {
		t.Errorf("it is %s: %+v", env.Phase(p.Now()), o)
	}
	queue.open = true
	if env = p.passes(6); env.Phase(p.Now()) != store.Up || held() != 1 {
		t.Errorf("it is %s, told %d times", env.Phase(p.Now()), held())
	}
}
