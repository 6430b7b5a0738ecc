package compute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"qabot/store"
)

// executions are builds of images as executions of a CodePipeline: of one that serves all branches, or of a copy of a
// template that each environment has to itself.
type executions struct {
	app     App
	clients *Clients
	builds  builds // of the pipeline's CodeBuild actions, whatever their projects
}

func newExecutions(app App, clients *Clients) executions {
	return executions{app: app, clients: clients, builds: builds{clients: clients, app: app, kind: ImageKind}}
}

// pipeline names the pipeline that builds for an environment.
func (x executions) pipeline(id store.ID) string {
	if x.app.PipelineTemplate == "" {
		return x.app.Pipeline
	}
	return fmt.Sprintf("qabot-%s-%s", x.app.Installation, id)
}

// An execution's ID has the pipeline in it: AWS knows the one only with the other.
const executionPrefix = "pipeline/"

func executionRef(pipeline, execution string) string {
	return executionPrefix + pipeline + "/" + execution
}

func (x executions) split(ref string) (pipeline, execution string, ok bool) {
	rest, ok := strings.CutPrefix(ref, executionPrefix)
	pipeline, execution, both := strings.Cut(rest, "/")
	return pipeline, execution, ok && both
}

var noExecution = []string{"PipelineExecutionNotFoundException", "PipelineNotFoundException"}

func (x executions) get(ctx context.Context, ids []string) (map[string]run, error) {
	ids = unique(ids)
	found := map[string]run{}
	var mu sync.Mutex
	err := each(ctx, len(ids), func(ctx context.Context, i int) error {
		pipeline, execution, ok := x.split(ids[i])
		if !ok {
			return nil
		}
		out, err := x.clients.CodePipeline.GetPipelineExecution(ctx, &codepipeline.GetPipelineExecutionInput{
			PipelineName: &pipeline, PipelineExecutionId: &execution})
		if coded(err, noExecution...) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("get execution %s of %s: %w", execution, pipeline, err)
		}
		r, err := x.read(ctx, *out.PipelineExecution)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found[ids[i]] = r
		return nil
	})
	return found, err
}

// recent gives those that go on: a build that is made twice does no harm, and what has ended is known by its image.
func (x executions) recent(ctx context.Context, ids []store.ID) (ours []run, err error) {
	var names, refs []string
	for _, id := range ids {
		names = append(names, x.pipeline(id))
	}
	for _, name := range unique(names) {
		list, err := x.clients.CodePipeline.ListPipelineExecutions(ctx, &codepipeline.ListPipelineExecutionsInput{PipelineName: &name})
		if coded(err, noExecution...) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list executions of %s: %w", name, err)
		}
		for _, e := range list.PipelineExecutionSummaries {
			if goesOn(e.Status) {
				refs = append(refs, executionRef(name, deref(e.PipelineExecutionId)))
			}
		}
	}
	byID, err := x.get(ctx, refs)
	if err != nil {
		return nil, err
	}
	for _, ref := range refs {
		if r, ok := byID[ref]; ok && r.environment != "" {
			ours = append(ours, r)
		}
	}
	return ours, nil
}

func goesOn(s cptypes.PipelineExecutionStatus) bool {
	return s == cptypes.PipelineExecutionStatusInProgress || s == cptypes.PipelineExecutionStatusStopping
}

// read tells how an execution stands, and what it is at: the phase of its newest build, or the name of the action.
func (x executions) read(ctx context.Context, e cptypes.PipelineExecution) (run, error) {
	variables := map[string]string{}
	for _, v := range e.Variables {
		variables[deref(v.Name)] = deref(v.ResolvedValue)
	}
	name := deref(e.PipelineName)
	r := run{id: executionRef(name, deref(e.PipelineExecutionId)), token: variables[varRun], commit: variables["COMMIT"], status: cbtypes.StatusTypeFailed,
		url: x.console(name, deref(e.PipelineExecutionId))}
	if id, own := strings.CutPrefix(name, x.pipeline("")); x.app.PipelineTemplate != "" && own {
		r.environment = store.ID(id) // also what nobody asked for: AWS starts each new pipeline by itself
	} else if variables[varInstallation] == x.app.Installation {
		r.environment = store.ID(variables[varEnvironment])
	}
	switch e.Status {
	case cptypes.PipelineExecutionStatusSucceeded:
		r.status = cbtypes.StatusTypeSucceeded
		return r, nil
	case cptypes.PipelineExecutionStatusStopped, cptypes.PipelineExecutionStatusCancelled, cptypes.PipelineExecutionStatusSuperseded:
		r.status = cbtypes.StatusTypeStopped
		return r, nil
	}
	if goesOn(e.Status) {
		r.status, r.phase = cbtypes.StatusTypeInProgress, "SUBMITTED"
	}
	at, build, err := x.newest(ctx, r.id)
	if err != nil || at == nil {
		return r, err
	}
	r.phase, r.began = deref(at.ActionName), deref(at.StartTime)
	if build.id != "" {
		r.phase, r.url, r.group, r.stream = build.phase, build.url, build.group, build.stream
		if r.status == cbtypes.StatusTypeFailed && build.status != cbtypes.StatusTypeSucceeded && build.status != cbtypes.StatusTypeInProgress {
			r.status = build.status
		}
	}
	return r, nil
}

