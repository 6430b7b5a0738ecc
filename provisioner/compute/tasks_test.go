package compute

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// byTask has migrations run as tasks of the role app, and end as said after some seconds.
func (w *world) byTask(ends awssim.TaskOutcome) {
	w.app.MigrateRole = "app"
	w.build()
	w.migrates(ends)
}

// migrates says how tasks of migrations go from now on.
func (w *world) migrates(how awssim.TaskOutcome) {
	w.region.OnTask(func(j awssim.TaskJob) awssim.TaskOutcome {
		if strings.HasSuffix(j.Family, "-"+migrating) {
			return how
		}
		return awssim.TaskOutcome{}
	})
}

var passing = awssim.TaskOutcome{Exits: true, After: 15 * time.Second, Log: []string{"migrated"}}

// runsOf gives the input of every RunTask.
func (w *world) runsOf() (inputs []string) {
	for _, c := range w.region.Calls() {
		if c.Action == "RunTask" && c.Took {
			inputs = append(inputs, string(c.Input))
		}
	}
	return inputs
}

func (w *world) migrationTasks(status ecstypes.DesiredStatus) []string {
	w.Helper()
	out, err := w.hand.ECS.ListTasks(w.Context(), &ecs.ListTasksInput{Cluster: new("staging"), Family: new(w.app.family(w.id, migrating)), DesiredStatus: status})
	if err != nil {
		w.Fatal(err)
	}
	return out.TaskArns
}

func TestMigrationAsTask(t *testing.T) {
	w := newWorld(t)
	w.byTask(passing)
	w.push(first)
	env := w.untilPhase(store.Up)
	if got := w.runsOf(); len(got) != 1 || w.changed("StartBuild") != 1 {
		t.Fatalf("%d tasks and %d builds were started, want one of each", len(got), w.changed("StartBuild"))
	}
	if env.Status.Serving != first || w.ledger.begins != 1 || !w.ledger.seeded {
		t.Errorf("serving %q after %d migrations, seeded %t", env.Status.Serving, w.ledger.begins, w.ledger.seeded)
	}
	def := w.definition(w.app.family(w.id, migrating))
	if len(def.ContainerDefinitions) != 1 {
		t.Fatalf("%d containers run beside the migration", len(def.ContainerDefinitions)-1)
	}
	c := def.ContainerDefinitions[0]
	if *c.Image != w.region.Registry()+"/shop:"+imageTag(first) || !slices.Equal(c.EntryPoint, []string{"sh", "-c"}) || !slices.Equal(c.Command, []string{"(\nbin/migrate\n) && (\nbin/seed\n)"}) {
		t.Errorf("it runs %s %q %q", *c.Image, c.EntryPoint, c.Command)
	}
	if !slices.ContainsFunc(c.Secrets, func(s ecstypes.Secret) bool {
		return *s.Name == "DATABASE_URL" && *s.ValueFrom == w.source.secret["DATABASE_URL"]
	}) {
		t.Errorf("its secrets are %+v", c.Secrets)
	}
	w.checkSecrets()

	w.push(second)
	w.untilPhase(store.Up)
	if c := w.definition(w.app.family(w.id, migrating)).ContainerDefinitions[0]; !slices.Equal(c.Command, []string{"bin/migrate"}) || len(w.runsOf()) != 2 {
		t.Errorf("on data that is there it runs %q, in %d tasks", c.Command, len(w.runsOf()))
	}
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if l, err := (tasks{app: w.app, from: &service{definitions: &definitions{clients: w.hand}}}).deletable(t.Context(), w.id); err != nil || !l.empty() {
		t.Errorf("left are %+v, %v", l, err)
	}
}

