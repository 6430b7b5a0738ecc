package compute

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

var errNoGroup = errors.New("the route's target group is not there")

// Apply looks again and does what is due: it creates the service, rolls it out, adjusts it, or notes how a rollout ended.
func (s *service) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	sights, err := s.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	v := sights[0]
	o, due, err := s.judge(c.Environment, v)
	if err != nil {
		return err
	}
	if o.State == store.Failed && (o.Detail.Code == store.Foreign || o.Detail.Code == store.StagingMissing) {
		return &store.Problem{Detail: o.Detail}
	}
	if due == nothing || c.Facts[MigrationKind].Passed == "" {
		return nil
	}
	if s.role.Port != 0 && v.group == "" {
		return fmt.Errorf("apply service %s: %w", s.name(c.ID), errNoGroup)
	}
	switch due {
	case create, roll:
		return s.roll(ctx, c, v, due == create)
	case adjust:
		return s.adjust(ctx, c, v)
	case blame:
		return s.conclude(ctx, c, v, o.Detail)
	case confirm:
		return s.conclude(ctx, c, v, store.Detail{})
	}
	return nil
}

// roll begins a rollout of the wanted task definition, with a new service or the one that is there.
func (s *service) roll(ctx context.Context, c *store.Claim, v serviceSight, fresh bool) error {
	want, err := s.plan(c.Environment, v)
	if err != nil {
		return err
	}
	definition, err := s.register(ctx, c.ID, want)
	if err != nil {
		return fault(err)
	}
	want.service.TaskDefinition = &definition
	f := store.Fact{Commit: c.Facts[MigrationKind].Passed, Generation: c.Spec.Generation, Ref: definition,
		Passed: c.Facts[s.Kind()].Passed, Began: s.now()}
	if err := s.note(ctx, c, f); err != nil {
		return err
	}
	var made *ecstypes.Service
	if fresh {
		out, err := s.clients.ECS.CreateService(ctx, want.service)
		if err != nil {
			return fault(fmt.Errorf("create service %s: %w", s.name(c.ID), err))
		}
		made = out.Service
	} else {
		u := update(want.service, *v.service)
		// The same task definition again is no change by itself: a rollout of it that failed is tried anew.
		u.ForceNewDeployment = u.ForceNewDeployment || deref(v.primary().TaskDefinition) == definition
		out, err := s.clients.ECS.UpdateService(ctx, u)
		if err != nil {
			return fault(fmt.Errorf("update service %s: %w", s.name(c.ID), err))
		}
		made = out.Service
	}
	f.Extra = deref(serviceSight{service: made}.primary().Id)
	return s.note(ctx, c, f)
}

// register gives the revision that is as wanted: the family's newest if it is, a new one otherwise.
func (s *service) register(ctx context.Context, id store.ID, want plan) (arn string, err error) {
	newest, ok, err := s.definitions.newest(ctx, deref(want.definition.Family))
	switch {
	case err != nil:
		return "", err
	case ok && !s.app.owns(id, newest.tags):
		return "", &store.Problem{Detail: s.foreign("task definition", deref(want.definition.Family))}
	case ok && newest.tags[tagHash] == want.hash:
		return deref(newest.TaskDefinitionArn), nil
	}
	out, err := s.clients.ECS.RegisterTaskDefinition(ctx, want.definition)
	if err != nil {
		return "", fmt.Errorf("register task definition %s: %w", deref(want.definition.Family), err)
	}
	return deref(out.TaskDefinition.TaskDefinitionArn), nil
}

// adjust brings the service's settings to what is wanted and leaves its task definition.
func (s *service) adjust(ctx context.Context, c *store.Claim, v serviceSight) error {
	want, err := s.plan(c.Environment, v)
	if err != nil {
		return err
	}
	f := c.Facts[s.Kind()]
	u := update(want.service, *v.service)
	if f.Outcome == store.Botched {
		u = &ecs.UpdateServiceInput{Cluster: u.Cluster, Service: u.Service, DesiredCount: u.DesiredCount}
	}
	out, err := s.clients.ECS.UpdateService(ctx, u)
	if err != nil {
		return fault(fmt.Errorf("update service %s: %w", s.name(c.ID), err))
	}
	// Some settings make a deployment of their own, whose end is to be seen like any other's.
	if id := deref(serviceSight{service: out.Service}.primary().Id); id != deref(v.primary().Id) && f.Ref != "" && f.Outcome != store.Botched {
		f.Extra, f.Outcome = id, ""
		return s.note(ctx, c, f)
	}
	return nil
}

// conclude notes how a rollout ended: well without a detail, else with what was wrong.
func (s *service) conclude(ctx context.Context, c *store.Claim, v serviceSight, wrong store.Detail) error {
	f := c.Facts[s.Kind()]
	f.Ended = s.now()
	if wrong.Code != "" {
		f.Outcome, f.Detail = store.Botched, wrong
		return s.note(ctx, c, f)
	}
	p, target := v.primary(), c.Facts[MigrationKind].Passed
	f.Outcome, f.Detail = store.Succeeded, store.Detail{}
	f.Commit, f.Passed, f.Generation = target, target, c.Spec.Generation
	f.Ref, f.Extra = deref(p.TaskDefinition), deref(p.Id)
	return s.note(ctx, c, f)
}

func (s *service) note(ctx context.Context, c *store.Claim, f store.Fact) error {
	if err := s.notebook.Note(ctx, c, s.Kind(), f); err != nil {
		return fmt.Errorf("note rollout of %s: %w", s.name(c.ID), err)
	}
	return nil
}

const definitionsPerCall = 10

// Remove takes the service away first, and its task definitions when it is gone.
func (s *service) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	sights, err := s.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	v := sights[0]
	switch {
	case v.service == nil:
		return s.removeDefinitions(ctx, c, v.definitions)
	case deref(v.service.Status) != active, !s.app.owns(c.ID, fromECS(v.service.Tags)):
		return nil
	}
	name := s.name(c.ID)
	if v.service.DesiredCount > 0 {
		_, err := s.clients.ECS.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &s.app.Cluster, Service: &name, DesiredCount: new(int32(0))})
		if err != nil && !gone(err) {
			return fault(fmt.Errorf("stop service %s: %w", name, err))
		}
	}
	_, err = s.clients.ECS.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: &s.app.Cluster, Service: &name, Force: new(true)})
	if err != nil && !gone(err) {
		return fault(fmt.Errorf("delete service %s: %w", name, err))
	}
	return nil
}

func gone(err error) bool { return coded(err, "ServiceNotFoundException", "ServiceNotActiveException") }

// removeDefinitions takes the family's next ten revisions away; the request bucket for that refills once a second.
func (s *service) removeDefinitions(ctx context.Context, c *store.Claim, l deletable) error {
	doomed := l.inactive
	for _, arn := range l.active[:min(len(l.active), definitionsPerCall)] {
		if _, err := s.clients.ECS.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn}); err != nil {
			return fault(fmt.Errorf("deregister %s: %w", arn, err))
		}
		doomed = append(doomed, arn)
	}
	if len(doomed) > 0 {
		doomed = doomed[:min(len(doomed), definitionsPerCall)]
		if _, err := s.clients.ECS.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: doomed}); err != nil {
			return fault(fmt.Errorf("delete task definitions: %w", err))
		}
	}
	if len(l.active)+len(l.inactive) > len(doomed) {
		return nil // the rest at the next call
	}
	if err := s.notebook.Forget(ctx, c, s.Kind()); err != nil {
		return fmt.Errorf("forget rollout of %s: %w", s.name(c.ID), err)
	}
	return nil
}
