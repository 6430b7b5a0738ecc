package provisioner

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"

	"qabot/store"
)

// Driver keeps passes coming. It gives liveness only; safety is Pass's.
type Driver interface {
	// Wake asks for a pass soon. It is a hint that saves a poll and may be lost.
	Wake(id store.ID)
	// Run calls pass for every environment that is due until the context ends and the passes under way are over.
	Run(ctx context.Context, pass func(context.Context, store.ID) (again time.Duration, err error)) error
}

// Queue is what Local needs of the store.
type Queue interface {
	Due(ctx context.Context, limit int) ([]store.ID, error)
}

// Local drives passes in this process: it polls the due rows into a work queue that runs one worker for each environment.
// Several replicas may do so on one store.
type Local struct {
	Store   Queue
	Workers int           // passes at the same time
	Poll    time.Duration // between two looks at the due rows, with jitter
	Drain   time.Duration // how long passes under way may go on after the end was asked for
	Log     *slog.Logger

	once  sync.Once
	queue workqueue.TypedDelayingInterface[store.ID]
}

var _ Driver = (*Local)(nil)

const dueAtOnce = 200

func (d *Local) init() {
	d.once.Do(func() { d.queue = workqueue.NewTypedDelayingQueue[store.ID]() })
}

// Wake puts the environment into the queue.
func (d *Local) Wake(id store.ID) {
	d.init()
	d.queue.Add(id)
}

// Run polls and works until the context ends.
func (d *Local) Run(ctx context.Context, pass func(context.Context, store.ID) (time.Duration, error)) error {
	d.init()
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()

	var workers sync.WaitGroup
	for range d.Workers {
		workers.Go(func() { d.work(ctx, work, pass) })
	}
	d.poll(ctx)
	d.queue.ShutDown()
	drained := time.AfterFunc(d.Drain, stop)
	defer drained.Stop()
	workers.Wait()
	return nil
}

func (d *Local) poll(ctx context.Context) {
	for {
		ids, err := d.Store.Due(ctx, dueAtOnce)
		if err != nil && ctx.Err() == nil {
			d.Log.Warn("read the due environments", "error", err)
		}
		for _, id := range ids {
			d.queue.Add(id)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(d.Poll + rand.N(d.Poll/4+1)):
		}
	}
}

// work begins passes while begin lasts, and lets each go on while work does.
func (d *Local) work(begin, work context.Context, pass func(context.Context, store.ID) (time.Duration, error)) {
	for {
		id, over := d.queue.Get()
		if over {
			return
		}
		if begin.Err() != nil {
			d.queue.Done(id) // it stays due: whoever runs next makes this pass
			continue
		}
		again, err := pass(work, id)
		if err != nil {
			d.Log.Warn("pass", "environment", id, "error", err)
		}
		d.queue.Done(id)
		if again > 0 && again <= backoffMax {
			// The database's clock decides; a moment later it will agree.
			d.queue.AddAfter(id, again+20*time.Millisecond)
		}
	}
}
