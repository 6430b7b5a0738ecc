package compute

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/provisioner/awssim"
	"qabot/store"
)

func TestLife(t *testing.T) {
	w := newWorld(t)
	w.ledger.changes = []store.Change{{Table: "users", What: "column", Name: "age", Is: "int"}}
	w.push(first)
	env := w.untilPhase(store.Up)
	if env.Status.Serving != first {
		t.Errorf("serving %q, want %q", env.Status.Serving, first)
	}
	url := env.Status.Seen["route/app"].URL
	if want := fmt.Sprintf("http://%s.qa.example.com:6664", w.id); url != want {
		t.Errorf("the URL is %s, want %s", url, want)
	}
	w.checkDefinition(first)

	calls := w.changed()
	for range 3 {
		w.region.Advance(time.Minute)
		w.rested(t)
	}
	if n := w.changed() - calls; n != 0 {
		t.Errorf("passes over what is as wanted made %d changing calls", n)
	}

	w.push(second)
	old := w.until("the old version serves while the new one builds", func(e store.Environment) bool {
		return e.Status.Seen[ImageKind].State == store.Working
	})
	if o := old.Status.Seen["service/app"]; o.State != store.Ready || o.Commit != first {
		t.Errorf("while the new commit builds the service is %s on %q", o.State, o.Commit)
	}
	env = w.untilPhase(store.Up)
	if env.Status.Serving != second {
		t.Errorf("serving %q, want %q", env.Status.Serving, second)
	}
	if got := env.Status.Seen["route/app"].URL; got != url {
		t.Errorf("the URL changed from %s to %s", url, got)
	}
	if n := w.changed("StartBuild"); n != 4 {
		t.Errorf("%d builds were started, want 4", n)
	}

	w.push(first) // back: image and migration are there
	env = w.untilPhase(store.Up)
	if env.Status.Serving != first || w.changed("StartBuild") != 4 {
		t.Errorf("rolled back to %q with %d builds in all, want none more than 4", env.Status.Serving, w.changed("StartBuild"))
	}

	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if n := w.routed() + w.serves("app"); n != 0 {
		t.Errorf("%d things are left", n)
	}
	if w.images() != 2 {
		t.Errorf("%d images are left, want both", w.images())
	}
	w.push(first)
	env = w.untilPhase(store.Up)
	if got := env.Status.Seen["route/app"].URL; got != url {
		t.Errorf("made again, the URL is %s, want %s", got, url)
	}
	w.checkEvents()
	w.checkSecrets()
}

