package awssim

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
)

type build struct {
	id            string // project:uuid
	turn          int64  // its place in the account's queue
	project       *project
	data          types.Build
	job           BuildJob
	missing       string // a PARAMETER_STORE variable that does not exist
	outcome       Outcome
	holdsCapacity bool
	log           *lineWriter        // nil before the container is there
	cancel        context.CancelFunc // of the runner's work
	then          func()             // may be nil: called when it has ended
}

func (b *build) done() bool { return b.data.BuildComplete }

// buildPhases are those after QUEUED, in their order.
func buildPhases() []types.BuildPhaseType {
	return []types.BuildPhaseType{types.BuildPhaseTypeProvisioning, types.BuildPhaseTypeDownloadSource, types.BuildPhaseTypeInstall,
		types.BuildPhaseTypePreBuild, types.BuildPhaseTypeBuild, types.BuildPhaseTypePostBuild,
		types.BuildPhaseTypeUploadArtifacts, types.BuildPhaseTypeFinalizing}
}

// newBuild starts a build: SUBMITTED is over at once, QUEUED lasts until there is capacity.
func (r *Region) newBuild(p *project, in *codebuild.StartBuildInput) *build {
	p.number++
	id := *p.data.Name + ":" + r.newUUID()
	start := r.clock.now
	spec := *p.data.Source.Buildspec
	if in.BuildspecOverride != nil {
		spec = *in.BuildspecOverride
	}
	environment := *p.data.Environment
	environment.EnvironmentVariables = slices.Concat(p.data.Environment.EnvironmentVariables, in.EnvironmentVariablesOverride)
	b := &build{id: id, turn: r.ids, project: p, data: types.Build{Id: &id, Arn: new(r.arn("codebuild", "build/"+id)), BuildNumber: new(p.number),
		ProjectName: p.data.Name, BuildStatus: types.StatusTypeInProgress, StartTime: &start, SourceVersion: in.SourceVersion,
		Initiator: new("simulated"), Source: &types.ProjectSource{Type: p.data.Source.Type, Location: p.data.Source.Location, Buildspec: &spec},
		Environment: &environment, ServiceRole: p.data.ServiceRole, TimeoutInMinutes: p.data.TimeoutInMinutes,
		QueuedTimeoutInMinutes: p.data.QueuedTimeoutInMinutes, Artifacts: &types.BuildArtifacts{}}}
	if in.TimeoutInMinutesOverride != nil {
		b.data.TimeoutInMinutes = in.TimeoutInMinutesOverride
	}
	if in.QueuedTimeoutInMinutesOverride != nil {
		b.data.QueuedTimeoutInMinutes = in.QueuedTimeoutInMinutesOverride
	}
	if isCommit(deref(in.SourceVersion)) {
		b.data.ResolvedSourceVersion = in.SourceVersion
	}
	b.job = BuildJob{Project: *p.data.Name, ID: id, SourceVersion: deref(in.SourceVersion), Buildspec: spec, Env: map[string]string{}}
	r.resolveEnvironment(b)
	if r.onBuild != nil {
		b.outcome = r.onBuild(b.job)
	}
	r.builds[id] = b
	p.builds = append(p.builds, b)
	r.enterPhase(b, types.BuildPhaseTypeSubmitted)
	r.enterPhase(b, types.BuildPhaseTypeQueued)
	r.clock.after(r.opts.Durations.BuildQueued+b.outcome.Queue, func() { r.admit(b) })
	r.clock.after(time.Duration(*b.data.QueuedTimeoutInMinutes)*time.Minute, func() {
		if !b.holdsCapacity {
			r.finish(b, types.StatusTypeTimedOut, because("BUILD_TIMED_OUT", "Build has timed out in the queue."))
		}
	})
	return b
}

func isCommit(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == ""
}

func (r *Region) resolveEnvironment(b *build) {
	for _, v := range b.data.Environment.EnvironmentVariables {
		value := deref(v.Value)
		if v.Type == types.EnvironmentVariableTypeParameterStore {
			p := r.parameter(value)
			if p == nil {
				b.missing = cmp.Or(b.missing, value)
				continue
			}
			value = p.value
		}
		b.job.Env[*v.Name] = value
	}
}

func because(code, message string) []types.PhaseContext {
	return []types.PhaseContext{{StatusCode: &code, Message: &message}}
}

// enterPhase ends the current phase well and begins the next.
func (r *Region) enterPhase(b *build, phase types.BuildPhaseType) {
	r.endPhase(b, types.StatusTypeSucceeded, nil)
	start := r.clock.now
	b.data.CurrentPhase = new(string(phase))
	b.data.Phases = append(b.data.Phases, types.BuildPhase{PhaseType: phase, StartTime: &start})
	if b.log != nil {
		b.note(r.clock.now, "Entering phase %s", phase)
	}
}

func (r *Region) endPhase(b *build, status types.StatusType, context []types.PhaseContext) {
	if len(b.data.Phases) == 0 {
		return
	}
	p := &b.data.Phases[len(b.data.Phases)-1]
	end := r.clock.now
	p.PhaseStatus, p.EndTime, p.DurationInSeconds, p.Contexts = status, &end, new(int64(end.Sub(*p.StartTime)/time.Second)), context
	if b.log != nil {
		b.note(end, "Phase complete: %s State: %s", p.PhaseType, status)
		for _, c := range context {
			b.note(end, "Phase context status code: %s Message: %s", *c.StatusCode, *c.Message)
		}
	}
}

func (b *build) note(at time.Time, format string, args ...any) {
	b.log.stream.append(at, at.UTC().Format("[Container] 2006/01/02 15:04:05.000000 ")+fmt.Sprintf(format, args...))
}

