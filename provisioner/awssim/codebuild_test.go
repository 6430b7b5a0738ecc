package awssim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

func (w *world) build(change ...func(*codebuild.StartBuildInput)) string {
	w.Helper()
	in := &codebuild.StartBuildInput{ProjectName: new("app-build"), SourceVersion: new("c1")}
	for _, f := range change {
		f(in)
	}
	return *must[*codebuild.StartBuildOutput](w.T)(w.cb.StartBuild(w.ctx, in)).Build.Id
}

func (w *world) described(id string) types.Build {
	w.Helper()
	return must[*codebuild.BatchGetBuildsOutput](w.T)(w.cb.BatchGetBuilds(w.ctx, &codebuild.BatchGetBuildsInput{Ids: []string{id}})).Builds[0]
}

func variables(kv ...string) func(*codebuild.StartBuildInput) {
	return func(in *codebuild.StartBuildInput) {
		for i := 0; i < len(kv); i += 2 {
			in.EnvironmentVariablesOverride = append(in.EnvironmentVariablesOverride, types.EnvironmentVariable{Name: &kv[i], Value: &kv[i+1]})
		}
	}
}

func phases(b types.Build) (s string) {
	for _, p := range b.Phases {
		s += string(p.PhaseType) + "=" + string(p.PhaseStatus) + " "
	}
	return strings.TrimSpace(s)
}

func TestBuildTakesItsTimeAndPushes(t *testing.T) {
	w := newWorld(t)
	uri := w.AddRepository("app")
	w.AddProject("app-build", ProjectOptions{Env: map[string]string{"IMAGE_REPOSITORY": uri}})
	w.OnBuild(PushesImage)
	id := w.build(variables("IMAGE_TAG", "git-c1"))
	if b := w.described(id); *b.CurrentPhase != "QUEUED" || b.Logs.GroupName != nil || b.BuildStatus != types.StatusTypeInProgress {
		t.Errorf("at first: %s, %+v", *b.CurrentPhase, b.Logs)
	}
	w.Advance(30 * time.Second)
	b := w.described(id)
	if *b.CurrentPhase != "BUILD" || *b.Logs.GroupName != "/aws/codebuild/app-build" {
		t.Fatalf("later: %s", *b.CurrentPhase)
	}
	describe := func() error {
		_, err := w.ecr.DescribeImages(w.ctx, &ecr.DescribeImagesInput{RepositoryName: new("app"), ImageIds: nil})
		return err
	}
	if n := len(w.State().Images); n != 0 || describe() != nil {
		t.Errorf("%d images before the end", n)
	}
	w.Advance(2 * time.Minute)
	b = w.described(id)
	if want := "SUBMITTED=SUCCEEDED QUEUED=SUCCEEDED PROVISIONING=SUCCEEDED DOWNLOAD_SOURCE=SUCCEEDED INSTALL=SUCCEEDED PRE_BUILD=SUCCEEDED " +
		"BUILD=SUCCEEDED POST_BUILD=SUCCEEDED UPLOAD_ARTIFACTS=SUCCEEDED FINALIZING=SUCCEEDED COMPLETED="; phases(b) != want {
		t.Errorf("phases\n%s, want\n%s", phases(b), want)
	}
	if b.BuildStatus != types.StatusTypeSucceeded || !b.BuildComplete || !b.EndTime.After(*b.StartTime) || w.State().Images[0].Name != "app:git-c1" {
		t.Errorf("%+v", b)
	}
	log := must[*cloudwatchlogs.FilterLogEventsOutput](t)(w.logs.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: b.Logs.GroupName, LogStreamNames: []string{*b.Logs.StreamName}, FilterPattern: new(`"building c1"`)}))
	if len(log.Events) != 1 {
		t.Errorf("log: %+v", log.Events)
	}
}