// rested makes a pass and demands that all is ready.
func (w *world) rested(t *testing.T) {
	t.Helper()
	if err := w.store.Wake(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	if env := w.pass(); env.Phase(w.region.Now()) != store.Up {
		t.Errorf("no longer up: %+v", env.Status.Seen)
	}
}

// checkDefinition demands what a task definition of ours must and must not have.
func (w *world) checkDefinition(commit string) {
	w.Helper()
	svc := w.described(string(w.id) + "-app")
	d := w.definition(*svc.TaskDefinition)
	proxy, web := d.ContainerDefinitions[0], d.ContainerDefinitions[1]
	if *proxy.Image != "nginx:1" || *web.Image != w.region.Registry()+"/shop:git-"+commit {
		w.Errorf("images %s, %s", *proxy.Image, *web.Image)
	}
	values := map[string]string{}
	for _, e := range web.Environment {
		values[*e.Name] = *e.Value
	}
	for k, v := range map[string]string{"DB_NAME": "qa_x", "COMMIT": commit, "BRANCH": "feature/login", "PORT": "3000", "RAILS_MAX_THREADS": "2"} {
		if values[k] != v {
			w.Errorf("%s is %q, want %q", k, values[k], v)
		}
	}
	if len(web.Secrets) != 1 || *web.Secrets[0].ValueFrom != w.source.secret["DATABASE_URL"] {
		w.Errorf("secrets are %+v", web.Secrets)
	}
	if !w.app.owns(w.id, fromECS(svc.Tags)) {
		w.Errorf("tags are %+v", svc.Tags)
	}
	if svc.AvailabilityZoneRebalancing != ecstypes.AvailabilityZoneRebalancingDisabled || !svc.DeploymentConfiguration.DeploymentCircuitBreaker.Rollback {
		w.Errorf("service is %+v", svc)
	}
}

func (w *world) checkEvents() {
	w.Helper()
	events, err := w.store.Events(w.Context(), w.id, 100)
	if err != nil {
		w.Fatal(err)
	}
	var migrated []store.Event
	for _, e := range events {
		if e.Code == store.EventMigrated {
			migrated = append(migrated, e)
		}
	}
	slices.SortFunc(migrated, func(a, b store.Event) int { return int(a.N - b.N) })
	if len(migrated) != 2 || migrated[0].Commit != first || migrated[1].Commit != second {
		w.Fatalf("migrations told: %+v", migrated)
	}
	if e := migrated[0]; !slices.Contains(e.Detail.Args, "seeded") || len(e.Changes) != 1 || e.Took <= 0 {
		w.Errorf("the first migration is told as %+v", e)
	}
	if slices.Contains(migrated[1].Detail.Args, "seeded") {
		w.Error("seeds ran twice")
	}
}

// checkSecrets demands that no secret is in the store, or on the wire but for the parameter.
func (w *world) checkSecrets() {
	w.Helper()
	env, err := w.store.Get(w.Context(), w.id)
	if err != nil {
		w.Fatal(err)
	}
	events, err := w.store.Events(w.Context(), w.id, 100)
	if err != nil {
		w.Fatal(err)
	}
	kept, err := json.Marshal([]any{env, events})
	if err != nil {
		w.Fatal(err)
	}
	if strings.Contains(string(kept), "hunter2") {
		w.Error("the store has the secret")
	}
	for _, c := range w.region.Calls() {
		if c.Action != "PutParameter" && strings.Contains(string(c.Input), "hunter2") {
			w.Errorf("%s carries the secret", c.Action)
		}
	}
}

func TestStagingIsNeverTouched(t *testing.T) {
	w := newWorld(t)
	before := w.described("shop-app")
	w.push(first)
	w.untilPhase(store.Up)
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	after := w.described("shop-app")
	if *before.TaskDefinition != *after.TaskDefinition || before.DesiredCount != after.DesiredCount || *after.Status != active {
		t.Errorf("staging was %+v and is %+v", before, after)
	}
	for _, c := range w.region.Calls() {
		if c.Fence > 0 && c.Changes && strings.Contains(string(c.Input), `"service":"shop-app"`) {
			t.Errorf("%s on staging: %s", c.Action, c.Input)
		}
	}
}

func TestSleep(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.want(func(s *store.Spec) { s.Asleep = true })
	env := w.until("asleep", func(e store.Environment) bool {
		return e.Status.Seen["service/app"].Detail.Code == store.ServiceAsleep && e.Phase(w.region.Now()) == store.Asleep
	})
	if n := w.described(string(w.id) + "-app").RunningCount; n != 0 {
		t.Errorf("%d tasks run in an environment that sleeps", n)
	}
	if env.Status.Serving != first {
		t.Errorf("asleep it serves %q", env.Status.Serving)
	}
	w.want(func(s *store.Spec) { s.Asleep = false })
	w.until("awake", func(e store.Environment) bool {
		return e.Status.Seen["service/app"].Detail.Code == store.TasksRunning && e.Phase(w.region.Now()) == store.Up
	})
}

func TestSleepKeepsTheVersionThatRan(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.crash(second)
	w.push(second)
	w.untilPhase(store.Broken)
	w.want(func(s *store.Spec) { s.Asleep = true })
	w.until("asleep", func(e store.Environment) bool {
		return e.Status.Seen["service/app"].Detail.Code == store.ServiceAsleep
	})
	w.checkDefinition(first)
	w.want(func(s *store.Spec) { s.Asleep = false })
	env := w.untilPhase(store.Broken)
	if o := env.Status.Seen["service/app"]; o.Commit != first {
		t.Errorf("woken, with a newer version that fails, it serves %q", o.Commit)
	}
}

func TestRolesWithAndWithoutPorts(t *testing.T) {
	w := newWorld(t)
	w.app.Subnets = []string{"subnet-qa"}
	w.app.Roles = append(w.app.Roles, Role{Name: "worker", Service: "shop-worker", Container: "web"})
	w.stageService("shop-worker", "")
	w.build()
	w.push(first)
	w.untilPhase(store.Up)
	worker := w.described(string(w.id) + "-worker")
	if len(worker.LoadBalancers) != 0 || worker.RunningCount != 1 {
		t.Errorf("the worker is %+v", worker)
	}
	if got := worker.NetworkConfiguration.AwsvpcConfiguration; !slices.Equal(got.Subnets, []string{"subnet-qa"}) || !slices.Equal(got.SecurityGroups, []string{"sg-1"}) {
		t.Errorf("it is in %+v", got)
	}
	calls := w.changed()
	w.rested(t)
	if n := w.changed() - calls; n != 0 {
		t.Errorf("%d changing calls over what is as wanted", n)
	}
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if n := w.routed() + w.serves("app") + w.serves("worker"); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

func TestRemovedImageIsBuiltAgain(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	if _, err := w.hand.ECR.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{RepositoryName: new("shop"),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: new(imageTag(first))}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Wake(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	w.pass()
	w.untilPhase(store.Up)
	if w.images() != 1 {
		t.Errorf("%d images", w.images())
	}
}

func TestStagingsNewDefinitionIsTakenOver(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.stageService("shop-app", "v2")
	if err := w.store.Wake(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	w.pass()
	w.untilPhase(store.Up)
	w.checkDefinition(first)
	if n := w.changed("RegisterTaskDefinition"); n != 2 {
		t.Errorf("%d task definitions were registered, want 2", n)
	}
}

func TestDriftIsMended(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	name := string(w.id) + "-app"
	for _, test := range []struct {
		reason string
		change ecs.UpdateServiceInput
	}{
		{"the console took two more tasks", ecs.UpdateServiceInput{DesiredCount: new(int32(3))}},
		{"another task definition", ecs.UpdateServiceInput{TaskDefinition: w.described("shop-app").TaskDefinition}},
		{"another network", ecs.UpdateServiceInput{NetworkConfiguration: &ecstypes.NetworkConfiguration{
			AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-x"}, SecurityGroups: []string{"sg-1"}}}}},
		{"another capacity", ecs.UpdateServiceInput{ForceNewDeployment: true, CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{
			{CapacityProvider: new("FARGATE_SPOT"), Weight: 1}}}},
	} {
		test.change.Cluster, test.change.Service = new("staging"), &name
		if _, err := w.hand.ECS.UpdateService(t.Context(), &test.change); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Wake(t.Context(), w.id); err != nil {
			t.Fatal(err)
		}
		seen, err := w.resource("service/app").Observe(t.Context(), []store.Environment{w.pass()})
		if err != nil || seen[0].State == store.Ready && test.change.DesiredCount == nil {
			t.Errorf("%s: taken for ready (%v)", test.reason, err)
		}
		w.untilPhase(store.Up)
		svc := w.described(name)
		if svc.DesiredCount != 1 || len(svc.CapacityProviderStrategy) != 0 ||
			!slices.Equal(svc.NetworkConfiguration.AwsvpcConfiguration.Subnets, []string{"subnet-b", "subnet-a"}) {
			t.Errorf("%s: not mended: %+v", test.reason, svc)
		}
		w.checkDefinition(first)
	}
	if n := w.changed("RegisterTaskDefinition"); n != 1 {
		t.Errorf("%d task definitions were registered, want 1: the first is still right", n)
	}
}

func TestManyEnvironmentsTogether(t *testing.T) {
	w := newWorld(t)
	var envs []store.Environment
	for i := range 25 {
		id := store.ID(fmt.Sprintf("many-%02d", i))
		_, err := w.store.Want(t.Context(), id, func(s *store.Spec) ([]store.Event, error) {
			*s = store.Spec{App: "shop", Branch: string(id), Commit: first, Generation: 1, Version: s.Version}
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.store.Claim(t.Context(), id, "test")
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		w.app.FirstPort, w.app.LastPort = 20000, 20099
		w.build()
		if err := w.region.PushImage("shop", imageTag(first)); err != nil {
			t.Fatal(err)
		}
		if err := w.resource("route/app").Apply(t.Context(), c, store.Observation{}); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Note(t.Context(), c, MigrationKind, store.Fact{Passed: first}); err != nil {
			t.Fatal(err)
		}
		if c.Environment, err = w.store.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := w.resource("service/app").Apply(t.Context(), c, store.Observation{}); err != nil {
			t.Fatal(err)
		}
		env, err := w.store.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		envs = append(envs, env)
	}
	w.region.Advance(5 * time.Minute)
	w.region.ForgetCalls()
	for kind, want := range map[store.Kind]store.State{"route/app": store.Ready, "service/app": store.Stale, ImageKind: store.Ready} {
		seen, err := w.resource(kind).Observe(t.Context(), envs)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range seen {
			if o.State != want {
				t.Errorf("%s of %s is %s (%+v), want %s", kind, envs[i].ID, o.State, o.Detail, want)
			}
		}
	}
	counts := map[string]int{}
	for _, c := range w.region.Calls() {
		counts[c.Action]++
		if c.Error != "" {
			t.Errorf("%s: %s", c.Action, c.Error)
		}
	}
	for action, most := range map[string]int{"DescribeServices": 3, "DescribeTags": 5, "DescribeListeners": 1, "DescribeTargetGroups": 2, "DescribeImages": 1} {
		if counts[action] > most {
			t.Errorf("%d calls of %s for 25 environments, want at most %d", counts[action], action, most)
		}
	}
}

func TestNothingStartsTwiceWhenAnswersAreLost(t *testing.T) {
	for _, project := range []string{"shop-image", "shop-migration"} {
		t.Run(project, func(t *testing.T) {
			w := newWorld(t)
			var lost atomic.Int32
			w.region.Fault(func(c awssim.Call) awssim.Fault {
				if c.Action == "StartBuild" && strings.Contains(string(c.Input), project) && lost.Add(1) <= attempts {
					return awssim.Fault{Kind: awssim.Drop, After: true}
				}
				return awssim.Fault{}
			})
			w.push(first)
			w.until("all answers are lost", func(store.Environment) bool { return lost.Load() >= attempts })
			w.region.Advance(6 * time.Minute) // longer than the token is remembered
			w.untilPhase(store.Up)
			out, err := w.hand.CodeBuild.ListBuildsForProject(t.Context(), &codebuild.ListBuildsForProjectInput{ProjectName: &project})
			if err != nil || len(out.Ids) != 1 {
				t.Errorf("%d runs, %v; want 1", len(out.Ids), err)
			}
		})
	}
}
