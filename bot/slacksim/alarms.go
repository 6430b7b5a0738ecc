package slacksim

import (
	"context"
	"sync"
	"time"
)

// alarms call functions when the workspace's clock reaches a time. A clock given from outside may jump, so it is
// looked at often; the real one is simply slept on.
type alarms struct {
	now  func() time.Time
	look time.Duration // longest sleep while something is set

	mu   sync.Mutex
	set  map[*alarm]struct{}
	wake chan struct{}
}

type alarm struct {
	due time.Time
	f   func()
}

func newAlarms(now func() time.Time) *alarms {
	a := &alarms{now: now, look: 10 * time.Millisecond, set: map[*alarm]struct{}{}, wake: make(chan struct{}, 1)}
	if now == nil {
		a.now, a.look = time.Now, time.Hour
	}
	return a
}

// after calls f once the clock has moved on by d. f runs on the alarm's goroutine and must not block. The returned
// function takes the alarm back; it may be called more than once.
func (a *alarms) after(d time.Duration, f func()) (stop func()) {
	al := &alarm{due: a.now().Add(d), f: f}
	a.mu.Lock()
	a.set[al] = struct{}{}
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
	return func() {
		a.mu.Lock()
		delete(a.set, al)
		a.mu.Unlock()
	}
}

func (a *alarms) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-a.wake:
		}
		due, next := a.take()
		for _, al := range due {
			al.f()
		}
		timer.Reset(next)
	}
}

// take removes the alarms that are due and says how long to sleep at most.
func (a *alarms) take() (due []*alarm, next time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	next = time.Hour
	for al := range a.set {
		left := al.due.Sub(now)
		if left <= 0 {
			due = append(due, al)
			delete(a.set, al)
			continue
		}
		next = min(next, left, a.look)
	}
	return due, next
}
