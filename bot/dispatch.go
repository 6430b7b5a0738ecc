package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"qabot/store"
)

const (
	lanesAtOnce   = 8
	letterTimeout = 15 * time.Second // below the guard of a claim
	inboxLook     = 2 * time.Second  // for letters that another replica received and did not get to
)

// dispatcher works off the inbox: letters of one lane one after another, lanes side by side.
type dispatcher struct {
	bot   *Bot
	bell  chan struct{}
	slots chan struct{}

	mu   sync.Mutex
	busy map[string]bool
	wg   sync.WaitGroup
}

func newDispatcher(b *Bot) *dispatcher {
	return &dispatcher{bot: b, bell: make(chan struct{}, 1), slots: make(chan struct{}, lanesAtOnce), busy: map[string]bool{}}
}

// wake says that a letter came.
func (d *dispatcher) wake() {
	select {
	case d.bell <- struct{}{}:
	default:
	}
}

// run looks after the inbox until ctx ends, and waits for the letters that are being read then.
func (d *dispatcher) run(ctx context.Context) error {
	defer d.wg.Wait()
	tick := time.NewTicker(inboxLook)
	defer tick.Stop()
	for {
		d.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-d.bell:
		case <-tick.C:
		}
	}
}

func (d *dispatcher) look(ctx context.Context) {
	lanes, err := d.bot.store.Lanes(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.bot.log.Error("look into inbox", "error", err)
		}
		return
	}
	for _, lane := range lanes {
		if !d.begin(lane) {
			continue
		}
		select {
		case d.slots <- struct{}{}:
		case <-ctx.Done():
			d.end(lane)
			return
		}
		d.wg.Go(func() {
			defer func() {
				<-d.slots
				d.end(lane)
				d.wake() // for a letter that came between the last look and the end
			}()
			if err := d.work(ctx, lane); err != nil && !errors.Is(err, store.ErrFenced) && ctx.Err() == nil {
				d.bot.log.Error("work off lane", "lane", lane, "error", err)
				sleep(ctx, time.Second)
			}
		})
	}
}

func (d *dispatcher) begin(lane string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[lane] {
		return false
	}
	d.busy[lane] = true
	return true
}

func (d *dispatcher) end(lane string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, lane)
}

// work reads a lane until it is empty or ctx ends. A letter that is being read is read to its end.
func (d *dispatcher) work(ctx context.Context, lane string) error {
	s := d.bot.store
	claim, err := s.ClaimName(ctx, store.Lane(lane), d.bot.worker)
	if err != nil {
		return err
	}
	if claim == nil {
		sleep(ctx, inboxLook) // another replica is at it
		return nil
	}
	calm := context.WithoutCancel(ctx)
	defer d.release(calm, claim)
	for {
		letters, err := s.Letters(ctx, lane)
		if err != nil || len(letters) == 0 {
			return err
		}
		for _, l := range letters {
			if ctx.Err() != nil {
				return nil
			}
			if err := d.finish(calm, claim, l); err != nil {
				return err
			}
		}
	}
}

// finish reads a letter and is done with it, within the lease: later than that it would be somebody else's.
func (d *dispatcher) finish(ctx context.Context, claim *store.Claim, l store.Letter) error {
	ctx, cancel := context.WithTimeout(ctx, store.Lease)
	defer cancel()
	if err := d.bot.store.Renew(ctx, claim); err != nil {
		return err
	}
	d.read(ctx, l)
	return d.bot.store.Finish(ctx, claim, l.Key)
}

func (d *dispatcher) release(ctx context.Context, claim *store.Claim) {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if err := d.bot.store.Release(ctx, claim); err != nil && !errors.Is(err, store.ErrFenced) {
		d.bot.log.Warn("release lane", "claim", claim.Name, "error", err)
	}
}

// read deals with one letter. Whatever happens, the letter is done with: one that cannot be read must not stop the lane.
func (d *dispatcher) read(ctx context.Context, l store.Letter) {
	ctx, cancel := context.WithTimeout(ctx, letterTimeout)
	defer cancel()
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		return d.bot.handle(ctx, l)
	}()
	if err == nil {
		return
	}
	reference := newReference()
	d.bot.log.Error("deal with letter", "reference", reference, "kind", l.Kind, "lane", l.Lane, "error", err)
	d.bot.apologise(context.WithoutCancel(ctx), l, reference)
}
