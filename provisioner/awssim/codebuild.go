package awssim

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
)

// ProjectOptions describe a build project. The zero value will do.
type ProjectOptions struct {
	Env             map[string]string // plain environment variables
	Buildspec       string
	Source          string        // location of the repository
	ConcurrentLimit int           // builds at once; zero: no limit of its own
	BuildTime       time.Duration // least virtual time in BUILD; zero: Durations.BuildWork
	Timeout         time.Duration // default 1 h
	Tags            map[string]string
	VPC             string // where its builds run; empty: none of the account's
	Subnets         []string
	SecurityGroups  []string
}

type project struct {
	data    types.Project
	options ProjectOptions
	number  int64
	builds  []*build // oldest first
	tokens  map[string]buildToken
}

type buildToken struct {
	input codebuild.StartBuildInput
	build *build
	until time.Time
}

// buildTokenTime is how long an idempotencyToken is remembered.
const buildTokenTime = 5 * time.Minute

func (r *Region) codebuildRoutes(ops operations) {
	on(ops, cbAPI, r.batchGetProjects)
	on(ops, cbAPI, r.startBuild)
	on(ops, cbAPI, r.stopBuild)
	on(ops, cbAPI, r.batchGetBuilds)
	on(ops, cbAPI, r.listBuildsForProject)
}

// AddProject adds a build project and returns its ARN.
func (r *Region) AddProject(name string, o ProjectOptions) (arn string) {
	r.locked(func() {
		arn = r.arn("codebuild", "project/"+name)
		at := r.clock.now
		p := &project{options: o, tokens: map[string]buildToken{}, data: types.Project{Name: &name, Arn: &arn, Created: &at, LastModified: &at,
			Source:           &types.ProjectSource{Type: types.SourceTypeGithub, Location: &o.Source, Buildspec: &o.Buildspec},
			Artifacts:        &types.ProjectArtifacts{Type: types.ArtifactsTypeNoArtifacts},
			TimeoutInMinutes: new(int32(cmp.Or(o.Timeout, time.Hour) / time.Minute)), QueuedTimeoutInMinutes: new(int32(480)),
			ServiceRole: new("arn:aws:iam::" + r.opts.Account + ":role/" + name), Tags: tagsAs(o.Tags, func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} }),
			Environment: &types.ProjectEnvironment{Type: types.EnvironmentTypeLinuxContainer, ComputeType: types.ComputeTypeBuildGeneral1Small,
				Image: new("aws/codebuild/standard:7.0"), PrivilegedMode: new(true)}}}
		if o.VPC != "" {
			p.data.VpcConfig = &types.VpcConfig{VpcId: &o.VPC, Subnets: o.Subnets, SecurityGroupIds: o.SecurityGroups}
		}
		if o.ConcurrentLimit > 0 {
			p.data.ConcurrentBuildLimit = new(int32(o.ConcurrentLimit))
		}
		for _, k := range slices.Sorted(maps.Keys(o.Env)) {
			p.data.Environment.EnvironmentVariables = append(p.data.Environment.EnvironmentVariables,
				types.EnvironmentVariable{Name: &k, Value: new(o.Env[k]), Type: types.EnvironmentVariableTypePlaintext})
		}
		r.projects[name] = p
		r.tag(arn, o.Tags)
	})
	return arn
}

func (r *Region) project(nameOrARN string) *project {
	return r.projects[strings.TrimPrefix(nameOrARN, r.arn("codebuild", "project/"))]
}

func (r *Region) batchGetProjects(in *codebuild.BatchGetProjectsInput) (*codebuild.BatchGetProjectsOutput, error) {
	if len(in.Names) == 0 || len(in.Names) > 100 {
		return nil, fail("InvalidInputException", "Between 1 and 100 names are allowed")
	}
	out := &codebuild.BatchGetProjectsOutput{Projects: []types.Project{}, ProjectsNotFound: []string{}}
	for _, name := range in.Names {
		if p := r.project(name); p != nil {
			out.Projects = append(out.Projects, p.data)
		} else {
			out.ProjectsNotFound = append(out.ProjectsNotFound, name)
		}
	}
	return out, nil
}

