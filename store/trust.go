package store

import (
	"sync/atomic"
	"time"
)

// trust is the deadline of a claim on the process's monotonic clock. The SQL that claims or renews takes the time before it
// is sent and extends the deadline only when it succeeded.
type trust struct {
	start time.Time    // carries the monotonic reading
	until atomic.Int64 // nanoseconds after start
	guard time.Duration
}

func newTrust(sent time.Time, guard time.Duration) *trust {
	t := &trust{start: sent, guard: guard}
	t.until.Store(int64(guard))
	return t
}

func (t *trust) extend(sent time.Time) { t.until.Store(int64(sent.Sub(t.start) + t.guard)) }
func (t *trust) end()                  { t.until.Store(0) }
func (t *trust) alive() bool {
	return t != nil && time.Since(t.start) < time.Duration(t.until.Load())
}
