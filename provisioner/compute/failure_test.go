package compute

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// failBuilds lets the builds of a project fail in the phase.
func (w *world) failBuilds(project, phase string, log ...string) {
	w.region.OnBuild(func(b awssim.BuildJob) awssim.Outcome {
		if b.Project == project {
			return awssim.Outcome{FailIn: phase, Log: log}
		}
		return pushes(b)
	})
}

func (w *world) explained(kind store.Kind) (lines []string, url string) {
	w.Helper()
	events, err := w.store.Events(w.Context(), w.id, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range slices.Backward(events) {
		if e.Code == store.EventFailed && e.Kind == kind {
			return e.Lines, e.URL
		}
	}
	w.Fatalf("no failure of %s was told: %+v", kind, events)
	return nil, ""
}

func TestFailedBuildAndMigrationKeepTheOld(t *testing.T) {
	for _, test := range []struct {
		project, phase string
		kind           store.Kind
		code           string
	}{
		{"shop-image", "BUILD", ImageKind, store.BuildFailed},
		{"shop-migration", "BUILD", MigrationKind, store.MigrationFailed},
	} {
		t.Run(test.project, func(t *testing.T) {
			w := newWorld(t)
			w.push(first)
			w.untilPhase(store.Up)
			w.failBuilds(test.project, test.phase, "Unknown column 'age' in "+secretValue, "\x1b[31mexit 1\x1b[0m")
			w.push(second)
			env := w.untilPhase(store.Broken)
			o := env.Status.Seen[test.kind]
			if o.State != store.Failed || o.Detail.Code != test.code || o.Detail.Args[0] != "BUILD" || o.URL == "" {
				t.Errorf("failed as %+v", o)
			}
			if s := env.Status.Seen["service/app"]; s.State != store.Ready || s.Commit != first {
				t.Errorf("the old version is %s on %s", s.State, s.Commit)
			}
			lines, url := w.explained(test.kind)
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "Unknown column 'age'") }) || url == "" {
				t.Errorf("explained as %q at %q", lines, url)
			}
			w.checkSecrets()

			builds := w.changed("StartBuild")
			for range 5 {
				w.region.Advance(time.Minute)
				if err := w.store.Wake(t.Context(), w.id); err != nil {
					t.Fatal(err)
				}
				w.pass()
			}
			if n := w.changed("StartBuild"); n != builds {
				t.Errorf("%d more runs without anybody asking", n-builds)
			}
			w.region.OnBuild(pushes)
			w.push(second) // the same commit in a new generation: a retry
			if env := w.untilPhase(store.Up); env.Status.Serving != second {
				t.Errorf("after the retry it serves %q", env.Status.Serving)
			}
		})
	}
}

// crash lets the containers of a commit's image exit at once.
func (w *world) crash(commit string) {
	w.region.OnTask(func(j awssim.TaskJob) awssim.TaskOutcome {
		if j.Container == "web" && strings.HasSuffix(j.Image, commit) {
			return awssim.TaskOutcome{Exits: true, ExitCode: 3, After: time.Second, Log: []string{"cannot reach " + secretValue}}
		}
		return awssim.TaskOutcome{}
	})
}

func TestFailedRolloutKeepsTheOld(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.crash(second)
	w.push(second)
	env := w.untilPhase(store.Broken)
	o := env.Status.Seen["service/app"]
	if o.State != store.Failed || o.Detail.Code != store.TaskExited || o.Commit != first || o.URL == "" {
		t.Errorf("failed as %+v", o)
	}
	lines, _ := w.explained("service/app")
	if len(lines) == 0 || !strings.Contains(lines[0], "(exit code 3)") || !strings.Contains(strings.Join(lines, " "), "cannot reach mysql2://[hidden]@db") {
		t.Errorf("explained as %q", lines)
	}
	w.checkSecrets()

	calls := w.changed()
	for range 5 {
		w.region.Advance(time.Minute)
		if err := w.store.Wake(t.Context(), w.id); err != nil {
			t.Fatal(err)
		}
		if env = w.pass(); env.Phase(w.region.Now()) != store.Broken {
			t.Fatalf("it is %s, and nobody asked", env.Phase(w.region.Now()))
		}
	}
	if n := w.changed() - calls; n != 0 {
		t.Errorf("%d changing calls although it has failed", n)
	}
	w.region.OnTask(nil)
	w.push(second)
	if env := w.untilPhase(store.Up); env.Status.Serving != second {
		t.Errorf("after the retry it serves %q", env.Status.Serving)
	}
}

