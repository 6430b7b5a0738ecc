package awssim

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// endless is a process that runs until it is stopped.
type endless struct {
	once sync.Once
	done chan struct{}
}

func (p *endless) Addr(int) string       { return "" }
func (p *endless) Done() <-chan struct{} { return p.done }
func (p *endless) ExitCode() int         { return 0 }
func (p *endless) Stop(time.Duration)    { p.once.Do(func() { close(p.done) }) }

// A deployment is complete when the check has passed in the container, and a task whose check fails is replaced.
func TestContainersAreCheckedByTheRunner(t *testing.T) {
	var fit atomic.Bool
	var wrong atomic.Bool
	w := newWorld(t, func(o *Options) {
		o.Throttle = false
		o.Runner = &Runner{
			Start: func(TaskJob, io.Writer) (Process, error) { return &endless{done: make(chan struct{})}, nil },
			Check: func(j TaskJob, command []string) bool {
				if j.Address == "" || !slices.Equal(command, []string{"sh", "-c", "are you well"}) {
					wrong.Store(true)
				}
				return fit.Load()
			},
		}
	})
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", w.define("app", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "are you well"}, Interval: new(int32(5)), Retries: new(int32(2)), StartPeriod: new(int32(300))}
	}), 1, "")))
	tasks := func() []types.Task {
		list := must[*ecs.ListTasksOutput](t)(w.ecs.ListTasks(w.ctx, &ecs.ListTasksInput{Cluster: new("staging"), ServiceName: new("app")}))
		if len(list.TaskArns) == 0 {
			return nil
		}
		return must[*ecs.DescribeTasksOutput](t)(w.ecs.DescribeTasks(w.ctx, &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: list.TaskArns})).Tasks
	}
	until := func(what string, done func([]types.Task) bool) types.Task {
		t.Helper()
		for range 1000 {
			if all := tasks(); len(all) == 1 && done(all) {
				return all[0]
			}
			w.Advance(time.Second)
		}
		t.Fatalf("never %s: %+v", what, tasks())
		return types.Task{}
	}
	first := until("running", func(all []types.Task) bool { return *all[0].LastStatus == "RUNNING" })
	w.Advance(20 * time.Second)
	if s := w.service("app").Deployments[0].RolloutState; first.HealthStatus != types.HealthStatusUnknown || s != types.DeploymentRolloutStateInProgress {
		t.Errorf("before its check has passed it is %s, and its deployment %s", first.HealthStatus, s)
	}
	fit.Store(true)
	until("healthy", func(all []types.Task) bool { return all[0].HealthStatus == types.HealthStatusHealthy })
	if s := w.service("app").Deployments[0].RolloutState; s != types.DeploymentRolloutStateCompleted {
		t.Errorf("healthy, and its deployment %s", s)
	}
	fit.Store(false)
	until("replaced", func(all []types.Task) bool { return *all[0].TaskArn != *first.TaskArn })
	if wrong.Load() {
		t.Error("the check was not the container's")
	}
}
