package awssim

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

// execution is one run through a pipeline: stage after stage, action after action.
type execution struct {
	id             string
	pipeline       *pipeline
	status         types.PipelineExecutionStatus
	trigger        types.ExecutionTrigger
	variables      []types.ResolvedPipelineVariable
	overrides      []types.SourceRevisionOverride
	began, updated time.Time
	actions        []*actionRun
	sources        []types.SourceRevision
	outputs        map[string]string // "namespace.variable"
}

type actionRun struct {
	id, stage   string
	declaration types.ActionDeclaration
	status      types.ActionExecutionStatus
	began       time.Time
	updated     time.Time
	build       *build
	code, fault string // of the failure
	url         string
}

// occupancy is who is in a stage, and who waits for it: in SUPERSEDED mode the newest alone, in QUEUED mode all.
type occupancy struct {
	by      *execution
	waiting []*execution
}

func (e *execution) over() bool {
	return e.status != types.PipelineExecutionStatusInProgress && e.status != types.PipelineExecutionStatusStopping
}

func (r *Region) newExecution(p *pipeline, trigger types.TriggerType, in *codepipeline.StartPipelineExecutionInput) *execution {
	e := &execution{id: r.newUUID(), pipeline: p, status: types.PipelineExecutionStatusInProgress, began: r.clock.now, updated: r.clock.now,
		trigger:   types.ExecutionTrigger{TriggerType: trigger, TriggerDetail: new("arn:aws:sts::" + r.opts.Account + ":assumed-role/simulated")},
		overrides: in.SourceRevisions, outputs: map[string]string{}}
	for _, d := range p.data.Variables {
		value := deref(d.DefaultValue)
		for _, v := range in.Variables {
			if *v.Name == *d.Name {
				value = *v.Value
			}
		}
		e.variables = append(e.variables, types.ResolvedPipelineVariable{Name: d.Name, ResolvedValue: &value})
		e.outputs["variables."+*d.Name] = value
	}
	p.executions = append(p.executions, e)
	r.enterStage(e, 0)
	return e
}

// enterStage begins a stage, once it is free: in PARALLEL mode it always is.
func (r *Region) enterStage(e *execution, stage int) {
	p := e.pipeline
	if e.over() {
		return
	}
	if stage == len(p.data.Stages) {
		e.status, e.updated = types.PipelineExecutionStatusSucceeded, r.clock.now
		return
	}
	if p.data.ExecutionMode != types.ExecutionModeParallel {
		name := *p.data.Stages[stage].Name
		o := p.stages[name]
		if o == nil {
			o = &occupancy{}
			p.stages[name] = o
		}
		if o.by != nil && o.by != e && !o.by.over() {
			if p.data.ExecutionMode == types.ExecutionModeSuperseded {
				for _, older := range o.waiting {
					older.status, older.updated = types.PipelineExecutionStatusSuperseded, r.clock.now
				}
				o.waiting = nil
			}
			o.waiting = append(o.waiting, e)
			return
		}
		o.by = e
	}
	r.runAction(e, stage, 0)
}

// leaveStage lets the next one in.
func (r *Region) leaveStage(e *execution, stage int) {
	o := e.pipeline.stages[*e.pipeline.data.Stages[stage].Name]
	if o == nil || o.by != e {
		return
	}
	o.by = nil
	for len(o.waiting) > 0 && o.by == nil {
		next := o.waiting[0]
		o.waiting = o.waiting[1:]
		r.enterStage(next, stage)
	}
}

// runAction runs the actions of a stage one after the other.
func (r *Region) runAction(e *execution, stage, action int) {
	if e.over() {
		return
	}
	s := e.pipeline.data.Stages[stage]
	if action == len(s.Actions) {
		r.leaveStage(e, stage)
		r.enterStage(e, stage+1)
		return
	}
	a := &actionRun{id: r.newUUID(), stage: *s.Name, declaration: s.Actions[action], status: types.ActionExecutionStatusInProgress, began: r.clock.now, updated: r.clock.now}
	e.actions = append(e.actions, a)
	done := func(code, fault string) {
		if a.status != types.ActionExecutionStatusInProgress {
			return
		}
		a.updated, e.updated = r.clock.now, r.clock.now
		switch {
		case fault != "":
			a.status, a.code, a.fault = types.ActionExecutionStatusFailed, code, fault
			e.status = types.PipelineExecutionStatusFailed
			r.leaveStage(e, stage)
		case e.status == types.PipelineExecutionStatusStopping:
			a.status = types.ActionExecutionStatusSucceeded
			e.status = types.PipelineExecutionStatusStopped
			r.leaveStage(e, stage)
		default:
			a.status = types.ActionExecutionStatusSucceeded
			r.runAction(e, stage, action+1)
		}
	}
	switch kind := a.declaration.ActionTypeId; {
	case kind.Category == types.ActionCategorySource:
		r.clock.after(r.opts.Durations.BuildStep, func() {
			if a.status == types.ActionExecutionStatusInProgress {
				r.takeSource(e, a)
				done("", "")
			}
		})
	case deref(kind.Provider) == "CodeBuild":
		r.runBuild(e, a, done)
	default:
		r.clock.after(r.opts.Durations.BuildStep, func() { done("", "") })
	}
}

