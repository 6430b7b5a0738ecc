package compute

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"qabot/provisioner"
	"qabot/store"
)

var (
	_ provisioner.Foreseer = (*image)(nil)
	_ provisioner.Foreseer = (*migration)(nil)
	_ provisioner.Foreseer = (*route)(nil)
	_ provisioner.Foreseer = (*service)(nil)
)

// seenNow is what Observe says of one environment.
func seenNow(ctx context.Context, r provisioner.Resource, env store.Environment) (store.Observation, error) {
	seen, err := r.Observe(ctx, []store.Environment{env})
	if err != nil {
		return store.Observation{}, err
	}
	return seen[0], nil
}

// Foresee names the image of the commit, and what would build it.
func (m *image) Foresee(ctx context.Context, env store.Environment) (f store.Foreseen, err error) {
	if f.Seen, err = seenNow(ctx, m, env); err != nil {
		return f, err
	}
	f.Things = []store.Detail{store.Say(store.ThingImage, m.registry.name()+":"+imageTag(env.Spec.Commit))}
	switch x, _ := m.runs.(executions); {
	case f.Seen.State != store.Absent:
	case m.app.PipelineTemplate != "":
		f.Things = append(f.Things, store.Say(store.ThingPipeline, x.pipeline(env.ID), m.app.PipelineTemplate))
	default:
		f.Things = append(f.Things, store.Say(store.ThingBuild, m.app.Pipeline+m.app.ImageProject)) // one of the two
	}
	return f, nil
}

// Foresee tells whether the commit has to migrate. A run of another commit that is on its way comes to its end first.
func (m *migration) Foresee(ctx context.Context, env store.Environment) (f store.Foreseen, err error) {
	if f.Seen, err = seenNow(ctx, m, env); err != nil {
		return f, err
	}
	if noted := env.Facts[MigrationKind]; open(noted) && noted.Commit != env.Spec.Commit && f.Seen.State != store.Unknown {
		f.Seen = store.Observation{State: store.Absent}
	}
	if f.Seen.State == store.Absent {
		f.Things = []store.Detail{store.Say(store.ThingMigration, cmp.Or(m.app.MigrateTitle, m.app.MigrateCommand), m.place(env.ID))}
	}
	return f, nil
}

// place names where migrations run: the project, or the family of the task definitions.
func (m *migration) place(id store.ID) string {
	if m.app.MigrateRole != "" {
		return m.app.family(id, migrating)
	}
	return m.app.MigrateProject
}

// Foresee names target group and listener, with the port that it has or would get.
func (r *route) Foresee(ctx context.Context, env store.Environment) (f store.Foreseen, err error) {
	s, err := r.look(ctx, []store.Environment{env})
	if err != nil {
		f.Seen, err = unseen(err)
		return f, err
	}
	w := r.way(env, s)
	f.Seen = r.judge(env, w)
	f.Things = []store.Detail{store.Say(store.ThingGroup, targetGroup(env.ID, r.role.Name))}
	if f.Seen.State == store.Failed || !env.Spec.Wants(r.Kind(), r.now()) {
		return f, nil
	}
	candidates, err := r.candidates(ctx, env, s, w)
	if err != nil {
		f.Seen, err = unseen(err)
		return f, err
	}
	f.Number, err = r.notebook.Offer(ctx, env.ID, r.Kind(), r.pool(), candidates)
	if errors.Is(err, store.ErrExhausted) {
		f.Seen = store.Observation{State: store.Failed, Detail: reasonOf(r.exhausted(s, err))}
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("foresee a place: %w", err)
	}
	i, local := place(f.Number)
	h := s.halls[i]
	made := store.Say(store.ThingListener, local, h.Name)
	if r.app.ByHost {
		made = store.Say(store.ThingRule, r.app.host(env.ID, r.role.Name, h.Balancer), h.Name)
	}
	f.Things = append(f.Things, made, store.Say(store.ThingURL, r.app.url(env.ID, r.role.Name, f.Number)))
	return f, nil
}

// reasonOf is what people hear of a Problem.
func reasonOf(err error) store.Detail {
	var problem *store.Problem
	if errors.As(err, &problem) {
		return problem.Detail
	}
	return store.Say(store.Retrying)
}

// Foresee judges the service as if the commit's migrations had passed, for that is when its turn comes.
func (s *service) Foresee(ctx context.Context, env store.Environment) (f store.Foreseen, err error) {
	facts := maps.Clone(env.Facts)
	if facts == nil {
		facts = map[store.Kind]store.Fact{}
	}
	passed := facts[MigrationKind]
	passed.Passed = env.Spec.Commit
	facts[MigrationKind] = passed
	env.Facts = facts
	sights, err := s.look(ctx, []store.Environment{env})
	if err != nil {
		f.Seen, err = unseen(err)
		return f, err
	}
	var due todo
	if f.Seen, due, err = s.judge(env, sights[0]); err != nil {
		return f, err
	}
	f.Things = []store.Detail{
		store.Say(store.ThingService, s.name(env.ID), desired(env.Spec)),
		store.Say(store.ThingDefinition, s.app.family(env.ID, s.role.Name), s.role.Service),
	}
	if s.role.Replace && due == roll {
		f.Things = append(f.Things, store.Say(store.ThingGap, s.role.Name))
	}
	if svc := sights[0].service; svc != nil && svc.EnableExecuteCommand && due == nothing && f.Seen.State == store.Ready && !env.Spec.Asleep {
		f.Things = append(f.Things, store.Say(store.ThingShell, s.app.Cluster, s.name(env.ID), s.shellIn(sights[0])))
	}
	if sights[0].staging != nil {
		want, err := s.plan(env, sights[0])
		if err != nil {
			return f, err
		}
		c := want.definition.ContainerDefinitions[mainContainer(want.definition.ContainerDefinitions, s.role.Container, s.role.Port)]
		if l := s.role.load(plainIn(c), int(desired(env.Spec))); !l.Assumed {
			f.Connections = l.Tasks * l.Processes * l.Pool
		}
	}
	return f, nil
}

// shellIn names the container that people who open a shell mean.
func (s *service) shellIn(v serviceSight) string {
	if v.staging == nil {
		return s.role.Container
	}
	containers := v.staging.definition.ContainerDefinitions
	if i := mainContainer(containers, s.role.Container, s.role.Port); i >= 0 {
		return deref(containers[i].Name)
	}
	return s.role.Container
}
