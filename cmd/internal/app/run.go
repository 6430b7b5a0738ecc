package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"qabot/bot"
	"qabot/provisioner"
	"qabot/provisioner/compute"
	"qabot/provisioner/keyspace"
	"qabot/provisioner/schema"
	"qabot/store"
)

// Options are what a program is made of.
type Options struct {
	Config  *Config
	Secrets Secrets
	Log     *slog.Logger
	Now     func() time.Time // time.Now when nil

	Ready        func()                             // may be nil: called once everything answered and work begins
	StoreOptions store.Options                      // zero: as they are meant to be
	Boundary     func(id store.ID, at string) error // may be nil: crash tests stop the process here, before each step, call and note
}

// passesAtOnce is how many environments are worked on side by side; each pass waits for AWS most of its time.
const passesAtOnce = 8

// Run checks that everything answers, then works until the context ends and what was under way is brought to an end.
func Run(ctx context.Context, o Options) error {
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := assemble(ctx, o)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.check(ctx); err != nil {
		return err
	}
	return p.run(ctx)
}

// program is bot, provisioner and store, wired.
type program struct {
	Options
	owner    string // names this process in claims
	store    *store.Store
	unopened error // why there is no store
	clients  *compute.Clients
	schema   *schema.Server
	keyspace *keyspace.Server
	stages   map[string]provisioner.Stages
	bot      *bot.Bot
	driver   *provisioner.Local
	closers  []func() error
}

func (p *program) close() {
	for i := len(p.closers) - 1; i >= 0; i-- {
		if err := p.closers[i](); err != nil {
			p.Log.Warn("close", "error", err)
		}
	}
}

func assemble(ctx context.Context, o Options) (_ *program, err error) {
	p := &program{Options: o, stages: map[string]provisioner.Stages{}}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	host, _ := os.Hostname()
	p.owner = fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:6])
	dsn := o.Config.Store
	if dsn == "mysql" {
		dsn = "mysql:" + o.Secrets.Store
	}
	if p.store, p.unopened = store.Open(ctx, dsn, o.StoreOptions); p.unopened == nil {
		p.closers = append(p.closers, p.store.Close)
	}
	config, err := compute.Config(ctx, o.Config.AWS.Region, o.Config.AWS.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("configure AWS: %w", err)
	}
	p.clients = compute.NewClients(config)
	vault := compute.NewParameters(p.clients, o.Config.Installation)
	if err := errors.Join(p.openSchema(vault), p.openKeyspace(vault)); err != nil {
		return nil, err
	}
	for _, a := range o.Config.Apps {
		p.stages[a.Name] = p.stagesOf(a)
	}
	p.driver = &provisioner.Local{Store: p.store, Workers: passesAtOnce, Poll: min(time.Second, o.Config.Pace.Look), Drain: store.LongestCall, Log: o.Log}
	return p, p.assembleBot()
}

func (p *program) openSchema(vault schema.Vault) (err error) {
	d := p.Config.Database
	p.schema, err = schema.Open(schema.Options{
		DSN: p.Secrets.MySQL, Host: d.Host, Scheme: d.Scheme, Params: d.Parameters, Installation: p.Config.Installation,
		BestEffort: d.Isolation == "best-effort", MaxConnections: d.Connections, Protected: d.Protected, Now: p.Now, Log: p.Log,
	}, vault, p.notes())
	if err != nil {
		return fmt.Errorf("QABOT_MYSQL_DSN: %w", err)
	}
	p.closers = append(p.closers, p.schema.Close)
	return nil
}

func (p *program) openKeyspace(vault keyspace.Vault) (err error) {
	p.keyspace, err = keyspace.New(keyspace.Options{
		URL: p.Secrets.Redis, Host: p.Config.Redis.Host, Installation: p.Config.Installation, Now: p.Now, Log: p.Log,
	}, vault)
	if err != nil {
		return fmt.Errorf("QABOT_REDIS_URL: %w", err)
	}
	p.closers = append(p.closers, p.keyspace.Close)
	return nil
}

func (p *program) notes() notes { return notes{p.store, p.Boundary} }

// stagesOf is the one list of what an environment of the app owns, in the order in which it is built.
func (p *program) stagesOf(a App) provisioner.Stages {
	app := compute.App{
		Name: a.Name, Installation: p.Config.Installation, Cluster: a.Cluster,
		LoadBalancer: a.Balancer.Name, Domain: a.Balancer.Domain, Certificate: a.Balancer.Certificate,
		Repository: a.Image.Repository, ImageProject: a.Image.Project,
		MigrateProject: a.Migration.Project, MigrateCommand: a.Migration.Command, SeedCommand: a.Migration.Seed,
		Subnets: a.Network.Subnets, SecurityGroups: a.Network.SecurityGroups, Environment: a.Environment,
	}
	if len(a.Balancer.Ports) == 2 {
		app.FirstPort, app.LastPort = a.Balancer.Ports[0], a.Balancer.Ports[1]
	}
	for _, r := range a.Roles {
		app.Roles = append(app.Roles, compute.Role{Name: r.Name, Service: r.Service, Port: r.Port, Container: r.Container, Health: r.Health})
	}
	options := compute.Options{Now: p.Now}
	sources := []compute.Source{p.schema, p.keyspace}
	base := []provisioner.Resource{
		compute.Image(app, p.clients, p.notes(), options),
		p.schema.Resource(a.Name),
		p.keyspace,
	}
	var services []provisioner.Resource
	for _, r := range app.Roles {
		if r.Port > 0 {
			base = append(base, compute.Route(app, r, p.clients, p.notes(), options))
		}
		services = append(services, compute.Service(app, r, p.clients, p.notes(), options, sources...))
	}
	return provisioner.Stages{
		base,
		{compute.Migration(app, p.clients, p.notes(), options, p.schema, sources...)},
		services,
	}
}