func TestRollbackThatNobodySawIsAFailure(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.crash(second)
	w.push(second)
	w.until("the rollout has begun", func(store.Environment) bool { return w.changed("UpdateService") > 0 })
	w.region.Advance(2 * time.Hour)
	if d := w.described(string(w.id) + "-app").Deployments; len(d) != 1 {
		t.Fatalf("the rollback is still to be seen: %+v", d)
	}
	w.build()
	env := w.untilPhase(store.Broken)
	if o := env.Status.Seen["service/app"]; o.Detail.Code != store.RolledBack || o.Commit != first {
		t.Errorf("failed as %+v", o)
	}
	if n := w.changed("UpdateService"); n != 1 {
		t.Errorf("%d rollouts, want 1", n)
	}
}

func TestFirstRolloutFailsAndIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.crash(first)
	w.push(first)
	env := w.untilPhase(store.Broken)
	if o := env.Status.Seen["service/app"]; o.Detail.Code != store.TaskExited || env.Status.Serving != "" {
		t.Errorf("failed as %+v, serving %q", o, env.Status.Serving)
	}
	w.region.OnTask(nil)
	w.push(first)
	if env := w.untilPhase(store.Up); env.Status.Serving != first {
		t.Errorf("after the retry it serves %q", env.Status.Serving)
	}
	if n := w.changed("RegisterTaskDefinition"); n != 1 {
		t.Errorf("%d task definitions, want 1", n)
	}
}

func TestNewerCommitSupersedesABuild(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilState(ImageKind, store.Working)
	w.push(second)
	env := w.untilPhase(store.Up)
	if env.Status.Serving != second || w.changed("StopBuild") != 1 || w.images() != 1 {
		t.Errorf("serving %q, %d builds stopped, %d images", env.Status.Serving, w.changed("StopBuild"), w.images())
	}
}

func TestNewerCommitWaitsForAnOlderMigration(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilState(MigrationKind, store.Working)
	if err := w.region.PushImage("shop", imageTag(second)); err != nil {
		t.Fatal(err)
	}
	w.push(second)
	running := func() (n int) {
		recent, err := w.resource(MigrationKind).(*migration).runs.recent(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(ongoing(w.id, run{}, recent))
	}
	env := w.until("up", func(e store.Environment) bool {
		if running() > 1 {
			t.Fatal("two migrations at once")
		}
		return e.Phase(w.region.Now()) == store.Up && e.Status.Version == e.Spec.Version
	})
	if env.Status.Serving != second || w.changed("StopBuild") != 0 || w.ledger.begins != 2 {
		t.Errorf("serving %q, %d runs stopped, %d migrations begun: want both, and neither cut in half", env.Status.Serving, w.changed("StopBuild"), w.ledger.begins)
	}
}

func TestFreshDataMigratesAgain(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	rolled := w.changed("RegisterTaskDefinition")
	w.want(func(s *store.Spec) { s.Data.Epoch++ })
	w.until("up", func(e store.Environment) bool {
		if w.changed("RegisterTaskDefinition") != rolled && !w.ledger.migrated[inLedger(e, first)] {
			t.Fatal("services start anew before the data is there")
		}
		return e.Phase(w.region.Now()) == store.Up && e.Status.Version == e.Spec.Version
	})
	if w.ledger.begins != 2 || w.changed("RegisterTaskDefinition") == rolled {
		t.Errorf("%d migrations began, want 2; %d task definitions, had %d before", w.ledger.begins, w.changed("RegisterTaskDefinition"), rolled)
	}
}

func TestDownWhileItComesUp(t *testing.T) {
	for _, kind := range []store.Kind{ImageKind, MigrationKind, "service/app"} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.push(first)
			w.untilState(kind, store.Working)
			w.want(func(s *store.Spec) { s.Released = true })
			w.untilPhase(store.Removed)
			if n := w.routed() + w.serves("app"); n != 0 {
				t.Errorf("%d things are left", n)
			}
			w.push(first)
			w.untilPhase(store.Up)
		})
	}
}

func TestFullQueueIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.region.AddProject("shop-image", awssim.ProjectOptions{ConcurrentLimit: 1})
	w.region.OnBuild(func(awssim.BuildJob) awssim.Outcome { return awssim.Outcome{Hang: true} })
	other, err := w.hand.CodeBuild.StartBuild(t.Context(), &codebuild.StartBuildInput{ProjectName: new("shop-image")})
	if err != nil {
		t.Fatal(err)
	}
	w.region.OnBuild(pushes)
	w.push(first)
	env := w.untilState(ImageKind, store.Held)
	if d := env.Status.Seen[ImageKind].Detail; d.Code != store.BuildQuota || len(d.Args) != 1 || d.Args[0] == "" {
		t.Errorf("held with %+v", d)
	}
	if _, err := w.hand.CodeBuild.StopBuild(t.Context(), &codebuild.StopBuildInput{Id: other.Build.Id}); err != nil {
		t.Fatal(err)
	}
	w.untilPhase(store.Up)
}

func TestSucceededBuildWithoutImage(t *testing.T) {
	w := newWorld(t)
	w.region.OnBuild(nil)
	w.push(first)
	env := w.untilPhase(store.Broken)
	if d := env.Status.Seen[ImageKind].Detail; d.Code != store.BuildNoImage || !slices.Equal(d.Args, []string{"shop", imageTag(first)}) {
		t.Errorf("failed with %+v", d)
	}
}

func TestFullBalancer(t *testing.T) {
	w := newWorld(t)
	w.region.Adjust(func(q *awssim.Quotas, _ *awssim.Durations) { q.ListenersPerBalancer = 0 })
	w.push(first)
	env := w.untilPhase(store.Broken)
	if d := env.Status.Seen["route/app"].Detail; d.Code != store.BalancerFull || !slices.Equal(d.Args, []string{"qa", "full.TooManyListeners"}) {
		t.Errorf("failed with %+v", d)
	}
}

func TestStagingMissing(t *testing.T) {
	w := newWorld(t)
	w.app.Roles[0].Service = "nowhere"
	w.build()
	w.push(first)
	env := w.untilPhase(store.Broken)
	if d := env.Status.Seen["service/app"].Detail; d.Code != store.StagingMissing || !slices.Equal(d.Args, []string{"nowhere", "staging"}) {
		t.Errorf("failed with %+v", d)
	}
}

