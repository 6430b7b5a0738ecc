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
	"qabot/bot/sqsource"
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
	BotStore     func(*store.Store) bot.Store       // may be nil: what the bot gets in place of the store
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
	schemas  map[string]*schema.Resource // by app
	vault    *compute.Parameters
	keyspace *keyspace.Server // nil: environments share no Redis
	stages   map[string]provisioner.Stages
	bot      *bot.Bot
	queue    *sqsource.Source // nil unless events come from one
	driver   *provisioner.Local
	metrics  *metrics
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
	p := &program{Options: o, stages: map[string]provisioner.Stages{}, schemas: map[string]*schema.Resource{}}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	host, _ := os.Hostname()
	p.owner = fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:6])
	if p.store, p.unopened = store.Open(ctx, p.storeDSN(), o.StoreOptions); p.unopened == nil {
		p.closers = append(p.closers, p.store.Close)
	}
	config, err := compute.Config(ctx, o.Config.AWS.Region, o.Config.AWS.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("configure AWS: %w", err)
	}
	p.clients = compute.NewClients(config)
	p.vault = compute.NewParameters(p.clients, o.Config.Installation, o.Now)
	if err := errors.Join(p.openSchema(p.vault), p.openKeyspace(p.vault)); err != nil {
		return nil, err
	}
	for _, a := range o.Config.Apps {
		p.stages[a.Name] = p.stagesOf(a)
	}
	p.driver = &provisioner.Local{Store: p.store, Workers: passesAtOnce, Poll: min(time.Second, o.Config.Pace.Look), Drain: store.LongestCall, Log: o.Log}
	p.metrics = newMetrics(p)
	return p, p.assembleBot(ctx)
}

// storeDSN is the store's, with the secret in it where it has one.
func (p *program) storeDSN() string {
	if p.Config.Store == "mysql" {
		return "mysql:" + p.Secrets.Store
	}
	return p.Config.Store
}

func (p *program) openSchema(vault schema.Vault) (err error) {
	d := p.Config.Database
	reserve, _ := d.reserve()
	p.schema, err = schema.Open(schema.Options{
		DSN: p.Secrets.MySQL, Host: d.Host, Scheme: d.Scheme, Params: d.Parameters, Installation: p.Config.Installation,
		BestEffort: d.Isolation == "best-effort", Shared: d.Account == "shared", Reserve: reserve, MaxConnections: d.Connections, Protected: d.Protected, Starts: p.Config.starts(), Depot: p.depot(), Now: p.Now, Log: p.Log,
	}, vault, p.notes())
	if err != nil {
		return fmt.Errorf("QABOT_MYSQL_DSN: %w", err)
	}
	p.closers = append(p.closers, p.schema.Close)
	return nil
}

func (p *program) openKeyspace(vault keyspace.Vault) (err error) {
	r := p.Config.Redis
	if r.own() {
		return nil
	}
	p.keyspace, err = keyspace.New(keyspace.Options{
		URL: p.Secrets.Redis, Host: r.Host, Installation: p.Config.Installation,
		Mode: r.Mode, First: r.first(), Last: r.last(), Account: r.Account, Saves: p.schema, Data: p.schema, Now: p.Now, Log: p.Log,
	}, vault, p.notes())
	if err != nil {
		return fmt.Errorf("QABOT_REDIS_URL: %w", err)
	}
	p.closers = append(p.closers, p.keyspace.Close)
	return nil
}

func (p *program) notes() notes { return notes{p.store, p.Boundary} }