// newest gives the newest action of an execution, and the build that it runs, if it does.
func (x executions) newest(ctx context.Context, ref string) (*cptypes.ActionExecutionDetail, run, error) {
	actions, err := x.actions(ctx, ref)
	if err != nil || len(actions) == 0 {
		return nil, run{}, err
	}
	at := slices.MaxFunc(actions, func(a, b cptypes.ActionExecutionDetail) int {
		return deref(a.StartTime).Compare(deref(b.StartTime))
	})
	id := buildOf(at)
	if id == "" {
		return &at, run{}, nil
	}
	byID, err := x.builds.get(ctx, []string{id})
	return &at, byID[id], err
}

func (x executions) actions(ctx context.Context, ref string) ([]cptypes.ActionExecutionDetail, error) {
	pipeline, execution, _ := x.split(ref)
	out, err := x.clients.CodePipeline.ListActionExecutions(ctx, &codepipeline.ListActionExecutionsInput{PipelineName: &pipeline,
		Filter: &cptypes.ActionExecutionFilter{PipelineExecutionId: &execution}})
	if coded(err, noExecution...) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list actions of execution %s of %s: %w", execution, pipeline, err)
	}
	return out.ActionExecutionDetails, nil
}

// buildOf gives the ID of the build that an action runs; empty: none.
func buildOf(a cptypes.ActionExecutionDetail) string {
	if a.Input == nil || a.Input.ActionTypeId == nil || deref(a.Input.ActionTypeId.Provider) != codeBuild || a.Output == nil || a.Output.ExecutionResult == nil {
		return ""
	}
	return deref(a.Output.ExecutionResult.ExternalExecutionId)
}

const codeBuild = "CodeBuild" // as a provider of actions

func (x executions) start(ctx context.Context, j job) (run, error) {
	d, err := x.ready(ctx, j)
	if err != nil {
		return run{}, err
	}
	source, ok := sourceOf(*d, x.app.PipelineSource)
	if !ok {
		return run{}, x.unfit(*d.Name, store.UnfitSource)
	}
	values := map[string]string{varEnvironment: string(j.env.ID), varInstallation: x.app.Installation, varRun: j.token}
	for k, v := range j.plain {
		values[k] = v
	}
	in := &codepipeline.StartPipelineExecutionInput{Name: d.Name, ClientRequestToken: &j.token,
		SourceRevisions: []cptypes.SourceRevisionOverride{{ActionName: &source, RevisionType: cptypes.SourceRevisionTypeCommitId, RevisionValue: &j.source}}}
	for _, v := range d.Variables {
		if value, ok := values[deref(v.Name)]; ok {
			in.Variables = append(in.Variables, cptypes.PipelineVariable{Name: v.Name, Value: &value})
		}
	}
	out, err := x.clients.CodePipeline.StartPipelineExecution(ctx, in)
	var full *cptypes.ConcurrentPipelineExecutionsLimitExceededException
	if errors.As(err, &full) {
		return run{}, &fullError{fullQueue(message(err)), err}
	}
	if err != nil {
		return run{}, fmt.Errorf("start %s: %w", *d.Name, err)
	}
	return run{id: executionRef(*d.Name, deref(out.PipelineExecutionId)), token: j.token, environment: j.env.ID, commit: j.source,
		status: cbtypes.StatusTypeInProgress, phase: "SUBMITTED"}, nil
}

// stop ends the execution, and its builds: those would go on by themselves.
func (x executions) stop(ctx context.Context, ref string) error {
	actions, err := x.actions(ctx, ref)
	if err != nil {
		return fault(err)
	}
	pipeline, execution, _ := x.split(ref)
	_, err = x.clients.CodePipeline.StopPipelineExecution(ctx, &codepipeline.StopPipelineExecutionInput{PipelineName: &pipeline,
		PipelineExecutionId: &execution, Abandon: true, Reason: new("No longer wanted in Slack")})
	if err != nil && !coded(err, "DuplicatedStopRequestException", "PipelineExecutionNotStoppableException") {
		return fault(fmt.Errorf("stop execution %s of %s: %w", execution, pipeline, err))
	}
	for _, a := range actions {
		if id := buildOf(a); id != "" && a.Status == cptypes.ActionExecutionStatusInProgress {
			if err := x.builds.stop(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain gives the log of the build that failed, or what AWS says of the action that did.
func (x executions) explain(ctx context.Context, ref string) ([]string, string, error) {
	at, build, err := x.newest(ctx, ref)
	if err != nil || at == nil {
		return nil, "", fault(err)
	}
	if build.id != "" {
		return x.builds.explain(ctx, build.id)
	}
	pipeline, execution, _ := x.split(ref)
	return scrubbed([]string{saidOfAction(*at)}, linesShown), x.console(pipeline, execution), nil
}

// saidOfAction gives what AWS says of an action that failed.
func saidOfAction(a cptypes.ActionExecutionDetail) string {
	if a.Output == nil || a.Output.ExecutionResult == nil {
		return ""
	}
	result := a.Output.ExecutionResult
	if result.ErrorDetails != nil {
		return deref(result.ErrorDetails.Message)
	}
	return deref(result.ExternalExecutionSummary)
}

// console is where people read on about an execution.
func (x executions) console(pipeline, execution string) string {
	return fmt.Sprintf("https://%[1]s.console.aws.amazon.com/codesuite/codepipeline/pipelines/%[2]s/executions/%[3]s/timeline?region=%[1]s",
		x.clients.CodePipeline.Options().Region, pipeline, execution)
}
