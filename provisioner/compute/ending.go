package compute

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// ending is how a task of a role came to its end.
type ending struct {
	task       ecstypes.Task
	containers []ecstypes.ContainerDefinition // of its task definition; nil: that is not to be had
	main       int                            // the one that serves, -1 without containers
}

// ending reads how the task stopped that says most about the environment's last rollout; ok is false when there is none.
func (s *service) ending(ctx context.Context, env store.Environment) (e ending, ok bool, err error) {
	e.main = -1
	if e.task, ok, err = s.lastStopped(ctx, env.ID, env.Facts[s.Kind()].Ref); err != nil || !ok {
		return e, false, err
	}
	def, err := s.definitions.get(ctx, deref(e.task.TaskDefinitionArn))
	if err != nil {
		return e, true, fault(err)
	}
	e.containers = def.ContainerDefinitions
	e.main = mainContainer(e.containers, s.role.Container, s.role.Port)
	return e, true, nil
}

const tasksPerPage = 100

// lastStopped gives the task that stopped last: one of that task definition where it has one, and one that ended by itself
// rather than one that made room.
func (s *service) lastStopped(ctx context.Context, id store.ID, definition string) (last ecstypes.Task, ok bool, err error) {
	list, err := s.clients.ECS.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &s.app.Cluster, ServiceName: new(s.name(id)),
		DesiredStatus: ecstypes.DesiredStatusStopped, MaxResults: new(int32(tasksPerPage))})
	if err != nil {
		return last, false, fault(fmt.Errorf("list stopped tasks of %s: %w", s.name(id), err))
	}
	if len(list.TaskArns) == 0 {
		return last, false, nil
	}
	out, err := s.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.app.Cluster, Tasks: list.TaskArns})
	if err != nil {
		return last, false, fault(fmt.Errorf("describe stopped tasks of %s: %w", s.name(id), err))
	}
	last, ok = telling(out.Tasks, definition)
	return last, ok, nil
}

// telling gives of stopped tasks the one that says most about a failure of the task definition.
func telling(tasks []ecstypes.Task, definition string) (last ecstypes.Task, ok bool) {
	better := func(a, b ecstypes.Task) bool {
		if x, y := deref(a.TaskDefinitionArn) == definition, deref(b.TaskDefinitionArn) == definition; x != y {
			return x
		}
		if x, y := madeRoom(a), madeRoom(b); x != y {
			return y
		}
		return deref(a.StoppingAt).After(deref(b.StoppingAt))
	}
	for _, t := range tasks {
		if !ok || better(t, last) {
			last, ok = t, true
		}
	}
	return last, ok
}

// madeRoom tells whether a task was stopped for another one, or by somebody.
func madeRoom(t ecstypes.Task) bool {
	return t.StopCode == ecstypes.TaskStopCodeUserInitiated ||
		t.StopCode == ecstypes.TaskStopCodeServiceSchedulerInitiated && strings.HasPrefix(deref(t.StoppedReason), "Scaling activity")
}

// What AWS has no code for, only words.
const (
	noPull     = "CannotPull"
	noStart    = "CannotStartContainerError"
	noCreate   = "CannotCreateContainerError"
	noMemory   = "OutOfMemory"
	noResource = "ResourceInitializationError"
	loadHealth = "ELB health checks"
	ownHealth  = "container health checks"
	noRoom     = "unable to place a task"
)

const (
	endedWell   = 0
	endedKilled = 128 + 9  // by SIGKILL: asked by nobody, as when memory is short
	endedAsked  = 128 + 15 // by SIGTERM: it went along with another one
)

// culprit gives the container that the task's end is owed to, -1 when there is none to name. AWS does not say: all
// containers end with the one that does. One with a reason of its own comes first, then an essential one that ended badly
// by itself, then one that was killed.
func (e ending) culprit() int {
	switch said := deref(e.task.StoppedReason); {
	case strings.Contains(said, loadHealth):
		return e.main
	case strings.Contains(said, ownHealth):
		return e.unfit()
	}
	best, most := e.main, -1
	for i, def := range e.containers {
		c, ok := e.ran(deref(def.Name))
		if !ok {
			continue
		}
		if n := 2*guilt(def, c) + weight(i == e.main); n > most {
			best, most = i, n
		}
	}
	return best
}

func weight(b bool) int {
	if b {
		return 1
	}
	return 0
}

func guilt(def ecstypes.ContainerDefinition, c ecstypes.Container) int {
	switch {
	case deref(c.Reason) != "":
		return 4
	case c.ExitCode == nil, def.Essential != nil && !*def.Essential:
		return 0
	case *c.ExitCode == endedKilled:
		return 2
	case *c.ExitCode == endedWell, *c.ExitCode == endedAsked:
		return 1
	}
	return 3
}

