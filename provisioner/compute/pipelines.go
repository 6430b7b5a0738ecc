package compute

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"qabot/store"
)

// ready gives the pipeline to start for a job: the shared one, if it is fit, or the environment's own copy, which is
// made when it is not there.
func (x executions) ready(ctx context.Context, j job) (*cptypes.PipelineDeclaration, error) {
	if x.app.PipelineTemplate == "" {
		out, err := x.clients.CodePipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &x.app.Pipeline})
		if coded(err, "PipelineNotFoundException") {
			return nil, x.unfit(x.app.Pipeline, store.UnfitMissing)
		}
		if err != nil {
			return nil, fmt.Errorf("get pipeline %s: %w", x.app.Pipeline, err)
		}
		if why := unfitShared(*out.Pipeline); why != "" {
			return nil, x.unfit(x.app.Pipeline, why)
		}
		return out.Pipeline, nil
	}
	own := x.pipeline(j.env.ID)
	found, ours, err := x.own(ctx, j.env.ID)
	switch {
	case err != nil:
		return nil, err
	case found != nil && !ours:
		return nil, store.NewProblem(nil, store.Foreign, "pipeline", own)
	case found != nil:
		return found, nil
	}
	template, err := x.clients.CodePipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &x.app.PipelineTemplate})
	if coded(err, "PipelineNotFoundException") {
		return nil, x.unfit(x.app.PipelineTemplate, store.UnfitMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("get pipeline %s: %w", x.app.PipelineTemplate, err)
	}
	d, why := x.copyOf(*template.Pipeline, j.env, j.plain["IMAGE_REPOSITORY"])
	if why != "" {
		return nil, x.unfit(x.app.PipelineTemplate, why)
	}
	var tags []cptypes.Tag
	for k, v := range sorted(x.app.marks(j.env)) {
		tags = append(tags, cptypes.Tag{Key: &k, Value: &v})
	}
	out, err := x.clients.CodePipeline.CreatePipeline(ctx, &codepipeline.CreatePipelineInput{Pipeline: d, Tags: tags})
	if coded(err, "LimitExceededException") {
		return nil, &fullError{store.Say(store.BuildQuota, message(err)), err}
	}
	if err != nil {
		return nil, fmt.Errorf("create pipeline %s: %w", own, err)
	}
	return out.Pipeline, x.halt(ctx, j.env.ID)
}

// halt stops what AWS starts by itself when a pipeline is made: it would build whatever the branch's head is. What is not to
// be seen yet goes on to its end and does no harm, for it is tagged with the commit that it took.
func (x executions) halt(ctx context.Context, id store.ID) error {
	begun, err := x.recent(ctx, []store.ID{id})
	if err != nil {
		return err
	}
	for _, r := range begun {
		if err := x.stop(ctx, r.id); err != nil {
			return err
		}
	}
	return nil
}

func (x executions) unfit(pipeline, why string) error {
	return store.NewProblem(nil, store.PipelineUnfit, pipeline, why)
}

// unfitShared says why a pipeline cannot serve all branches: without PARALLEL mode one branch would overtake another, and
// without the marks nobody could tell whose an execution is.
func unfitShared(d cptypes.PipelineDeclaration) (why string) {
	if d.PipelineType != cptypes.PipelineTypeV2 || d.ExecutionMode != cptypes.ExecutionModeParallel {
		return store.UnfitMode
	}
	for _, name := range []string{varEnvironment, varInstallation, varRun, "COMMIT", "IMAGE_TAG"} {
		if !slices.ContainsFunc(d.Variables, func(v cptypes.PipelineVariableDeclaration) bool { return deref(v.Name) == name }) {
			return store.UnfitVariables
		}
	}
	return ""
}

// sourceOf gives the source action that takes the commit: the one of that name, or the first.
func sourceOf(d cptypes.PipelineDeclaration, name string) (string, bool) {
	for _, s := range d.Stages {
		for _, a := range s.Actions {
			if a.ActionTypeId != nil && a.ActionTypeId.Category == cptypes.ActionCategorySource && (name == "" || deref(a.Name) == name) {
				return deref(a.Name), true
			}
		}
	}
	return "", false
}

// sourceSpace is the namespace of the source's variables, where the template has given it none.
const sourceSpace = "SourceVariables"

