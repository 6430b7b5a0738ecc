package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"qabot/provisioner/compute"
	"qabot/store"
)

// traces asks MySQL, Redis and AWS side by side for everything that bears the installation's marks. All of them have to answer:
// half of it would call things unmarked that others prove to be ours.
func (p *program) traces(ctx context.Context) ([]store.Trace, error) {
	var apps []string
	for _, a := range p.Config.Apps {
		apps = append(apps, a.Name)
	}
	g, ctx := errgroup.WithContext(ctx)
	asks := []func() ([]store.Trace, error){
		func() ([]store.Trace, error) { return compute.Traces(ctx, p.clients, p.Config.Installation) },
		func() ([]store.Trace, error) { return p.schema.Traces(ctx, apps) },
	}
	if p.keyspace != nil {
		asks = append(asks, func() ([]store.Trace, error) { return p.keyspace.Traces(ctx) })
	}
	found := make([][]store.Trace, len(asks))
	for i, ask := range asks {
		g.Go(func() (err error) {
			found[i], err = ask()
			return err
		})
	}
	err := g.Wait()
	return slices.Concat(found...), err
}

// GC says as a text what bears the installation's marks and belongs to no environment. Unless dry, it lets what is proven to be
// ours be taken away by whoever serves.
func GC(ctx context.Context, o Options, dry bool) (string, error) {
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
	return p.bot.GC(ctx, dry)
}