// admit lets a queued build run when the account has capacity; else whoever finishes admits it.
func (r *Region) admit(b *build) {
	running := 0
	for _, other := range r.builds {
		if other.holdsCapacity && !other.done() {
			running++
		}
	}
	if b.done() || b.holdsCapacity || running >= r.opts.Quotas.ConcurrentBuilds {
		return
	}
	b.holdsCapacity = true
	r.clock.after(time.Duration(*b.data.TimeoutInMinutes)*time.Minute, func() {
		r.finish(b, types.StatusTypeTimedOut, because("BUILD_TIMED_OUT", "Build has timed out."))
	})
	r.step(b, buildPhases())
}

// admitNext gives capacity to the builds that have waited longest.
func (r *Region) admitNext() {
	var waiting []*build
	for _, b := range r.builds {
		if !b.done() && !b.holdsCapacity && !r.clock.now.Before(b.data.StartTime.Add(r.opts.Durations.BuildQueued+b.outcome.Queue)) {
			waiting = append(waiting, b)
		}
	}
	slices.SortFunc(waiting, func(a, b *build) int {
		return cmp.Compare(a.turn, b.turn)
	})
	for _, b := range waiting {
		r.admit(b)
	}
}

// step runs the first of the phases and then the rest.
func (r *Region) step(b *build, phases []types.BuildPhaseType) {
	if b.done() {
		return
	}
	if len(phases) == 0 {
		r.finish(b, types.StatusTypeSucceeded, nil)
		return
	}
	phase, d := phases[0], r.opts.Durations
	r.enterPhase(b, phase)
	next := func() { r.step(b, phases[1:]) }
	fails := b.outcome.FailIn == string(phase)
	switch phase {
	case types.BuildPhaseTypeProvisioning:
		r.clock.after(d.BuildProvisioning, func() { r.conclude(b, fails, func() { r.openLog(b); next() }) })
	case types.BuildPhaseTypeDownloadSource:
		r.clock.after(d.BuildStep, func() {
			if b.missing != "" {
				r.finish(b, types.StatusTypeFailed, because("Secrets Manager/Parameter Store Error", fmt.Sprintf("parameter does not exist: %s", b.missing)))
				return
			}
			r.conclude(b, fails, next)
		})
	case types.BuildPhaseTypeBuild:
		r.workPhase(b, fails, next)
	default:
		r.clock.after(d.BuildStep, func() { r.conclude(b, fails, next) })
	}
}

// conclude ends a phase as the hook wants it.
func (r *Region) conclude(b *build, fails bool, next func()) {
	if b.done() {
		return
	}
	if !fails {
		next()
		return
	}
	if b.log != nil && *b.data.CurrentPhase != string(types.BuildPhaseTypeBuild) {
		b.log.stream.append(r.clock.now, b.outcome.Log...)
	}
	r.finish(b, types.StatusTypeFailed, because("COMMAND_EXECUTION_ERROR", cmp.Or(b.outcome.Message, "Error while executing command. Reason: exit status 1")))
}

func (r *Region) openLog(b *build) {
	_, uuid, _ := strings.Cut(b.id, ":")
	b.log = &lineWriter{region: r, stream: r.logStream("/aws/codebuild/"+*b.project.data.Name, uuid)}
	b.note(r.clock.now, "Running on CodeBuild On-demand")
}

// workPhase is the BUILD phase: at least as long as the project's build time, and as long as the runner works.
func (r *Region) workPhase(b *build, fails bool, next func()) {
	b.log.stream.append(r.clock.now, b.outcome.Log...)
	if b.outcome.Hang {
		return
	}
	least := cmp.Or(b.project.options.BuildTime, r.opts.Durations.BuildWork)
	if r.opts.Runner.Build == nil || b.outcome.FailIn != "" || b.outcome.Idle {
		r.clock.after(least, func() { r.conclude(b, fails, next) })
		return
	}
	until := r.clock.now.Add(least)
	ctx, cancel := context.WithCancel(r.ctx)
	b.cancel = cancel
	r.spawn(func() {
		exit, err := r.opts.Runner.Build(ctx, b.job, b.log)
		cancel()
		if err != nil {
			_, _ = io.WriteString(b.log, err.Error()+"\n") // a log never refuses
		}
		b.log.flush()
		r.locked(func() {
			r.clock.after(until.Sub(r.clock.now), func() {
				switch {
				case b.done():
				case err != nil:
					r.finish(b, types.StatusTypeFailed, because("COMMAND_EXECUTION_ERROR", err.Error()))
				case exit != 0:
					r.finish(b, types.StatusTypeFailed, because("COMMAND_EXECUTION_ERROR", fmt.Sprintf("Error while executing command. Reason: exit status %d", exit)))
				default:
					next()
				}
			})
		})
	})
}

// finish ends a build, whatever it was doing. A finished build stays as it is.
func (r *Region) finish(b *build, status types.StatusType, context []types.PhaseContext) {
	if b.done() {
		return
	}
	if status == types.StatusTypeSucceeded {
		for _, ref := range b.outcome.Images {
			i := strings.LastIndexByte(ref, ':')
			if err := r.pushImage(ref[:max(i, 0)], ref[i+1:]); err != nil {
				status, context = types.StatusTypeFailed, because("COMMAND_EXECUTION_ERROR", err.Error())
			}
		}
	}
	r.endPhase(b, status, context)
	start := r.clock.now
	b.data.Phases = append(b.data.Phases, types.BuildPhase{PhaseType: types.BuildPhaseTypeCompleted, StartTime: &start})
	b.data.CurrentPhase, b.data.BuildStatus = new(string(types.BuildPhaseTypeCompleted)), status
	b.data.BuildComplete, b.data.EndTime = true, &start
	if b.cancel != nil {
		b.cancel()
	}
	r.admitNext()
	if b.then != nil {
		b.then()
	}
}
