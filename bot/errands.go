package bot

import (
	"context"
	"sync"
	"time"
)

// errandsAtOnce bounds what is done beside the receiving: views opened, searches answered, lists loaded.
const errandsAtOnce = 32

// errands are short pieces of work that the receiving must not wait for: while it waits nothing is read, and Slack drops
// what is not read.
type errands struct {
	guarded func(func())
	life    context.Context
	end     context.CancelFunc
	slots   chan struct{}
	wg      sync.WaitGroup
}

func newErrands(guarded func(func())) *errands {
	life, end := context.WithCancel(context.Background())
	return &errands{guarded: guarded, life: life, end: end, slots: make(chan struct{}, errandsAtOnce)}
}

// run does something within that time, beside. It is false, and nothing is done, when too much is under way.
func (e *errands) run(within time.Duration, do func(context.Context)) bool {
	select {
	case e.slots <- struct{}{}:
	default:
		return false
	}
	e.wg.Go(func() {
		defer func() { <-e.slots }()
		ctx, cancel := context.WithTimeout(e.life, within)
		defer cancel()
		e.guarded(func() { do(ctx) })
	})
	return true
}

// close waits for what is under way, but not for longer than somebody waits for an answer.
func (e *errands) close() {
	cut := time.AfterFunc(ackTimeout, e.end)
	e.wg.Wait()
	cut.Stop()
	e.end()
}
