package compute

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"qabot/store"
)

// Variables by which a CodeBuild run is known as ours: runs have no tags.
const (
	varEnvironment  = "QABOT_ENVIRONMENT"
	varInstallation = "QABOT_INSTALLATION"
	varKind         = "QABOT_KIND"
	varRun          = "QABOT_RUN" // names the attempt, as the idempotency token does
)

const buildsPerCall = 100

// builds are the runs of one kind in one CodeBuild project.
type builds struct {
	clients *Clients
	app     App
	kind    store.Kind
	project string
}

// get gives the runs of those IDs that are there.
func (r builds) get(ctx context.Context, ids []string) (map[string]run, error) {
	found := map[string]run{}
	ids = slices.DeleteFunc(unique(ids), func(id string) bool { return strings.HasPrefix(id, "arn:") || strings.HasPrefix(id, executionPrefix) })
	for part := range slices.Chunk(ids, buildsPerCall) {
		out, err := r.clients.CodeBuild.BatchGetBuilds(ctx, &codebuild.BatchGetBuildsInput{Ids: part})
		if err != nil {
			return nil, fmt.Errorf("get builds: %w", err)
		}
		for _, b := range out.Builds {
			found[deref(b.Id)] = r.read(b)
		}
	}
	return found, nil
}

// recent gives those of the project's newest hundred runs that are ours, newest first.
func (r builds) recent(ctx context.Context, _ []store.ID) ([]run, error) {
	list, err := r.clients.CodeBuild.ListBuildsForProject(ctx, &codebuild.ListBuildsForProjectInput{
		ProjectName: &r.project, SortOrder: cbtypes.SortOrderTypeDescending})
	if err != nil {
		return nil, fmt.Errorf("list builds of %s: %w", r.project, err)
	}
	byID, err := r.get(ctx, list.Ids)
	if err != nil {
		return nil, err
	}
	var ours []run
	for _, id := range list.Ids {
		if found, ok := byID[id]; ok && found.environment != "" {
			ours = append(ours, found)
		}
	}
	return ours, nil
}

func (r builds) start(ctx context.Context, j job) (run, error) {
	marked := map[string]string{varEnvironment: string(j.env.ID), varInstallation: r.app.Installation, varKind: string(r.kind), varRun: j.token}
	plain := maps.Clone(j.plain)
	if j.image != "" {
		maps.Copy(plain, j.commands())
	}
	var variables []cbtypes.EnvironmentVariable
	for k, v := range sorted(plain) {
		if _, ours := marked[k]; !ours {
			variables = append(variables, cbtypes.EnvironmentVariable{Name: &k, Value: &v, Type: cbtypes.EnvironmentVariableTypePlaintext})
		}
	}
	for k, v := range sorted(marked) {
		variables = append(variables, cbtypes.EnvironmentVariable{Name: &k, Value: &v, Type: cbtypes.EnvironmentVariableTypePlaintext})
	}
	for k, v := range sorted(j.secret) {
		variables = append(variables, cbtypes.EnvironmentVariable{Name: &k, Value: &v, Type: cbtypes.EnvironmentVariableTypeParameterStore})
	}
	in := &codebuild.StartBuildInput{ProjectName: &r.project, IdempotencyToken: &j.token, EnvironmentVariablesOverride: variables}
	if j.source != "" {
		in.SourceVersion = &j.source
	}
	out, err := r.clients.CodeBuild.StartBuild(ctx, in)
	if coded(err, "AccountLimitExceededException") {
		return run{}, &fullError{fullQueue(message(err)), err}
	}
	if err != nil {
		return run{}, fmt.Errorf("start build of %s: %w", r.project, err)
	}
	return r.read(*out.Build), nil
}

// commands are the variables that the migration project's buildspec reads beside those of the code itself.
func (j job) commands() map[string]string {
	names := slices.Sorted(maps.Keys(j.plain))
	names = append(names, slices.Sorted(maps.Keys(j.secret))...)
	return map[string]string{
		"VARIABLES": strings.Join(names, " "), // those meant for the container, as the buildspec hands them on
		"IMAGE":     j.image, "MIGRATE_COMMAND": j.command,
		"SEED_COMMAND": j.seed, "SEED": strconv.FormatBool(j.seed != ""),
	}
}

// stop asks a run to end.
func (r builds) stop(ctx context.Context, id string) error {
	if _, err := r.clients.CodeBuild.StopBuild(ctx, &codebuild.StopBuildInput{Id: &id}); err != nil {
		return fault(fmt.Errorf("stop build %s: %w", id, err))
	}
	return nil
}

func (r builds) read(b cbtypes.Build) run {
	variables := map[string]string{}
	if b.Environment != nil {
		for _, v := range b.Environment.EnvironmentVariables {
			if v.Type == cbtypes.EnvironmentVariableTypePlaintext || v.Type == "" {
				variables[deref(v.Name)] = deref(v.Value)
			}
		}
	}
	at := phase(b)
	found := run{id: deref(b.Id), phase: at, said: saidOf(b, at), status: b.BuildStatus, began: deref(b.StartTime), ended: deref(b.EndTime),
		commit: variables["COMMIT"], token: variables[varRun]}
	found.seeded, _ = strconv.ParseBool(variables["SEED"])
	if b.BuildStatus == cbtypes.StatusTypeTimedOut && r.kind == MigrationKind {
		found.why = store.Say(store.MigrationTimeout, at)
	}
	if variables[varInstallation] == r.app.Installation && variables[varKind] == string(r.kind) {
		found.environment = store.ID(variables[varEnvironment])
	}
	if b.Logs != nil {
		found.url, found.group, found.stream = deref(b.Logs.DeepLink), deref(b.Logs.GroupName), deref(b.Logs.StreamName)
	}
	return found
}

// saidOf gives what AWS says of a phase.
func saidOf(b cbtypes.Build, phase string) string {
	for _, p := range b.Phases {
		for _, c := range p.Contexts {
			if string(p.PhaseType) == phase && deref(c.Message) != "" {
				return strings.TrimPrefix(deref(c.StatusCode)+": "+deref(c.Message), ": ")
			}
		}
	}
	return ""
}

// phase names the phase that failed, or the present one.
func phase(b cbtypes.Build) string {
	for _, p := range b.Phases {
		if p.PhaseStatus != "" && p.PhaseStatus != cbtypes.StatusTypeSucceeded && p.PhaseStatus != cbtypes.StatusTypeInProgress {
			return string(p.PhaseType)
		}
	}
	return deref(b.CurrentPhase)
}

// explain gives what AWS says of the phase where the build has not come to write a log.
func (r builds) explain(ctx context.Context, id string) ([]string, string, error) {
	byID, err := r.get(ctx, []string{id})
	if err != nil {
		return nil, "", fault(err)
	}
	b := byID[id]
	lines, err := r.clients.tail(ctx, b.group, b.stream, linesShown)
	if lines = said(lines); len(lines) == 0 {
		lines = []string{b.said}
	}
	return scrubbed(lines, linesShown), b.url, err
}

// A project belongs to the team: nothing of ours outlives a build.
func (r builds) remains(context.Context, []store.ID) (map[store.ID]bool, error) { return nil, nil }
func (r builds) clear(context.Context, *store.Claim) error                      { return nil }
