package awssim

import (
	"strings"
	"time"
)

// bucket is a token bucket on the virtual clock.
type bucket struct {
	tokens, burst, refill float64 // refill per second
	at                    time.Time
}

// full fills the bucket up to now, and tells whether there is a token in it.
func (b *bucket) full(now time.Time) bool {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.at).Seconds()*b.refill)
	b.at = now
	return b.tokens >= 1
}

// limit is a bucket's name, size and refill per second.
type limit struct {
	name          string
	burst, refill float64
}

// ecsLimit is the bucket that an ECS action draws from. The table of package compute is another, which this one is there to check.
func ecsLimit(action string) []limit {
	switch action {
	case "CreateService", "UpdateService", "DeleteService":
		return []limit{{"service changes", 50, 5}}
	case "DescribeServices", "ListServices":
		return []limit{{"service reads", 100, 20}}
	case "RegisterTaskDefinition", "DeregisterTaskDefinition":
		return []limit{{"task definition changes", 20, 1}}
	case "DeleteTaskDefinitions":
		return []limit{{"task definition deletions", 5, 1}}
	case "DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies":
		return []limit{{"task definition reads", 50, 20}}
	case "RunTask", "StopTask":
		return []limit{{"task changes", 100, 40}}
	case "DescribeTasks", "ListTasks":
		return []limit{{"task reads", 100, 20}}
	case "TagResource", "UntagResource":
		return []limit{{"tag changes", 20, 10}}
	}
	return nil
}

// elbLimits are the buckets that an action of load balancing draws from: that of its category, and one that all share
// (elasticloadbalancing/latest/userguide/elb-api-throttling). What ECS does for itself draws from neither.
func elbLimits(action string) []limit {
	all := limit{"load balancing", 40, 10}
	if strings.HasPrefix(action, "Describe") {
		return []limit{all} // their own bucket is as large
	}
	return []limit{all, {"load balancing changes", 20, 3}}
}

func limitsOf(q request) []limit {
	switch q.api {
	case ecsAPI:
		return ecsLimit(q.action)
	case elbAPI:
		return elbLimits(q.action)
	}
	return nil // no buckets are documented, or without their sizes
}

func (r *Region) throttle(q request) error {
	if !r.opts.Throttle {
		return nil
	}
	var drawn []*bucket
	for _, l := range limitsOf(q) {
		b := r.buckets[l.name]
		if b == nil {
			b = &bucket{tokens: l.burst, burst: l.burst, refill: l.refill, at: r.clock.now}
			r.buckets[l.name] = b
		}
		if !b.full(r.clock.now) {
			return throttled(q.api)
		}
		drawn = append(drawn, b)
	}
	for _, b := range drawn {
		b.tokens--
	}
	return nil
}