// takeSource finds the commit: the one that the start names, or the branch's head.
func (r *Region) takeSource(e *execution, a *actionRun) {
	c := a.declaration.Configuration
	branch := cmp.Or(c["BranchName"], c["Branch"])
	commit := ""
	for _, o := range e.overrides {
		if *o.ActionName == *a.declaration.Name && o.RevisionType == types.SourceRevisionTypeCommitId {
			commit = *o.RevisionValue
		}
	}
	if commit == "" && r.onSource != nil {
		commit = r.onSource(c["FullRepositoryId"], branch)
	}
	if commit == "" {
		sum := sha1.Sum([]byte(branch))
		commit = hex.EncodeToString(sum[:])
	}
	e.sources = append(e.sources, types.SourceRevision{ActionName: a.declaration.Name, RevisionId: &commit})
	if space := deref(a.declaration.Namespace); space != "" {
		e.outputs[space+".CommitId"], e.outputs[space+".BranchName"] = commit, branch
	}
}

var pipelineReference = regexp.MustCompile(`#\{([A-Za-z0-9@_-]+\.[A-Za-z0-9@_-]+)\}`)

// runBuild runs a CodeBuild project for an action, on the commit of its first source.
func (r *Region) runBuild(e *execution, a *actionRun, done func(code, fault string)) {
	c := a.declaration.Configuration
	p := r.project(c["ProjectName"])
	if p == nil {
		done("ConfigurationError", "Error calling startBuild: Project cannot be found: "+r.arn("codebuild", "project/"+c["ProjectName"]))
		return
	}
	var given []struct{ Name, Value, Type string }
	if text := c["EnvironmentVariables"]; text != "" {
		if err := json.Unmarshal([]byte(text), &given); err != nil {
			done("ConfigurationError", "EnvironmentVariables is not a list of variables: "+err.Error())
			return
		}
	}
	in := &codebuild.StartBuildInput{ProjectName: p.data.Name}
	if len(e.sources) > 0 {
		in.SourceVersion = e.sources[0].RevisionId
	}
	for _, v := range given {
		missing := ""
		value := pipelineReference.ReplaceAllStringFunc(v.Value, func(ref string) string {
			name := strings.TrimSuffix(strings.TrimPrefix(ref, "#{"), "}")
			if _, there := e.outputs[name]; !there {
				missing = name
			}
			return e.outputs[name]
		})
		if missing != "" {
			done("ConfigurationError", "The variable "+missing+" is not known")
			return
		}
		in.EnvironmentVariablesOverride = append(in.EnvironmentVariablesOverride, cbtypes.EnvironmentVariable{
			Name: &v.Name, Value: &value, Type: cbtypes.EnvironmentVariableType(cmp.Or(v.Type, "PLAINTEXT"))})
	}
	if err := r.mayBuild(p); err != nil {
		done("JobFailed", "Error calling startBuild: "+err.Error())
		return
	}
	a.build = r.newBuild(p, in)
	a.build.data.Initiator = new("codepipeline/" + *e.pipeline.data.Name)
	a.url = r.console(e)
	a.build.then = func() {
		if status := a.build.data.BuildStatus; status != cbtypes.StatusTypeSucceeded {
			done("JobFailed", "Build terminated with state: "+string(status))
			return
		}
		done("", "")
	}
}

// abandon ends an execution without waiting for what it does: a build goes on by itself.
func (r *Region) abandon(e *execution, status types.PipelineExecutionStatus) {
	if e.over() {
		return
	}
	e.status, e.updated = status, r.clock.now
	for _, a := range e.actions {
		if a.status == types.ActionExecutionStatusInProgress {
			a.status, a.updated = types.ActionExecutionStatusAbandoned, r.clock.now
		}
	}
	for i := range e.pipeline.data.Stages {
		r.leaveStage(e, i)
	}
}

func (a *actionRun) detail(e *execution) types.ActionExecutionDetail {
	d := types.ActionExecutionDetail{PipelineExecutionId: &e.id, ActionExecutionId: &a.id, StageName: &a.stage, ActionName: a.declaration.Name,
		PipelineVersion: e.pipeline.data.Version, StartTime: &a.began, LastUpdateTime: new(a.updated), Status: a.status,
		Input:  &types.ActionExecutionInput{ActionTypeId: a.declaration.ActionTypeId, Configuration: a.declaration.Configuration, Namespace: a.declaration.Namespace},
		Output: &types.ActionExecutionOutput{ExecutionResult: &types.ActionExecutionResult{}}}
	if a.build != nil {
		d.Output.ExecutionResult.ExternalExecutionId = &a.build.id
		d.Output.ExecutionResult.ExternalExecutionUrl = &a.url
	}
	if a.fault != "" {
		d.Output.ExecutionResult.ErrorDetails = &types.ErrorDetails{Code: new(a.code), Message: new(a.fault)}
	}
	return d
}
