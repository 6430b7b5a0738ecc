package awssim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

type pipeline struct {
	arn        string
	data       types.PipelineDeclaration
	created    time.Time
	executions []*execution // oldest first
	tokens     map[string]*execution
	stages     map[string]*occupancy // by stage; not in PARALLEL mode
}

func (r *Region) codepipelineRoutes(ops operations) {
	on(ops, pipeAPI, r.createPipeline)
	on(ops, pipeAPI, r.getPipeline)
	on(ops, pipeAPI, r.deletePipeline)
	on(ops, pipeAPI, r.listPipelines)
	on(ops, pipeAPI, r.startPipelineExecution)
	on(ops, pipeAPI, r.stopPipelineExecution)
	on(ops, pipeAPI, r.getPipelineExecution)
	on(ops, pipeAPI, r.listPipelineExecutions)
	on(ops, pipeAPI, r.listActionExecutions)
	on(ops, pipeAPI, r.tagPipeline)
	on(ops, pipeAPI, r.listTagsForPipeline)
}

// AddPipeline adds a pipeline that has never run, and returns its ARN.
func (r *Region) AddPipeline(d types.PipelineDeclaration, tags map[string]string) (arn string) {
	r.locked(func() { arn = r.newPipeline(d, tags).arn })
	return arn
}

// OnSource sets a function that is asked, under the region's lock, for the head of a branch when an execution takes its
// source without being told a commit. Without it the head is a commit made up from the branch's name.
func (r *Region) OnSource(f func(repository, branch string) (commit string)) {
	r.locked(func() { r.onSource = f })
}

func (r *Region) newPipeline(d types.PipelineDeclaration, tags map[string]string) *pipeline {
	if d.PipelineType == "" {
		d.PipelineType = types.PipelineTypeV1
	}
	if d.ExecutionMode == "" {
		d.ExecutionMode = types.ExecutionModeSuperseded
	}
	d.Version = new(int32(1))
	p := &pipeline{arn: r.arn("codepipeline", *d.Name), data: d, created: r.clock.now, tokens: map[string]*execution{}, stages: map[string]*occupancy{}}
	r.pipelines[*d.Name] = p
	r.tag(p.arn, tags)
	return p
}

var (
	pipelineName = regexp.MustCompile(`^[A-Za-z0-9.@_-]{1,100}$`)
	variableName = regexp.MustCompile(`^[A-Za-z0-9@_-]{1,128}$`)
)

func (r *Region) createPipeline(in *codepipeline.CreatePipelineInput) (*codepipeline.CreatePipelineOutput, error) {
	if in.Pipeline == nil || !pipelineName.MatchString(deref(in.Pipeline.Name)) {
		return nil, fail("ValidationException", "The pipeline needs a name of at most 100 letters, digits and . @ - _")
	}
	if r.pipelines[*in.Pipeline.Name] != nil {
		return nil, fail("PipelineNameInUseException", "A pipeline with the name '%s' already exists in account", *in.Pipeline.Name)
	}
	if len(r.pipelines) >= r.opts.Quotas.Pipelines {
		return nil, fail("LimitExceededException", "The number of pipelines in this account has reached its limit of %d", r.opts.Quotas.Pipelines)
	}
	if err := checkPipeline(*in.Pipeline); err != nil {
		return nil, err
	}
	tags := tagMap(in.Tags, func(t types.Tag) (k, v *string) { return t.Key, t.Value })
	p := r.newPipeline(*in.Pipeline, tags)
	r.newExecution(p, types.TriggerTypeCreatePipeline, &codepipeline.StartPipelineExecutionInput{}) // as AWS does, whoever wants it
	return &codepipeline.CreatePipelineOutput{Pipeline: &p.data, Tags: in.Tags}, nil
}