func TestMigrationTaskThatFails(t *testing.T) {
	for _, test := range []struct {
		name string
		ends awssim.TaskOutcome
		want store.Detail
		line string
	}{
		{"by its exit code", awssim.TaskOutcome{Exits: true, ExitCode: 3, After: time.Second, Log: []string{"Unknown column 'age' in " + secretValue}}, store.Say(store.MigrationExited, 3), "Unknown column 'age'"},
		{"for want of memory", awssim.TaskOutcome{NoMemory: true, After: time.Second}, store.Say(store.TaskNoMemory, "web", "512"), "OutOfMemory"},
		{"without its image", awssim.TaskOutcome{CannotPull: true}, store.Say(store.TaskNoImage, ""), "CannotPull"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.byTask(passing)
			w.push(first)
			w.untilPhase(store.Up)
			w.migrates(test.ends)
			w.push(second)
			env := w.untilPhase(store.Broken)
			o := env.Status.Seen[MigrationKind]
			if test.want.Args[0] == "" {
				test.want = store.Say(store.TaskNoImage, w.region.Registry()+"/shop:"+imageTag(second))
			}
			if diff := cmp.Diff(test.want, o.Detail); diff != "" || o.State != store.Failed || !strings.Contains(o.URL, "log-events") {
				t.Errorf("failed as %+v (-want +got):\n%s", o, diff)
			}
			if s := env.Status.Seen["service/app"]; s.State != store.Ready || s.Commit != first {
				t.Errorf("the old version is %s on %s", s.State, s.Commit)
			}
			lines, url := w.explained(MigrationKind)
			if !strings.Contains(strings.Join(lines, "\n"), test.line) || url == "" {
				t.Errorf("explained as %q at %q", lines, url)
			}
			w.checkSecrets()
			w.migrates(passing)
			w.push(second)
			w.untilPhase(store.Up)
			if n := len(w.runsOf()); n != 3 {
				t.Errorf("%d tasks, want the first commit's, the failed one, and the retry", n)
			}
		})
	}
}

// TestMigrationTaskIsStartedOnce: whatever becomes of the answer, and whoever goes on.
func TestMigrationTaskIsStartedOnce(t *testing.T) {
	w := newWorld(t, func(o *awssim.Options) { o.ReadLag = 15 * time.Second })
	w.byTask(passing)
	w.region.FailNext("RunTask", attempts, awssim.Fault{Kind: awssim.Drop, After: true}) // all that the SDK tries by itself
	w.push(first)
	for range 3 {
		_, _ = w.rec.Pass(t.Context(), w.id) // what it says of the lost answer is not the matter here
		w.build()
		w.region.Advance(step)
	}
	w.untilPhase(store.Up)
	if running, stopped := w.migrationTasks(ecstypes.DesiredStatusRunning), w.migrationTasks(ecstypes.DesiredStatusStopped); len(running)+len(stopped) != 1 {
		t.Errorf("%d run and %d have run, want one", len(running), len(stopped))
	}
}

func TestMigrationTaskThatNobodyWants(t *testing.T) {
	w := newWorld(t)
	w.byTask(awssim.TaskOutcome{Exits: true, After: time.Hour})
	w.push(first)
	w.until("it runs", func(store.Environment) bool { return len(w.migrationTasks(ecstypes.DesiredStatusRunning)) == 1 })
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if n := w.changed("StopTask"); n != 1 || len(w.migrationTasks(ecstypes.DesiredStatusRunning)) != 0 {
		t.Errorf("%d tasks were stopped", n)
	}
	if w.ledger.seeded {
		t.Error("a migration that was stopped has passed")
	}
}

func TestMigrationTaskWithoutRoom(t *testing.T) {
	w := newWorld(t)
	w.byTask(awssim.TaskOutcome{NoCapacity: true})
	w.push(first)
	env := w.untilState(MigrationKind, store.Held)
	if d := env.Status.Seen[MigrationKind].Detail; d.Code != store.TasksNoRoom || !strings.Contains(d.Args[0], "Capacity is unavailable") {
		t.Errorf("held with %+v", d)
	}
	w.migrates(passing)
	w.untilPhase(store.Up)
}

func TestMigrationTaskSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		w.byTask(passing)
		s := w.subject(MigrationKind)
		if err := w.region.PushImage("shop", imageTag(first)); err != nil {
			t.Fatal(err)
		}
		s.Count = func(t *testing.T) int {
			l, err := w.resource(MigrationKind).(*migration).runs.(tasks).deletable(t.Context(), w.id)
			if err != nil {
				t.Fatal(err)
			}
			return len(l.active) + len(l.inactive) + len(w.migrationTasks(ecstypes.DesiredStatusRunning))
		}
		s.Made = 1
		s.Prepare = func(_ *testing.T, c *store.Claim) {
			if c.Spec.Released { // the data goes with the environment, and what it knows of migrations too
				w.ledger.mu.Lock()
				defer w.ledger.mu.Unlock()
				clear(w.ledger.migrated)
			}
		}
		return s
	})
}

func TestReadTakesOnlyAnEndOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.byTask(passing)
	w.push(first)
	w.untilPhase(store.Up)
	r := w.resource(MigrationKind).(*migration).runs.(tasks)
	arn := w.migrationTasks(ecstypes.DesiredStatusStopped)[0]
	out, err := w.hand.ECS.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: []string{arn}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		last, container string
		code            ecstypes.TaskStopCode
		exit            *int32
		want            string
	}{
		{"RUNNING", "RUNNING", "", nil, "IN_PROGRESS"},
		{"RUNNING", "STOPPED", "", new(int32(0)), "IN_PROGRESS"},
		{"DEPROVISIONING", "STOPPED", ecstypes.TaskStopCodeEssentialContainerExited, new(int32(0)), "SUCCEEDED"},
		{"STOPPED", "STOPPED", ecstypes.TaskStopCodeEssentialContainerExited, new(int32(0)), "SUCCEEDED"},
		{"STOPPED", "STOPPED", ecstypes.TaskStopCodeEssentialContainerExited, new(int32(1)), "FAILED"},
		{"STOPPED", "STOPPED", ecstypes.TaskStopCodeEssentialContainerExited, nil, "FAILED"},
		{"STOPPED", "STOPPED", ecstypes.TaskStopCodeUserInitiated, new(int32(0)), "STOPPED"},
		{"STOPPED", "STOPPED", ecstypes.TaskStopCodeSpotInterruption, new(int32(0)), "FAILED"},
		{"STOPPED", "STOPPED", ecstypes.TaskStopCodeTaskFailedToStart, nil, "FAILED"},
		{"STOPPED", "STOPPED", "", new(int32(0)), "FAILED"},
	} {
		task := out.Tasks[0]
		task.LastStatus, task.StopCode = &test.last, test.code
		c := task.Containers[0]
		c.LastStatus, c.ExitCode = &test.container, test.exit
		task.Containers = []ecstypes.Container{c}
		if got, err := r.read(t.Context(), task); err != nil || string(got.status) != test.want {
			t.Errorf("%+v: it is %s, %v", test, got.status, err)
		}
	}
}

func TestOnceKeepsWhatTheMigrationNeeds(t *testing.T) {
	container := func(name string, change func(*ecstypes.ContainerDefinition)) ecstypes.ContainerDefinition {
		c := ecstypes.ContainerDefinition{Name: &name, Essential: new(true), EntryPoint: []string{"sh", "-c"}, Command: []string{"serve"},
			HealthCheck: &ecstypes.HealthCheck{}, RestartPolicy: &ecstypes.ContainerRestartPolicy{Enabled: new(true)}}
		change(&c)
		return c
	}
	kept := once([]ecstypes.ContainerDefinition{
		container("proxy", func(c *ecstypes.ContainerDefinition) {
			c.DependsOn = []ecstypes.ContainerDependency{{ContainerName: new("web"), Condition: ecstypes.ContainerConditionHealthy}}
		}),
		container("web", func(c *ecstypes.ContainerDefinition) {
			c.DependsOn = []ecstypes.ContainerDependency{{ContainerName: new("tunnel"), Condition: ecstypes.ContainerConditionHealthy}}
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwsfirelens}
		}),
		container("tunnel", func(*ecstypes.ContainerDefinition) {}),
		container("router", func(c *ecstypes.ContainerDefinition) { c.FirelensConfiguration = &ecstypes.FirelensConfiguration{} }),
	}, "web", "bin/migrate")
	var names []string
	for _, c := range kept {
		names = append(names, *c.Name)
		main := *c.Name == "web"
		if *c.Essential != main || main && (c.HealthCheck != nil || c.RestartPolicy != nil) || !main && c.HealthCheck == nil {
			t.Errorf("%s is %+v", *c.Name, c)
		}
	}
	if !slices.Equal(names, []string{"web", "tunnel", "router"}) {
		t.Errorf("kept %v", names)
	}
}
