package app

import (
	"fmt"
	"os"
	"path"
	"reflect"
	"regexp"
	"strings"
)

var (
	nameShape = regexp.MustCompile(`^[a-z][a-z0-9-]{0,18}[a-z0-9]$|^[a-z]$`)
	roleShape = regexp.MustCompile(`^[a-z][a-z0-9]{0,6}$`)
	repoShape = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
)

// check gives every fault of the values, with the path of each.
func (c *Config) check() []Fault {
	var faults checker
	faults.match("installation", c.Installation, nameShape, "lower case letters, digits and hyphens, at most 20, beginning with a letter")
	if !strings.HasPrefix(c.Store, "sqlite:") && c.Store != "mysql" {
		faults.add("store", "must be sqlite:PATH, or mysql with the DSN in QABOT_STORE_DSN")
	}
	if !strings.HasPrefix(c.Slack.Command, "/") {
		faults.add("slack.command", "must begin with a slash")
	}
	if !strings.HasPrefix(c.GitHub.Webhook.Path, "/") {
		faults.add("github.webhook.path", "must begin with a slash")
	}
	if c.Database.Isolation != "strict" && c.Database.Isolation != "best-effort" {
		faults.add("database.isolation", "must be strict or best-effort")
	}
	if c.Database.Connections < 0 {
		faults.add("database.connections", "must not be negative")
	}
	pace := reflect.ValueOf(c.Pace)
	for i := range pace.NumField() {
		if pace.Field(i).Int() <= 0 {
			faults.add("pace."+pace.Type().Field(i).Tag.Get("yaml"), "must be longer than nothing")
		}
	}
	if len(c.Apps) == 0 {
		faults.add("apps", "is empty: there is nothing to deploy")
	}
	seen := map[string]bool{}
	for i, a := range c.Apps {
		at := fmt.Sprintf("apps[%d]", i)
		if seen[a.Name] {
			faults.add(at+".name", fmt.Sprintf("%q is there twice", a.Name))
		}
		seen[a.Name] = true
		a.check(at, &faults)
	}
	return faults
}

func (a *App) check(at string, f *checker) {
	f.match(at+".name", a.Name, nameShape, "lower case letters, digits and hyphens, at most 20, beginning with a letter")
	f.match(at+".repository", a.Repository, repoShape, "owner/name")
	for i, p := range a.Deploys {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			f.add(fmt.Sprintf("%s.deploys[%d]", at, i), fmt.Sprintf("%q is no pattern; try qa/*", p))
		}
	}
	if len(a.Deploys) > 0 && a.Channel == "" {
		f.add(at+".channel", "is needed: branches that deploy by themselves must be told somewhere")
	}
	if a.TTL <= 0 {
		f.add(at+".ttl", "must be longer than nothing")
	}
	f.need(at+".cluster", a.Cluster)
	f.need(at+".image.repository", a.Image.Repository)
	f.need(at+".image.project", a.Image.Project)
	f.need(at+".migration.project", a.Migration.Project)
	f.need(at+".migration.command", a.Migration.Command)
	if len(a.Roles) == 0 {
		f.add(at+".roles", "is empty: nothing would run")
	}
	ports := 0
	seen := map[string]bool{}
	for i, r := range a.Roles {
		role := fmt.Sprintf("%s.roles[%d]", at, i)
		f.match(role+".name", r.Name, roleShape, "lower case letters and digits, at most 7, beginning with a letter")
		if seen[r.Name] {
			f.add(role+".name", fmt.Sprintf("%q is there twice", r.Name))
		}
		seen[r.Name] = true
		f.need(role+".service", r.Service)
		if r.Port < 0 || r.Port > 65535 {
			f.add(role+".port", "must be a port from 1 to 65535, or 0 for none")
		}
		if !strings.HasPrefix(r.Health, "/") {
			f.add(role+".health", "must be a path that begins with a slash")
		}
		if r.Port > 0 {
			ports++
		}
	}
	if ports > 0 {
		a.Balancer.check(at+".load_balancer", ports, f)
	}
}

func (b *Balancer) check(at string, roles int, f *checker) {
	f.need(at+".name", b.Name)
	f.need(at+".domain", b.Domain)
	switch {
	case len(b.Ports) != 2:
		f.add(at+".ports", "must be the first and the last port: [20000, 20199]")
	case b.Ports[0] < 1 || b.Ports[1] > 65535 || b.Ports[1]-b.Ports[0]+1 < roles:
		f.add(at+".ports", fmt.Sprintf("must be a range within 1 to 65535 with room for %d role(s)", roles))
	}
}

type checker []Fault

func (f *checker) add(path, text string) { *f = append(*f, Fault{Path: path, Text: text}) }

func (f *checker) need(path, value string) {
	if value == "" {
		f.add(path, "is missing")
	}
}

func (f *checker) match(path, value string, shape *regexp.Regexp, want string) {
	switch {
	case value == "":
		f.add(path, "is missing")
	case !shape.MatchString(value):
		f.add(path, fmt.Sprintf("%q must be %s", value, want))
	}
}

// ReadSecrets takes the secrets from the environment and reports every one that this configuration needs and that is not there.
func ReadSecrets(c *Config) (Secrets, error) { return readSecrets(c, os.Getenv) }

func readSecrets(c *Config, getenv func(string) string) (Secrets, error) {
	var s Secrets
	v := reflect.ValueOf(&s).Elem()
	var missing []Fault
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("env")
		v.Field(i).SetString(strings.TrimSpace(getenv(name)))
		if v.Field(i).Len() > 0 || name == "QABOT_STORE_DSN" && c.Store != "mysql" {
			continue
		}
		why := "is not set (" + v.Type().Field(i).Tag.Get("help") + ")"
		if name == "QABOT_GITHUB_WEBHOOK_SECRET" {
			if c.GitHub.Webhook.Listen == "" {
				continue
			}
			why = "is not set, but github.webhook.listen is: without a secret anybody could deploy"
		}
		missing = append(missing, Fault{Path: name, Text: why})
	}
	if len(missing) > 0 {
		return s, &Faults{File: "the environment", List: missing}
	}
	return s, nil
}

// Environ gives the secrets as the environment variables that ReadSecrets reads.
func (s Secrets) Environ() map[string]string {
	env := map[string]string{}
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if v.Field(i).Len() > 0 {
			env[v.Type().Field(i).Tag.Get("env")] = v.Field(i).String()
		}
	}
	return env
}
