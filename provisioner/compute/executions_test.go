package compute

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// builder is a pipeline that takes a commit, builds it with the image project, and has what change adds.
func builder(name string, change func(*cptypes.PipelineDeclaration)) cptypes.PipelineDeclaration {
	action := func(name string, category cptypes.ActionCategory, provider string, configuration map[string]string) cptypes.ActionDeclaration {
		return cptypes.ActionDeclaration{Name: &name, Configuration: configuration,
			ActionTypeId: &cptypes.ActionTypeId{Category: category, Owner: cptypes.ActionOwnerAws, Provider: &provider, Version: new("1")}}
	}
	d := cptypes.PipelineDeclaration{Name: &name, RoleArn: new("arn:aws:iam::123456789012:role/pipe"), ArtifactStore: &cptypes.ArtifactStore{Type: cptypes.ArtifactStoreTypeS3, Location: new("artifacts")},
		Stages: []cptypes.StageDeclaration{
			{Name: new("Source"), Actions: []cptypes.ActionDeclaration{action("Code", cptypes.ActionCategorySource, "CodeStarSourceConnection", map[string]string{"FullRepositoryId": "acme/shop", "BranchName": "main"})}},
			{Name: new("Build"), Actions: []cptypes.ActionDeclaration{action("Image", cptypes.ActionCategoryBuild, codeBuild, map[string]string{"ProjectName": "shop-image"})}},
			{Name: new("Deploy"), Actions: []cptypes.ActionDeclaration{action("Staging", cptypes.ActionCategoryDeploy, "ECS", nil)}},
		}}
	change(&d)
	return d
}

// shared makes a builder fit for all branches.
func shared(d *cptypes.PipelineDeclaration) {
	d.PipelineType, d.ExecutionMode = cptypes.PipelineTypeV2, cptypes.ExecutionModeParallel
	for _, name := range []string{varEnvironment, varInstallation, varRun, "COMMIT", "IMAGE_TAG", "IMAGE_REPOSITORY"} {
		d.Variables = append(d.Variables, cptypes.PipelineVariableDeclaration{Name: &name, DefaultValue: new("none")})
	}
	d.Stages = d.Stages[:2]
	d.Stages[1].Actions[0].Configuration["EnvironmentVariables"] = `[{"name":"IMAGE_TAG","value":"#{variables.IMAGE_TAG}"},{"name":"IMAGE_REPOSITORY","value":"#{variables.IMAGE_REPOSITORY}"}]`
}

func asItIs(*cptypes.PipelineDeclaration) {}

// byPipeline has images built by the shared pipeline, or by copies of the template.
func (w *world) byPipeline(template bool) {
	w.region.AddPipeline(builder("shop-shared", shared), nil)
	w.region.AddPipeline(builder("shop-template", asItIs), nil)
	w.region.OnSource(func(string, string) string { return third })
	w.app.Pipeline, w.app.PipelineTemplate, w.app.ImageProject = "shop-shared", "", ""
	if template {
		w.app.Pipeline, w.app.PipelineTemplate = "", "shop-template"
	}
	w.build()
}

// became gives how the builds of images stand, oldest first.
func (w *world) became() (states []string) {
	for _, b := range w.region.State().Builds {
		if strings.HasPrefix(b.Name, "shop-image:") {
			states = append(states, b.Status)
		}
	}
	return states
}

func (w *world) pipelines() (names []string) {
	for _, p := range w.region.State().Pipelines {
		names = append(names, p.Name)
	}
	return names
}

func bothWays(t *testing.T, test func(t *testing.T, w *world, template bool)) {
	for _, template := range []bool{false, true} {
		name := "one pipeline for all branches"
		if template {
			name = "a copy for each branch"
		}
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.byPipeline(template)
			test(t, w, template)
		})
	}
}

