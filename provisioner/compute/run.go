package compute

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

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

const (
	// withdrawn is the generation of a run that we stopped ourselves: no generation of a wish counts it as its failure.
	withdrawn = -1
	// visible is how long a run that was just started may be missing from answers.
	visible = time.Minute
	// quotaPause is how long a full queue is left alone.
	quotaPause = time.Minute

	buildsPerCall = 100
)

// runs are the runs of one kind in one CodeBuild project.
type runs struct {
	clients *Clients
	app     App
	kind    store.Kind
	project string
}

// run is one of them, as far as we care.
type run struct {
	id, token, commit string
	environment       store.ID // empty: not ours
	status            cbtypes.StatusType
	phase             string // the present one, or the one that failed
	seeded            bool
	url               string // of the log
	group, stream     string // of the log in CloudWatch
	began, ended      time.Time
}

func (r run) running() bool { return r.status == cbtypes.StatusTypeInProgress }

// get gives the runs of those IDs that are there.
func (r runs) get(ctx context.Context, ids []string) (map[string]run, error) {
	found := map[string]run{}
	for part := range slices.Chunk(unique(ids), buildsPerCall) {
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
func (r runs) recent(ctx context.Context) ([]run, error) {
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

// start starts a run for the environment with plain variables and references to parameters. The same token within five
// minutes starts nothing new.
func (r runs) start(ctx context.Context, id store.ID, source, token string, plain, secret map[string]string) (run, error) {
	marked := map[string]string{varEnvironment: string(id), varInstallation: r.app.Installation, varKind: string(r.kind), varRun: token}
	var variables []cbtypes.EnvironmentVariable
	for k, v := range sorted(plain) {
		if _, ours := marked[k]; !ours {
			variables = append(variables, cbtypes.EnvironmentVariable{Name: &k, Value: &v, Type: cbtypes.EnvironmentVariableTypePlaintext})
		}
	}
	for k, v := range sorted(marked) {
		variables = append(variables, cbtypes.EnvironmentVariable{Name: &k, Value: &v, Type: cbtypes.EnvironmentVariableTypePlaintext})
	}
	for k, v := range sorted(secret) {
		variables = append(variables, cbtypes.EnvironmentVariable{Name: &k, Value: &v, Type: cbtypes.EnvironmentVariableTypeParameterStore})
	}
	in := &codebuild.StartBuildInput{ProjectName: &r.project, IdempotencyToken: &token, EnvironmentVariablesOverride: variables}
	if source != "" {
		in.SourceVersion = &source
	}
	out, err := r.clients.CodeBuild.StartBuild(ctx, in)
	if err != nil {
		return run{}, fmt.Errorf("start build of %s: %w", r.project, err)
	}
	return r.read(*out.Build), nil
}

// stop asks a run to end.
func (r runs) stop(ctx context.Context, id string) error {
	if _, err := r.clients.CodeBuild.StopBuild(ctx, &codebuild.StopBuildInput{Id: &id}); err != nil {
		return fault(fmt.Errorf("stop build %s: %w", id, err))
	}
	return nil
}

func (r runs) read(b cbtypes.Build) run {
	variables := map[string]string{}
	if b.Environment != nil {
		for _, v := range b.Environment.EnvironmentVariables {
			if v.Type == cbtypes.EnvironmentVariableTypePlaintext || v.Type == "" {
				variables[deref(v.Name)] = deref(v.Value)
			}
		}
	}
	found := run{id: deref(b.Id), status: b.BuildStatus, phase: phase(b), began: deref(b.StartTime), ended: deref(b.EndTime),
		commit: variables["COMMIT"], token: variables[varRun]}
	found.seeded, _ = strconv.ParseBool(variables["SEED"])
	if variables[varInstallation] == r.app.Installation && variables[varKind] == string(r.kind) {
		found.environment = store.ID(variables[varEnvironment])
	}
	if b.Logs != nil {
		found.url, found.group, found.stream = deref(b.Logs.DeepLink), deref(b.Logs.GroupName), deref(b.Logs.StreamName)
	}
	return found
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

// progress says how far a running build is.
func (r run) progress(running string) store.Detail {
	if r.phase == "QUEUED" || r.phase == "SUBMITTED" {
		return store.Say(store.BuildQueued)
	}
	return store.Say(running, r.phase)
}

// intent is the fact to note before a run is started: the one that is noted already where the answer was lost, so that
// both have one token.
func intent(noted store.Fact, spec store.Spec, now time.Time) store.Fact {
	if noted.Commit == spec.Commit && noted.Generation == spec.Generation && noted.Ref == "" && noted.Outcome == "" && !noted.Began.IsZero() {
		noted.Detail, noted.Ended = store.Detail{}, time.Time{}
		return noted
	}
	return store.Fact{Commit: spec.Commit, Generation: spec.Generation, Passed: noted.Passed, Began: now.Truncate(time.Millisecond)}
}

// token names the attempt that the intent is for.
func (r runs) token(id store.ID, f store.Fact) string {
	return digest(string(id), string(r.kind), f.Commit, strconv.FormatInt(f.Generation, 10), strconv.FormatInt(f.Began.UnixMilli(), 10))
}

// held says that an intent waits because the account's queue was full, and until when it is left alone.
func held(f store.Fact, spec store.Spec, now time.Time) (store.Detail, bool) {
	mine := f.Commit == spec.Commit && f.Generation == spec.Generation && f.Ref == "" && f.Detail.Code == store.BuildQuota
	return f.Detail, mine && now.Before(f.Ended.Add(quotaPause))
}

// quota turns a refusal for want of capacity into the fact that says so.
func quota(err error, f store.Fact, now time.Time) (store.Fact, bool) {
	if !coded(err, "AccountLimitExceededException") {
		return f, false
	}
	f.Detail, f.Ended = store.Say(store.BuildQuota, message(err)), now
	return f, true
}

// ongoing gives the environment's running runs.
func ongoing(id store.ID, noted run, recent []run) (going []run) {
	if noted.running() {
		going = append(going, noted)
	}
	for _, b := range recent {
		if b.environment == id && b.running() && b.id != noted.id {
			going = append(going, b)
		}
	}
	return going
}

// stopAll stops all runs of the environment, notes that it was us, and tells how many there were.
func stopAll(ctx context.Context, c *store.Claim, r runs, notebook Notebook) (int, error) {
	f := c.Facts[r.kind]
	byID, err := r.get(ctx, refs(f))
	if err != nil {
		return 0, fault(err)
	}
	recent, err := r.recent(ctx)
	if err != nil {
		return 0, fault(err)
	}
	going := ongoing(c.ID, byID[f.Ref], recent)
	if len(going) > 0 && f.Outcome == "" && f.Generation != withdrawn {
		f.Generation = withdrawn
		if err := notebook.Note(ctx, c, r.kind, f); err != nil {
			return 0, fmt.Errorf("note that builds are stopped: %w", err)
		}
	}
	for _, b := range going {
		if err := r.stop(ctx, b.id); err != nil {
			return 0, err
		}
	}
	return len(going), nil
}

func refs(f store.Fact) []string {
	if f.Ref == "" {
		return nil
	}
	return []string{f.Ref}
}
