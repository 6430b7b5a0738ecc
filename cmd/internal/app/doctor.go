package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"qabot/provisioner/compute"
	"qabot/store"
)

// Doctor looks at everything that qabot needs and changes nothing but its own store, which it opens as serve would. It goes
// as far as the configuration does: what is missing there is a finding like any other, and what depends on it is left out.
type Doctor struct {
	Options
	Text   string              // of the configuration
	File   string              // its name in findings
	Getenv func(string) string // os.Getenv when nil
}

// examineWithin bounds one part of the report.
const examineWithin = 30 * time.Second

// Examine gives the report.
func (d Doctor) Examine(ctx context.Context) []store.Finding {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Getenv == nil {
		d.Getenv = os.Getenv
	}
	config, faults := decode(d.File, []byte(d.Text))
	d.Config = config
	secrets, missing := readSecrets(config, d.Getenv)
	d.Secrets = secrets
	report := []store.Finding{examineConfiguration(d.File, faults), examineSecrets(missing)}
	p := &program{Options: d.Options}
	defer p.close()
	for _, part := range []func(context.Context, *program) store.Finding{
		examineStore, examineMySQL, examineRedis, examineAWS, examineStrays, examineTalk,
	} {
		func() {
			ctx, cancel := context.WithTimeout(ctx, examineWithin)
			defer cancel()
			report = append(report, part(ctx, p))
		}()
	}
	return report
}

// HasBad tells whether anything in the report needs somebody's hand.
func HasBad(report []store.Finding) bool {
	return slices.ContainsFunc(report, func(f store.Finding) bool { return f.Verdict == store.Bad })
}

func examineConfiguration(file string, faults *Faults) store.Finding {
	if faults == nil {
		return store.Finding{Verdict: store.Good, What: "configuration", Said: file}
	}
	return store.Found("configuration", wrong(faults, func(f Fault) string {
		if f.Line > 0 {
			return fmt.Sprintf("%s, line %d", file, f.Line)
		}
		return file
	})...)
}

func examineSecrets(missing error) store.Finding {
	var faults *Faults
	if !errors.As(missing, &faults) {
		return store.Finding{Verdict: store.Good, What: "secrets", Said: "all that are needed are set"}
	}
	return store.Found("secrets", wrong(faults, func(Fault) string { return "the environment of qabot" })...)
}

func wrong(faults *Faults, where func(Fault) string) []store.Finding {
	var below []store.Finding
	for _, f := range faults.List {
		below = append(below, store.Finding{Verdict: store.Bad, What: cmp.Or(f.Path, "file"), Said: f.Text, Fix: where(f)})
	}
	return below
}

func skipped(what, why string) store.Finding {
	return store.Finding{Verdict: store.Skipped, What: what, Said: why}
}

// metadata is set where this process is a task, whose disk goes with it.
const metadata = "ECS_CONTAINER_METADATA_URI_V4"

func examineStore(ctx context.Context, p *program) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "store", Said: p.Config.Store}
	file, local := strings.CutPrefix(p.Config.Store, "sqlite:")
	switch {
	case p.Config.Store == "mysql" && p.Secrets.Store == "":
		return skipped("store", "QABOT_STORE_DSN is not set")
	case local && os.Getenv(metadata) != "":
		f.Verdict, f.Said = store.Bad, "a file on the disk of a task, which is gone with the task: "+file
		f.Fix = "store: mysql, and QABOT_STORE_DSN"
		return f
	}
	s, err := store.Open(ctx, p.storeDSN(), p.StoreOptions)
	if err != nil {
		f.Verdict, f.Said, f.Fix = store.Bad, err.Error(), "store, and QABOT_STORE_DSN"
		return f
	}
	p.store = s
	p.closers = append(p.closers, s.Close)
	return f
}

func examineMySQL(ctx context.Context, p *program) store.Finding {
	const what = "MySQL"
	if p.Secrets.MySQL == "" || p.Config.Installation == "" {
		return skipped(what, "QABOT_MYSQL_DSN or installation is missing")
	}
	if err := p.openSchema(nil); err != nil {
		return store.Finding{Verdict: store.Bad, What: what, Said: err.Error(), Fix: "QABOT_MYSQL_DSN"}
	}
	return store.Found(what, p.schema.Examine(ctx)...)
}

func examineRedis(ctx context.Context, p *program) store.Finding {
	const what = "Redis"
	if p.Config.Redis.own() {
		return store.Finding{Verdict: store.Good, What: what, Said: "one of its own for each environment, from " + p.Config.Redis.Image + "; QABOT_REDIS_URL is not needed"}
	}
	if p.Secrets.Redis == "" || p.Config.Installation == "" {
		return skipped(what, "QABOT_REDIS_URL or installation is missing")
	}
	if err := p.openKeyspace(nil); err != nil {
		return store.Finding{Verdict: store.Bad, What: what, Said: err.Error(), Fix: "QABOT_REDIS_URL"}
	}
	var envs []store.Environment
	if p.store != nil {
		var err error
		if envs, err = p.store.List(ctx); err != nil {
			return store.Finding{Verdict: store.Bad, What: what, Said: err.Error(), Fix: "store, and QABOT_STORE_DSN"}
		}
	}
	return store.Found(what, p.keyspace.Examine(ctx, envs)...)
}