// ran gives the container of that name in the task.
func (e ending) ran(name string) (ecstypes.Container, bool) {
	i := slices.IndexFunc(e.task.Containers, func(c ecstypes.Container) bool { return deref(c.Name) == name })
	if i < 0 {
		return ecstypes.Container{}, false
	}
	return e.task.Containers[i], true
}

// verdict says why a rollout failed, as a person needs it: from how its task ended, and what the service told of it. ok is
// false when there is nothing to say beyond AWS's own words.
func (e ending) verdict(path string, events []ecstypes.ServiceEvent) (d store.Detail, ok bool) {
	at := e.culprit()
	if at < 0 {
		return d, false
	}
	def := e.containers[at]
	name := deref(def.Name)
	c, _ := e.ran(name)
	said, stopped := deref(c.Reason), strings.ReplaceAll(deref(e.task.StoppedReason), "\n", " ")
	begins := func(prefix string) bool { return strings.HasPrefix(said, prefix) || strings.HasPrefix(stopped, prefix) }
	switch {
	case begins(noPull):
		return store.Say(store.TaskNoImage, deref(def.Image)), true
	case begins(noResource):
		if names := e.secretsIn(stopped); len(names) > 0 {
			return store.Say(store.TaskNoSecret, strings.Join(names, ", ")), true
		}
		return store.Say(store.TaskNoStart, name, scrub(stopped)), true
	case begins(noMemory):
		return store.Say(store.TaskNoMemory, name, e.memory(def)), true
	case begins(noStart), begins(noCreate):
		return store.Say(store.TaskNoStart, name, scrub(cmp.Or(said, stopped))), true
	case strings.Contains(stopped, loadHealth):
		if status := answered(events); status != "" {
			return store.Say(store.TaskSick, path, status), true
		}
		return store.Say(store.TaskSilent, path), true
	case strings.Contains(stopped, ownHealth):
		return store.Say(store.TaskUnfit, name), true
	case e.task.StopCode == ecstypes.TaskStopCodeTaskFailedToStart:
		return store.Say(store.TaskNoStart, name, scrub(stopped)), true
	case e.task.StopCode == ecstypes.TaskStopCodeEssentialContainerExited && c.ExitCode != nil:
		return exited(name, *c.ExitCode, e.memory(def)), true
	}
	return d, false
}

func exited(name string, code int32, memory string) store.Detail {
	switch code {
	case endedWell:
		return store.Say(store.TaskEnded, name)
	case endedKilled:
		return store.Say(store.TaskKilled, name, memory)
	}
	return store.Say(store.TaskExited, name, code)
}

// memory is how many MiB a container may use.
func (e ending) memory(def ecstypes.ContainerDefinition) string {
	if def.Memory != nil {
		return fmt.Sprint(*def.Memory)
	}
	return cmp.Or(deref(e.task.Memory), "?")
}

// unfit gives the container whose own health check failed: the main one, unless another is the only one that has a check.
func (e ending) unfit() int {
	one := e.main
	for i, def := range e.containers {
		switch {
		case def.HealthCheck == nil:
		case i == e.main, one != e.main:
			return e.main
		default:
			one = i
		}
	}
	return one
}

// secretsIn gives the variables whose secrets a refusal names.
func (e ending) secretsIn(said string) (names []string) {
	for _, def := range e.containers {
		for _, secret := range def.Secrets {
			from := deref(secret.ValueFrom)
			if parts := strings.Split(from, ":"); len(parts) > 7 {
				from = strings.Join(parts[:7], ":") // without the field of the secret
			}
			if _, parameter, ok := strings.Cut(from, ":parameter"); ok {
				from = parameter
			}
			if from != "" && strings.Contains(said, from) {
				names = append(names, deref(secret.Name))
			}
		}
	}
	slices.Sort(names)
	return unique(names)
}

// failedCheck finds the HTTP status in what AWS tells of a failed health check: it has no field for that.
var failedCheck = regexp.MustCompile(`[Hh]ealth checks failed with these codes: \[(\d+)`)

// statusIn gives the HTTP status that a health check got; empty: no answer.
func statusIn(said string) string {
	if m := failedCheck.FindStringSubmatch(said); m != nil {
		return m[1]
	}
	return ""
}

// answered gives the HTTP status of the newest failed health check that a service tells of.
func answered(events []ecstypes.ServiceEvent) string {
	for _, event := range events { // the newest first
		if said := deref(event.Message); strings.Contains(said, "is unhealthy in") {
			return statusIn(said)
		}
	}
	return ""
}
