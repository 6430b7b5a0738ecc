package provisioner

import (
	"context"
	"sync"
)

// look is one look at the world by several resources.
type look struct {
	rest  bool // at environments at rest
	fresh bool // of steps
	mu    sync.Mutex
	asked map[any]func() (any, error)
}

type lookKey struct{}

// Look begins a look at the world: within it, what resources ask by Once is asked once, whoever asks first.
func Look(ctx context.Context) context.Context { return context.WithValue(ctx, lookKey{}, &look{}) }

// LookAtRest begins one at environments that nobody is at work on.
func LookAtRest(ctx context.Context) context.Context {
	return context.WithValue(ctx, lookKey{}, &look{rest: true})
}

// acting begins the steps of a pass: what several of them ask before they change anything is asked once.
func acting(ctx context.Context) context.Context {
	return context.WithValue(ctx, lookKey{}, &look{fresh: true})
}

// Looking tells whether the context is that of a look, not that of a step, which takes nothing for known from before.
func Looking(ctx context.Context) bool {
	l, ok := ctx.Value(lookKey{}).(*look)
	return ok && !l.fresh
}

// AtRest tells whether the look is at environments at rest: what may be remembered for some time need not be asked.
func AtRest(ctx context.Context) bool {
	l, ok := ctx.Value(lookKey{}).(*look)
	return ok && l.rest
}

// Once asks, unless the question of that key was asked within the same look: then it gives that answer. Outside of a look it
// always asks. Answers are shared and must not be changed.
func Once[T any](ctx context.Context, key any, ask func(context.Context) (T, error)) (T, error) {
	l, ok := ctx.Value(lookKey{}).(*look)
	if !ok {
		return ask(ctx)
	}
	l.mu.Lock()
	if l.asked == nil {
		l.asked = map[any]func() (any, error){}
	}
	answer, ok := l.asked[key]
	if !ok {
		answer = sync.OnceValues(func() (any, error) { return ask(ctx) })
		l.asked[key] = answer
	}
	l.mu.Unlock()
	given, err := answer()
	if err != nil {
		var none T
		return none, err
	}
	return given.(T), nil
}