func (p *program) assembleBot() (err error) {
	var o bot.Options
	o.Slack.BotToken, o.Slack.AppToken, o.Slack.APIURL = p.Secrets.SlackBotToken, p.Secrets.SlackAppToken, p.Config.Slack.API
	o.GitHub.Token, o.GitHub.APIURL, o.GitHub.WebURL = p.Secrets.GitHubToken, p.Config.GitHub.API, p.Config.GitHub.Web
	o.GitHub.WebhookSecret = p.Secrets.WebhookSecret
	if p.Config.GitHub.Webhook.Listen == "" {
		o.GitHub.WebhookSecret = rand.Text() // nobody listens, and nobody could know it
	}
	o.Installation, o.Command, o.Now, o.Log = p.Config.Installation, p.Config.Slack.Command, p.Now, p.Log
	o.Compare = p.Config.Pace.Branches
	for _, a := range p.Config.Apps {
		o.Apps = append(o.Apps, bot.App{
			Name: a.Name, Repo: a.Repository, Deploys: a.Deploys, Channel: a.Channel, TTL: a.TTL, Stages: p.stages[a.Name].Kinds(),
		})
	}
	if p.bot, err = bot.New(o, p.store); err != nil {
		return err
	}
	p.bot.Woken = p.driver.Wake
	return nil
}

// answerWithin is how long everything has to answer at the start.
const answerWithin = 10 * time.Second

// check asks everything that qabot needs whether it is there, and reports all that is not: what, why, and which setting to
// look at.
func (p *program) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	checks := []struct {
		what, see string
		ask       func(context.Context) error
	}{
		{"The store", "store and QABOT_STORE_DSN", p.askStore},
		{"MySQL", "QABOT_MYSQL_DSN", p.schema.Ping},
		{"Redis", "QABOT_REDIS_URL", p.keyspace.Ping},
		{"AWS", "the credentials, aws.region and aws.endpoint", p.clients.Ping},
		{"Slack", "QABOT_SLACK_BOT_TOKEN, QABOT_SLACK_APP_TOKEN and slack.api", p.bot.CheckSlack},
		{"GitHub", "QABOT_GITHUB_TOKEN and github.api", p.bot.CheckGitHub},
	}
	errs := make([]error, len(checks))
	var g errgroup.Group
	for i, c := range checks {
		g.Go(func() error {
			err := c.ask(ctx)
			var network net.Error
			if errors.As(err, &network) && network.Timeout() {
				err = fmt.Errorf("no answer in time: %w", err)
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s cannot be used (see %s): %w", c.what, c.see, err)
			}
			return nil
		})
	}
	g.Wait()
	return errors.Join(errs...)
}

func (p *program) askStore(ctx context.Context) error {
	if p.unopened != nil {
		return p.unopened
	}
	return p.store.Ping(ctx)
}

func (p *program) run(ctx context.Context) error {
	pace := p.Config.Pace
	reconciler := &provisioner.Reconciler{
		Store: p.store, Apps: p.stages, Owner: p.owner, Now: p.Now, Log: p.Log, Told: p.bot.Poke, Boundary: p.Boundary,
		Pace: provisioner.Pace{Quick: pace.Quick, Look: pace.Look, Backoff: pace.Backoff, Rest: provisioner.Usual.Rest, Bear: pace.Patience},
	}
	sweeper := &provisioner.Sweeper{
		Store: p.store, Apps: p.stages, Owner: p.owner, Every: pace.Sweep, Now: p.Now, Log: p.Log, Woken: p.driver.Wake,
	}
	g, ctx := errgroup.WithContext(ctx)
	if addr := p.Config.GitHub.Webhook.Listen; addr != "" {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("listen for GitHub's webhooks: %w", err)
		}
		g.Go(func() error { return serve(ctx, l, p.handler()) })
		p.Log.Info("listening for webhooks", "address", l.Addr().String(), "path", p.Config.GitHub.Webhook.Path)
	}
	g.Go(func() error { return p.driver.Run(ctx, reconciler.Pass) })
	g.Go(func() error { return sweeper.Run(ctx) })
	g.Go(func() error { return p.bot.Run(ctx) })
	p.Log.Info("qabot is at work", "installation", p.Config.Installation, "apps", len(p.Config.Apps))
	if p.Ready != nil {
		p.Ready()
	}
	return g.Wait()
}

// handler answers on the webhook's address: GitHub's deliveries, and whether this process is well.
func (p *program) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+p.Config.GitHub.Webhook.Path, p.bot.Webhook())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := p.store.Ping(r.Context()); err != nil {
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.Shutdown(ctx)
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
