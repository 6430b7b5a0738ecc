package awssim

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// longestRetry is where the growing pause between failing tasks ends.
const longestRetry = 5 * time.Minute

// noteHealthy forgives earlier failures.
func (r *Region) noteHealthy(t *task) {
	t.service.streak = 0
	breaker := t.service.settings.DeploymentConfiguration.DeploymentCircuitBreaker
	if breaker == nil || breaker.ResetOnHealthyTask == nil || *breaker.ResetOnHealthyTask {
		t.deployment.strikes = 0
	}
}

// noteFailure counts a task that failed, puts off its replacement, and lets the circuit breaker decide.
func (r *Region) noteFailure(t *task) {
	s, d := t.service, t.deployment
	s.steady = false
	s.streak++
	d.failed++
	d.strikes++
	r.retryLater(s, min(longestRetry, r.opts.Durations.TaskRetry<<min(s.streak-1, 10)))
	if s.streak == 3 {
		r.event(s, "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
	}
	breaker := s.settings.DeploymentConfiguration.DeploymentCircuitBreaker
	if breaker != nil && breaker.Enable && d == s.deployments[0] && d.rollout == types.DeploymentRolloutStateInProgress &&
		d.strikes >= breakerThreshold(breaker.ThresholdConfiguration, s.desired()) {
		r.trip(s, d, breaker.Rollback)
	}
}

// breakerThreshold is the number of failed tasks that fails a deployment: half of the desired count, within 3 and 200,
// unless configured otherwise.
func breakerThreshold(c *types.ThresholdConfiguration, desired int) int {
	kind, value := types.ThresholdTypeBoundedPercent, 50
	if c != nil {
		kind, value = c.Type, int(c.Value)
	}
	if kind == types.ThresholdTypeCount {
		return max(value, 1)
	}
	n := (desired*value + 99) / 100
	if kind == types.ThresholdTypeBoundedPercent {
		return min(max(n, 3), 200)
	}
	return max(n, 1)
}

// trip fails the primary deployment. With rollback the last completed one becomes primary again, and its tasks, which
// never stopped, serve on; a first deployment has nothing to go back to.
func (r *Region) trip(s *service, failed *deployment, rollback bool) {
	r.setRollout(s, failed, types.DeploymentRolloutStateFailed, "ECS deployment circuit breaker: tasks failed to start.")
	r.event(s, "(deployment %s) deployment failed: tasks failed to start.", failed.id)
	back := s.completed
	if !rollback || back == nil || back == failed {
		return
	}
	s.deployments = slices.DeleteFunc(s.deployments, func(d *deployment) bool { return d == back })
	s.deployments = slices.Insert(s.deployments, 0, back)
	s.settings.TaskDefinition, s.settings.LoadBalancers = back.def.TaskDefinitionArn, back.loadBalancers
	s.streak, s.retryAt, back.strikes = 0, time.Time{}, 0
	r.setRollout(s, back, types.DeploymentRolloutStateInProgress,
		fmt.Sprintf("ECS deployment circuit breaker: rolling back to deploymentId %s.", back.id))
	back.notBefore = r.clock.now.Add(r.opts.Durations.Rollback)
	r.clock.after(r.opts.Durations.Rollback, func() { r.schedule(s) })
	r.event(s, "rolling back to deployment %s.", back.id)
}