// appOf is the app as AWS has to know it.
func (p *program) appOf(a App) compute.App {
	steps := a.Migration.preset()
	app := compute.App{
		Name: a.Name, Installation: p.Config.Installation, Cluster: a.Cluster,
		LoadBalancer: a.Balancer.Name, Domain: a.Balancer.Domain, Certificate: a.Balancer.Certificate,
		Repository: a.Image.Repository, ImageProject: a.Image.Project,
		Pipeline: a.Image.Pipeline.Name, PipelineTemplate: a.Image.Pipeline.Template, PipelineSource: a.Image.Pipeline.Source,
		MigrateProject: a.Migration.Project, MigrateRole: a.migrationRole(), MigrateTitle: steps.title,
		CreateCommand: steps.create, MigrateCommand: steps.migrate, SeedCommand: steps.seed,
		Subnets: a.Network.Subnets, SecurityGroups: a.Network.SecurityGroups, Environment: a.Environment,
	}
	if len(a.Balancer.Ports) == 2 {
		app.FirstPort, app.LastPort = a.Balancer.Ports[0], a.Balancer.Ports[1]
	}
	if p.Config.Redis.own() {
		app.Redis = p.Config.Redis.Image
	}
	app.ByHost, app.Listener = a.Balancer.By == "host", a.Balancer.Listener
	for _, m := range a.Balancer.More {
		app.More = append(app.More, compute.Balancer{Name: m.Name, Domain: m.Domain, Certificate: m.Certificate})
	}
	for _, r := range a.Roles {
		app.Roles = append(app.Roles, compute.Role{Name: r.Name, Service: r.Service, Port: r.Port, Container: r.Container, Health: r.Health, Version: r.Version,
			Replace: r.Replace, Processes: r.Processes, Pool: r.Pool})
	}
	return app
}

