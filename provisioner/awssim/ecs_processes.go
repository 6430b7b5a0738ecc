package awssim

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// startProcesses starts a task's containers through the runner, in the order of the definition, outside of the lock.
// Containers whose outcome is scripted stay imaginary.
func (r *Region) startProcesses(t *task) {
	start := r.opts.Runner.Start
	jobs := make([]TaskJob, len(t.containers))
	for i, c := range t.containers {
		jobs[i], _ = r.job(t, c) // it was whole when the task was prepared
	}
	r.spawn(func() {
		for i, c := range t.containers {
			if c.outcome.imaginary() {
				continue
			}
			p, err := start(jobs[i], c.log)
			stale := false
			r.locked(func() {
				if err != nil {
					c.reason = "CannotStartContainerError: " + err.Error()
					r.failTask(t, types.TaskStopCodeTaskFailedToStart, c.reason)
					return
				}
				stale = r.closed || t.desired == "STOPPED"
				c.process, c.launched, c.status = p, time.Now(), "RUNNING"
				r.spawn(func() { r.watch(t, c) })
			})
			if stale {
				p.Stop(time.Second)
			}
			if err != nil || stale {
				return
			}
		}
		r.locked(func() {
			if t.last == "PENDING" && t.desired != "STOPPED" {
				r.running(t)
			}
		})
	})
}

// watch waits for a process to end.
func (r *Region) watch(t *task, c *container) {
	<-c.process.Done()
	c.log.flush()
	r.locked(func() { r.exited(t, c, c.process.ExitCode()) })
}

// stopProcess asks a process to end; watch sees it go.
func (r *Region) stopProcess(c *container) {
	grace := 30 * time.Second
	if c.def.StopTimeout != nil {
		grace = time.Duration(*c.def.StopTimeout) * time.Second
	}
	if r.clock.speed > 1 {
		grace = max(time.Second, time.Duration(float64(grace)/r.clock.speed))
	}
	p := c.process
	r.spawn(func() { p.Stop(grace) })
}
