package app

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// decodeApp reads a configuration whose only app has these lines of YAML in place of image and migration.
func decodeApp(lines string) (*Config, error) {
	return Decode("qabot.yaml", []byte("installation: acme\ngithub: {events: polling}\napps:\n  - {name: shop, repository: acme/shop, cluster: c, roles: [{name: app, service: a}, {name: worker, service: b}],\n"+lines+"}\n"))
}

func TestImageFaults(t *testing.T) {
	for image, want := range map[string]string{
		"{repository: r, project: p}":                           "",
		"{repository: r, pipeline: {name: p, source: Code}}":    "",
		"{repository: r, pipeline: {template: p}}":              "",
		"{repository: r}":                                       "apps[0].image.project",
		"{repository: r, pipeline: {source: Code}}":             "apps[0].image.project",
		"{repository: r, project: p, pipeline: {name: p}}":      "apps[0].image",
		"{repository: r, pipeline: {name: p, template: p}}":     "apps[0].image",
		"{repository: r, project: p, pipeline: {source: Code}}": "apps[0].image.pipeline.source",
	} {
		_, err := decodeApp("migration: {via: ecs, command: x},\nimage: " + image)
		var faults *Faults
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", image, err)
		case want != "" && (!errors.As(err, &faults) || len(faults.List) != 1 || faults.List[0].Path != want || faults.List[0].Line != 6):
			t.Errorf("%s: %v; want one fault of %s in line 6", image, err, want)
		}
	}
}

func TestRightsGoAsFarAsTheApp(t *testing.T) {
	names := accountNames{Region: "eu-west-1", Account: "111122223333", Installation: "acme"}
	for app, want := range map[string]string{
		"image: {repository: r, project: p}, migration: {project: q, command: x}":              "",
		"image: {repository: r, project: p}, migration: {via: ecs, command: x}":                "RunOwnMigrations StopOwnMigrations",
		"image: {repository: r, pipeline: {name: p}}, migration: {project: q, command: x}":     "SeePipelines RunPipelines",
		"image: {repository: r, pipeline: {template: p}}, migration: {project: q, command: x}": "SeePipelines RunPipelines MakeOwnPipelines SeeTagsOfOwnPipelines RemoveOwnPipelines HandRolesOfTemplatesToPipelines CountPipelines",
	} {
		config, err := decodeApp(app)
		if err != nil {
			t.Fatal(err)
		}
		needs := pipelineNeeds{projects: []string{"built"}}
		if config.Apps[0].Image.Pipeline.Template != "" {
			needs.roles = []string{"arn:aws:iam::111122223333:role/pipe"}
		}
		rights, err := names.rights(config.Apps[0], config.Database, nil, needs)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rights {
			if strings.Contains(r.Sid, "Migrations") || strings.Contains(r.Sid, "Pipelines") {
				got = append(got, r.Sid)
			}
			if r.Sid == "Build" && !slices.Contains(r.Resources, "arn:aws:codebuild:eu-west-1:111122223333:project/built") {
				t.Errorf("%s: builds on %v", app, r.Resources)
			}
		}
		if !equalWords(got, want) {
			t.Errorf("%s: it needs %v, want %s", app, got, want)
		}
	}
}

func equalWords(got []string, want string) bool {
	return slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(strings.Fields(want))))
}

func TestMigrationFaults(t *testing.T) {
	for _, c := range []struct{ migration, role, want string }{
		{"{project: p, command: x}", "", ""},
		{"{via: ecs, command: x}", "app", ""},
		{"{via: ecs, role: worker, command: x}", "worker", ""},
		{"{project: p, preset: rails}", "", ""},
		{"{via: ecs, preset: sql, seed: none}", "app", ""},
		{"{project: p, preset: prisma}", "", ""},
		{"{project: p, preset: rails, command: x}", "", "apps[0].migration.command"},
		{"{project: p, preset: symfony}", "", "apps[0].migration.preset"},
		{"{project: p}", "", "apps[0].migration.command"},
		{"{command: x}", "", "apps[0].migration.project"},
		{"{project: p, command: x, role: app}", "", "apps[0].migration.role"},
		{"{via: ecs, command: x, role: nobody}", "", "apps[0].migration.role"},
		{"{via: ecs, project: p, command: x}", "", "apps[0].migration.project"},
		{"{via: lambda, command: x}", "", "apps[0].migration.via"},
	} {
		config, err := decodeApp("image: {repository: r, project: p},\nmigration: " + c.migration)
		var faults *Faults
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.migration, err)
		case c.want != "" && (!errors.As(err, &faults) || len(faults.List) != 1 || faults.List[0].Path != c.want || faults.List[0].Line != 6):
			t.Errorf("%s: %v; want one fault of %s in line 6", c.migration, err, c.want)
		case c.want == "" && config.Apps[0].migrationRole() != c.role:
			t.Errorf("%s: it runs as a task of role %q, want %q", c.migration, config.Apps[0].migrationRole(), c.role)
		}
	}
}
