package compute

import (
	"maps"
	"sync"
	"time"
)

// asks counts this process's own requests to roles, so that nobody takes them for people's. The zero value is good.
type asks struct {
	mu     sync.Mutex
	counts map[asked]int
}

type asked struct {
	url    string
	minute int64 // since 1970
}

func minuteOf(at time.Time) int64 { return at.Unix() / int64(requestMinute/time.Second) }

// asksKept is how many minutes of roles are remembered before those that no look goes back to are dropped.
const asksKept = 10000

// add counts a request that was under way between two moments. When the load balancer counted it is not known: where that is
// more than one minute, it is taken off each of them.
func (a *asks) add(url string, began, ended time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts == nil {
		a.counts = map[asked]int{}
	}
	if len(a.counts) >= asksKept {
		old := minuteOf(ended.Add(-usageSpan))
		maps.DeleteFunc(a.counts, func(k asked, _ int) bool { return k.minute < old })
	}
	for m := minuteOf(began); m <= minuteOf(ended); m++ {
		a.counts[asked{url, m}]++
	}
}

// in gives the requests in the minute that begins at that time.
func (a *asks) in(url string, at time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts[asked{url, minuteOf(at)}]
}
