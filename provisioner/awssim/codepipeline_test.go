package awssim

import (
	"testing"
	"time"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

func action(name string, category types.ActionCategory, provider string, configuration map[string]string) types.StageDeclaration {
	return types.StageDeclaration{Name: &name, Actions: []types.ActionDeclaration{{Name: &name, Namespace: new(name), Configuration: configuration,
		ActionTypeId: &types.ActionTypeId{Category: category, Owner: types.ActionOwnerAws, Provider: &provider, Version: new("1")}}}}
}

// declared is a pipeline that builds app-build.
func declared(name string, mode types.ExecutionMode) *types.PipelineDeclaration {
	return &types.PipelineDeclaration{Name: &name, RoleArn: new("arn:aws:iam::123456789012:role/pipe"), PipelineType: types.PipelineTypeV2, ExecutionMode: mode,
		ArtifactStore: &types.ArtifactStore{Type: types.ArtifactStoreTypeS3, Location: new("artifacts")},
		Variables:     []types.PipelineVariableDeclaration{{Name: new("WHO"), DefaultValue: new("nobody")}},
		Stages: []types.StageDeclaration{
			action("Source", types.ActionCategorySource, "CodeStarSourceConnection", map[string]string{"BranchName": "main"}),
			action("Build", types.ActionCategoryBuild, "CodeBuild", map[string]string{"ProjectName": "app-build",
				"EnvironmentVariables": `[{"name":"TAG","value":"git-#{Source.CommitId}"},{"name":"WHO","value":"#{variables.WHO}"}]`}),
		}}
}

type pipes struct {
	*world
	jobs []BuildJob
}

func newPipes(t *testing.T, mode types.ExecutionMode) *pipes {
	p := &pipes{world: newWorld(t)}
	p.AddProject("app-build", ProjectOptions{})
	p.OnBuild(func(b BuildJob) Outcome {
		p.jobs = append(p.jobs, b)
		return Outcome{}
	})
	p.AddPipeline(*declared("pipe", mode), nil)
	return p
}

func (p *pipes) start(commit string, variables ...types.PipelineVariable) string {
	p.Helper()
	return *must[*codepipeline.StartPipelineExecutionOutput](p.T)(p.cp.StartPipelineExecution(p.ctx, &codepipeline.StartPipelineExecutionInput{Name: new("pipe"), Variables: variables,
		SourceRevisions: []types.SourceRevisionOverride{{ActionName: new("Source"), RevisionType: types.SourceRevisionTypeCommitId, RevisionValue: &commit}}})).PipelineExecutionId
}

func (p *pipes) status(id string) types.PipelineExecutionStatus {
	p.Helper()
	return must[*codepipeline.GetPipelineExecutionOutput](p.T)(p.cp.GetPipelineExecution(p.ctx, &codepipeline.GetPipelineExecutionInput{PipelineName: new("pipe"), PipelineExecutionId: &id})).PipelineExecution.Status
}

func TestPipelineBuildsTheCommitThatItIsTold(t *testing.T) {
	p := newPipes(t, types.ExecutionModeParallel)
	id := p.start("c1", types.PipelineVariable{Name: new("WHO"), Value: new("ana")})
	p.Advance(10 * time.Minute)
	if got := p.status(id); got != types.PipelineExecutionStatusSucceeded {
		t.Errorf("it is %s", got)
	}
	if len(p.jobs) != 1 || p.jobs[0].SourceVersion != "c1" || p.jobs[0].Env["TAG"] != "git-c1" || p.jobs[0].Env["WHO"] != "ana" {
		t.Errorf("it built %+v", p.jobs)
	}
	list := must[*codepipeline.ListPipelineExecutionsOutput](t)(p.cp.ListPipelineExecutions(p.ctx, &codepipeline.ListPipelineExecutionsInput{PipelineName: new("pipe")}))
	if e := list.PipelineExecutionSummaries; len(e) != 1 || *e[0].SourceRevisions[0].RevisionId != "c1" {
		t.Errorf("listed are %+v", e)
	}
	actions := must[*codepipeline.ListActionExecutionsOutput](t)(p.cp.ListActionExecutions(p.ctx, &codepipeline.ListActionExecutionsInput{PipelineName: new("pipe"), Filter: &types.ActionExecutionFilter{PipelineExecutionId: &id}}))
	if a := actions.ActionExecutionDetails; len(a) != 2 || *a[0].ActionName != "Build" || *a[0].Output.ExecutionResult.ExternalExecutionId != p.jobs[0].ID {
		t.Errorf("its actions are %+v", a)
	}
	_, err := p.cp.StartPipelineExecution(p.ctx, &codepipeline.StartPipelineExecutionInput{Name: new("pipe"), Variables: []types.PipelineVariable{{Name: new("ELSE"), Value: new("x")}}})
	p.refused(err, "ValidationException")
}

func TestPipelineModes(t *testing.T) {
	for mode, want := range map[types.ExecutionMode][]types.PipelineExecutionStatus{
		types.ExecutionModeParallel:   {"Succeeded", "Succeeded", "Succeeded"},
		types.ExecutionModeQueued:     {"Succeeded", "Succeeded", "Succeeded"},
		types.ExecutionModeSuperseded: {"Succeeded", "Superseded", "Succeeded"},
	} {
		p := newPipes(t, mode)
		var ids []string
		for _, commit := range []string{"c1", "c2", "c3"} {
			ids = append(ids, p.start(commit))
			p.Advance(20 * time.Second)
		}
		p.Advance(time.Hour)
		for i, id := range ids {
			if got := p.status(id); got != want[i] {
				t.Errorf("%s: number %d is %s, want %s", mode, i+1, got, want[i])
			}
		}
	}
}

func TestPipelineIsStopped(t *testing.T) {
	p := newPipes(t, types.ExecutionModeParallel)
	id := p.start("c1")
	p.Advance(time.Minute)
	stop := func(abandon bool) error {
		_, err := p.cp.StopPipelineExecution(p.ctx, &codepipeline.StopPipelineExecutionInput{PipelineName: new("pipe"), PipelineExecutionId: &id, Abandon: abandon})
		return err
	}
	if err := stop(false); err != nil {
		t.Fatal(err)
	}
	p.refused(stop(false), "DuplicatedStopRequestException")
	if got := p.status(id); got != types.PipelineExecutionStatusStopping {
		t.Errorf("it is %s", got)
	}
	if err := stop(true); err != nil {
		t.Fatal(err)
	}
	p.Advance(2 * time.Second)
	if got := p.status(id); got != types.PipelineExecutionStatusStopped || p.described(p.jobs[0].ID).BuildStatus != cbtypes.StatusTypeInProgress {
		t.Errorf("it is %s, and its build is %s: one that is abandoned goes on", got, p.described(p.jobs[0].ID).BuildStatus)
	}
	p.refused(stop(true), "PipelineExecutionNotStoppableException")
}

func TestPipelinesAreMadeAndDeleted(t *testing.T) {
	p := newPipes(t, types.ExecutionModeParallel)
	create := func(d *types.PipelineDeclaration) error {
		_, err := p.cp.CreatePipeline(p.ctx, &codepipeline.CreatePipelineInput{Pipeline: d, Tags: []types.Tag{{Key: new("a"), Value: new("b")}}})
		return err
	}
	old := declared("old", types.ExecutionModeParallel)
	old.PipelineType = types.PipelineTypeV1
	p.refused(create(old), "InvalidStructureException")
	p.refused(create(declared("pipe", types.ExecutionModeParallel)), "PipelineNameInUseException")
	if err := create(declared("new", types.ExecutionModeParallel)); err != nil {
		t.Fatal(err)
	}
	list := must[*codepipeline.ListPipelineExecutionsOutput](t)(p.cp.ListPipelineExecutions(p.ctx, &codepipeline.ListPipelineExecutionsInput{PipelineName: new("new")}))
	if e := list.PipelineExecutionSummaries; len(e) != 1 || e[0].Trigger.TriggerType != types.TriggerTypeCreatePipeline {
		t.Errorf("a new pipeline has run %+v: AWS starts it", e)
	}
	got := must[*codepipeline.GetPipelineOutput](t)(p.cp.GetPipeline(p.ctx, &codepipeline.GetPipelineInput{Name: new("new")}))
	tags := must[*codepipeline.ListTagsForResourceOutput](t)(p.cp.ListTagsForResource(p.ctx, &codepipeline.ListTagsForResourceInput{ResourceArn: got.Metadata.PipelineArn}))
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "a" {
		t.Errorf("its tags are %+v", tags.Tags)
	}
	for range 2 {
		must[*codepipeline.DeletePipelineOutput](t)(p.cp.DeletePipeline(p.ctx, &codepipeline.DeletePipelineInput{Name: new("new")}))
	}
	_, err := p.cp.GetPipeline(p.ctx, &codepipeline.GetPipelineInput{Name: new("new")})
	p.refused(err, "PipelineNotFoundException")
	all := must[*codepipeline.ListPipelinesOutput](t)(p.cp.ListPipelines(p.ctx, &codepipeline.ListPipelinesInput{}))
	if len(all.Pipelines) != 1 {
		t.Errorf("%d pipelines are left", len(all.Pipelines))
	}
	p.Adjust(func(q *Quotas, _ *Durations) { q.Pipelines = 1 })
	p.refused(create(declared("more", types.ExecutionModeParallel)), "LimitExceededException")
}
