package compute

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// todo is what Apply has to do about a service.
type todo int

const (
	nothing todo = iota
	create       // it is not there
	roll         // it runs something else
	adjust       // it runs the right thing in the wrong way
	blame        // its rollout has failed, and that is not noted
	confirm      // its rollout is complete, and that is not noted
)

// plan is what a service must become.
type plan struct {
	definition *ecs.RegisterTaskDefinitionInput
	hash       string
	service    *ecs.CreateServiceInput // without a task definition
}

// plan derives it from staging for the environment's newest commit that passed.
func (s *service) plan(env store.Environment, v serviceSight) (plan, error) {
	commit := env.Facts[MigrationKind].Passed
	plain, secret := s.app.environ(env, commit, s.sources)
	definition, container, err := derive(v.staging.definition, wish{
		family: s.app.family(env.ID, s.role.Name), image: v.staging.repository + ":" + imageTag(commit),
		plain: plain, secret: secret, port: s.role.Port, useName: s.role.Container,
	})
	if err != nil {
		return plan{}, fmt.Errorf("derive %s: %w", s.name(env.ID), err)
	}
	hash, err := hashOf(definition)
	if err != nil {
		return plan{}, err
	}
	if r := env.Spec.Rollout; r.N > 0 && r.Commit == commit {
		hash = digest(fmt.Sprintf("%s/%d", hash, r.N)) // a revision of its own, so that ECS starts new tasks
	}
	if e := env.Facts[MigrationKind].Epoch; e > 0 {
		hash = digest(fmt.Sprintf("%s/data %d", hash, e)) // what runs on other data starts anew, and not before that is there
	}
	definition.Tags = ecsTags(s.app.marks(env))
	definition.Tags = append(definition.Tags, ecstypes.Tag{Key: new(tagHash), Value: &hash}, ecstypes.Tag{Key: new(tagCommit), Value: &commit})
	service := s.wantedService(s.name(env.ID), v.staging.service, container, v.group, desired(env.Spec))
	service.Tags = ecsTags(s.app.marks(env))
	return plan{definition, hash, service}, nil
}

func desired(spec store.Spec) int32 {
	if spec.Asleep {
		return 0
	}
	return 1
}

// judge tells how a service stands, and what Apply has to do about it.
func (s *service) judge(env store.Environment, v serviceSight) (store.Observation, todo, error) {
	target, wanted := env.Facts[MigrationKind].Passed, env.Spec.Wants(s.Kind(), s.now())
	// What nothing was promised to runs no tasks that could be repaired: it waits for its turn.
	promised := !s.Rationed || env.Spec.Asleep || env.Promise.Granted
	o := store.Observation{Free: promised && target != "" && (v.group != "" || s.role.Port == 0)}
	switch {
	case v.service == nil && !wanted:
		o.State = store.Absent
		if !v.definitions.empty() || env.Facts[s.Kind()].Ref != "" {
			o.State = store.Stale
		}
	case v.service == nil && target != "" && v.staging == nil:
		o.State, o.Detail = store.Failed, s.noStaging()
	case v.service == nil:
		o.State, o.Detail = store.Absent, store.Say(store.TasksStarting, 0, desired(env.Spec))
		// What is noted was there, and is repaired. One that was taken away waits for its turn: what passed then, passed on
		// data that is gone.
		o.Free = o.Free && env.Facts[s.Kind()].Ref != ""
		return o, create, nil
	case deref(v.service.Status) == draining:
		o.State, o.Detail = store.Leaving, store.Say(store.ServiceDraining)
	case !s.app.owns(env.ID, fromECS(v.service.Tags)):
		o.State, o.Detail = store.Failed, s.foreign("service", s.name(env.ID))
		if !wanted {
			o.State = store.Absent
		}
	case !wanted:
		o.State = store.Stale
	case target == "":
		o.State, o.Commit, o.Proof = store.Stale, v.serving(s.role.Port), v.proof
	default:
		o.Commit, o.Proof = v.serving(s.role.Port), v.proof
		return s.judgeRunning(env, v, o)
	}
	return o, nothing, nil
}

func (s *service) foreign(what, name string) store.Detail {
	return store.Say(store.Foreign, what, name)
}

func (s *service) noStaging() store.Detail {
	return store.Say(store.StagingMissing, s.role.Service, s.app.Cluster)
}

// rollback is how long a failed rollout is given to bring the old version back before people are told.
const rollback = 3 * time.Minute

