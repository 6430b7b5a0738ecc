package compute

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	if changed, err := s.drift(c.Environment, v, due); err != nil {
		return err
	} else if err := tellDrift(ctx, s.notebook, c, s.Kind(), s.now(), changed); err != nil {
		return err
	}
	switch due {
	case create, roll:
		return s.roll(ctx, c, v, due == create)
	case adjust:
		return s.adjust(ctx, c, v)
	case blame:
		return s.conclude(ctx, c, v, s.reason(ctx, c.Environment, v, o.Detail))
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
	defer s.clients.poller.forget(s.app.Cluster, s.name(c.ID))
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
	// Whoever waits for a turn to register need not look again and again whether there is a revision.
	none := "unregistered/" + deref(want.definition.Family)
	var newest definition
	var ok bool
	if _, known := recall[bool](&s.clients.memory, none, s.now()); !known {
		if newest, ok, err = s.definitions.newest(ctx, deref(want.definition.Family)); err == nil && !ok {
			s.clients.memory.keep(none, true, s.now().Add(time.Minute))
		}
	}
	switch {
	case err != nil:
		return "", err
	case ok && !s.app.owns(id, newest.tags):
		return "", &store.Problem{Detail: s.foreign("task definition", deref(want.definition.Family))}
	case ok && newest.tags[tagHash] == want.hash:
		return deref(newest.TaskDefinitionArn), nil
	}
	out, err := s.clients.ECS.RegisterTaskDefinition(ctx, want.definition)
	var waits *store.Problem
	if !errors.As(err, &waits) || waits.Code != store.Paced { // it was called
		s.clients.memory.forget(none)
	}
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
	defer s.clients.poller.forget(s.app.Cluster, s.name(c.ID))
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
	if f.Ref == "" || f.Outcome == store.Botched {
		return nil
	}
	f.Left = settingsOfInput(want.service).digest()
	if id := deref(serviceSight{service: out.Service}.primary().Id); id != deref(v.primary().Id) {
		f.Extra, f.Outcome = id, ""
	}
	return s.note(ctx, c, f)
}

// reason says why a rollout failed, in AWS's words only where there is nothing plainer to say. That the task is not to be
// seen, or not now, must not keep the failure from being noted.
func (s *service) reason(ctx context.Context, env store.Environment, v serviceSight, otherwise store.Detail) store.Detail {
	e, ok, err := s.ending(ctx, env)
	if err != nil || !ok {
		return otherwise
	}
	if d, ok := e.verdict(s.role.healthPath(), v.service.Events); ok {
		return d
	}
	return otherwise
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
	f.Ref, f.Extra, f.Left, f.Hash = deref(p.TaskDefinition), deref(p.Id), settingsOfService(*v.service).digest(), v.hash
	return s.note(ctx, c, f)
}

func (s *service) note(ctx context.Context, c *store.Claim, f store.Fact) error {
	if err := s.notebook.Note(ctx, c, s.Kind(), f); err != nil {
		return fmt.Errorf("note rollout of %s: %w", s.name(c.ID), err)
	}
	return nil
}

// Remove takes the service away first, and its task definitions when it is gone.
func (s *service) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	sights, err := s.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	if sights[0].service == nil {
		return s.removeDefinitions(ctx, c, sights[0].definitions)
	}
	return s.remove(ctx, c, sights[0])
}

// remove takes away a service that is there.
func (s *service) remove(ctx context.Context, c *store.Claim, v serviceSight) error {
	if deref(v.service.Status) != active || !s.app.owns(c.ID, fromECS(v.service.Tags)) {
		return nil
	}
	name := s.name(c.ID)
	defer s.clients.poller.forget(s.app.Cluster, name)
	if v.service.DesiredCount > 0 {
		_, err := s.clients.ECS.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &s.app.Cluster, Service: &name, DesiredCount: new(int32(0))})
		if err != nil && !gone(err) {
			return fault(fmt.Errorf("stop service %s: %w", name, err))
		}
	}
	_, err := s.clients.ECS.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: &s.app.Cluster, Service: &name, Force: new(true)})
	if err != nil && !gone(err) {
		return fault(fmt.Errorf("delete service %s: %w", name, err))
	}
	return nil
}

func gone(err error) bool { return coded(err, "ServiceNotFoundException", "ServiceNotActiveException") }

// removeDefinitions takes the family's next revisions away, and forgets the rollout when none is left.
func (s *service) removeDefinitions(ctx context.Context, c *store.Claim, l deletable) error {
	if done, err := s.definitions.delete(ctx, l); err != nil || !done {
		return err
	}
	if err := s.notebook.Forget(ctx, c, s.Kind()); err != nil {
		return fmt.Errorf("forget rollout of %s: %w", s.name(c.ID), err)
	}
	return nil
}
