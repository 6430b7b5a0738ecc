package app

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qabot/bot"
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
	if !slices.Contains(bot.Languages(), c.Language) {
		faults.add("language", "must be "+strings.Join(bot.Languages(), " or "))
	}
	if !strings.HasPrefix(c.Slack.Command, "/") {
		faults.add("slack.command", "must begin with a slash")
	}
	c.GitHub.check(&faults)
	faults.tells("github.tell", c.GitHub.Tell)
	if c.Database.Isolation != "strict" && c.Database.Isolation != "best-effort" {
		faults.add("database.isolation", "must be strict or best-effort")
	}
	if c.Database.SaveQuota < 0 {
		faults.add("database.save_quota", "must not be negative")
	}
	c.Database.checkBucket(&faults)
	if c.Database.Connections < 0 {
		faults.add("database.connections", "must not be negative")
	}
	c.Redis.check(&faults)
	if c.Database.Account != "own" && c.Database.Account != "shared" {
		faults.add("database.account", "must be own or shared")
	}
	if _, ok := c.Database.reserve(); !ok {
		faults.add("database.reserve", "must be a percentage such as 40%, or a number of connections")
	}
	pace := reflect.ValueOf(c.Pace)
	for i := range pace.NumField() {
		if n := pace.Field(i).Int(); n < 0 || n == 0 && pace.Type().Field(i).Name != "Usage" {
			faults.add("pace."+pace.Type().Field(i).Tag.Get("yaml"), "must be longer than nothing")
		}
	}
	faults.checkRules("permissions", c.Permissions)
	if c.Audit.Keep < 0 {
		faults.add("audit.keep", "must not be negative")
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
		if c.Redis.own() {
			a.checkOwnRedis(at, &faults)
		}
		a.Migration.checkPreset(at+".migration", c.Database.Scheme, &faults)
	}
	c.checkTemplates(&faults)
	return faults
}

// longestGrace is how long data may be kept: what is needed longer is no trash.
const longestGrace = 30 * 24 * time.Hour

func (a *App) check(at string, f *checker) {
	f.match(at+".name", a.Name, nameShape, "lower case letters, digits and hyphens, at most 20, beginning with a letter")
	f.match(at+".repository", a.Repository, repoShape, "owner/name")
	for i, p := range a.Deploys {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			f.add(fmt.Sprintf("%s.deploys[%d]", at, i), fmt.Sprintf("%q is no pattern; try qa/*", p))
		}
	}
	if (len(a.Deploys) > 0 || a.Label != "") && a.Channel == "" {
		f.add(at+".channel", "is needed: branches that deploy by themselves must be told somewhere")
	}
	if utf8.RuneCountInString(a.Label) > 50 {
		f.add(at+".label", "must be a label of at most 50 characters")
	}
	f.tells(at+".tell", a.Tell)
	if a.TTL <= 0 {
		f.add(at+".ttl", "must be longer than nothing")
	}
	if a.Grace < 0 || a.Grace > longestGrace {
		f.add(at+".data_grace", "must be a time from 0s to 720h")
	}
	f.checkRules(at+".permissions", a.Permissions)
	a.Awake.hours(at+".awake", f)
	f.need(at+".cluster", a.Cluster)
	f.need(at+".image.repository", a.Image.Repository)
	a.Image.check(at+".image", f)
	a.checkMigration(at+".migration", f)
	a.Database.check(at+".database", f)
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
		if r.Processes < 0 {
			f.add(role+".processes", "must not be negative")
		}
		if r.Pool < 0 {
			f.add(role+".pool", "must not be negative")
		}
		if !strings.HasPrefix(r.Health, "/") {
			f.add(role+".health", "must be a path that begins with a slash")
		}
		if r.Version != "" && !strings.HasPrefix(r.Version, "/") {
			f.add(role+".version", "must be a path that begins with a slash, or empty")
		} else if r.Version != "" && r.Port == 0 {
			f.add(role+".version", "needs a port: without one nobody can be asked")
		}
		if r.Port > 0 {
			ports++
		}
	}
	if ports > 0 {
		a.Balancer.check(at+".load_balancer", ports, f)
	}
}

func (i Image) check(at string, f *checker) {
	ways := 0
	for _, way := range []string{i.Project, i.Pipeline.Name, i.Pipeline.Template} {
		if way != "" {
			ways++
		}
	}
	switch {
	case ways == 0:
		f.add(at+".project", "is missing")
	case ways > 1:
		f.add(at, "only one of project, pipeline.name and pipeline.template can build it")
	case i.Pipeline.Source != "" && i.Project != "":
		f.add(at+".pipeline.source", "goes with a pipeline")
	}
}

func (a *App) checkMigration(at string, f *checker) {
	m := a.Migration
	switch m.Via {
	case viaCodeBuild:
		f.need(at+".project", m.Project)
		if m.Role != "" {
			f.add(at+".role", "goes with via: ecs")
		}
	case viaECS:
		if m.Project != "" {
			f.add(at+".project", "goes with via: codebuild")
		}
		known := func(r Role) bool { return r.Name == m.Role }
		if m.Role != "" && !slices.ContainsFunc(a.Roles, known) {
			f.add(at+".role", fmt.Sprintf("%q is no role of this app", m.Role))
		}
	default:
		f.add(at+".via", fmt.Sprintf("%q must be codebuild or ecs", m.Via))
	}
}

func (b *Balancer) check(at string, roles int, f *checker) {
	f.need(at+".name", b.Name)
	f.need(at+".domain", b.Domain)
	switch {
	case b.By == "host":
		if b.Listener < 1 || b.Listener > 65535 {
			f.add(at+".listener", "must be a port from 1 to 65535")
		}
	case b.By != "port":
		f.add(at+".by", fmt.Sprintf("%q must be port or host", b.By))
	case len(b.Ports) != 2:
		f.add(at+".ports", "must be the first and the last port: [20000, 20199]")
	case b.Ports[0] < 1 || b.Ports[1] > 65535 || b.Ports[1]-b.Ports[0]+1 < roles:
		f.add(at+".ports", fmt.Sprintf("must be a range within 1 to 65535 with room for %d role(s)", roles))
	}
	names, domains := []string{b.Name}, []string{b.Domain}
	for i, m := range b.More {
		more := fmt.Sprintf("%s.more[%d]", at, i)
		f.need(more+".name", m.Name)
		f.need(more+".domain", m.Domain)
		if slices.Contains(names, m.Name) {
			f.add(more+".name", fmt.Sprintf("%q is there twice", m.Name))
		}
		if slices.Contains(domains, m.Domain) {
			f.add(more+".domain", fmt.Sprintf("%q is there twice: a name leads to one load balancer only", m.Domain))
		}
		names, domains = append(names, m.Name), append(domains, m.Domain)
	}
}

type checker []Fault

func (f *checker) add(path, text string) { *f = append(*f, Fault{Path: path, Text: text}) }

func (f *checker) tells(path string, tells []string) {
	for i, tell := range tells {
		if !slices.Contains(bot.Tells(), tell) {
			f.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q must be one of %s", tell, strings.Join(bot.Tells(), ", ")))
		}
	}
}

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