// copyOf makes an environment's pipeline from the template: its source, build and test actions and nothing else, so that no
// branch is deployed where the template deploys. It starts only when it is told to, always on one commit, and names the
// image after the commit that it has really taken.
func (x executions) copyOf(template cptypes.PipelineDeclaration, env store.Environment, repository string) (d *cptypes.PipelineDeclaration, why string) {
	source, ok := sourceOf(template, x.app.PipelineSource)
	if !ok {
		return nil, store.UnfitSource
	}
	template.Name, template.Version, template.Triggers = new(x.pipeline(env.ID)), nil, nil
	template.PipelineType, template.ExecutionMode = cptypes.PipelineTypeV2, cptypes.ExecutionModeParallel
	template.Variables = slices.Clone(template.Variables)
	for _, name := range []string{varEnvironment, varInstallation, varRun, "COMMIT"} {
		template.Variables = slices.DeleteFunc(template.Variables, func(v cptypes.PipelineVariableDeclaration) bool { return deref(v.Name) == name })
		template.Variables = append(template.Variables, cptypes.PipelineVariableDeclaration{Name: &name, DefaultValue: new("none")})
	}
	space, builds := sourceSpace, 0
	var stages []cptypes.StageDeclaration
	for _, s := range template.Stages {
		var actions []cptypes.ActionDeclaration
		for _, a := range s.Actions {
			if a.ActionTypeId == nil {
				continue
			}
			a.Configuration = maps.Clone(a.Configuration)
			switch a.ActionTypeId.Category {
			case cptypes.ActionCategorySource:
				if deref(a.Name) == source {
					a.Namespace, space = takesBranch(a, env.Spec.Branch)
				}
				waits(a)
			case cptypes.ActionCategoryBuild, cptypes.ActionCategoryTest:
				if deref(a.ActionTypeId.Provider) == codeBuild {
					if names(a, env.Spec.Branch, space, repository) != nil {
						return nil, store.UnfitUnread
					}
					builds++
				}
			default:
				continue
			}
			actions = append(actions, a)
		}
		if len(actions) > 0 {
			s.Actions, s.Blockers = actions, nil
			stages = append(stages, s)
		}
	}
	if template.Stages = stages; builds == 0 {
		return nil, store.UnfitBuild
	}
	return &template, ""
}

// takesBranch points a source action at the branch, and gives the namespace of its variables.
func takesBranch(a cptypes.ActionDeclaration, branch string) (namespace *string, space string) {
	for _, key := range []string{"BranchName", "Branch"} {
		if _, ok := a.Configuration[key]; ok {
			a.Configuration[key] = branch
		}
	}
	if space = deref(a.Namespace); space == "" {
		space = sourceSpace
	}
	return &space, space
}

// waits keeps a source action from starting anything by itself: pushes come to us.
func waits(a cptypes.ActionDeclaration) {
	switch deref(a.ActionTypeId.Provider) {
	case "CodeStarSourceConnection":
		a.Configuration["DetectChanges"] = "false"
	case "GitHub", "CodeCommit":
		a.Configuration["PollForSourceChanges"] = "false"
	}
}

// variable is one of a CodeBuild action's, as its configuration has it in JSON.
type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

// names gives a build action the variables of our buildspec. The commit is the one that the source action has taken, whatever
// was asked for: an image never bears another commit's name.
func names(a cptypes.ActionDeclaration, branch, space, repository string) error {
	const key = "EnvironmentVariables"
	var all []variable
	if text := a.Configuration[key]; text != "" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return fmt.Errorf("read the variables of action %s: %w", deref(a.Name), err)
		}
	}
	commit := "#{" + space + ".CommitId}"
	ours := map[string]string{"BRANCH": strings.ReplaceAll(branch, "#{", "_{"), "COMMIT": commit, "IMAGE_TAG": imageTag(commit), "IMAGE_REPOSITORY": repository}
	all = slices.DeleteFunc(all, func(v variable) bool { return ours[v.Name] != "" })
	for k, v := range sorted(ours) {
		all = append(all, variable{k, v, "PLAINTEXT"})
	}
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("write the variables of action %s: %w", deref(a.Name), err)
	}
	a.Configuration[key] = string(text)
	return nil
}

// own gives an environment's pipeline, nil when it is not there, and whether it bears our marks.
func (x executions) own(ctx context.Context, id store.ID) (d *cptypes.PipelineDeclaration, ours bool, err error) {
	name := x.pipeline(id)
	out, err := x.clients.CodePipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &name})
	if coded(err, "PipelineNotFoundException") {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("get pipeline %s: %w", name, err)
	}
	list, err := x.clients.CodePipeline.ListTagsForResource(ctx, &codepipeline.ListTagsForResourceInput{ResourceArn: out.Metadata.PipelineArn})
	if err != nil {
		return nil, false, fmt.Errorf("list tags of pipeline %s: %w", name, err)
	}
	tags := map[string]string{}
	for _, t := range list.Tags {
		tags[deref(t.Key)] = deref(t.Value)
	}
	return out.Pipeline, x.app.owns(id, tags), nil
}

func (x executions) remains(ctx context.Context, ids []store.ID) (map[store.ID]bool, error) {
	remains := map[store.ID]bool{}
	if x.app.PipelineTemplate == "" {
		return remains, nil
	}
	var mu sync.Mutex
	err := each(ctx, len(ids), func(ctx context.Context, i int) error {
		_, ours, err := x.own(ctx, ids[i])
		mu.Lock()
		defer mu.Unlock()
		remains[ids[i]] = ours
		return err
	})
	return remains, err
}

// clear deletes the environment's pipeline, and only one that we made.
func (x executions) clear(ctx context.Context, c *store.Claim) error {
	if x.app.PipelineTemplate == "" {
		return nil
	}
	_, ours, err := x.own(ctx, c.ID)
	if err != nil || !ours {
		return fault(err)
	}
	name := x.pipeline(c.ID)
	if _, err := x.clients.CodePipeline.DeletePipeline(ctx, &codepipeline.DeletePipelineInput{Name: &name}); err != nil {
		return fault(fmt.Errorf("delete pipeline %s: %w", name, err))
	}
	return nil
}
