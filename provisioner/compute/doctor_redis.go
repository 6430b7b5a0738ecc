package compute

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// redis looks whether environments can have a Redis of their own. Whom security groups let in is told where networks are.
func (d examiner) redis(found ecstypes.Service) store.Finding {
	const what = "Redis for each environment"
	if !addressed(found.NetworkConfiguration) {
		return bad(what, "tasks of "+d.app.Roles[0].Service+" have no addresses of their own, by which one could be reached",
			`network_mode = "awsvpc" in staging's task definition, or another redis.mode`)
	}
	return good(what, "a task of %d CPU units and %d MiB, in memory only", redisCPU, redisMemory)
}
