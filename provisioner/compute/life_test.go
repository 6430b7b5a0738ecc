package compute

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
	if got := worker.NetworkConfiguration.AwsvpcConfiguration; !slices.Equal(got.Subnets, []string{"subnet-qa"}) || !slices.Equal(got.SecurityGroups, []string{awssim.TaskGroup}) {
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