func checkPipeline(d types.PipelineDeclaration) error {
	if len(d.Stages) < 2 {
		return fail("InvalidStructureException", "Pipeline must have at least two stages")
	}
	if deref(d.RoleArn) == "" || (d.ArtifactStore == nil) == (len(d.ArtifactStores) == 0) {
		return fail("InvalidStructureException", "Pipeline needs a role, and either artifactStore or artifactStores")
	}
	if d.PipelineType != types.PipelineTypeV2 && (len(d.Variables)+len(d.Triggers) > 0 || d.ExecutionMode != "" && d.ExecutionMode != types.ExecutionModeSuperseded) {
		return fail("InvalidStructureException", "Variables, triggers and execution modes need pipeline type V2")
	}
	for _, v := range d.Variables {
		if !variableName.MatchString(deref(v.Name)) {
			return fail("InvalidStructureException", "Variable name '%s' is not valid", deref(v.Name))
		}
	}
	for i, s := range d.Stages {
		if len(s.Actions) == 0 {
			return fail("InvalidStructureException", "Stage %s has no actions", deref(s.Name))
		}
		for _, a := range s.Actions {
			if (a.ActionTypeId.Category == types.ActionCategorySource) != (i == 0) {
				return fail("InvalidStructureException", "Stage %s: source actions belong to the first stage, and nothing else does", deref(s.Name))
			}
		}
	}
	return nil
}

func (r *Region) pipelineCalled(name *string) (*pipeline, error) {
	if p := r.pipelines[deref(name)]; p != nil {
		return p, nil
	}
	return nil, fail("PipelineNotFoundException", "Account '%s' does not have a pipeline with name '%s'", r.opts.Account, deref(name))
}

func (r *Region) getPipeline(in *codepipeline.GetPipelineInput) (*codepipeline.GetPipelineOutput, error) {
	p, err := r.pipelineCalled(in.Name)
	if err != nil {
		return nil, err
	}
	return &codepipeline.GetPipelineOutput{Pipeline: &p.data,
		Metadata: &types.PipelineMetadata{PipelineArn: &p.arn, Created: &p.created, Updated: &p.created}}, nil
}

// deletePipeline succeeds on what is not there. What runs of it is cut off from it; its builds go on.
func (r *Region) deletePipeline(in *codepipeline.DeletePipelineInput) (*codepipeline.DeletePipelineOutput, error) {
	if p := r.pipelines[deref(in.Name)]; p != nil {
		for _, e := range p.executions {
			r.abandon(e, types.PipelineExecutionStatusStopped)
		}
		r.untag(p.arn)
		delete(r.pipelines, deref(in.Name))
	}
	return &codepipeline.DeletePipelineOutput{}, nil
}

func (r *Region) listPipelines(in *codepipeline.ListPipelinesInput) (*codepipeline.ListPipelinesOutput, error) {
	var all []types.PipelineSummary
	for _, p := range r.sortedPipelines() {
		all = append(all, types.PipelineSummary{Name: p.data.Name, Version: p.data.Version, Created: &p.created, Updated: &p.created,
			ExecutionMode: p.data.ExecutionMode, PipelineType: p.data.PipelineType})
	}
	items, next, ok := page(all, in.NextToken, pageSize(in.MaxResults, 1000))
	if !ok {
		return nil, fail("InvalidNextTokenException", "Invalid token")
	}
	return &codepipeline.ListPipelinesOutput{Pipelines: append([]types.PipelineSummary{}, items...), NextToken: next}, nil
}

func (r *Region) sortedPipelines() (all []*pipeline) {
	for _, p := range r.pipelines {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *pipeline) int { return strings.Compare(*a.data.Name, *b.data.Name) })
	return all
}