func TestFaultsOfAWS(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	env := w.untilPhase(store.Up)
	service := w.resource("service/app")
	denial := awssim.Fault{Kind: awssim.Refuse, Code: "AccessDeniedException",
		Message: "User: arn:aws:sts::1:assumed-role/qabot is not authorized to perform: ecs:DescribeServices on resource: arn:x because no identity-based policy allows it"}
	for _, test := range []struct {
		reason string
		fault  awssim.Fault
		want   store.Detail
	}{
		{"throttled", awssim.Fault{Kind: awssim.Throttle}, store.Say(store.Retrying)},
		{"a fault of theirs", awssim.Fault{Kind: awssim.ServerError}, store.Say(store.Retrying)},
		{"no answer", awssim.Fault{Kind: awssim.Drop}, store.Say(store.Unreachable, "AWS")},
		{"denied", denial, store.Say(store.Denied, "ecs:DescribeServices", "arn:x")},
	} {
		w.region.Fault(func(c awssim.Call) awssim.Fault {
			if c.Action == "DescribeServices" {
				return test.fault
			}
			return awssim.Fault{}
		})
		w.clients.ECS = w.hand.ECS // the throttled client would slow down the rest
		seen, err := service.Observe(t.Context(), []store.Environment{env, env})
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		for _, o := range seen {
			if o.State != store.Unknown || o.Detail.Code != test.want.Code || !slices.Equal(o.Detail.Args, test.want.Args) {
				t.Errorf("%s: %+v, want unknown with %+v", test.reason, o, test.want)
			}
		}
	}
	w.region.Fault(nil)
	w.region.FailNext("ModifyTargetGroupAttributes", 1, awssim.Fault{Kind: awssim.Refuse, Code: "AccessDenied", Message: "no"})
	c := resourcetest.Claim(t, w.store, "feature-two", store.Spec{App: "shop", Branch: "feature/two", Commit: first})
	var problem *store.Problem
	err := w.resource("route/app").Apply(t.Context(), c, store.Observation{})
	if !errors.As(err, &problem) || problem.Code != store.Denied || !strings.HasSuffix(problem.Args[0], ":ModifyTargetGroupAttributes") {
		t.Errorf("denied without the action's name: %v", err)
	}
}

func TestParameters(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	p := NewParameters(w.clients, "acme", nil)
	c := resourcetest.Claim(t, w.store, "one", store.Spec{App: "shop", Branch: "one", Commit: first})
	for _, value := range []string{"first", "second"} {
		if stored, err := p.Put(ctx, c, "DATABASE_URL", value); err != nil || stored != "first" {
			t.Errorf("put %s: stored is %q, %v; want what came first", value, stored, err)
		}
	}
	ids := []store.ID{"one", w.id}
	for i := range 12 {
		ids = append(ids, store.ID("absent-"+string(rune('a'+i))))
	}
	found, err := p.Look(ctx, ids, "DATABASE_URL")
	if err != nil || len(found) != 2 || found["one"] != "first" || found[w.id] != secretValue {
		t.Errorf("found %v, %v", found, err)
	}
	for range 2 {
		if err := p.Delete(ctx, c, "DATABASE_URL"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	ref := p.Ref("one", "DATABASE_URL")
	if _, err := w.hand.SSM.PutParameter(ctx, &ssm.PutParameterInput{Name: &ref, Value: new("theirs"), Type: ssmtypes.ParameterTypeString}); err != nil {
		t.Fatal(err)
	}
	var problem *store.Problem
	if _, err := p.Put(ctx, c, "DATABASE_URL", "ours"); !errors.As(err, &problem) || problem.Code != store.Foreign {
		t.Errorf("put over a foreign parameter: %v", err)
	}
	if err := p.Delete(ctx, c, "DATABASE_URL"); !errors.As(err, &problem) || problem.Code != store.Foreign {
		t.Errorf("delete a foreign parameter: %v", err)
	}
}

func TestClaimsGuardChanges(t *testing.T) {
	w := newWorld(t)
	if err := w.clients.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	_, err := w.clients.ECS.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: new("staging"), Service: new("shop-app")})
	if !errors.Is(err, errUnclaimed) {
		t.Errorf("without a claim: %v", err)
	}
	lost := store.WithClaim(t.Context(), &store.Claim{Name: "env/lost"})
	_, err = w.clients.ECS.DeleteService(lost, &ecs.DeleteServiceInput{Cluster: new("staging"), Service: new("shop-app")})
	if !errors.Is(err, store.ErrFenced) {
		t.Errorf("with a lost claim: %v", err)
	}
	w.push(first)
	w.untilState(ImageKind, store.Working)
	for _, c := range w.region.Calls() {
		if c.Action == "StartBuild" && (c.Fence == 0 || c.Environment != string(w.id)) {
			t.Errorf("a build was started with fence %d for %q", c.Fence, c.Environment)
		}
	}
}
