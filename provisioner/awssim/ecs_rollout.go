package awssim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// deployment is one revision of a service on its way in or out.
type deployment struct {
	id               string
	def              *types.TaskDefinition
	loadBalancers    []types.LoadBalancer
	rollout          types.DeploymentRolloutState
	reason           string
	created, updated time.Time
	failed           int32     // tasks, in all
	strikes          int       // failures that the circuit breaker counts
	notBefore        time.Time // it does not complete before
}

// deploy starts a new primary deployment.
func (r *Region) deploy(s *service, def *types.TaskDefinition) {
	n, _ := strconv.ParseUint(r.newID(15), 16, 64) // hexadecimal by construction
	d := &deployment{id: fmt.Sprintf("ecs-svc/%019d", n), def: def, loadBalancers: s.settings.LoadBalancers, created: r.clock.now}
	s.deployments = slices.Insert(s.deployments, 0, d)
	s.streak, s.retryAt = 0, time.Time{}
	r.setRollout(s, d, types.DeploymentRolloutStateInProgress, fmt.Sprintf("ECS deployment %s in progress.", d.id))
	r.schedule(s)
}

func (r *Region) setRollout(s *service, d *deployment, state types.DeploymentRolloutState, reason string) {
	d.rollout, d.reason, d.updated = state, reason, r.clock.now
	s.steady = false
}

// healthy reports whether a task serves: running, and healthy in each target group of its deployment.
func (r *Region) healthy(t *task) bool {
	if t.last != "RUNNING" || t.desired != "RUNNING" {
		return false
	}
	for _, c := range t.containers {
		if c.def.HealthCheck != nil && r.healthOf(c) != types.HealthStatusHealthy {
			return false
		}
	}
	return !slices.ContainsFunc(t.deployment.loadBalancers, func(lb types.LoadBalancer) bool {
		g := r.groups[*lb.TargetGroupArn]
		return g == nil || !slices.ContainsFunc(g.targets, func(x *target) bool {
			return x.task == t && (x.state == elbtypes.TargetHealthStateEnumHealthy || x.state == elbtypes.TargetHealthStateEnumUnused)
		})
	})
}

// schedule brings a service's tasks closer to what is wanted. It may be called from within itself.
func (r *Region) schedule(s *service) {
	if s.again = true; s.scheduling {
		return
	}
	s.scheduling = true
	for s.again {
		s.again = false
		r.scheduleOnce(s)
	}
	s.scheduling = false
}

func (r *Region) scheduleOnce(s *service) {
	s.tasks = slices.DeleteFunc(s.tasks, func(t *task) bool { return t.last == "STOPPED" })
	switch s.status {
	case "ACTIVE":
		r.rollOut(s)
	case "DRAINING":
		r.drain(s)
	}
}

// drain stops everything of a deleted service.
func (r *Region) drain(s *service) {
	r.stopTasks(s, r.live(s, nil), "")
	if len(s.tasks) > 0 || s.finishing {
		return
	}
	s.finishing = true
	r.clock.after(r.opts.Durations.ServiceInactive, func() {
		s.status = "INACTIVE"
		r.untag(s.arn)
		r.clock.after(r.opts.Durations.ServiceForgotten, func() {
			if s.cluster.services[s.name] == s {
				delete(s.cluster.services, s.name)
			}
		})
	})
}

