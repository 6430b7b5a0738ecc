package provisioner

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"

	"qabot/store"
)

// Foreseer is offered by resources that can tell what would become of them.
type Foreseer interface {
	// Foresee tells how the resource will be seen when its turn comes, which is once all stages above it are through, and
	// names what the environment has of it or would get. Numbers that others of its resources would get are in
	// env.Allotted. It reads only.
	Foresee(ctx context.Context, env store.Environment) (store.Foreseen, error)
}

// Logger is offered by resources that have a log.
type Logger interface {
	// Logs gives the ends of the logs of its newest tasks, the newest first, scrubbed, and at most most lines of all.
	Logs(ctx context.Context, env store.Environment, most int) ([]store.Log, error)
}

// Prover is offered by resources that people see.
type Prover interface {
	// Prove asks what is served now.
	Prove(ctx context.Context, env store.Environment) (store.Proof, error)
}

// Questions answers what people ask about environments. It needs no claim and changes nothing, neither in the world nor in
// the store.
type Questions struct {
	Apps map[string]Stages // by the app's name
	Now  func() time.Time
	Log  *slog.Logger
}

// Plan tells what would be done for an environment if its Spec were wished for now: each resource in the order in which it
// is built. What cannot be looked at is Unknown.
func (q *Questions) Plan(ctx context.Context, env store.Environment) ([]store.Foreseen, error) {
	stages, ok := q.Apps[env.Spec.App]
	if !ok {
		return nil, fmt.Errorf("plan %s: no app %q", env.ID, env.Spec.App)
	}
	env.Allotted = maps.Clone(env.Allotted)
	if env.Allotted == nil {
		env.Allotted = map[store.Kind]int{}
	}
	want, seen := map[store.Kind]bool{}, map[store.Kind]store.Observation{}
	var all []store.Foreseen
	for _, line := range stages {
		for _, r := range line {
			f := q.foresee(ctx, r, env)
			if f.Number != 0 {
				env.Allotted[f.Kind] = f.Number
			}
			want[f.Kind], seen[f.Kind] = env.Spec.Wants(f.Kind, q.Now()), f.Seen
			all = append(all, f)
		}
	}
	for _, step := range Ahead(want, stages.Kinds(), seen) {
		for i := range all {
			if all[i].Kind == step.Kind {
				all[i].Will = step.Verb
			}
		}
	}
	return all, nil
}

func (q *Questions) foresee(ctx context.Context, r Resource, env store.Environment) (f store.Foreseen) {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	err := caught(func() (err error) {
		if known, ok := r.(Foreseer); ok {
			f, err = known.Foresee(ctx, env)
			return err
		}
		seen, err := observe(ctx, r, []store.Environment{env})
		if err == nil {
			f.Seen = seen[0]
		}
		return err
	})
	f.Kind = r.Kind()
	if err != nil {
		q.Log.Warn("foresee", "environment", env.ID, "kind", r.Kind(), "error", err)
		f.Seen = store.Observation{Detail: reason(err)}
	}
	return f
}

// Logs gives the ends of a role's logs, at most most lines.
func (q *Questions) Logs(ctx context.Context, env store.Environment, role string, most int) ([]store.Log, error) {
	for _, line := range q.Apps[env.Spec.App] {
		for _, r := range line {
			if l, ok := r.(Logger); ok && r.Kind().Role() == role {
				return l.Logs(ctx, env, most)
			}
		}
	}
	return nil, fmt.Errorf("logs of %s: no role %q", env.ID, role)
}

// Proofs asks every role what it serves now, in the order of the stages, side by side.
func (q *Questions) Proofs(ctx context.Context, env store.Environment) ([]store.Proof, error) {
	var provers []Prover
	for _, line := range q.Apps[env.Spec.App] {
		for _, r := range line {
			if p, ok := r.(Prover); ok {
				provers = append(provers, p)
			}
		}
	}
	proofs := make([]store.Proof, len(provers))
	var g errgroup.Group
	for i, p := range provers {
		g.Go(func() (err error) {
			proofs[i], err = p.Prove(ctx, env)
			return err
		})
	}
	return proofs, g.Wait()
}