func (r *Region) startPipelineExecution(in *codepipeline.StartPipelineExecutionInput) (*codepipeline.StartPipelineExecutionOutput, error) {
	p, err := r.pipelineCalled(in.Name)
	if err != nil {
		return nil, err
	}
	if e := p.tokens[deref(in.ClientRequestToken)]; e != nil {
		return &codepipeline.StartPipelineExecutionOutput{PipelineExecutionId: &e.id}, nil
	}
	if p.data.PipelineType != types.PipelineTypeV2 && len(in.Variables)+len(in.SourceRevisions) > 0 {
		return nil, fail("ValidationException", "Pipeline %s is of type V1: it takes neither variables nor source revisions", *in.Name)
	}
	for _, v := range in.Variables {
		if !slices.ContainsFunc(p.data.Variables, func(d types.PipelineVariableDeclaration) bool { return *d.Name == deref(v.Name) }) || deref(v.Value) == "" {
			return nil, fail("ValidationException", "Variable '%s' is not declared in pipeline %s, or has no value", deref(v.Name), *in.Name)
		}
	}
	for _, d := range p.data.Variables {
		given := func(v types.PipelineVariable) bool { return deref(v.Name) == *d.Name }
		if deref(d.DefaultValue) == "" && !slices.ContainsFunc(in.Variables, given) {
			return nil, fail("ValidationException", "Variable '%s' has neither a value nor a default", *d.Name)
		}
	}
	for _, s := range in.SourceRevisions {
		named := func(a types.ActionDeclaration) bool { return *a.Name == deref(s.ActionName) }
		if s.RevisionType == types.SourceRevisionTypeCommitId && !slices.ContainsFunc(p.data.Stages[0].Actions, named) {
			return nil, fail("ValidationException", "There is no source action '%s'", deref(s.ActionName))
		}
	}
	e := r.newExecution(p, types.TriggerTypeStartPipelineExecution, in)
	if deref(in.ClientRequestToken) != "" {
		p.tokens[*in.ClientRequestToken] = e
	}
	return &codepipeline.StartPipelineExecutionOutput{PipelineExecutionId: &e.id}, nil
}

func (p *pipeline) execution(id *string) (*execution, error) {
	for _, e := range p.executions {
		if e.id == deref(id) {
			return e, nil
		}
	}
	return nil, fail("PipelineExecutionNotFoundException", "The pipeline %s has no execution %s", *p.data.Name, deref(id))
}

func (r *Region) stopPipelineExecution(in *codepipeline.StopPipelineExecutionInput) (*codepipeline.StopPipelineExecutionOutput, error) {
	p, err := r.pipelineCalled(in.PipelineName)
	if err != nil {
		return nil, err
	}
	e, err := p.execution(in.PipelineExecutionId)
	switch {
	case err != nil:
		return nil, err
	case e.status == types.PipelineExecutionStatusStopping && !in.Abandon:
		return nil, fail("DuplicatedStopRequestException", "The execution %s is stopping already", e.id)
	case e.over():
		return nil, fail("PipelineExecutionNotStoppableException", "The execution %s is %s", e.id, e.status)
	}
	e.status, e.updated = types.PipelineExecutionStatusStopping, r.clock.now
	if in.Abandon {
		r.clock.after(r.opts.Durations.BuildStep, func() { r.abandon(e, types.PipelineExecutionStatusStopped) })
	}
	return &codepipeline.StopPipelineExecutionOutput{PipelineExecutionId: &e.id}, nil
}

func (r *Region) getPipelineExecution(in *codepipeline.GetPipelineExecutionInput) (*codepipeline.GetPipelineExecutionOutput, error) {
	p, err := r.pipelineCalled(in.PipelineName)
	if err != nil {
		return nil, err
	}
	e, err := p.execution(in.PipelineExecutionId)
	if err == nil && !r.visible(e.began) {
		_, err = p.execution(nil)
	}
	if err != nil {
		return nil, err
	}
	out := types.PipelineExecution{PipelineName: p.data.Name, PipelineVersion: p.data.Version, PipelineExecutionId: &e.id, Status: e.status,
		ExecutionMode: p.data.ExecutionMode, ExecutionType: types.ExecutionTypeStandard, Trigger: &e.trigger, Variables: slices.Clone(e.variables)}
	for _, s := range e.sources {
		out.ArtifactRevisions = append(out.ArtifactRevisions, types.ArtifactRevision{Name: s.ActionName, RevisionId: s.RevisionId})
	}
	return &codepipeline.GetPipelineExecutionOutput{PipelineExecution: &out}, nil
}

