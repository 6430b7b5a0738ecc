package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"qabot/store"
)

const (
	lanesAtOnce = 8
	lanesLook   = 2 * time.Second // for what another replica received or decided, and did not get to
)

// lanes works off what lies in lanes of the store: of one lane one thing after another, under the lane's claim; lanes side
// by side.
type lanes struct {
	bot   *Bot
	what  string // for the log
	list  func(context.Context) ([]string, error)
	claim func(lane string) string // name of the claim
	// work deals with everything in a lane. again is when to go on with what could not be done yet.
	work  func(ctx context.Context, c *store.Claim, lane string) (again time.Duration, err error)
	bell  chan struct{}
	slots chan struct{}

	mu    sync.Mutex
	busy  map[string]bool
	after map[string]time.Time // not before
	wg    sync.WaitGroup
}

func (l *lanes) prepare() {
	l.bell, l.slots = make(chan struct{}, 1), make(chan struct{}, lanesAtOnce)
	l.busy, l.after = map[string]bool{}, map[string]time.Time{}
}

// wake says that something came.
func (l *lanes) wake() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

// hurry goes on at once with what waits.
func (l *lanes) hurry() {
	l.mu.Lock()
	clear(l.after)
	l.mu.Unlock()
	l.wake()
}

// run looks after the lanes until ctx ends, and waits for what is being done then.
func (l *lanes) run(ctx context.Context) error {
	defer l.wg.Wait()
	tick := time.NewTicker(lanesLook)
	defer tick.Stop()
	for {
		l.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-l.bell:
		case <-tick.C:
		}
	}
}

// once works off what is there now.
func (l *lanes) once(ctx context.Context) {
	l.look(ctx)
	l.wg.Wait()
}

func (l *lanes) look(ctx context.Context) {
	all, err := l.list(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.bot.log.Error("look into store", "for", l.what, "error", err)
		}
		return
	}
	for _, lane := range all {
		if !l.begin(lane) {
			continue
		}
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			l.end(lane, 0)
			return
		}
		l.wg.Go(func() {
			again, err := l.under(ctx, lane)
			if err != nil {
				again = max(again, time.Second)
				if !errors.Is(err, store.ErrFenced) && ctx.Err() == nil {
					l.bot.log.Error("work off lane", "for", l.what, "lane", lane, "error", err)
				}
			}
			<-l.slots
			l.end(lane, again)
		})
	}
}

func (l *lanes) begin(lane string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[lane] || time.Now().Before(l.after[lane]) {
		return false
	}
	l.busy[lane] = true
	return true
}

func (l *lanes) end(lane string, again time.Duration) {
	l.mu.Lock()
	delete(l.busy, lane)
	delete(l.after, lane)
	if again > 0 {
		l.after[lane] = time.Now().Add(again)
	}
	l.mu.Unlock()
	if again == 0 {
		l.wake() // for what came between the last look and the end
	} else if again < lanesLook {
		time.AfterFunc(again, l.wake)
	}
}

// under works off one lane under its claim. What has been begun is finished when ctx ends.
func (l *lanes) under(ctx context.Context, lane string) (again time.Duration, err error) {
	s := l.bot.store
	claim, err := s.ClaimName(ctx, l.claim(lane), l.bot.worker)
	if err != nil {
		return 0, err
	}
	if claim == nil {
		return lanesLook, nil // another replica is at it
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
		defer cancel()
		if err := s.Release(ctx, claim); err != nil && !errors.Is(err, store.ErrFenced) {
			l.bot.log.Warn("release lane", "claim", claim.Name, "error", err)
		}
	}()
	return l.work(ctx, claim, lane)
}

// sleep waits; it is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