// judgeRunning tells how a service stands that is there, ours and wanted.
func (s *service) judgeRunning(env store.Environment, v serviceSight, o store.Observation) (store.Observation, todo, error) {
	f, target := env.Facts[s.Kind()], env.Facts[MigrationKind].Passed
	p, asleep := v.primary(), env.Spec.Asleep
	failed := f.Outcome == store.Botched && f.Generation == env.Spec.Generation && f.Commit == target
	fits := v.commits[deref(p.TaskDefinition)] == target
	as, is := settings{}, settings{}
	if v.staging != nil {
		want, err := s.plan(env, v)
		if err != nil {
			return o, nothing, err
		}
		fits = v.hash == want.hash
		as, is = compared(want.service, *v.service)
		if failed { // the old version is put to sleep and woken, and otherwise left as it was when it ran
			as, is = settings{Desired: as.Desired}, settings{Desired: is.Desired}
		}
	}
	why, broken := v.broken(f)
	o.Detail = store.Say(store.TasksStarting, p.RunningCount, desired(env.Spec))
	switch {
	case broken:
		o.State, o.Detail = store.Stale, why
		return o, blame, nil
	// A rollout of no tasks proves nothing and loses the version that ran: one who sleeps is rolled out on waking.
	case !asleep && !failed && (!fits || p.RolloutState == ecstypes.DeploymentRolloutStateFailed):
		if v.staging == nil {
			o.State, o.Detail = store.Failed, s.noStaging()
			return o, nothing, nil
		}
		o.State = store.Stale
		o.Detail = store.Say(store.TasksStarting, 0, desired(env.Spec))
		return o, roll, nil
	case as != is:
		o.State = store.Stale
		return o, adjust, nil
	case failed && !asleep:
		o.State, o.Detail, o.URL = store.Failed, f.Detail, s.consoleURL(v.service)
		if p.RolloutState != ecstypes.DeploymentRolloutStateFailed && !v.rolled(s.role.Port) && s.now().Before(f.Ended.Add(rollback)) {
			o.State = store.Working // the old version is on its way back; then it is told what serves
		}
		return o, nothing, nil
	case !v.rolled(s.role.Port):
		o.State = store.Working
		if p.RunningCount >= v.service.DesiredCount && len(v.service.Deployments) == 1 {
			o.Detail = store.Say(store.TasksUnhealthy, p.RunningCount, v.service.DesiredCount)
			if v.sick != "" {
				o.Detail = store.Say(store.TasksAnswering, p.RunningCount, v.service.DesiredCount, s.role.healthPath(), v.sick)
			}
		} else if v.crowded(p) {
			o.Detail = store.Say(store.TasksNoRoom, capacity(v.service.LaunchType, v.service.CapacityProviderStrategy))
		}
		return o, nothing, nil
	case asleep:
		o.State, o.Detail = store.Ready, store.Say(store.ServiceAsleep)
		return o, nothing, nil
	}
	o.Detail = store.Say(store.TasksRunning, p.RunningCount, v.service.DesiredCount)
	if f.Outcome != store.Succeeded || f.Ref != deref(p.TaskDefinition) || f.Commit != target {
		o.State = store.Stale
		return o, confirm, nil
	}
	return s.prove(env, o), nothing, nil
}

// broken tells that the rollout which the fact names has failed, and why. It has when its deployment says
// so, and also when the deployment was replaced by one that runs something else before it was seen complete: that is what
// is left to see of a rollback that happened while nobody looked.
func (v serviceSight) broken(f store.Fact) (why store.Detail, broken bool) {
	if f.Outcome == store.Botched || f.Extra == "" {
		return why, false
	}
	for _, d := range v.service.Deployments {
		if deref(d.Id) == f.Extra && d.RolloutState == ecstypes.DeploymentRolloutStateFailed {
			return store.Say(store.RolloutFailed, deref(d.RolloutStateReason)), true
		}
	}
	p := v.primary()
	replaced := deref(p.Id) != f.Extra && deref(p.TaskDefinition) != f.Ref
	return store.Say(store.RolledBack), f.Outcome == "" && replaced
}

// crowded tells whether the last that the service told of its deployment is that AWS has no room for it.
func (v serviceSight) crowded(d ecstypes.Deployment) bool {
	if d.RunningCount+d.PendingCount > 0 || len(v.service.Events) == 0 {
		return false
	}
	newest := v.service.Events[0]
	return strings.Contains(deref(newest.Message), noRoom) && !deref(newest.CreatedAt).Before(deref(d.CreatedAt))
}
