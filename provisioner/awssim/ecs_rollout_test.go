package awssim

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func configuration(minimum, maximum int32, b *types.DeploymentCircuitBreaker) func(*ecs.CreateServiceInput) {
	return func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{MinimumHealthyPercent: &minimum, MaximumPercent: &maximum, DeploymentCircuitBreaker: b}
	}
}

// events are a service's event messages, oldest first.
func (w *world) events(name string) (all string) {
	list := w.service(name).Events
	for i := len(list) - 1; i >= 0; i-- {
		all += *list[i].Message + "\n"
	}
	return all
}

func TestFirstDeploymentStepByStep(t *testing.T) {
	w := newWorld(t)
	tg := w.group("app")
	w.listen(80, tg)
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", w.define("app"), 1, tg)))
	at := func(d time.Duration, task, health string) {
		t.Helper()
		w.Advance(d)
		if got := w.State().Tasks[0].Status; got != task {
			t.Errorf("at %s the task is %s, want %s", w.Now().Format("15:04:05"), got, task)
		}
		out := must[*elb.DescribeTargetHealthOutput](t)(w.elb.DescribeTargetHealth(w.ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &tg}))
		got := ""
		if len(out.TargetHealthDescriptions) > 0 {
			got = string(out.TargetHealthDescriptions[0].TargetHealth.State)
		}
		if got != health {
			t.Errorf("at %s the target is %q, want %q", w.Now().Format("15:04:05"), got, health)
		}
	}
	at(0, "PROVISIONING", "")
	at(10*time.Second, "PENDING", "")
	at(20*time.Second, "RUNNING", "initial")
	if d := w.service("app").Deployments[0]; d.RolloutState != types.DeploymentRolloutStateInProgress || d.RunningCount != 1 {
		t.Errorf("running but not healthy: %s, running %d", d.RolloutState, d.RunningCount)
	}
	at(5*time.Second, "RUNNING", "healthy")
	if s := w.service("app"); len(s.Deployments) != 1 || s.Deployments[0].RolloutState != types.DeploymentRolloutStateCompleted {
		t.Errorf("%+v", s.Deployments)
	}
	for _, want := range []string{"has started 1 tasks", "registered 1 targets", "deployment completed", "has reached a steady state"} {
		if !strings.Contains(w.events("app"), want) {
			t.Errorf("no event %q in\n%s", want, w.events("app"))
		}
	}
}

func TestRolloutWithoutGap(t *testing.T) {
	w := newWorld(t)
	w.serve("app", 2, configuration(100, 200, nil))
	w.update("app", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = new(w.define("app")) })
	if s := w.service("app"); len(s.Deployments) != 2 || *s.Deployments[0].Status != "PRIMARY" || *s.Deployments[1].Status != "ACTIVE" ||
		s.Deployments[1].RunningCount != 2 || s.Deployments[0].PendingCount != 2 {
		t.Fatalf("side by side: %+v", s.Deployments)
	}
	w.until("the new deployment is alone", 2*time.Minute, func() bool {
		present, serving := w.look("app").count()
		if serving < 2 || present > 4 {
			t.Fatalf("%d serving, %d present", serving, present)
		}
		return len(w.look("app").deployments()) == 1
	})
	if s := w.service("app"); !strings.HasSuffix(*s.TaskDefinition, "app:2") || s.RunningCount != 2 {
		t.Errorf("%s, running %d", *s.TaskDefinition, s.RunningCount)
	}
}