func TestBuildsFailAndStop(t *testing.T) {
	w := newWorld(t)
	w.AddProject("app-build", ProjectOptions{Timeout: 10 * time.Minute})
	for reason, c := range map[string]struct {
		outcome Outcome
		change  func(*codebuild.StartBuildInput)
		status  types.StatusType
		phase   string
	}{
		"in a phase":         {Outcome{FailIn: "PRE_BUILD", Message: "boom", Log: []string{"why"}}, variables(), types.StatusTypeFailed, "PRE_BUILD=FAILED COMPLETED="},
		"in BUILD":           {Outcome{FailIn: "BUILD"}, variables(), types.StatusTypeFailed, "BUILD=FAILED COMPLETED="},
		"in PROVISIONING":    {Outcome{FailIn: "PROVISIONING"}, variables(), types.StatusTypeFailed, "PROVISIONING=FAILED COMPLETED="},
		"hangs":              {Outcome{Hang: true}, variables(), types.StatusTypeTimedOut, "BUILD=TIMED_OUT COMPLETED="},
		"image without home": {Outcome{Images: []string{"nowhere:1"}}, variables(), types.StatusTypeFailed, "FINALIZING=FAILED COMPLETED="},
		"waits too long": {Outcome{Queue: time.Hour}, func(in *codebuild.StartBuildInput) { in.QueuedTimeoutInMinutesOverride = new(int32(5)) },
			types.StatusTypeTimedOut, "QUEUED=TIMED_OUT COMPLETED="},
		"parameter that is not there": {Outcome{}, func(in *codebuild.StartBuildInput) {
			in.EnvironmentVariablesOverride = []types.EnvironmentVariable{{Name: new("P"), Value: new("/none"), Type: types.EnvironmentVariableTypeParameterStore}}
		}, types.StatusTypeFailed, "DOWNLOAD_SOURCE=FAILED COMPLETED="},
	} {
		t.Run(reason, func(t *testing.T) {
			w.OnBuild(func(BuildJob) Outcome { return c.outcome })
			id := w.build(c.change)
			w.Advance(12 * time.Minute)
			b := w.described(id)
			if b.BuildStatus != c.status || !strings.HasSuffix(phases(b), c.phase) {
				t.Errorf("%s: %s", b.BuildStatus, phases(b))
			}
			if failed := b.Phases[len(b.Phases)-2]; len(failed.Contexts) != 1 || c.outcome.Message != "" && *failed.Contexts[0].Message != c.outcome.Message {
				t.Errorf("%+v", failed.Contexts)
			}
		})
	}
	w.OnBuild(nil)
	id := w.build()
	w.Advance(40 * time.Second)
	must[*codebuild.StopBuildOutput](t)(w.cb.StopBuild(w.ctx, &codebuild.StopBuildInput{Id: &id}))
	w.Advance(time.Hour)
	if b := w.described(id); b.BuildStatus != types.StatusTypeStopped {
		t.Errorf("stopped: %s", b.BuildStatus)
	}
}

func TestBuildQueueAndQuota(t *testing.T) {
	w := newWorld(t, func(o *Options) { q := DefaultQuotas(); q.ConcurrentBuilds = 1; o.Quotas = &q })
	w.AddProject("app-build", ProjectOptions{})
	var ids []string
	for range 6 {
		ids = append(ids, w.build())
	}
	_, err := w.cb.StartBuild(w.ctx, &codebuild.StartBuildInput{ProjectName: new("app-build")})
	var limit *types.AccountLimitExceededException
	if !errors.As(err, &limit) || !strings.Contains(limit.ErrorMessage(), "more than 5 builds in queue") {
		t.Errorf("a full queue: %v", err)
	}
	w.Advance(time.Minute)
	if a, b := w.described(ids[0]), w.described(ids[1]); *a.CurrentPhase != "BUILD" || *b.CurrentPhase != "QUEUED" {
		t.Errorf("%s, %s", *a.CurrentPhase, *b.CurrentPhase)
	}
	w.Advance(time.Minute)
	if a, b := w.described(ids[0]), w.described(ids[1]); !a.BuildComplete || *b.CurrentPhase == "QUEUED" {
		t.Errorf("the next did not start: %s, %s", *a.CurrentPhase, *b.CurrentPhase)
	}
	w.Adjust(func(q *Quotas, _ *Durations) { q.ConcurrentBuilds = 0 })
	_, err = w.cb.StartBuild(w.ctx, &codebuild.StartBuildInput{ProjectName: new("app-build")})
	if !errors.As(err, &limit) || limit.ErrorMessage() != "Cannot have more than 0 builds in queue for the account" {
		t.Errorf("a quota of zero: %v", err)
	}
}

func TestProjectLimitAndToken(t *testing.T) {
	w := newWorld(t)
	w.AddProject("app-build", ProjectOptions{ConcurrentLimit: 1})
	token := func(in *codebuild.StartBuildInput) { in.IdempotencyToken = new("t") }
	first := w.build(token)
	if again := w.build(token); again != first {
		t.Error("an equal repeat started another build")
	}
	_, err := w.cb.StartBuild(w.ctx, &codebuild.StartBuildInput{ProjectName: new("app-build"), IdempotencyToken: new("t"), SourceVersion: new("c2")})
	w.refused(err, "InvalidInputException")
	_, err = w.cb.StartBuild(w.ctx, &codebuild.StartBuildInput{ProjectName: new("app-build")})
	w.refused(err, "AccountLimitExceededException")
	w.Advance(5*time.Minute + time.Second)
	if later := w.build(token); later == first {
		t.Error("the token still holds after 5 minutes")
	}
	_, err = w.cb.StartBuild(w.ctx, &codebuild.StartBuildInput{ProjectName: new("nope")})
	w.refused(err, "ResourceNotFoundException")
	out := must[*codebuild.BatchGetProjectsOutput](t)(w.cb.BatchGetProjects(w.ctx, &codebuild.BatchGetProjectsInput{Names: []string{"app-build", "nope"}}))
	if len(out.Projects) != 1 || *out.Projects[0].ConcurrentBuildLimit != 1 || out.ProjectsNotFound[0] != "nope" {
		t.Errorf("%+v", out)
	}
}

