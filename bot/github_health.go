package bot

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// GitHubHealth says how the bot hears of branches.
type GitHubHealth struct {
	Events    string    // where events come from: EventsPolling, EventsQueue or EventsWebhook
	LastLook  time.Time // when branches and environments were last compared without a fault; zero: not yet
	LastEvent time.Time // zero: none yet
	Trouble   []string  // what is wrong now, for whoever runs the bot
}

// hubBook is kept by everything that speaks with GitHub.
type hubBook struct {
	mu      sync.Mutex
	health  GitHubHealth
	trouble map[string]string // by what was tried
}

func newHubBook(events string) *hubBook {
	return &hubBook{health: GitHubHealth{Events: events}, trouble: map[string]string{}}
}

// looked notes that the branches of all repositories were compared.
func (h *hubBook) looked(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.health.LastLook = at
}

func (h *hubBook) event(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.health.LastEvent = at
}

// note remembers what is wrong with something; nil says that nothing is.
func (h *hubBook) note(what string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		delete(h.trouble, what)
		return
	}
	h.trouble[what] = err.Error()
}

func (h *hubBook) read() GitHubHealth {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.health
	for _, what := range slices.Sorted(maps.Keys(h.trouble)) {
		out.Trouble = append(out.Trouble, what+": "+h.trouble[what])
	}
	return out
}
