package slacksim

import (
	"time"

	"golang.org/x/time/rate"
)

// quota is a rate and how many calls may come at once.
type quota struct {
	per   rate.Limit // calls per second
	burst int
}

// perMinute is the quota of a Web API tier. Tier 5 stands for Slack's special tiers: several hundred a minute.
func perMinute(tier int) quota {
	n := map[int]int{1: 1, 2: 20, 3: 50, 4: 100, 5: 600}[tier]
	return quota{per: rate.Limit(float64(n) / 60), burst: n}
}

// perChannel is the quota for posting into one channel: one a second, with a short burst.
func perChannel() quota { return quota{per: 1, burst: 5} }

// buckets count calls by name. They are used under the workspace's lock.
type buckets struct {
	on bool
	by map[string]*rate.Limiter
}

func newBuckets(on bool) *buckets { return &buckets{on: on, by: map[string]*rate.Limiter{}} }

// take counts one call; it gives how long to wait when there were too many, and then the call is not counted.
func (b *buckets) take(name string, q quota, now time.Time) time.Duration {
	if !b.on {
		return 0
	}
	l := b.by[name]
	if l == nil {
		l = rate.NewLimiter(q.per, q.burst)
		b.by[name] = l
	}
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