func TestBuildListsAndLimits(t *testing.T) {
	w := newWorld(t, func(o *Options) { q := DefaultQuotas(); q.ConcurrentBuilds = 200; o.Quotas = &q })
	w.AddProject("app-build", ProjectOptions{})
	var newest string
	for i := range 101 {
		newest = w.build(func(in *codebuild.StartBuildInput) { in.SourceVersion = new(fmt.Sprint(i)) })
	}
	var ids []string
	for p := codebuild.NewListBuildsForProjectPaginator(w.cb, &codebuild.ListBuildsForProjectInput{ProjectName: new("app-build")}); p.HasMorePages(); {
		ids = append(ids, must[*codebuild.ListBuildsForProjectOutput](t)(p.NextPage(w.ctx)).Ids...)
	}
	if len(ids) != 101 || ids[0] != newest {
		t.Errorf("%d builds, first %s", len(ids), ids[0])
	}
	_, err := w.cb.BatchGetBuilds(w.ctx, &codebuild.BatchGetBuildsInput{Ids: ids})
	w.refused(err, "InvalidInputException")
	out := must[*codebuild.BatchGetBuildsOutput](t)(w.cb.BatchGetBuilds(w.ctx, &codebuild.BatchGetBuildsInput{Ids: []string{"app-build:none", newest}}))
	if len(out.Builds) != 1 || out.BuildsNotFound[0] != "app-build:none" {
		t.Errorf("%+v", out.BuildsNotFound)
	}
}

func TestRunnerDoesTheBuild(t *testing.T) {
	jobs, stopped := make(chan BuildJob, 1), make(chan struct{})
	w := newWorld(t, func(o *Options) {
		o.Runner = &Runner{Build: func(ctx context.Context, b BuildJob, log io.Writer) (int, error) {
			_, _ = io.WriteString(log, "line one\nline two")
			jobs <- b
			switch b.SourceVersion {
			case "bad":
				return 2, nil
			case "hang":
				<-ctx.Done()
				close(stopped)
				return 1, ctx.Err()
			}
			return 0, nil
		}}
	})
	w.AddProject("app-build", ProjectOptions{Buildspec: "project's"})
	must[*ssm.PutParameterOutput](t)(w.ssm.PutParameter(w.ctx, &ssm.PutParameterInput{Name: new("/dsn"), Value: new("secret"), Type: "SecureString"}))
	for version, want := range map[string]types.StatusType{"good": types.StatusTypeSucceeded, "bad": types.StatusTypeFailed} {
		id := w.build(func(in *codebuild.StartBuildInput) {
			in.SourceVersion, in.BuildspecOverride = &version, new("mine")
			in.EnvironmentVariablesOverride = []types.EnvironmentVariable{{Name: new("DSN"), Value: new("/dsn"), Type: types.EnvironmentVariableTypeParameterStore}}
		})
		w.Advance(30 * time.Second)
		if job := <-jobs; job.ID != id || job.Buildspec != "mine" || job.Env["DSN"] != "secret" {
			t.Errorf("%+v", job)
		}
		w.eventually("the build ends", func() bool { w.Advance(time.Minute / 4); return w.described(id).BuildComplete })
		b := w.described(id)
		if b.BuildStatus != want {
			t.Errorf("%s: %s", version, b.BuildStatus)
		}
		log := must[*cloudwatchlogs.GetLogEventsOutput](t)(w.logs.GetLogEvents(w.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: b.Logs.GroupName, LogStreamName: b.Logs.StreamName}))
		var text string
		for _, e := range log.Events {
			text += *e.Message + "|"
		}
		if !strings.Contains(text, "|line one|line two|") {
			t.Errorf("log %s", text)
		}
	}
	id := w.build(func(in *codebuild.StartBuildInput) { in.SourceVersion = new("hang") })
	w.Advance(30 * time.Second)
	<-jobs
	must[*codebuild.StopBuildOutput](t)(w.cb.StopBuild(w.ctx, &codebuild.StopBuildInput{Id: &id}))
	<-stopped
}