// stagesOf is the one list of what an environment of the app owns, in the order in which it is built.
func (p *program) stagesOf(a App) provisioner.Stages {
	app := p.appOf(a)
	options := compute.Options{Now: p.Now, Patience: 2 * p.Config.Pace.Patience, Rationed: true}
	redis := p.redisOf(app, options)
	sources := []compute.Source{p.schema, redis}
	p.schemas[a.Name] = p.schema.Resource(a.Name).Within(compute.NewLoads(app, p.clients, options), p.store)
	base := []provisioner.Resource{
		compute.Image(app, p.clients, p.notes(), options),
		p.schemas[a.Name],
		redis,
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

// redisOf is what an environment has of Redis: a corner of the shared one, or one of its own.
func (p *program) redisOf(app compute.App, o compute.Options) interface {
	provisioner.Resource
	compute.Source
} {
	if p.keyspace == nil {
		return compute.NewRedis(app, p.clients, p.vault, p.schema, p.notes(), o)
	}
	return p.keyspace
}

func (p *program) assembleBot(ctx context.Context) (err error) {
	var o bot.Options
	o.Slack.BotToken, o.Slack.AppToken, o.Slack.APIURL = p.Secrets.SlackBotToken, p.Secrets.SlackAppToken, p.Config.Slack.API
	if err := p.gitHub(ctx, &o); err != nil {
		return err
	}
	o.Installation, o.Command, o.Now, o.Log = p.Config.Installation, p.Config.Slack.Command, p.Now, p.Log
	o.Questions, o.Beat = p.questions(), p.Config.Pace.Sweep
	if o.Admin = p.Config.Slack.Admin; !p.Config.Redis.own() {
		o.Leaks = p.leaks
	}
	o.Templates = p.schema.Templates
	o.Compare, o.Language = p.Config.Pace.Branches, p.Config.Language
	o.Permissions, o.KeepActs = rulesOf(p.Config.Permissions), p.Config.Audit.Keep
	for _, a := range p.Config.Apps {
		o.Apps = append(o.Apps, bot.App{
			Name: a.Name, Repo: a.Repository, Deploys: a.Deploys, Channel: a.Channel, TTL: a.TTL, Grace: a.Grace, Awake: a.Awake.hours("", &checker{}), Stages: p.stages[a.Name].Kinds(),
			Label: a.Label, Bots: a.Bots, Tell: p.Config.tell(a),
			Permissions: rulesOf(a.Permissions),
		})
	}
	if p.bot, err = bot.New(o, p.botStore()); err != nil {
		return err
	}
	p.bot.Woken = p.driver.Wake
	return nil
}

func (p *program) botStore() bot.Store {
	if p.BotStore == nil {
		return p.store
	}
	return p.BotStore(p.store)
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
		{"Redis", "QABOT_REDIS_URL", p.askRedis},
		{"AWS", "the credentials, aws.region and aws.endpoint", p.clients.Ping},
		{"Slack", "QABOT_SLACK_BOT_TOKEN, QABOT_SLACK_APP_TOKEN and slack.api", p.bot.CheckSlack},
		{"GitHub", "github.app, QABOT_GITHUB_TOKEN or QABOT_GITHUB_APP_KEY, and github.api", p.bot.CheckGitHub},
		{"The queue", "github.queue and the credentials", p.askQueue},
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
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := p.bot.CheckTelling(ctx); err != nil {
		p.Log.Warn("GitHub will not be told everything", "error", err)
	}
	return nil
}

// askRedis says once, at the start, how environments are kept apart on this server.
func (p *program) askRedis(ctx context.Context) error {
	if p.keyspace == nil {
		p.Log.Info("Redis", "way", "one of its own for each environment, from "+p.Config.Redis.Image)
		return nil
	}
	if err := p.keyspace.Ping(ctx); err != nil {
		return err
	}
	way, err := p.keyspace.Describe(ctx)
	if err == nil {
		p.Log.Info("Redis", "way", way)
	}
	return err
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
		Pace: provisioner.Pace{Quick: pace.Quick, Look: pace.Look, Backoff: pace.Backoff, Rest: provisioner.Usual.Rest, Bear: pace.Patience,
			Whole: 8 * pace.Look},
	}
	sweeper := &provisioner.Sweeper{
		Store: p.store, Apps: p.stages, Owner: p.owner, Every: pace.Sweep, Now: p.Now, Log: p.Log, Traces: p.traces, Seldom: 10 * pace.Sweep, Woken: func(id store.ID) {
			p.metrics.woken.Inc()
			p.driver.Wake(id)
		},
	}
	if pace.Usage > 0 {
		sweeper.Used, sweeper.Usage = p.usage().Last, pace.Usage
	}
	g, ctx := errgroup.WithContext(ctx)
	if addr := p.Config.GitHub.Webhook.Listen; p.Config.GitHub.events() == bot.EventsWebhook {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("listen for GitHub's webhooks: %w", err)
		}
		g.Go(func() error { return serve(ctx, l, p.handler()) })
		p.Log.Info("listening for webhooks", "address", l.Addr().String(), "path", p.Config.GitHub.Webhook.Path)
	}
	if l, err := p.watched(); err != nil {
		return err
	} else if l != nil {
		g.Go(func() error { return serve(ctx, l, p.healthHandler()) })
	}
	g.Go(func() error { return p.driver.Run(ctx, p.metrics.counted(reconciler.Pass)) })
	g.Go(func() error { return sweeper.Run(ctx) })
	g.Go(func() error { return p.saver().Run(ctx) })
	g.Go(func() error { return p.warmer().Run(ctx) })
	g.Go(func() error { return p.refresher().Run(ctx) })
	g.Go(func() error { return p.cleaner().Run(ctx) })
	g.Go(func() error { return p.bot.Run(ctx) })
	p.Log.Info("qabot is at work", "installation", p.Config.Installation, "apps", len(p.Config.Apps))
	if p.Ready != nil {
		p.Ready()
	}
	return g.Wait()
}

// usage tells when people last used environments.
func (p *program) usage() *compute.Usage {
	var apps []compute.App
	for _, a := range p.Config.Apps {
		apps = append(apps, p.appOf(a))
	}
	return compute.NewUsage(p.clients, compute.Options{Now: p.Now}, apps...)
}

// handler answers on the webhook's address: GitHub's deliveries, and whether this process is well.
func (p *program) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+p.Config.GitHub.Webhook.Path, p.bot.Webhook())
	mux.HandleFunc("GET /healthz", p.serveHealth)
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
