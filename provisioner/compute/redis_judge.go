package compute

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// judge tells how an environment's Redis stands, and what Apply has to do about it.
func (r *Redis) judge(env store.Environment, v redisSight) (o store.Observation, due todo, err error) {
	wanted := env.Spec.Wants(RedisKind, r.s.now())
	switch {
	case v.service == nil && !wanted:
		o.State = store.Absent
		if !v.definitions.empty() || v.url != "" || v.password != "" || env.Facts[RedisKind].Ref != "" {
			o.State = store.Stale
		}
	case v.service != nil && deref(v.service.Status) == draining:
		o.State, o.Detail = store.Leaving, store.Say(store.ServiceDraining)
	case v.service != nil && !r.s.app.owns(env.ID, fromECS(v.service.Tags)):
		o.State, o.Detail = store.Failed, r.s.foreign("service", r.s.name(env.ID))
		if !wanted {
			o.State = store.Absent
		}
	case !wanted:
		o.State = store.Stale
	case v.staging == nil && v.service == nil:
		o.State, o.Detail = store.Failed, r.s.noStaging()
	case v.staging != nil && !addressed(r.s.network(v.staging.service.NetworkConfiguration)):
		o.State, o.Detail = store.Failed, store.Say(store.RedisNoAddress, r.s.role.Service)
	case v.service == nil:
		o.State, o.Detail, due = store.Absent, store.Say(store.TasksStarting, 0, 1), create
	default:
		return r.judgeRunning(env, v)
	}
	return o, due, nil
}

// addressed tells whether tasks have addresses of their own in a network.
func addressed(n *ecstypes.NetworkConfiguration) bool {
	return n != nil && n.AwsvpcConfiguration != nil
}

// judgeRunning tells how one stands that is there, ours and wanted.
func (r *Redis) judgeRunning(env store.Environment, v redisSight) (o store.Observation, due todo, err error) {
	f, m, p := env.Facts[RedisKind], redisMemoOf(env), v.primary()
	failed := f.Outcome == store.Botched && f.Generation == env.Spec.Generation
	fits, as, is := true, settings{}, settings{}
	if v.staging != nil {
		want, err := r.plan(env, v)
		if err != nil {
			return o, nothing, err
		}
		fits = v.hash == want.hash
		as, is = compared(want.service, *v.service)
	}
	moved := v.rolled(0) && v.address != "" && (m.Task != v.task || m.Address != v.address || v.url != redisAddress(v.address, v.password))
	why, broken := v.broken(store.Fact{Ref: f.Ref, Extra: m.Deployment, Outcome: f.Outcome})
	o.Detail = store.Say(store.TasksStarting, p.RunningCount, 1)
	switch {
	case broken:
		o.State, o.Detail, due = store.Stale, why, blame
	case failed && moved:
		o.State, due = store.Stale, confirm
	case failed:
		o.State, o.Detail, o.URL = store.Failed, f.Detail, r.s.consoleURL(v.service)
	case !fits || p.RolloutState == ecstypes.DeploymentRolloutStateFailed || r.keyless(v):
		if v.staging == nil {
			o.State, o.Detail = store.Failed, r.s.noStaging()
			break
		}
		o.State, due = store.Stale, roll
	case as != is:
		o.State, due = store.Stale, adjust
	case v.rolled(0) && v.task != "" && v.address == "": // it runs where there are no addresses but IPv6
		o.State, o.Detail = store.Failed, store.Say(store.RedisNoAddress, r.s.role.Service)
	case !v.rolled(0) || v.address == "":
		o.State = store.Working
		if p.RunningCount > 0 {
			o.Detail = store.Say(store.TasksUnhealthy, p.RunningCount, 1)
		} else if v.crowded(p) {
			o.Detail = store.Say(store.TasksNoRoom, capacity(v.service.LaunchType, v.service.CapacityProviderStrategy))
		}
	case moved || f.Outcome != store.Succeeded || f.Ref != deref(p.TaskDefinition):
		o.State, due = store.Stale, confirm
	default:
		o.State, o.Detail = store.Ready, store.Say(store.RedisThere)
	}
	return o, due, nil
}

// keyless tells that nobody knows the password of the server that runs any more.
func (r *Redis) keyless(v redisSight) bool { return v.password == "" && passwordIn(v.url) == "" }
