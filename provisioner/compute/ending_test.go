package compute

import (
	"strings"
	"testing"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"qabot/provisioner/awssim"
	"qabot/store"
)

// outcome lets one container of a commit's tasks come out in a certain way.
func (w *world) outcome(container string, o awssim.TaskOutcome) {
	w.region.OnTask(func(j awssim.TaskJob) awssim.TaskOutcome {
		if j.Container == container && j.Service == string(w.id)+"-app" {
			return o
		}
		return awssim.TaskOutcome{}
	})
}

func TestFailureIsNamedAsAPersonNeedsIt(t *testing.T) {
	for _, test := range []struct {
		name      string
		container string
		outcome   awssim.TaskOutcome
		want      store.Detail
		lines     string // in the explanation
	}{
		{"exit", "web", awssim.TaskOutcome{Exits: true, ExitCode: 3, Log: []string{"no route"}}, store.Say(store.TaskExited, "web", 3), "no route"},
		{"clean exit", "web", awssim.TaskOutcome{Exits: true}, store.Say(store.TaskEnded, "web"), "(exit code 0)"},
		{"killed", "web", awssim.TaskOutcome{Exits: true, ExitCode: 137}, store.Say(store.TaskKilled, "web", 512), "(exit code 137)"},
		{"memory", "web", awssim.TaskOutcome{NoMemory: true, Log: []string{"growing"}}, store.Say(store.TaskNoMemory, "web", 512), "growing"},
		{"image", "proxy", awssim.TaskOutcome{CannotPull: true}, store.Say(store.TaskNoImage, "nginx:1"), "CannotPullContainerError"},
		{"health", "web", awssim.TaskOutcome{Unhealthy: true, Status: 503, Log: []string{"no database"}}, store.Say(store.TaskSick, "/health", 503), "no database"},
		{"silence", "web", awssim.TaskOutcome{Unhealthy: true, Status: -1}, store.Say(store.TaskSilent, "/health"), "ELB health checks"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.outcome(test.container, test.outcome)
			w.push(first)
			env := w.untilPhase(store.Broken)
			if diff := cmp.Diff(test.want, env.Status.Seen["service/app"].Detail); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if lines, _ := w.explained("service/app"); !strings.Contains(strings.Join(lines, "\n"), test.lines) {
				t.Errorf("explained as %q, want %q", lines, test.lines)
			}
		})
	}
}

func TestMissingSecretIsNamedByItsVariable(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilState(MigrationKind, store.Ready)
	out, err := w.hand.SSM.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{})
	if err != nil || len(out.Parameters) == 0 {
		t.Fatalf("parameters: %v", err)
	}
	for _, p := range out.Parameters {
		if _, err := w.hand.SSM.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: p.Name}); err != nil {
			t.Fatal(err)
		}
	}
	env := w.untilPhase(store.Broken)
	if diff := cmp.Diff(store.Say(store.TaskNoSecret, "DATABASE_URL"), env.Status.Seen["service/app"].Detail); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsWaitedForIsSaidWhileItIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.outcome("web", awssim.TaskOutcome{NoCapacity: true})
	w.push(first)
	w.until("without room", func(e store.Environment) bool {
		return cmp.Equal(e.Status.Seen["service/app"].Detail, store.Say(store.TasksNoRoom, "FARGATE"))
	})
	w.outcome("web", awssim.TaskOutcome{Unhealthy: true, Status: 502})
	w.until("answering badly", func(e store.Environment) bool {
		return cmp.Equal(e.Status.Seen["service/app"].Detail, store.Say(store.TasksAnswering, 1, 1, "/health", 502))
	})
	w.region.OnTask(nil)
}

// Which container died is not what AWS says: all of them end.
func TestTheContainerThatDiedIsBlamed(t *testing.T) {
	container := func(name string, essential bool) ecstypes.ContainerDefinition {
		return ecstypes.ContainerDefinition{Name: &name, Essential: &essential}
	}
	ran := func(name string, code int32, reason string) ecstypes.Container {
		c := ecstypes.Container{Name: &name, ExitCode: &code}
		if reason != "" {
			c.Reason = &reason
		}
		return c
	}
	e := ending{main: 0, containers: []ecstypes.ContainerDefinition{container("web", true), container("proxy", true), container("logs", false)}}
	for _, test := range []struct {
		name string
		ran  []ecstypes.Container
		want int
	}{
		{"the proxy, and web was asked to end", []ecstypes.Container{ran("web", 143, ""), ran("proxy", 1, ""), ran("logs", 0, "")}, 1},
		{"web, and the proxy was killed with it", []ecstypes.Container{ran("web", 1, ""), ran("proxy", 137, ""), ran("logs", 0, "")}, 0},
		{"both badly: the one that serves", []ecstypes.Container{ran("web", 1, ""), ran("proxy", 2, "")}, 0},
		{"one that may end", []ecstypes.Container{ran("web", 0, ""), ran("proxy", 0, ""), ran("logs", 1, "")}, 0},
		{"the proxy had no memory", []ecstypes.Container{ran("web", 1, ""), ran("proxy", 137, "OutOfMemoryError: Container killed due to memory usage")}, 1},
	} {
		e.task.Containers = test.ran
		if got := e.culprit(); got != test.want {
			t.Errorf("%s: container %d is blamed, want %d", test.name, got, test.want)
		}
	}
}

func TestTheTellingTaskIsFound(t *testing.T) {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	task := func(name, definition string, code ecstypes.TaskStopCode, reason string, after time.Duration) ecstypes.Task {
		return ecstypes.Task{TaskArn: &name, TaskDefinitionArn: &definition, StopCode: code, StoppedReason: &reason, StoppingAt: new(at.Add(after))}
	}
	died, scheduler := ecstypes.TaskStopCodeEssentialContainerExited, ecstypes.TaskStopCodeServiceSchedulerInitiated
	tasks := []ecstypes.Task{
		task("first to die", "new", died, "Essential container in task exited", 0),
		task("last to die", "new", died, "Essential container in task exited", time.Minute),
		task("made room", "new", scheduler, "Scaling activity initiated by (deployment 1)", 2*time.Minute),
		task("stopped by hand", "new", ecstypes.TaskStopCodeUserInitiated, "Task stopped by user", 3*time.Minute),
		task("older version", "old", died, "Essential container in task exited", 4*time.Minute),
	}
	if got, ok := telling(tasks, "new"); !ok || *got.TaskArn != "last to die" {
		t.Errorf("it is %q", deref(got.TaskArn))
	}
	if got, ok := telling(tasks[2:4], "new"); !ok || *got.TaskArn != "stopped by hand" {
		t.Errorf("of those that made room it is %q", deref(got.TaskArn))
	}
	if _, ok := telling(nil, "new"); ok {
		t.Error("of none there is one")
	}
}