func TestImageByPipeline(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world, template bool) {
		w.push(first)
		env := w.untilPhase(store.Up)
		if env.Status.Serving != first || w.images() != 1 {
			t.Errorf("serving %q, with %d images", env.Status.Serving, w.images())
		}
		w.push(second)
		w.until("it builds", func(e store.Environment) bool {
			d := e.Status.Seen[ImageKind].Detail
			return e.Status.Seen[ImageKind].State == store.Working && d.Code == store.BuildRunning && d.Args[0] == "BUILD"
		})
		w.push(first) // back to what is built: the newer build is superseded
		w.untilPhase(store.Up)
		w.push(second)
		if env := w.untilPhase(store.Up); env.Status.Serving != second || w.images() != 2 {
			t.Errorf("serving %q, with %d images", env.Status.Serving, w.images())
		}
		if got, want := w.became(), []string{"STOPPED", "SUCCEEDED", "SUCCEEDED"}; !sameSet(got, want) {
			t.Errorf("builds became %v, want %v", got, want)
		}
		w.checkSecrets()
		if own := slices.Contains(w.pipelines(), "qabot-acme-"+string(w.id)); own != template {
			t.Errorf("there are the pipelines %v", w.pipelines())
		}
		w.want(func(s *store.Spec) { s.Released = true })
		w.untilPhase(store.Removed)
		if got := w.pipelines(); !slices.Equal(got, []string{"shop-shared", "shop-template"}) {
			t.Errorf("left are the pipelines %v", got)
		}
	})
}

func TestPipelineThatFails(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world, template bool) {
		w.failBuilds("shop-image", "BUILD", "Unknown gem in "+secretValue)
		w.push(first)
		env := w.untilPhase(store.Broken)
		o := env.Status.Seen[ImageKind]
		if o.Detail.Code != store.BuildFailed || o.Detail.Args[0] != "BUILD" || !strings.Contains(o.URL, "log-events") {
			t.Errorf("failed as %+v", o)
		}
		lines, url := w.explained(ImageKind)
		if !strings.Contains(strings.Join(lines, "\n"), "Unknown gem") || url == "" {
			t.Errorf("explained as %q at %q", lines, url)
		}
		w.checkSecrets()
		builds := len(w.became())
		for range 3 {
			w.region.Advance(time.Minute)
			w.pass()
		}
		if n := len(w.became()); n != builds {
			t.Errorf("%d more builds without anybody asking", n-builds)
		}
		w.region.OnBuild(pushes)
		w.push(first)
		w.untilPhase(store.Up)
	})
}

func TestPipelineWhoseAnswerWasLost(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world, template bool) {
		w.region.FailNext("StartPipelineExecution", attempts, awssim.Fault{Kind: awssim.Drop, After: true})
		w.region.FailNext("CreatePipeline", attempts, awssim.Fault{Kind: awssim.Drop, After: true})
		w.push(first)
		for range 4 {
			_, _ = w.rec.Pass(t.Context(), w.id) // what it says of the lost answer is not the matter here
			w.build()
			w.region.Advance(time.Second)
		}
		w.untilPhase(store.Up)
		if n := len(slices.DeleteFunc(w.became(), func(s string) bool { return s == "STOPPED" })); n != 1 {
			t.Errorf("builds became %v, want one that was not stopped", w.became())
		}
	})
}

func TestPipelinesThatCannotBuild(t *testing.T) {
	for _, test := range []struct {
		name     string
		template bool
		change   func(*cptypes.PipelineDeclaration)
		want     string
	}{
		{"SUPERSEDED", false, func(d *cptypes.PipelineDeclaration) { shared(d); d.ExecutionMode = cptypes.ExecutionModeSuperseded }, store.UnfitMode},
		{"V1", false, asItIs, store.UnfitMode},
		{"without variables", false, func(d *cptypes.PipelineDeclaration) { shared(d); d.Variables = d.Variables[1:] }, store.UnfitVariables},
		{"a template that builds nothing", true, func(d *cptypes.PipelineDeclaration) { d.Stages = slices.Delete(d.Stages, 1, 2) }, store.UnfitBuild},
		{"another source", true, func(d *cptypes.PipelineDeclaration) { d.Stages[0].Actions[0].Name = new("Other") }, store.UnfitSource},
		{"variables that are none", true, func(d *cptypes.PipelineDeclaration) {
			d.Stages[1].Actions[0].Configuration["EnvironmentVariables"] = "A=1"
		}, store.UnfitUnread},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.byPipeline(test.template)
			w.app.PipelineSource = "Code"
			w.region.AddPipeline(builder("shop-odd", test.change), nil)
			w.app.Pipeline, w.app.PipelineTemplate = "shop-odd", ""
			if test.template {
				w.app.Pipeline, w.app.PipelineTemplate = "", "shop-odd"
			}
			w.build()
			w.push(first)
			env := w.untilPhase(store.Broken)
			if d := env.Status.Seen[ImageKind].Detail; d.Code != store.PipelineUnfit || !slices.Equal(d.Args, []string{"shop-odd", test.want}) {
				t.Errorf("failed with %+v", d)
			}
			if f := (examiner{app: w.app, clients: w.clients}).pipeline(t.Context()); f.Verdict != store.Bad || f.Fix == "" {
				t.Errorf("the doctor says %+v", f)
			}
		})
	}
}

func TestForeignPipelineIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.byPipeline(true)
	own := "qabot-acme-" + string(w.id)
	w.region.AddPipeline(builder(own, asItIs), map[string]string{tagInstallation: "another", tagEnvironment: string(w.id)})
	w.push(first)
	env := w.untilPhase(store.Broken)
	if d := env.Status.Seen[ImageKind].Detail; d.Code != store.Foreign || d.Args[1] != own {
		t.Errorf("failed with %+v", d)
	}
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if !slices.Contains(w.pipelines(), own) {
		t.Error("somebody else's pipeline was deleted")
	}
}

// TestCopyOfATemplate: it builds one branch, and deploys nothing anywhere.
func TestCopyOfATemplate(t *testing.T) {
	w := newWorld(t)
	w.byPipeline(true)
	w.push(first)
	w.untilPhase(store.Up)
	out, err := w.hand.CodePipeline.GetPipeline(t.Context(), &codepipeline.GetPipelineInput{Name: new("qabot-acme-" + string(w.id))})
	if err != nil {
		t.Fatal(err)
	}
	d := out.Pipeline
	if d.PipelineType != cptypes.PipelineTypeV2 || d.ExecutionMode != cptypes.ExecutionModeParallel || len(d.Stages) != 2 {
		t.Errorf("it is %s %s with %d stages", d.PipelineType, d.ExecutionMode, len(d.Stages))
	}
	source, build := d.Stages[0].Actions[0], d.Stages[1].Actions[0]
	if c := source.Configuration; c["BranchName"] != "feature/login" || c["DetectChanges"] != "false" || c["FullRepositoryId"] != "acme/shop" || *source.Namespace != sourceSpace {
		t.Errorf("its source is %+v", c)
	}
	want := `[{"name":"BRANCH","value":"feature/login","type":"PLAINTEXT"},{"name":"COMMIT","value":"#{SourceVariables.CommitId}","type":"PLAINTEXT"},` +
		`{"name":"IMAGE_REPOSITORY","value":"` + w.region.Registry() + `/shop","type":"PLAINTEXT"},{"name":"IMAGE_TAG","value":"git-#{SourceVariables.CommitId}","type":"PLAINTEXT"}]`
	if got := build.Configuration["EnvironmentVariables"]; got != want {
		t.Errorf("its variables are %s\nwant %s", got, want)
	}
	projects, roles, err := Pipeline(t.Context(), w.app, w.clients)
	if err != nil || !slices.Equal(projects, []string{"shop-image"}) || !slices.Equal(roles, []string{"arn:aws:iam::123456789012:role/pipe"}) {
		t.Errorf("it needs %v and %v, %v", projects, roles, err)
	}
	if f := (examiner{app: w.app, clients: w.clients}).pipeline(t.Context()); f.Verdict != store.Good || len(f.Below) != 2 || f.Below[1].Verdict != store.Good {
		t.Errorf("the doctor says %+v", f)
	}
}

func TestPipelineSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		w.byPipeline(true)
		s := w.subject(ImageKind)
		s.Made = 1
		s.Count = func(*testing.T) int { return len(w.pipelines()) - 2 } // but the team's
		s.Prepare = func(t *testing.T, c *store.Claim) {
			if c.Spec.Released && w.images() > 0 { // else what is built needs no pipeline
				w.removeImage(first)
			}
		}
		return s
	})
}