func TestRolloutWithoutDoubling(t *testing.T) {
	w := newWorld(t)
	w.serve("app", 1, configuration(0, 100, nil))
	w.update("app", func(in *ecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	gap := false
	w.until("the new deployment is alone", 2*time.Minute, func() bool {
		present, serving := w.look("app").count()
		gap = gap || serving == 0
		if present > 1 {
			t.Fatalf("%d tasks at once", present)
		}
		return len(w.look("app").deployments()) == 1
	})
	if !gap {
		t.Error("the old task served until the new one did, although there was room for one only")
	}
}

func TestDrainingHoldsUpARollout(t *testing.T) {
	w := newWorld(t)
	tg := w.serve("app", 1)
	w.drainFor(tg, "120")
	w.update("app", func(in *ecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	took := w.until("the new deployment is alone", 5*time.Minute, func() bool { return len(w.look("app").deployments()) == 1 })
	if took < 2*time.Minute {
		t.Errorf("took %s with a deregistration delay of 120 s", took)
	}
}

func TestScalingMakesNoDeployment(t *testing.T) {
	w := newWorld(t)
	w.serve("app", 1)
	before := w.service("app").Deployments[0].Id
	w.update("app", func(in *ecs.UpdateServiceInput) { in.DesiredCount = new(int32(0)) })
	w.until("asleep", time.Minute, func() bool { return len(w.State().Tasks) == 0 })
	w.update("app", func(in *ecs.UpdateServiceInput) { in.DesiredCount = new(int32(2)) })
	w.until("awake", time.Minute, func() bool { _, serving := w.look("app").count(); return serving == 2 })
	s := w.service("app")
	if *s.Deployments[0].Id != *before || len(s.Deployments) != 1 || strings.Count(w.events("app"), "steady state") != 3 {
		t.Errorf("%d deployments; %s", len(s.Deployments), w.events("app"))
	}
}

func TestCircuitBreaker(t *testing.T) {
	count := func(n int32) *types.ThresholdConfiguration {
		return &types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: n}
	}
	for reason, c := range map[string]struct {
		breaker  types.DeploymentCircuitBreaker
		failed   int32
		rollback bool
	}{
		"default threshold is at least 3": {types.DeploymentCircuitBreaker{Enable: true}, 3, false},
		"counted threshold":               {types.DeploymentCircuitBreaker{Enable: true, ThresholdConfiguration: count(1)}, 1, false},
		"rolls back":                      {types.DeploymentCircuitBreaker{Enable: true, Rollback: true, ThresholdConfiguration: count(2)}, 2, true},
	} {
		t.Run(reason, func(t *testing.T) {
			w := newWorld(t)
			w.serve("app", 1, configuration(100, 200, &c.breaker))
			good := w.look("app").deployments()[0].id
			w.update("app", func(in *ecs.UpdateServiceInput) {
				in.TaskDefinition = new(w.define("app", withImage(w.Registry()+"/app:missing")))
			})
			bad := w.look("app").deployments()[0].id
			var failed int32
			w.until("the breaker trips", 10*time.Minute, func() bool {
				for _, d := range w.look("app").deployments() {
					if d.id == bad && d.rollout == types.DeploymentRolloutStateFailed {
						failed = d.failed
					}
				}
				if _, serving := w.look("app").count(); serving != 1 {
					t.Fatalf("%d tasks serve: the old one must go on", serving)
				}
				return failed > 0
			})
			if failed != c.failed {
				t.Errorf("tripped after %d failed tasks, want %d", failed, c.failed)
			}
			w.Advance(10 * time.Minute)
			list := w.look("app").deployments()
			if c.rollback != (list[0].id == good && list[0].rollout == types.DeploymentRolloutStateCompleted) {
				t.Errorf("primary %+v", list[0])
			}
			if n := strings.Count(w.events("app"), "has started"); n != int(c.failed)+1 {
				t.Errorf("%d starts\n%s", n, w.events("app"))
			}
			if _, serving := w.look("app").count(); serving != 1 {
				t.Errorf("in the end %d tasks serve", serving)
			}
		})
	}
}

func TestFirstDeploymentHasNothingToRollBackTo(t *testing.T) {
	w := newWorld(t)
	in := serviceInput("app", w.define("app", withImage(w.Registry()+"/app:missing")), 1, "")
	configuration(100, 200, &types.DeploymentCircuitBreaker{Enable: true, Rollback: true})(in)
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, in))
	w.Advance(time.Hour)
	s := w.service("app")
	if d := s.Deployments[0]; len(s.Deployments) != 1 || d.RolloutState != types.DeploymentRolloutStateFailed || d.FailedTasks != 3 || s.RunningCount != 0 {
		t.Errorf("%+v", s.Deployments)
	}
	w.update("app", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = new(w.define("app")) })
	w.Advance(time.Minute)
	if d := w.service("app").Deployments[0]; d.RolloutState != types.DeploymentRolloutStateCompleted {
		t.Errorf("repaired: %s", d.RolloutState)
	}
}

