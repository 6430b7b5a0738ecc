package app

import (
	"context"
	"fmt"
	"strings"
	"text/template"

	"qabot/provisioner/compute"
	"qabot/store"
)

// Begin says from which staging services a configuration is to be begun.
type Begin struct {
	Region, Endpoint string // as in the configuration
	Cluster          string
	Services         []string
	Repository       string // on GitHub; empty: to be filled in
}

// Write looks at the services and writes a configuration: what they tell, and what only people know, marked by its faults
// that `qabot doctor` then lists.
func (b Begin) Write(ctx context.Context) (string, error) {
	config, err := compute.Config(ctx, b.Region, b.Endpoint)
	if err != nil {
		return "", fmt.Errorf("configure AWS: %w", err)
	}
	found, err := compute.Discover(ctx, compute.NewClients(config), b.Cluster, b.Services)
	if err != nil {
		return "", err
	}
	return write(b, config.Region, found)
}

// role is a discovery with the name that it gets.
type role struct {
	Name string
	compute.Discovery
}

// write makes the configuration. It is pure.
func write(b Begin, region string, found []compute.Discovery) (string, error) {
	app, names := nameRoles(b.Services)
	var roles []role
	repository := ""
	for i, d := range found {
		roles = append(roles, role{names[i], d})
		if repository == "" {
			repository = d.Repository
		}
	}
	var out strings.Builder
	err := beginning.Execute(&out, map[string]any{
		"App": app, "Region": region, "Endpoint": b.Endpoint, "Cluster": b.Cluster, "Roles": roles, "Image": repository, "Repository": b.Repository,
		"First": found[0],
	})
	if err != nil {
		return "", fmt.Errorf("write the configuration: %w", err)
	}
	return out.String(), nil
}

// nameRoles tells the app's name and each role's from what the services are called: shop-app and shop-admin are the roles
// app and admin of shop. One service alone is called app.
func nameRoles(services []string) (app string, roles []string) {
	first := strings.Split(services[0], "-")
	shared := len(first) - 1
	for _, s := range services[1:] {
		words := strings.Split(s, "-")
		n := 0
		for n < min(shared, len(words)-1) && words[n] == first[n] {
			n++
		}
		shared = n
	}
	app = store.Slug(strings.Join(first[:shared], "-"), 20)
	if app == "" {
		app = "app"
	}
	seen := map[string]bool{}
	for _, s := range services {
		rest := strings.Join(strings.Split(s, "-")[shared:], "")
		name := strings.ReplaceAll(store.Slug(rest, 7), "-", "")
		if name == "" || name[0] < 'a' {
			name = "app"
		}
		for n := 2; seen[name]; n++ {
			name = fmt.Sprintf("%s%d", strings.TrimRight(name[:min(len(name), 6)], "0123456789"), n)
		}
		seen[name] = true
		roles = append(roles, name)
	}
	return app, roles
}

var beginning = template.Must(template.New("").Parse(`# Begun from the staging services{{range .Roles}} {{.Service}}{{end}}.
# What is empty here only people know: fill it in, set the secrets (qabot help serve), and run: qabot doctor
installation: ""              # names this qabot in tags and names, such as your company

store: sqlite:qabot.db        # on ECS: mysql, with QABOT_STORE_DSN

aws:
  region: {{.Region}}
{{- if .Endpoint}}
  endpoint: {{.Endpoint}}
{{- end}}

database:
  scheme: mysql               # of DATABASE_URL: mysql2 for Rails
  isolation: strict
  protected: []               # schemas that are never touched, such as staging's own

apps:
  - name: {{.App}}
    repository: "{{.Repository}}"            # on GitHub: owner/name
    deploys: ["qa/*"]         # these branches come up when they are pushed
    channel: ""               # and are told here: "#qa"
    ttl: 72h
    data_grace: 24h           # data outlives down for so long; /qa undo brings it back
    cluster: {{.Cluster}}
    roles:
{{- range .Roles}}
      # from {{.Service}}: container {{.Container}}, {{.Capacity}}
      - {name: {{.Name}}, service: {{.Service}}, container: {{.Container}}{{if .Port}}, port: {{.Port}}, health: {{or .Health "/"}}{{end}}}
{{- end}}
    load_balancer:            # the QA load balancer, never staging's: manifests/terraform makes one
      name: ""
      ports: [20000, 20199]
      domain: ""              # environments are <id>.<domain>
    image:
      repository: "{{.Image}}"
      project: ""             # CodeBuild project from manifests/codebuild/image.yml
    migration:
      project: ""             # CodeBuild project from manifests/codebuild/migration.yml
      command: ""             # such as: bin/rake db:migrate; or in its place preset: rails, django, laravel, prisma or sql
    network:                  # as staging has them
      subnets: [{{range $i, $s := .First.Subnets}}{{if $i}}, {{end}}{{$s}}{{end}}]
      security_groups: [{{range $i, $s := .First.SecurityGroups}}{{if $i}}, {{end}}{{$s}}{{end}}]
`))
