package compute

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// tasks are what runs of the environment's app.
func (w *world) tasks() []string {
	w.Helper()
	out, err := w.hand.ECS.ListTasks(w.Context(), &ecs.ListTasksInput{Cluster: new("staging"), ServiceName: new(string(w.id) + "-app")})
	if err != nil {
		w.Fatal(err)
	}
	return out.TaskArns
}

// The services of a commit that runs already start anew when somebody asks for it, once, and nothing is built or migrated
// for it. A newer commit that is on its way, or fails, leaves what runs as it is.
func TestRolloutStartsNewTasks(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	before, builds := w.tasks(), w.changed("StartBuild")
	w.want(func(s *store.Spec) { s.Rollout = store.Rollout{Commit: first, N: s.Rollout.N + 1} })
	env := w.untilPhase(store.Up)
	after := w.tasks()
	if len(before) != 1 || len(after) != 1 || slices.Equal(before, after) {
		t.Errorf("tasks %v before, %v after", before, after)
	}
	if env.Status.Serving != first || w.changed("StartBuild") != builds {
		t.Errorf("serving %q, %d builds more", env.Status.Serving, w.changed("StartBuild")-builds)
	}
	w.checkDefinition(first)
	calls := w.changed()
	w.rested(t)
	if n := w.changed() - calls; n != 0 {
		t.Errorf("%d changing calls over what is as wanted", n)
	}

	updates := w.changed("UpdateService")
	w.crash(second)
	w.push(second)
	w.until("the newer commit builds", func(e store.Environment) bool { return e.Status.Seen[ImageKind].State == store.Working })
	if n := w.changed("UpdateService") - updates; n != 0 || !slices.Equal(after, w.tasks()) {
		t.Errorf("while a newer commit builds, what runs was changed %d times: %v", n, w.tasks())
	}
	env = w.untilPhase(store.Broken)
	if o := env.Status.Seen["service/app"]; o.Commit != first {
		t.Errorf("after the newer one failed %q serves", o.Commit)
	}
}

// untilUpWatching gives how many tasks of the service ran at most and at least, until the environment is up.
func (w *world) untilUpWatching() (most, least int) {
	w.Helper()
	least = 9
	for range 60 {
		env := w.pass()
		n := len(w.tasks())
		most, least = max(most, n), min(least, n)
		if env.Phase(w.region.Now()) == store.Up && env.Status.Version == env.Spec.Version {
			return most, least
		}
		w.region.Advance(step)
	}
	w.Fatal("never up")
	return 0, 0
}

// By default a new version starts beside the old one. A role that replaces never has two tasks, and its plan says that
// nobody answers meanwhile.
func TestReplaceNeverRunsTwo(t *testing.T) {
	for _, test := range []struct {
		replace     bool
		most, least int
	}{{false, 2, 1}, {true, 1, 0}} {
		w := newWorld(t)
		w.app.Roles[0].Replace = test.replace
		w.build()
		w.push(first)
		env := w.untilPhase(store.Up)
		next := env.Spec
		next.Commit, next.Generation = second, next.Generation+1
		gap := slices.ContainsFunc(w.foreseen(next), func(line string) bool { return strings.Contains(line, "; gap app") })
		if gap != test.replace {
			t.Errorf("replace %t: a gap foreseen: %t", test.replace, gap)
		}
		if slices.ContainsFunc(w.foreseen(env.Spec), func(line string) bool { return strings.Contains(line, "; gap") }) {
			t.Errorf("replace %t: a gap foreseen where nothing changes", test.replace)
		}
		w.push(second)
		most, least := w.untilUpWatching()
		if most != test.most || least != test.least {
			t.Errorf("replace %t: from %d to %d tasks, want %d to %d", test.replace, least, most, test.least, test.most)
		}
	}
}

func TestTwoFailuresAreARolloutThatFailed(t *testing.T) {
	w := newWorld(t)
	w.crash(first)
	w.push(first)
	w.untilPhase(store.Broken)
	if d := w.described(string(w.id) + "-app").Deployments; len(d) != 1 || d[0].FailedTasks != failuresAllowed {
		t.Errorf("deployments %+v", d)
	}
}

// An endpoint that does not know of the threshold is not told of it again and again.
func TestUntoldThresholdIsLeft(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	if _, err := w.hand.ECS.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: new("staging"), Service: new(string(w.id) + "-app"),
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: true}}}); err != nil {
		t.Fatal(err)
	}
	if got := failures(w.described(string(w.id) + "-app").DeploymentConfiguration); got != "" {
		t.Fatalf("the threshold is still %q", got)
	}
	calls := w.changed()
	w.rested(t)
	if n := w.changed() - calls; n != 0 {
		t.Errorf("%d changing calls", n)
	}
}