// listPipelineExecutions gives the newest first.
func (r *Region) listPipelineExecutions(in *codepipeline.ListPipelineExecutionsInput) (*codepipeline.ListPipelineExecutionsOutput, error) {
	p, err := r.pipelineCalled(in.PipelineName)
	if err != nil {
		return nil, err
	}
	var all []types.PipelineExecutionSummary
	for _, e := range slices.Backward(p.executions) {
		if r.visible(e.began) {
			all = append(all, types.PipelineExecutionSummary{PipelineExecutionId: &e.id, Status: e.status, StartTime: &e.began, LastUpdateTime: new(e.updated),
				ExecutionMode: p.data.ExecutionMode, ExecutionType: types.ExecutionTypeStandard, Trigger: &e.trigger, SourceRevisions: slices.Clone(e.sources)})
		}
	}
	items, next, ok := page(all, in.NextToken, pageSize(in.MaxResults, 100))
	if !ok {
		return nil, fail("InvalidNextTokenException", "Invalid token")
	}
	return &codepipeline.ListPipelineExecutionsOutput{PipelineExecutionSummaries: append([]types.PipelineExecutionSummary{}, items...), NextToken: next}, nil
}

// listActionExecutions gives the newest first.
func (r *Region) listActionExecutions(in *codepipeline.ListActionExecutionsInput) (*codepipeline.ListActionExecutionsOutput, error) {
	p, err := r.pipelineCalled(in.PipelineName)
	if err != nil {
		return nil, err
	}
	var all []types.ActionExecutionDetail
	for _, e := range slices.Backward(p.executions) {
		if in.Filter != nil && in.Filter.PipelineExecutionId != nil && *in.Filter.PipelineExecutionId != e.id {
			continue
		}
		for _, a := range slices.Backward(e.actions) {
			all = append(all, a.detail(e))
		}
	}
	items, next, ok := page(all, in.NextToken, pageSize(in.MaxResults, 100))
	if !ok {
		return nil, fail("InvalidNextTokenException", "Invalid token")
	}
	return &codepipeline.ListActionExecutionsOutput{ActionExecutionDetails: append([]types.ActionExecutionDetail{}, items...), NextToken: next}, nil
}

func (r *Region) pipelineAt(arn *string) (*pipeline, error) {
	for _, p := range r.pipelines {
		if p.arn == deref(arn) {
			return p, nil
		}
	}
	return nil, fail("ResourceNotFoundException", "There is no resource %s", deref(arn))
}

func (r *Region) tagPipeline(in *codepipeline.TagResourceInput) (*codepipeline.TagResourceOutput, error) {
	p, err := r.pipelineAt(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	r.tag(p.arn, tagMap(in.Tags, func(t types.Tag) (k, v *string) { return t.Key, t.Value }))
	return &codepipeline.TagResourceOutput{}, nil
}

func (r *Region) listTagsForPipeline(in *codepipeline.ListTagsForResourceInput) (*codepipeline.ListTagsForResourceOutput, error) {
	p, err := r.pipelineAt(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &codepipeline.ListTagsForResourceOutput{Tags: tagsAs(r.tags.live[p.arn], func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} })}, nil
}

// console is where people would read on about an execution.
func (r *Region) console(e *execution) string {
	return fmt.Sprintf("https://%[1]s.console.aws.amazon.com/codesuite/codepipeline/pipelines/%[2]s/executions/%[3]s/timeline?region=%[1]s",
		r.opts.Region, *e.pipeline.data.Name, e.id)
}
