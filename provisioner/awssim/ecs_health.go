package awssim

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// healthOf is what the health check of a container says that has one.
func (r *Region) healthOf(c *container) types.HealthStatus {
	switch {
	case c.outcome.Unhealthy:
		return types.HealthStatusUnhealthy
	case c.process != nil && r.opts.Runner.Check != nil:
		return cmp.Or(c.health, types.HealthStatusUnknown)
	}
	return types.HealthStatusHealthy
}

// checkContainer arranges for the next check of a container's health by the runner.
func (r *Region) checkContainer(t *task, c *container) {
	check := r.opts.Runner.Check
	if c.def.HealthCheck == nil || check == nil || c.outcome.imaginary() {
		return
	}
	r.clock.after(seconds(c.def.HealthCheck.Interval, 30), func() {
		if c.status != "RUNNING" {
			return
		}
		job, _ := r.job(t, c) // a secret that went since is not the container's fault
		r.spawn(func() {
			passed := check(job, checkCommand(c.def.HealthCheck.Command))
			r.locked(func() { r.containerChecked(t, c, passed) })
		})
	})
}

// checkCommand is what a health check runs, in words.
func checkCommand(given []string) []string {
	switch {
	case len(given) == 2 && given[0] == "CMD-SHELL":
		return []string{"sh", "-c", given[1]}
	case len(given) > 0 && given[0] == "CMD":
		return given[1:]
	}
	return given
}

// containerChecked hears of one. Failures count once a container was healthy, or its time to start is over.
func (r *Region) containerChecked(t *task, c *container, passed bool) {
	h := c.def.HealthCheck
	if c.status != "RUNNING" || t.desired == "STOPPED" {
		return
	}
	r.checkContainer(t, c)
	if passed {
		before := c.health
		c.failures, c.health = 0, types.HealthStatusHealthy
		if before != c.health && t.service != nil {
			if r.healthy(t) {
				r.noteHealthy(t)
			}
			r.schedule(t.service)
		}
		return
	}
	if c.health != types.HealthStatusHealthy && r.clock.now.Sub(t.started) < seconds(h.StartPeriod, 0) {
		return
	}
	if c.failures++; c.failures < max(deref(h.Retries), 1) {
		return
	}
	c.health = types.HealthStatusUnhealthy
	if t.service != nil {
		r.failTask(t, types.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks")
	}
}