// live are the tasks that nobody stops yet, of one deployment or (nil) of all.
func (r *Region) live(s *service, of *deployment) (tasks []*task) {
	for _, t := range s.tasks {
		if t.desired == "RUNNING" && (of == nil || t.deployment == of) {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// rollOut takes the next steps of the primary deployment, within minimumHealthyPercent and maximumPercent.
func (r *Region) rollOut(s *service) {
	primary, desired := s.deployments[0], s.desired()
	if primary.rollout == types.DeploymentRolloutStateFailed { // nothing starts; scaling in still works
		r.stopTasks(s, r.surplus(r.live(s, nil), desired), "")
		return
	}
	fresh := r.live(s, primary)
	r.stopTasks(s, r.surplus(fresh, desired), "")
	fresh = r.live(s, primary)

	var old []*task
	healthy, present := 0, 0
	for _, t := range s.tasks {
		if !t.gone() {
			present++
		}
		if r.healthy(t) {
			healthy++
		}
		if t.deployment != primary && t.desired == "RUNNING" {
			old = append(old, t)
		}
	}
	config := s.settings.DeploymentConfiguration
	missing := desired - len(fresh)
	room := desired*int(*config.MaximumPercent)/100 - present
	floor := (desired*int(*config.MinimumHealthyPercent) + 99) / 100
	if room >= missing { // all new tasks fit beside the old ones: nothing need be given up for them
		floor = desired
	}
	r.retire(s, old, healthy-floor)
	r.startTasks(s, primary, min(missing, room))
	r.settle(s, primary)
}

// surplus are the tasks beyond the wanted number: unhealthy ones first, then the newest.
func (r *Region) surplus(tasks []*task, wanted int) []*task {
	if len(tasks) <= wanted {
		return nil
	}
	order := slices.Clone(tasks)
	slices.SortStableFunc(order, func(a, b *task) int {
		switch ha, hb := r.healthy(a), r.healthy(b); {
		case ha && !hb:
			return -1
		case hb && !ha:
			return 1
		}
		return 0
	})
	return order[wanted:]
}

// retire stops old tasks: all that do not serve, and of the others as many as may be spared.
func (r *Region) retire(s *service, old []*task, spare int) {
	var out []*task
	for _, t := range old {
		switch {
		case !r.healthy(t):
			out = append(out, t)
		case spare > 0:
			spare--
			out = append(out, t)
		}
	}
	r.stopTasks(s, out, "")
}

func (r *Region) stopTasks(s *service, tasks []*task, reason string) {
	if len(tasks) == 0 {
		return
	}
	for _, t := range tasks {
		why := reason
		if why == "" {
			why = fmt.Sprintf("Scaling activity initiated by (deployment %s)", s.deployments[0].id)
		}
		r.stop(t, types.TaskStopCodeServiceSchedulerInitiated, why)
	}
	r.event(s, "has stopped %d running tasks: %s.", len(tasks), taskList(tasks))
}

func taskList(tasks []*task) string {
	text := ""
	for _, t := range tasks {
		text += "(task " + t.id + ")"
	}
	return text
}

func (r *Region) startTasks(s *service, d *deployment, n int) {
	if n <= 0 || r.closed {
		return
	}
	if wait := s.retryAt.Sub(r.clock.now); wait > 0 { // whoever set retryAt arranged for the next look
		return
	}
	var started []*task
	for range n {
		t := r.newTask(s.cluster, d.def, nil)
		t.service, t.deployment, t.group, t.startBy = s, d, "service:"+s.name, d.id
		if !r.place(t) {
			r.event(s, "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
			r.retryLater(s, 3*r.opts.Durations.TaskRetry)
			break
		}
		switch s.settings.PropagateTags {
		case types.PropagateTagsService:
			r.tag(t.arn, r.tags.live[s.arn])
		case types.PropagateTagsTaskDefinition:
			r.tag(t.arn, r.tags.live[*d.def.TaskDefinitionArn])
		}
		s.tasks = append(s.tasks, t)
		started = append(started, t)
	}
	if len(started) > 0 {
		r.event(s, "has started %d tasks: %s.", len(started), taskList(started))
	}
}

func (r *Region) retryLater(s *service, d time.Duration) {
	s.retryAt = r.clock.now.Add(d)
	r.clock.after(d, func() { r.schedule(s) })
}

// settle notes when the primary deployment has arrived.
func (r *Region) settle(s *service, primary *deployment) {
	serving := 0
	for _, t := range s.tasks {
		switch {
		case t.deployment == primary && r.healthy(t):
			serving++
		case !t.gone():
			return // something is still coming or going
		}
	}
	if serving != s.desired() || s.steady || r.clock.now.Before(primary.notBefore) {
		return
	}
	if primary.rollout == types.DeploymentRolloutStateInProgress {
		r.setRollout(s, primary, types.DeploymentRolloutStateCompleted, fmt.Sprintf("ECS deployment %s completed.", primary.id))
		r.event(s, "(deployment %s) deployment completed.", primary.id)
		s.completed, s.deployments = primary, []*deployment{primary}
	}
	s.steady = true
	r.event(s, "has reached a steady state.")
}

// taskRunning registers a service's task with its target groups.
func (r *Region) taskRunning(t *task) {
	s := t.service
	for _, lb := range t.deployment.loadBalancers {
		if g := r.groups[*lb.TargetGroupArn]; g != nil {
			r.register(g, t.ip, deref(lb.ContainerPort), t)
			r.event(s, "registered 1 targets in (target-group %s)", g.arn())
		}
	}
	for _, c := range t.containers {
		if h := c.def.HealthCheck; h != nil && c.outcome.Unhealthy {
			patience := seconds(h.StartPeriod, 0) + seconds(h.Interval, 30)*time.Duration(max(deref(h.Retries), 1))
			r.clock.after(patience, func() {
				r.failTask(t, types.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks")
			})
		}
	}
	if r.healthy(t) {
		r.noteHealthy(t)
	}
	r.schedule(s)
}

func seconds(n *int32, otherwise int32) time.Duration {
	if n != nil {
		otherwise = *n
	}
	return time.Duration(otherwise) * time.Second
}

// deregisterTask takes a task out of its target groups, and says how long they drain.
func (r *Region) deregisterTask(t *task) (longest time.Duration) {
	for _, g := range r.sortedGroups() {
		for _, x := range slices.Clone(g.targets) {
			if x.task != t || x.state == elbtypes.TargetHealthStateEnumDraining {
				continue
			}
			r.deregister(g, x)
			longest = max(longest, g.drainDelay())
			if t.service != nil {
				r.event(t.service, "deregistered 1 targets in (target-group %s)", g.arn())
			}
		}
	}
	return longest
}

// targetChanged hears of a health check that changed something, or failed again.
func (r *Region) targetChanged(g *targetGroup, x *target) {
	t := x.task
	if x.state == elbtypes.TargetHealthStateEnumUnhealthy {
		grace := seconds(t.service.settings.HealthCheckGracePeriodSeconds, 0)
		if t.desired == "RUNNING" && r.clock.now.Sub(t.started) >= grace {
			r.event(t.service, "(port %d) is unhealthy in (target-group %s) due to (reason %s).", x.port, g.arn(), x.text)
			r.failTask(t, types.TaskStopCodeServiceSchedulerInitiated, fmt.Sprintf("Task failed ELB health checks in (target-group %s)", g.arn()))
		}
		return
	}
	if r.healthy(t) {
		r.noteHealthy(t)
	}
	r.schedule(t.service)
}
