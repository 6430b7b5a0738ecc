package compute

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

const (
	redisCPU    = 256 // the smallest that Fargate has
	redisMemory = 512 // MiB, likewise
	// redisMost is how many MiB keys and values may take. The rest is for connections and what lies between the values;
	// beyond it writes are refused rather than old keys forgotten, which queues would not survive.
	redisMost = redisMemory * 3 / 4
)

// redisScript starts the server of Valkey's image or of Redis's. All settings go in through standard input: so the password is
// on no command line, and nothing of them is on a disk. The server takes the shell's place, and hears of it when it is to end.
var redisScript = `exec "$(command -v valkey-server || command -v redis-server)" - <<end
port ` + strconv.Itoa(redisPort) + `
requirepass $` + redisPassword + `
maxmemory ` + strconv.Itoa(redisMost) + `mb
maxmemory-policy noeviction
save ""
appendonly no
end`

// redisCheck asks the server as a client does. Valkey's client and Redis's take the password from variables of different names.
const redisCheck = `REDISCLI_AUTH="$` + redisPassword + `" VALKEYCLI_AUTH="$` + redisPassword + `" ` +
	`"$(command -v valkey-cli || command -v redis-cli)" ping | grep -q PONG`

// What ECS makes of the check: healthy with the first success, and unhealthy after half a minute without one.
const (
	redisInterval = 5 // seconds, as are the following
	redisTimeout  = 3
	redisRetries  = 3
	redisStart    = 15
)

// redisUser is nobody's number: an image need not have a name for it, and the server writes nothing.
const redisUser = "65534"

// definition is what the environment's Redis runs: rights to start, log and platform are those of the staging task.
func (r *Redis) definition(env store.Environment, staging ecstypes.TaskDefinition, epoch string) (plan, error) {
	c := ecstypes.ContainerDefinition{
		Name: new(redisRole), Image: &r.s.app.Redis, Essential: new(true), User: new(redisUser),
		EntryPoint: []string{"sh", "-c"}, Command: []string{redisScript},
		PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(redisPort)), Protocol: ecstypes.TransportProtocolTcp}},
		Secrets:      []ecstypes.Secret{{Name: new(redisPassword), ValueFrom: new(r.vault.Ref(env.ID, redisPassword))}},
		HealthCheck: &ecstypes.HealthCheck{Command: []string{"CMD-SHELL", redisCheck}, Interval: new(int32(redisInterval)),
			Timeout: new(int32(redisTimeout)), Retries: new(int32(redisRetries)), StartPeriod: new(int32(redisStart))},
	}
	if i := mainContainer(staging.ContainerDefinitions, r.from.Container, r.from.Port); i >= 0 {
		if l := staging.ContainerDefinitions[i].LogConfiguration; l != nil && l.LogDriver == ecstypes.LogDriverAwslogs {
			c.LogConfiguration = l
		}
	}
	in := &ecs.RegisterTaskDefinitionInput{
		Family: new(r.s.app.family(env.ID, redisRole)), ContainerDefinitions: []ecstypes.ContainerDefinition{c},
		Cpu: new(strconv.Itoa(redisCPU)), Memory: new(strconv.Itoa(redisMemory)), NetworkMode: ecstypes.NetworkModeAwsvpc,
		ExecutionRoleArn: staging.ExecutionRoleArn, RequiresCompatibilities: staging.RequiresCompatibilities, RuntimePlatform: staging.RuntimePlatform,
	}
	hash, err := hashOf(in)
	if err != nil {
		return plan{}, err
	}
	hash = digest(hash, epoch) // fresh data is a task of its own
	tags := r.s.app.marks(env)
	tags[tagHash] = hash
	in.Tags = ecsTags(tags)
	return plan{definition: in, hash: hash}, nil
}

// plan derives definition and service from staging.
func (r *Redis) plan(env store.Environment, v redisSight) (plan, error) {
	p, err := r.definition(env, v.staging.definition, v.epoch)
	if err != nil {
		return p, err
	}
	p.service = r.s.wantedService(r.s.name(env.ID), v.staging.service, "", "", 1)
	p.service.EnableExecuteCommand = false // it has no role for that
	p.service.LaunchType, p.service.CapacityProviderStrategy = lasting(v.staging.service)
	p.service.Tags = ecsTags(r.s.app.marks(env))
	return p, nil
}
