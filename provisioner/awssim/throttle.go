package awssim

import "time"

// bucket is a token bucket on the virtual clock.
type bucket struct {
	tokens, burst, refill float64 // refill per second
	at                    time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.at).Seconds()*b.refill)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// ecsBucket names the bucket that an ECS action draws from, with its size and refill per second.
func ecsBucket(action string) (name string, burst, refill float64) {
	switch action {
	case "CreateService", "UpdateService", "DeleteService":
		return "service changes", 50, 5
	case "DescribeServices", "ListServices":
		return "service reads", 100, 20
	case "RegisterTaskDefinition", "DeregisterTaskDefinition":
		return "task definition changes", 20, 1
	case "DeleteTaskDefinitions":
		return "task definition deletions", 5, 1
	case "DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies":
		return "task definition reads", 50, 20
	case "RunTask", "StopTask":
		return "task changes", 100, 40
	case "DescribeTasks", "ListTasks":
		return "task reads", 100, 20
	case "TagResource", "UntagResource":
		return "tag changes", 20, 10
	}
	return "", 0, 0
}

func (r *Region) throttle(q request) error {
	if !r.opts.Throttle || q.api != ecsAPI {
		return nil
	}
	name, burst, refill := ecsBucket(q.action)
	if name == "" {
		return nil
	}
	b := r.buckets[name]
	if b == nil {
		b = &bucket{tokens: burst, burst: burst, refill: refill, at: r.clock.now}
		r.buckets[name] = b
	}
	if !b.take(r.clock.now) {
		return throttled(q.api)
	}
	return nil
}