func (r *Region) startBuild(in *codebuild.StartBuildInput) (*codebuild.StartBuildOutput, error) {
	name := deref(in.ProjectName)
	p := r.project(name)
	if p == nil {
		return nil, fail("ResourceNotFoundException", "Project cannot be found: %s", r.arn("codebuild", "project/"+name))
	}
	if t, used := p.tokens[deref(in.IdempotencyToken)]; used && !r.clock.now.After(t.until) {
		if !reflect.DeepEqual(t.input, *in) {
			return nil, fail("InvalidInputException", "Parameter mismatch: the idempotency token was used with other parameters")
		}
		return &codebuild.StartBuildOutput{Build: r.describeBuild(t.build)}, nil
	}
	if err := r.mayBuild(p); err != nil {
		return nil, err
	}
	for _, v := range in.EnvironmentVariablesOverride {
		if deref(v.Name) == "" {
			return nil, fail("InvalidInputException", "An environment variable needs a name")
		}
	}
	b := r.newBuild(p, in)
	if deref(in.IdempotencyToken) != "" {
		p.tokens[*in.IdempotencyToken] = buildToken{*in, b, r.clock.now.Add(buildTokenTime)}
	}
	return &codebuild.StartBuildOutput{Build: r.describeBuild(b)}, nil
}

// mayBuild enforces the account's concurrency and queue, and the project's own limit.
func (r *Region) mayBuild(p *project) error {
	limit, unfinished := r.opts.Quotas.ConcurrentBuilds, 0
	for _, other := range r.projects {
		unfinished += other.unfinished()
	}
	if unfinished >= 6*limit { // the running ones and a queue of five times as many
		return fail("AccountLimitExceededException", "Cannot have more than %d builds in queue for the account", 5*limit)
	}
	if n := p.unfinished(); p.options.ConcurrentLimit > 0 && n >= p.options.ConcurrentLimit {
		return fail("AccountLimitExceededException", "Cannot have more than %d concurrent builds for the project %s", p.options.ConcurrentLimit, *p.data.Name)
	}
	return nil
}

func (p *project) unfinished() (n int) {
	for _, b := range p.builds {
		if !b.done() {
			n++
		}
	}
	return n
}

func (r *Region) build(idOrARN string) *build {
	return r.builds[strings.TrimPrefix(idOrARN, r.arn("codebuild", "build/"))]
}

func (r *Region) stopBuild(in *codebuild.StopBuildInput) (*codebuild.StopBuildOutput, error) {
	b := r.build(deref(in.Id))
	if b == nil {
		return nil, fail("ResourceNotFoundException", "Build %s does not exist", deref(in.Id))
	}
	r.finish(b, types.StatusTypeStopped, nil)
	return &codebuild.StopBuildOutput{Build: r.describeBuild(b)}, nil
}

func (r *Region) batchGetBuilds(in *codebuild.BatchGetBuildsInput) (*codebuild.BatchGetBuildsOutput, error) {
	if len(in.Ids) == 0 || len(in.Ids) > 100 {
		return nil, fail("InvalidInputException", "Between 1 and 100 build ids are allowed")
	}
	out := &codebuild.BatchGetBuildsOutput{Builds: []types.Build{}, BuildsNotFound: []string{}}
	for _, id := range in.Ids {
		if b := r.build(id); b != nil {
			out.Builds = append(out.Builds, *r.describeBuild(b))
		} else {
			out.BuildsNotFound = append(out.BuildsNotFound, id)
		}
	}
	return out, nil
}

func (r *Region) listBuildsForProject(in *codebuild.ListBuildsForProjectInput) (*codebuild.ListBuildsForProjectOutput, error) {
	p := r.project(deref(in.ProjectName))
	if p == nil {
		return nil, fail("ResourceNotFoundException", "The build project %s does not exist", deref(in.ProjectName))
	}
	var ids []string
	for _, b := range p.builds {
		if r.visible(*b.data.StartTime) {
			ids = append(ids, b.id)
		}
	}
	if in.SortOrder != types.SortOrderTypeAscending {
		slices.Reverse(ids)
	}
	items, next, ok := page(ids, in.NextToken, 100)
	if !ok {
		return nil, fail("InvalidInputException", "Invalid token")
	}
	return &codebuild.ListBuildsForProjectOutput{Ids: append([]string{}, items...), NextToken: next}, nil
}

// describeBuild copies what changes later.
func (r *Region) describeBuild(b *build) *types.Build {
	out := b.data
	out.Phases = slices.Clone(b.data.Phases)
	logs := &types.LogsLocation{}
	if b.log != nil {
		group, stream := "/aws/codebuild/"+*b.project.data.Name, b.log.stream.name
		logs.GroupName, logs.StreamName = &group, &stream
		logs.CloudWatchLogsArn = new(r.arn("logs", "log-group:"+group+":log-stream:"+stream))
		logs.DeepLink = new(fmt.Sprintf("https://console.aws.amazon.com/cloudwatch/home?region=%s#logsV2:log-groups/log-group/%s/log-events/%s",
			r.opts.Region, strings.ReplaceAll(group, "/", "$252F"), stream))
	}
	out.Logs = logs
	return &out
}
