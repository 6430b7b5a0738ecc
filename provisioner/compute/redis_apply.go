package compute

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"qabot/store"
)

// Apply looks again and does what is due: it makes the service, rolls it out, adjusts it, or puts the address of its task
// where the environment's tasks are given it.
func (r *Redis) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	sights, err := r.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	v := sights[0]
	o, due, err := r.judge(c.Environment, v)
	if err != nil {
		return err
	}
	if o.State == store.Failed {
		return &store.Problem{Detail: o.Detail}
	}
	switch due {
	case create, roll:
		return r.roll(ctx, c, v, due == create)
	case adjust:
		return r.adjust(ctx, c, v)
	case blame:
		f := c.Facts[RedisKind]
		f.Outcome, f.Detail, f.Ended = store.Botched, r.s.reason(ctx, c.Environment, v.serviceSight, o.Detail), r.s.now()
		return r.s.note(ctx, c, f)
	case confirm:
		return r.confirm(ctx, c, v)
	}
	return nil
}

// newPassword has 130 random bits, and nothing that a shell, a setting or a URL writes differently.
func newPassword() string { return rand.Text() }

// roll begins a rollout of the wanted task definition, with a new service or the one that is there.
func (r *Redis) roll(ctx context.Context, c *store.Claim, v redisSight, fresh bool) error {
	if _, err := r.vault.Put(ctx, c, redisPassword, cmp.Or(v.password, passwordIn(v.url), newPassword())); err != nil {
		return err
	}
	want, err := r.plan(c.Environment, v)
	if err != nil {
		return err
	}
	definition, err := r.s.register(ctx, c.ID, want)
	if err != nil {
		return fault(err)
	}
	want.service.TaskDefinition = &definition
	name := r.s.name(c.ID)
	defer r.s.clients.poller.forget(r.s.app.Cluster, name)
	// The address that is noted stays until the new task answers: the environment's tasks go on with the old one.
	m := redisMemoOf(c.Environment)
	f := store.Fact{Generation: c.Spec.Generation, Ref: definition, Began: r.s.now()}
	m.Deployment = ""
	if err := r.note(ctx, c, f, m); err != nil {
		return err
	}
	var made serviceSight
	if fresh {
		out, err := r.s.clients.ECS.CreateService(ctx, want.service)
		if err != nil {
			return fault(fmt.Errorf("create service %s: %w", name, err))
		}
		made.service = out.Service
	} else {
		u := update(want.service, *v.service)
		u.ForceNewDeployment = u.ForceNewDeployment || deref(v.primary().TaskDefinition) == definition
		out, err := r.s.clients.ECS.UpdateService(ctx, u)
		if err != nil {
			return fault(fmt.Errorf("update service %s: %w", name, err))
		}
		made.service = out.Service
	}
	m.Deployment = deref(made.primary().Id)
	return r.note(ctx, c, f, m)
}

// adjust brings the service's settings to what is wanted and leaves its task definition.
func (r *Redis) adjust(ctx context.Context, c *store.Claim, v redisSight) error {
	want, err := r.plan(c.Environment, v)
	if err != nil {
		return err
	}
	name := r.s.name(c.ID)
	defer r.s.clients.poller.forget(r.s.app.Cluster, name)
	out, err := r.s.clients.ECS.UpdateService(ctx, update(want.service, *v.service))
	if err != nil {
		return fault(fmt.Errorf("update service %s: %w", name, err))
	}
	f, m := c.Facts[RedisKind], redisMemoOf(c.Environment)
	if id := deref(serviceSight{service: out.Service}.primary().Id); id != m.Deployment && f.Ref != "" {
		m.Deployment, f.Outcome = id, "" // some settings make a deployment of their own
		return r.note(ctx, c, f, m)
	}
	return nil
}

// confirm puts the address of the task that answers into the vault, and notes it last: with the note the environment's tasks
// are told to start anew. That what was in an older task is gone is told, unless fresh data was asked for.
func (r *Redis) confirm(ctx context.Context, c *store.Claim, v redisSight) error {
	password, err := r.vault.Put(ctx, c, redisPassword, cmp.Or(v.password, passwordIn(v.url)))
	if err != nil {
		return err
	}
	if err := r.vault.Replace(ctx, c, redisURL, redisAddress(v.address, password)); err != nil {
		return err
	}
	f, m, p := c.Facts[RedisKind], redisMemoOf(c.Environment), v.primary()
	if m.Task != "" && m.Task != v.task && m.Epoch == v.epoch {
		e := store.Event{Key: "redis/" + taskID(v.task), Code: store.EventLost, Kind: RedisKind, Generation: c.Spec.Generation}
		if err := r.notebook.Tell(ctx, c, e); err != nil {
			return fmt.Errorf("tell that the Redis of %s is empty: %w", c.ID, err)
		}
	}
	if f.Outcome != store.Botched || f.Generation != c.Spec.Generation { // else an older one is back
		f.Ref, f.Generation, f.Outcome, f.Detail, f.Ended = deref(p.TaskDefinition), c.Spec.Generation, store.Succeeded, store.Detail{}, r.s.now()
	}
	return r.note(ctx, c, f, redisMemo{Deployment: deref(p.Id), Task: v.task, Address: v.address, Epoch: v.epoch})
}

// Remove takes the service away first, and its address, password and task definitions when it is gone.
func (r *Redis) Remove(ctx context.Context, c *store.Claim, seen store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	sights, err := r.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	v := sights[0]
	if v.service != nil {
		return r.s.remove(ctx, c, v.serviceSight)
	}
	for name, value := range map[string]string{redisURL: v.url, redisPassword: v.password} {
		if value == "" {
			continue
		}
		if err := r.vault.Delete(ctx, c, name); err != nil {
			return err
		}
	}
	return r.s.removeDefinitions(ctx, c, v.definitions)
}
