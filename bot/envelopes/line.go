package envelopes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/slack-go/slack/socketmode"
)

// Times of a connection.
const (
	connectWithin = 10 * time.Second // from asking for an address to the greeting
	silence       = 35 * time.Second // Slack pings more often; longer than that the connection is dead
	pingEvery     = 10 * time.Second
	drainFor      = 15 * time.Second // after the warning; Slack closes after ten seconds
	writeWithin   = 2500 * time.Millisecond
	longestPause  = 15 * time.Second // between two tries
)

const (
	readLimit = 1 << 20  // bytes of one envelope
	ackLimit  = 20 << 10 // bytes; Slack drops longer acknowledgements without a word
)

// States of a connection.
const (
	Connecting = "connecting"
	Connected  = "connected"
	Failing    = "failing"
	Closed     = "closed"
)

// Ack acknowledges an envelope. The payload is what Slack shows or carries out at once; nil for none.
type Ack func(ctx context.Context, payload any) error

// Options say where envelopes come from and what is done with them. Open and Heard must be set.
type Options struct {
	Open func(context.Context) (url string, err error) // asks Slack for an address
	// Heard is given each envelope; those of one connection in the order in which they came. While it is busy nothing is read.
	Heard func(n int, e socketmode.Event, ack Ack)

	Fatal      func(error) bool                      // errors of Open that trying again does not cure
	RetryAfter func(error) (time.Duration, bool)     // how long Open wants to be left alone
	State      func(n int, state string)             // is told of every change
	Left       func(n int, reason string, err error) // is told why a connection was left: a reason of Slack's, or an error

	Log     *slog.Logger
	Silence time.Duration // after which a connection is taken for dead; zero: 35 seconds
}

// Line is a number of connections to Slack. It is safe for concurrent use.
type Line struct {
	o Options

	mu   sync.Mutex
	live map[*conn]bool
}

// New gives a Line without a connection.
func New(o Options) *Line {
	if o.Fatal == nil {
		o.Fatal = func(error) bool { return false }
	}
	if o.RetryAfter == nil {
		o.RetryAfter = func(error) (time.Duration, bool) { return 0, false }
	}
	if o.State == nil {
		o.State = func(int, string) {}
	}
	if o.Left == nil {
		o.Left = func(int, string, error) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Silence == 0 {
		o.Silence = silence
	}
	return &Line{o: o, live: map[*conn]bool{}}
}

// Keep keeps connection n open until ctx ends or a fatal error is met, which it gives. Then nothing more is read; settle,
// when given, is waited for before the connection is closed, so that what was heard can be acknowledged.
func (l *Line) Keep(ctx context.Context, n int, settle func()) error {
	var readers, pings sync.WaitGroup
	var mine []*conn
	defer func() {
		for _, c := range mine {
			c.stopReading()
		}
		readers.Wait()
		if settle != nil {
			settle()
		}
		for _, c := range mine {
			l.close(c)
		}
		pings.Wait()
		l.o.State(n, Closed)
	}()
	failed := 0
	for ctx.Err() == nil {
		if !l.has(n) {
			l.o.State(n, Connecting)
		}
		c, err := l.connect(ctx, n)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			if !l.has(n) {
				l.o.State(n, Failing)
			}
			if l.o.Fatal(err) {
				return err
			}
			sleep(ctx, l.pause(n, err, failed))
			failed++
			continue
		}
		failed = 0
		l.add(c)
		mine = append(stillOpen(mine), c)
		l.o.State(n, Connected)
		readers.Go(func() { l.read(ctx, c) })
		pings.Go(c.ping)
		select {
		case <-c.leaving:
		case <-ctx.Done():
		}
	}
	return nil
}

// pause is how long to wait after a connection could not be opened.
func (l *Line) pause(n int, err error, failed int) time.Duration {
	if wait, ok := l.o.RetryAfter(err); ok {
		return wait
	}
	wait := min(time.Second<<min(failed, 10), longestPause)
	wait = wait*9/10 + rand.N(wait/5)
	l.o.Log.Warn("connect to slack", "connection", n, "again", wait.String(), "error", err)
	return wait
}

func (l *Line) add(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[c] = true
}

// has tells whether connection n can be heard, be it one that Slack is about to end.
func (l *Line) has(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.live {
		if c.n == n {
			return true
		}
	}
	return false
}

func (l *Line) close(c *conn) {
	l.mu.Lock()
	delete(l.live, c)
	l.mu.Unlock()
	c.close()
}

// others are the connections that an acknowledgement may go out by, that it came by first.
func (l *Line) ways(c *conn) []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	ways := []*conn{c}
	for other := range l.live {
		if other != c {
			ways = append(ways, other)
		}
	}
	return ways
}

// acknowledge says that an envelope arrived.
func (l *Line) acknowledge(ctx context.Context, c *conn, id string, payload any) error {
	frame, err := json.Marshal(socketmode.Response{EnvelopeID: id, Payload: payload})
	if err != nil {
		return fmt.Errorf("write acknowledgement: %w", err)
	}
	if len(frame) >= ackLimit {
		return fmt.Errorf("the acknowledgement has %d bytes, Slack takes less than %d", len(frame), ackLimit)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(writeWithin)
	}
	var failed error
	for _, way := range l.ways(c) {
		err := way.write(frame, deadline)
		if err == nil {
			return nil
		}
		failed = errors.Join(failed, err)
	}
	return fmt.Errorf("acknowledge envelope: %w", failed)
}

// sleep waits, but not longer than ctx lasts.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