func examineAWS(ctx context.Context, p *program) store.Finding {
	const what = "AWS"
	config, err := compute.Config(ctx, p.Config.AWS.Region, p.Config.AWS.Endpoint)
	if err != nil {
		return store.Finding{Verdict: store.Bad, What: what, Said: err.Error(), Fix: "aws.region, and the credentials"}
	}
	p.clients = compute.NewClients(config)
	who, account, principal := compute.ExamineAccount(ctx, p.clients)
	if who.Verdict != store.Good {
		return store.Found(what, who)
	}
	names := accountNames{Region: config.Region, Account: account, Installation: p.Config.Installation}
	below := []store.Finding{who}
	if b := p.Config.Database.SaveBucket; b != "" {
		below = append(below, compute.ExamineDepot(ctx, p.clients, b, config.Region))
	}
	for _, a := range p.Config.Apps {
		app := p.appOf(a)
		findings := compute.Examine(ctx, app, p.clients, p.servers()...)
		roles, found := p.rolesOf(ctx, app)
		findings = append(findings, found...)
		for _, role := range executionRoles(roles) {
			findings = append(findings, compute.ExamineSecretsOf(ctx, p.clients, role, names.parameters()))
		}
		rights, err := names.rights(a, p.Config.Database, roles, p.pipelineOf(ctx, app))
		if err != nil {
			findings = append(findings, store.Finding{Verdict: store.Bad, What: "permissions", Said: err.Error()})
		} else {
			needed, use := apart(rights)
			findings = append(findings, compute.ExamineRights(ctx, p.clients, principal, needed))
			if p.Config.Pace.Usage > 0 {
				findings = append(findings, compute.ExamineUse(ctx, p.clients, principal, use))
			}
		}
		if p.schema != nil {
			findings = append(findings, p.schema.ExamineBudget(ctx, compute.NewLoads(app, p.clients, compute.Options{Now: p.Now})))
		}
		below = append(below, store.Found("app "+a.Name, findings...))
	}
	return store.Found(what, below...)
}

// servers are what tasks and migrations must reach.
func (p *program) servers() (all []compute.Server) {
	if p.schema != nil {
		all = append(all, compute.Server{Name: "MySQL", Address: p.schema.Where()})
	}
	if p.keyspace != nil {
		all = append(all, compute.Server{Name: "Redis", Address: p.keyspace.Where(), Tasks: true})
	}
	return all
}

// examineTalk looks at Slack and GitHub, which the bot asks with words of its own.
func examineTalk(ctx context.Context, p *program) store.Finding {
	const what = "Slack and GitHub"
	if err := p.assembleBot(ctx); err != nil {
		return store.Finding{Verdict: store.Bad, What: what, Said: err.Error(), Fix: "the settings and secrets that it names"}
	}
	ask := func(what string, ask func(context.Context) error, fix string) store.Finding {
		if err := ask(ctx); err != nil {
			return store.Finding{Verdict: store.Bad, What: what, Said: err.Error(), Fix: fix}
		}
		return store.Finding{Verdict: store.Good, What: what, Said: "answers, and allows what is needed"}
	}
	below := []store.Finding{
		ask("Slack", p.bot.CheckSlack, "manifests/slack-app.yaml has the scopes: reinstall the app after a change"),
		ask("GitHub", p.bot.CheckGitHub, "the token or the App must see the repositories"),
	}
	if slices.ContainsFunc(p.Config.Apps, func(a App) bool { return len(p.Config.tell(a)) > 0 }) {
		below = append(below, ask("what GitHub is told", p.bot.CheckTelling, "the permissions of the token or the App, or github.tell and apps[].tell"))
	}
	if p.queue != nil {
		below = append(below, ask("GitHub's events in the queue", p.askQueue, "github.queue, and sqs:ReceiveMessage for the role of qabot"))
	}
	return store.Found(what, below...)
}

// Print writes the report as a tree.
func Print(report []store.Finding) string {
	var b strings.Builder
	var print func(findings []store.Finding, indent string)
	print = func(findings []store.Finding, indent string) {
		for _, f := range findings {
			fmt.Fprintf(&b, "%s%-4s  %s", indent, f.Verdict, f.What)
			if f.Said != "" {
				b.WriteString(": " + strings.ReplaceAll(f.Said, "\n", " "))
			}
			b.WriteString("\n")
			if f.Fix != "" {
				fmt.Fprintf(&b, "%s      > %s\n", indent, f.Fix)
			}
			print(f.Below, indent+"      ")
		}
	}
	print(report, "")
	return b.String()
}

// executionRoles are those among roles that start tasks.
func executionRoles(roles []taskRole) []string {
	var arns []string
	for _, r := range roles {
		if r.starts && !slices.Contains(arns, r.arn) {
			arns = append(arns, r.arn)
		}
	}
	return arns
}

// taskRole is a role that staging's task definitions name.
type taskRole struct {
	arn    string
	starts bool // the execution role
}

// pipelineOf reads what the app's pipeline brings with it; that it cannot be read is a finding of its own.
func (p *program) pipelineOf(ctx context.Context, app compute.App) (n pipelineNeeds) {
	if app.Pipeline+app.PipelineTemplate != "" {
		n.projects, n.roles, _ = compute.Pipeline(ctx, app, p.clients)
	}
	return n
}

// rolesOf reads the roles of staging's task definitions.
func (p *program) rolesOf(ctx context.Context, app compute.App) (roles []taskRole, trouble []store.Finding) {
	tasks, execution, err := compute.Roles(ctx, app, p.clients)
	if err != nil {
		return nil, []store.Finding{{Verdict: store.Skipped, What: "roles of staging's tasks", Said: err.Error()}}
	}
	for _, arn := range tasks {
		roles = append(roles, taskRole{arn: arn})
	}
	for _, arn := range execution {
		roles = append(roles, taskRole{arn: arn, starts: true})
	}
	return roles, nil
}
