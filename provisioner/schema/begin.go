package schema

import (
	"context"

	"qabot/store"
)

// begin makes a schema that gets its data from elsewhere, and starts the job that fills it. begun is false where there is nothing
// to copy: then the schema is made whole at once.
func (r *Resource) begin(ctx context.Context, c *store.Claim, a address, there bool) (begun bool, err error) {
	o, err := r.source(ctx, c.Environment)
	if o == nil || err != nil {
		return false, err
	}
	f := r.fillOf(c, a, o)
	return true, r.employ(ctx, c, f, func() error { return r.prepare(ctx, c, a, there, f.token) })
}

func (r *Resource) fillOf(c *store.Claim, a address, o *origin) fill {
	return fill{
		origin: o, app: r.app, home: a.name, schema: a.name, account: a.account, token: newToken(), generation: c.Spec.Generation,
		masks: masksFor(o, r.o.Starts[r.app].Masks),
	}
}

// employ claims the work on an environment's data, prepares it and starts the job.
func (r *Resource) employ(ctx context.Context, c *store.Claim, f fill, prepare func() error) error {
	if err := c.Check(); err != nil {
		return err
	}
	worker, err := r.claimJob(ctx, f.home)
	if err != nil {
		return err
	}
	if worker == nil { // of an older wish; it is about to notice
		return store.NewProblem(nil, store.Retrying)
	}
	if err := prepare(); err != nil {
		return r.giveBack(ctx, worker, err)
	}
	r.start(worker, func(ctx context.Context) error { return r.run(ctx, worker, f) })
	return nil
}

// prepare makes the schema and says in its marks that it is being filled, before anything is in it.
func (r *Resource) prepare(ctx context.Context, c *store.Claim, a address, there bool, token string) error {
	if !there {
		if err := r.note(ctx, c, store.Fact{Ref: a.name, Generation: c.Spec.Generation, Began: r.o.Now()}); err != nil {
			return err
		}
	}
	if !r.o.Shared {
		if _, err := r.password(ctx, c, a); err != nil {
			return err
		}
	}
	if !there {
		if err := r.create(ctx, c, a.name); err != nil {
			return err
		}
	}
	return r.mark(ctx, c, a.name, markFilling, token+" ")
}

func (r *Resource) giveBack(ctx context.Context, worker *store.Claim, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
	defer cancel()
	if err := r.notes.Release(ctx, worker); err != nil {
		r.o.Log.Warn("give back a claim", "name", worker.Name, "error", err)
	}
	return why
}

// halt ends what fills a schema, unless it is just what is wanted and at work: then there is nothing to do. home is the environment's own.
func (r *Resource) halt(ctx context.Context, c *store.Claim, home string, v *sight) (working bool, err error) {
	if v.marks[markFilling] == "" {
		return false, nil
	}
	if v.meant(c.Environment) {
		_, failed := failedOf(v.marks)
		held, err := r.notes.Held(ctx, job(home))
		if err != nil || held && !failed {
			return held, err
		}
	}
	return false, r.stopFilling(ctx, c, v.name)
}

// source tells where the data of an environment comes from, and that it is there; nil: from nowhere.
func (r *Resource) source(ctx context.Context, env store.Environment) (*origin, error) {
	o, err := r.origin(env)
	if o == nil || err != nil {
		return nil, err
	}
	return o, r.examine(ctx, o)
}
