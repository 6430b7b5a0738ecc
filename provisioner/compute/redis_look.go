package compute

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/provisioner"
	"qabot/store"
)

// redisSight is what was seen of one environment's Redis.
type redisSight struct {
	serviceSight
	task     string // ARN of the task that answers, empty: none does
	address  string // of that task
	url      string // in the vault
	password string // likewise
	epoch    string // of the data to which what is in it has to belong
}

// Observe reports on many environments: services ten at a time, and their tasks where something has happened.
func (r *Redis) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	sights, err := r.look(ctx, envs)
	if err != nil {
		return allUnseen(len(envs), err)
	}
	seen := make([]store.Observation, len(envs))
	for i, env := range envs {
		if seen[i], _, err = r.judge(env, sights[i]); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

func (r *Redis) look(ctx context.Context, envs []store.Environment) ([]redisSight, error) {
	services, err := r.s.together(ctx, envs)
	if err != nil {
		return nil, err
	}
	from, err := r.s.staging(ctx, services[r.s.role.Service])
	if err != nil {
		return nil, err
	}
	ids := make([]store.ID, len(envs))
	for i, env := range envs {
		ids[i] = env.ID
	}
	urls, err := r.vault.Look(ctx, ids, redisURL)
	if err != nil {
		return nil, err
	}
	passwords, err := r.vault.Look(ctx, ids, redisPassword)
	if err != nil {
		return nil, err
	}
	epochs, err := r.epochs(ctx, envs)
	if err != nil {
		return nil, err
	}
	sights := make([]redisSight, len(envs))
	err = each(ctx, len(envs), func(ctx context.Context, i int) (err error) {
		v := redisSight{url: urls[ids[i]], password: passwords[ids[i]], epoch: epochs[i]}
		v.staging = from
		if found, ok := services[r.s.name(ids[i])]; ok && deref(found.Status) != inactive {
			v.service = &found
		}
		sights[i], err = r.complete(ctx, envs[i], v)
		return err
	})
	return sights, err
}

// epochs gives that of the data to which each one's Redis has to belong: the data before, while that is in use.
func (r *Redis) epochs(ctx context.Context, envs []store.Environment) ([]string, error) {
	epochs := make([]string, len(envs))
	var old []store.Environment
	var at []int
	for i, env := range envs {
		epochs[i] = epoch(env.Spec)
		if before := redisMemoOf(env).Epoch; r.data != nil && before != "" && before != epochs[i] && env.Spec.Wants(RedisKind, r.s.now()) {
			old, at = append(old, env), append(at, i)
		}
	}
	if len(old) == 0 {
		return epochs, nil
	}
	fresh, err := r.data.Fresh(ctx, old)
	if err != nil {
		return nil, fmt.Errorf("ask whether data is there: %w", err)
	}
	for j, i := range at {
		if !fresh[j] {
			epochs[i] = redisMemoOf(envs[i]).Epoch
		}
	}
	return epochs, nil
}

// complete reads what the APIs give of one service at a time.
func (r *Redis) complete(ctx context.Context, env store.Environment, v redisSight) (redisSight, error) {
	owned := func(tags map[string]string) bool { return r.s.app.owns(env.ID, tags) }
	switch {
	case v.service == nil && env.Spec.Wants(RedisKind, r.s.now()):
		return v, nil
	case v.service == nil:
		var err error
		v.definitions, err = r.s.definitions.deletable(ctx, r.s.app.family(env.ID, redisRole), owned)
		return v, err
	case deref(v.service.Status) != active || !owned(fromECS(v.service.Tags)):
		return v, nil
	}
	def, err := r.s.definitions.get(ctx, deref(v.primary().TaskDefinition))
	if err != nil {
		return v, err
	}
	if owned(def.tags) {
		v.hash = def.tags[tagHash]
	}
	return r.answering(ctx, v)
}

// happened is what is remembered of a service's tasks, and the newest that the service had to say then.
type happened struct{ event, task, address string }

// answering finds the task that answers. One look after another believes the one before, as long as the service has nothing new
// to say: it does when a task starts or stops.
func (r *Redis) answering(ctx context.Context, v redisSight) (redisSight, error) {
	key, now, newest := "redis/"+deref(v.service.ServiceArn), r.s.now(), ""
	if len(v.service.Events) > 0 {
		newest = deref(v.service.Events[0].Id)
	}
	if known, ok := recall[happened](&r.s.clients.memory, key, now); ok && provisioner.AtRest(ctx) && v.rolled(0) && newest != "" && known.event == newest {
		v.task, v.address = known.task, known.address
		return v, nil
	}
	list, err := r.s.clients.ECS.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &r.s.app.Cluster, ServiceName: v.service.ServiceName})
	if err != nil {
		return v, fmt.Errorf("list tasks of %s: %w", deref(v.service.ServiceName), err)
	}
	if len(list.TaskArns) == 0 {
		return v, nil
	}
	out, err := r.s.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &r.s.app.Cluster, Tasks: list.TaskArns})
	if err != nil {
		return v, fmt.Errorf("describe tasks of %s: %w", deref(v.service.ServiceName), err)
	}
	for _, t := range out.Tasks {
		if deref(t.TaskDefinitionArn) == deref(v.primary().TaskDefinition) && t.HealthStatus == ecstypes.HealthStatusHealthy && deref(t.LastStatus) == "RUNNING" && deref(t.DesiredStatus) == "RUNNING" {
			v.task, v.address = deref(t.TaskArn), privateAddress(t)
		}
	}
	if v.address != "" {
		r.s.clients.memory.keep(key, happened{newest, v.task, v.address}, now.Add(round))
	}
	return v, nil
}

// privateAddress is where a task of awsvpc is reached, empty while it has no address.
func privateAddress(t ecstypes.Task) string {
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if deref(d.Name) == "privateIPv4Address" {
				return deref(d.Value)
			}
		}
	}
	return ""
}

// taskID is the last part of a task's ARN.
func taskID(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
