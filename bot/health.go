package bot

import (
	"sync"
	"time"
)

// Health says how the connections to Slack are.
type Health struct {
	Connections  []Connection
	LastEnvelope time.Time // zero: none yet
}

// Connected tells whether at least one connection is open, so that what people type arrives.
func (h Health) Connected() bool {
	for _, c := range h.Connections {
		if c.State == "connected" {
			return true
		}
	}
	return false
}

// Connection is one connection of Socket Mode.
type Connection struct {
	State        string    // "connecting", "connected", "failing", "closed"
	Since        time.Time // when it got into this state
	LastEnvelope time.Time
}

type healthBook struct {
	now  func() time.Time
	mu   sync.Mutex
	seen [connections]Connection
}

func newHealthBook(now func() time.Time) *healthBook {
	h := &healthBook{now: now}
	for n := range h.seen {
		h.set(n, "closed")
	}
	return h
}

func (h *healthBook) set(n int, state string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[n].State != state {
		h.seen[n].State, h.seen[n].Since = state, h.now()
	}
}

func (h *healthBook) closed(n int) { h.set(n, "closed") }

func (h *healthBook) envelope(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen[n].LastEnvelope = h.now()
}

func (h *healthBook) read() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := Health{Connections: append([]Connection(nil), h.seen[:]...)}
	for _, c := range out.Connections {
		if c.LastEnvelope.After(out.LastEnvelope) {
			out.LastEnvelope = c.LastEnvelope
		}
	}
	return out
}