func TestWithoutBreakerItTriesForEver(t *testing.T) {
	w := newWorld(t)
	w.OnTask(func(TaskJob) TaskOutcome { return TaskOutcome{Exits: true, ExitCode: 1} })
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", w.define("app"), 1, "")))
	w.Advance(time.Hour)
	if n := strings.Count(w.events("app"), "has started 1 tasks"); n < 10 {
		t.Errorf("only %d starts in an hour", n)
	}
}

func TestUnhealthyTargetsAreReplaced(t *testing.T) {
	w := newWorld(t)
	w.OnTask(func(TaskJob) TaskOutcome { return TaskOutcome{Unhealthy: true} })
	tg := w.group("app")
	w.listen(80, tg)
	in := serviceInput("app", w.define("app"), 1, tg)
	in.HealthCheckGracePeriodSeconds = new(int32(60))
	configuration(0, 100, &types.DeploymentCircuitBreaker{Enable: true})(in)
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, in))
	w.Advance(80 * time.Second) // running since 30 s: within the grace period
	if s := w.service("app"); s.RunningCount != 1 || s.Deployments[0].FailedTasks != 0 {
		t.Errorf("within the grace period: running %d, failed %d", s.RunningCount, s.Deployments[0].FailedTasks)
	}
	w.Advance(20 * time.Second)
	if s := w.service("app"); s.Deployments[0].FailedTasks != 1 || !strings.Contains(w.events("app"), "is unhealthy in (target-group") {
		t.Errorf("after it: failed %d\n%s", s.Deployments[0].FailedTasks, w.events("app"))
	}
	w.until("the breaker trips", time.Hour, func() bool {
		return w.look("app").deployments()[0].rollout == types.DeploymentRolloutStateFailed
	})
}

func TestCapacityComesBack(t *testing.T) {
	w := newWorld(t)
	full := true
	w.OnTask(func(TaskJob) TaskOutcome { return TaskOutcome{NoCapacity: full} })
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", w.define("app"), 1, "")))
	w.Advance(time.Minute)
	if s := w.service("app"); s.Deployments[0].FailedTasks != 0 || !strings.Contains(w.events("app"), "unable to place a task") {
		t.Errorf("%s", w.events("app"))
	}
	w.locked(func() { full = false })
	w.until("the task runs", 2*time.Minute, func() bool { _, serving := w.look("app").count(); return serving == 1 })
}

func TestStoppedTaskIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.serve("app", 1)
	arn := w.State().Tasks[0].ARN
	must[*ecs.StopTaskOutput](t)(w.ecs.StopTask(w.ctx, &ecs.StopTaskInput{Cluster: new("staging"), Task: &arn, Reason: new("because")}))
	w.until("another serves", 2*time.Minute, func() bool { _, serving := w.look("app").count(); return serving == 1 })
	w.Advance(time.Minute)
	out := must[*ecs.DescribeTasksOutput](t)(w.ecs.DescribeTasks(w.ctx, &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: []string{arn}}))
	if task := out.Tasks[0]; *task.LastStatus != "STOPPED" || *task.StoppedReason != "because" || task.StopCode != types.TaskStopCodeUserInitiated {
		t.Errorf("%s %s %s", *task.LastStatus, *task.StoppedReason, task.StopCode)
	}
}
