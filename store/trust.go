package store

import (
	"sync/atomic"
	"time"
)

// moment is a time of this process's monotonic clock. It is no plain time, so that it cannot get into a statement: the
// clock of SQL is the database's.
type moment struct{ at time.Time }

// now is taken before a claim or renewal is sent, never after.
func now() moment { return moment{time.Now()} }

func (m moment) ago() time.Duration { return time.Since(m.at) }

// trust is the deadline of a claim on the process's monotonic clock: guard after the last claim or renewal that succeeded was sent.
type trust struct {
	start time.Time // carries the monotonic reading
	guard time.Duration
	until atomic.Int64 // nanoseconds after start; 0: ended, for good
}

func newTrust(sent moment, guard time.Duration) *trust {
	t := &trust{start: sent.at, guard: guard}
	t.until.Store(int64(guard))
	return t
}

// extend moves the deadline on, and never back: the answers of two renewals may come in any order.
func (t *trust) extend(sent moment) {
	until := int64(sent.at.Sub(t.start) + t.guard)
	for {
		was := t.until.Load()
		if was == 0 || was >= until || t.until.CompareAndSwap(was, until) {
			return
		}
	}
}

func (t *trust) end() { t.until.Store(0) }

func (t *trust) alive() bool {
	return t != nil && time.Since(t.start) < time.Duration(t.until.Load())
}
