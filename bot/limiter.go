package bot

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Time-outs around one call to the outside.
const (
	httpTimeout = 10 * time.Second
	ackTimeout  = 2500 * time.Millisecond // Slack waits three seconds for an acknowledgement
	ackReserve  = 300 * time.Millisecond  // of it, for the way back
)

// openLimiter is a transport that holds back apps.connections.open over all connections of this process. slack-go's
// back-off begins anew with every connection that succeeds, so a server that accepts and hangs up would be asked thousands
// of times a second. The excess is answered here with 429 and Retry-After, which slack-go's connect loop honours; nothing
// waits inside a call.
type openLimiter struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	opens []time.Time // in the last minute
}

func (l *openLimiter) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/apps.connections.open") {
		if wait := l.take(); wait > 0 {
			if r.Body != nil {
				r.Body.Close()
			}
			return &http.Response{
				Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header:  http.Header{"Retry-After": {fmt.Sprint(int((wait + time.Second - 1) / time.Second))}},
				Body:    io.NopCloser(bytes.NewReader(nil)),
				Request: r,
			}, nil
		}
	}
	return l.next.RoundTrip(r)
}

// CloseIdleConnections is what http.Client asks its transport for.
func (l *openLimiter) CloseIdleConnections() {
	if next, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// take counts an opening, or says how long to wait for it. Openings are a second apart; once connections do not last, the
// distance doubles up to half a minute.
func (l *openLimiter) take() time.Duration {
	const free, most = 4, 30 * time.Second
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for len(l.opens) > 0 && now.Sub(l.opens[0]) > time.Minute {
		l.opens = l.opens[1:]
	}
	if n := len(l.opens); n > 0 {
		gap := time.Second << max(0, min(n-free, 5))
		if wait := min(gap, most) - now.Sub(l.opens[n-1]); wait > 0 {
			return wait
		}
	}
	l.opens = append(l.opens, now)
	return 0
}

// budget shares out what Slack allows: edits over all threads together, posts for each channel. Urgent edits may use it
// up; less urgent ones leave a reserve for them.
type budget struct {
	edits *rate.Limiter
	posts rate.Limit // a second, for each channel

	mu       sync.Mutex
	channels map[string]*rate.Limiter
	quiet    time.Time // Slack said 429: nothing before
}

// urgency of an edit.
type urgency int

const (
	heartbeat urgency = iota // only the elapsed time grew
	progressed
	final
)

// Slack allows 50 edits a minute.
const editsPerMinute = 40

func newBudget() *budget {
	return &budget{edits: rate.NewLimiter(rate.Limit(editsPerMinute)/60, 10), posts: 1, channels: map[string]*rate.Limiter{}}
}

// allows tells whether an edit of that urgency is within the budget.
func (b *budget) allows(u urgency, now time.Time) bool {
	reserve := map[urgency]float64{heartbeat: 5, progressed: 2, final: 0}[u]
	return !now.Before(b.quietUntil()) && b.edits.TokensAt(now) >= 1+reserve
}

// mayEdit takes an edit out of the budget, or says no for now.
func (b *budget) mayEdit(u urgency, now time.Time) bool {
	return b.allows(u, now) && b.edits.AllowN(now, 1)
}

// mayPost takes a message to that channel out of the budget: one a second, three at once.
func (b *budget) mayPost(channel string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.quiet) {
		return false
	}
	l := b.channels[channel]
	if l == nil {
		l = rate.NewLimiter(b.posts, 3)
		b.channels[channel] = l
	}
	return l.AllowN(now, 1)
}

// hush stops everything for a while.
func (b *budget) hush(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.quiet) {
		b.quiet = until
	}
}

func (b *budget) quietUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.quiet
}
