package compute

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"qabot/store"
)

// pipeline looks whether the app's pipeline or template can build images.
func (d examiner) pipeline(ctx context.Context) store.Finding {
	name := d.app.Pipeline + d.app.PipelineTemplate // one of the two
	what := "pipeline " + name
	out, err := d.clients.CodePipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &name})
	if err != nil {
		return trouble(what, err, "image.pipeline: the name of a pipeline that is there")
	}
	x := newExecutions(d.app, d.clients)
	switch x.fit(*out.Pipeline) {
	case "":
		source, _ := sourceOf(*out.Pipeline, d.app.PipelineSource)
		takes := good("source", "takes commits by its action %s", source)
		if d.app.PipelineTemplate == "" {
			return good(what, "%s", takes.Said)
		}
		return store.Found(what, takes, d.morePipelines(ctx))
	case store.UnfitMode:
		return bad(what, "one branch would overtake another in it", `pipeline_type = "V2" and execution_mode = "PARALLEL"; or image.pipeline.template in place of name`)
	case store.UnfitVariables:
		return bad(what, "it does not declare the variables by which executions are known",
			fmt.Sprintf("variables %s, %s, %s, COMMIT and IMAGE_TAG, each with a default", varEnvironment, varInstallation, varRun))
	case store.UnfitUnread:
		return bad(what, "EnvironmentVariables of an action is not a list in JSON", "the action's configuration")
	case store.UnfitSource:
		return bad(what, "it has no such source action", "image.pipeline.source")
	}
	return bad(what, "none of its actions builds with CodeBuild", "an action of category Build and provider CodeBuild")
}

// usualPipelines is how many pipelines an account may have in a Region until it asks for more (quotas of CodePipeline). What it
// was given is not looked at.
const usualPipelines = 1000

// morePipelines tells how many there are, for each environment makes one.
func (d examiner) morePipelines(ctx context.Context) store.Finding {
	const what = "room for pipelines"
	n := 0
	for pages := codepipeline.NewListPipelinesPaginator(d.clients.CodePipeline, &codepipeline.ListPipelinesInput{}); pages.HasMorePages(); {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return trouble(what, err, "")
		}
		n += len(out.Pipelines)
	}
	return roomForPipelines(n)
}

func roomForPipelines(n int) store.Finding {
	const what = "room for pipelines"
	if float64(n) >= nearlyFull*usualPipelines {
		return unclear(what, "there are %d, and AWS allows %d unless the account was given more", n, usualPipelines)
	}
	return good(what, "there are %d of %d that AWS allows at least: room for %d more environment(s)", n, usualPipelines, usualPipelines-n)
}

// Pipeline reads the app's pipeline or template: the CodeBuild projects that it runs, and the roles that a copy of it needs.
func Pipeline(ctx context.Context, app App, clients *Clients) (projects, roles []string, err error) {
	name := app.Pipeline + app.PipelineTemplate // one of the two
	out, err := clients.CodePipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &name})
	if err != nil {
		return nil, nil, fmt.Errorf("get pipeline %s: %w", name, err)
	}
	if app.PipelineTemplate != "" {
		roles = append(roles, deref(out.Pipeline.RoleArn))
	}
	for _, s := range out.Pipeline.Stages {
		for _, a := range s.Actions {
			if a.ActionTypeId != nil && deref(a.ActionTypeId.Provider) == codeBuild {
				projects = append(projects, a.Configuration["ProjectName"])
			}
			if arn := deref(a.RoleArn); arn != "" && app.PipelineTemplate != "" {
				roles = append(roles, arn)
			}
		}
	}
	return unique(projects), unique(roles), nil
}

// fit says why the app's pipeline cannot be used, as a code; empty: it can.
func (x executions) fit(d cptypes.PipelineDeclaration) string {
	if x.app.PipelineTemplate == "" {
		if why := unfitShared(d); why != "" {
			return why
		}
		if _, ok := sourceOf(d, x.app.PipelineSource); !ok {
			return store.UnfitSource
		}
		return ""
	}
	_, why := x.copyOf(d, store.Environment{ID: "example"}, x.app.Repository)
	return why
}
