package compute

import (
	"context"
	"errors"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"

	"qabot/store"
)

var errPaced = errors.New("too many calls of its kind are waiting")

// share is the part of AWS's request buckets that qabot takes, so that others in the account are never refused for its sake.
const share = 0.8

// Names by which the SDK knows services.
const (
	serviceECS = "ECS"
	serviceELB = "Elastic Load Balancing v2"
)

// allowance is a request bucket: its size, and its refill in a second. Each is for an account and Region.
type allowance struct {
	name          string
	burst, refill float64
}

// allowances are the buckets that an operation draws from; one without any is not paced.
func allowances(service, operation string) []allowance {
	switch service {
	case serviceECS:
		return ofECS(operation)
	case serviceELB:
		all := allowance{"load balancing", 40, 10} // as large as that of reads
		if changes(operation) {
			return []allowance{all, {"load balancing changes", 20, 3}}
		}
		return []allowance{all}
	}
	return nil
}

func ofECS(operation string) []allowance {
	switch operation {
	case "CreateService", "UpdateService", "DeleteService":
		return []allowance{{"service changes", 50, 5}}
	case "DescribeServices", "ListServices":
		return []allowance{{"service reads", 100, 20}}
	case "RegisterTaskDefinition", "DeregisterTaskDefinition":
		return []allowance{{"task definition changes", 20, 1}}
	case "DeleteTaskDefinitions":
		return []allowance{{"task definition deletions", 5, 1}}
	case "DescribeTaskDefinition", "ListTaskDefinitions":
		return []allowance{{"task definition reads", 50, 20}}
	case "RunTask", "StopTask":
		return []allowance{{"task changes", 100, 40}}
	case "DescribeTasks", "ListTasks":
		return []allowance{{"task reads", 100, 20}}
	}
	return nil
}

// pacer keeps calls within AWS's request buckets, for all environments of this process together, before AWS has to refuse one.
type pacer struct {
	now      func() time.Time
	patience time.Duration // how long a call may wait for its turn; one that would wait longer is left to a later pass

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

func newPacer(now func() time.Time, patience time.Duration) *pacer {
	return &pacer{now: now, patience: patience, limiters: map[string]*rate.Limiter{}}
}

// reserve takes a token from each of the buckets, and tells how long it is until they are there. Where that is longer than the
// patience, they are put back.
func (p *pacer) reserve(from []allowance, now time.Time) (wait time.Duration, cancel func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var taken []*rate.Reservation
	for _, a := range from {
		l := p.limiters[a.name]
		if l == nil {
			l = rate.NewLimiter(rate.Limit(share*a.refill), int(share*a.burst))
			p.limiters[a.name] = l
		}
		r := l.ReserveN(now, 1)
		taken = append(taken, r)
		wait = max(wait, r.DelayFrom(now))
	}
	cancel = func() {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	if wait > p.patience {
		cancel()
	}
	return wait, cancel
}

// turn waits until the operation may be called. A *store.Problem that passes says that its turn is too far away.
func (p *pacer) turn(ctx context.Context, service, operation string) error {
	from := allowances(service, operation)
	if p == nil || len(from) == 0 {
		return nil
	}
	now := p.now()
	wait, cancel := p.reserve(from, now)
	switch {
	case wait == 0:
		return nil
	case wait > p.patience:
		return store.NewProblem(errPaced, store.Paced)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		cancel()
		return ctx.Err()
	}
}

// middleware paces each attempt of an operation.
func (p *pacer) middleware() middleware.FinalizeMiddleware {
	return middleware.FinalizeMiddlewareFunc("qabot/pace", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if err := p.turn(ctx, awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		return next.HandleFinalize(ctx, in)
	})
}
