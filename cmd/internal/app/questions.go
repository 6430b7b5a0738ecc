package app

import (
	"context"
	"fmt"
	"time"

	"qabot/bot"
	"qabot/provisioner"
	"qabot/provisioner/compute"
	"qabot/provisioner/keyspace"
	"qabot/provisioner/schema"
	"qabot/store"
)

// questions are what the bot may ask of the provisioner's side.
type questions struct {
	*provisioner.Questions
	schema  *schema.Server
	schemas map[string]*schema.Resource // by app
	traces  func(context.Context) ([]store.Trace, error)
	book    schema.Book
}

var (
	_ bot.Questions        = questions{}
	_ provisioner.Foreseer = (*schema.Resource)(nil)
	_ provisioner.Foreseer = (*keyspace.Server)(nil)
	_ compute.Notebook     = notes{}
)

// Connections asks the database's server.
func (q questions) Connections(ctx context.Context, env store.Environment) (store.Connections, error) {
	if r, ok := q.schemas[env.Spec.App]; ok {
		return r.Connections(ctx, env)
	}
	return q.schema.Connections(ctx, env)
}

// Traces asks MySQL, Redis and AWS.
func (q questions) Traces(ctx context.Context) ([]store.Trace, error) { return q.traces(ctx) }

// Top asks the database's server.
func (q questions) Top(ctx context.Context, envs []store.Environment) (store.Top, error) {
	return q.schema.Top(ctx, q.book, envs)
}

// Apart asks the database's server.
func (q questions) Apart(ctx context.Context, env store.Environment, from string) (store.Apart, error) {
	return q.schema.Apart(ctx, env, from)
}

// questions gives the answers of this program's provisioner.
func (p *program) questions() bot.Questions {
	return questions{&provisioner.Questions{Apps: p.stages, Now: p.Now, Log: p.Log}, p.schema, p.schemas, p.traces, p.store}
}

// leaks looks for keys of Redis that belong to none of the environments that there are.
func (p *program) leaks(ctx context.Context) (store.Leaks, error) {
	envs, err := p.store.List(ctx)
	if err != nil {
		return store.Leaks{}, err
	}
	return p.keyspace.Leaks(ctx, envs)
}

// Plan says as a text what would be done if the branch were brought up now. Nothing is made, wished for or posted.
func Plan(ctx context.Context, o Options, app, branch string) (string, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := assemble(ctx, o)
	if err != nil {
		return "", err
	}
	defer p.close()
	if p.unopened != nil {
		return "", fmt.Errorf("the store cannot be used (see store and QABOT_STORE_DSN): %w", p.unopened)
	}
	return p.bot.Plan(ctx, app, branch)
}
