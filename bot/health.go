package bot

import (
	"sync"
	"time"
)

// Health says how the connections to Slack and GitHub are.
type Health struct {
	Connections  []Connection
	LastEnvelope time.Time // zero: none yet
	GitHub       GitHubHealth
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
	hub  *hubBook
}

func newHealthBook(now func() time.Time, events string) *healthBook {
	h := &healthBook{now: now, hub: newHubBook(events)}
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

func (h *healthBook) envelope(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen[n].LastEnvelope = h.now()
}

func (h *healthBook) read() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := Health{Connections: append([]Connection(nil), h.seen[:]...), GitHub: h.hub.read()}
	for _, c := range out.Connections {
		if c.LastEnvelope.After(out.LastEnvelope) {
			out.LastEnvelope = c.LastEnvelope
		}
	}
	return out
}
