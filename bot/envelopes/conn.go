package envelopes

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"
)

// conn is one websocket.
type conn struct {
	n       int
	ws      *websocket.Conn
	silence time.Duration
	leaving chan struct{} // closed when another one is wanted in its place
	gone    chan struct{} // closed when it is

	left    sync.Once
	closed  sync.Once
	writing sync.Mutex
	drained time.Time // not zero: nothing is read after it; the reader's own
	stopped atomic.Bool
}

// connect opens a connection and waits for its greeting.
func (l *Line) connect(ctx context.Context, n int) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	url, err := l.o.Open(ctx)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: connectWithin}
	ws, _, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	c := &conn{n: n, ws: ws, silence: l.o.Silence, leaving: make(chan struct{}), gone: make(chan struct{})}
	ws.SetReadLimit(readLimit)
	stop := context.AfterFunc(ctx, func() { _ = ws.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var hello socketmode.Request
	if err := ws.ReadJSON(&hello); err != nil {
		c.close()
		return nil, fmt.Errorf("wait for the greeting: %w", err)
	}
	if hello.Type != socketmode.RequestTypeHello {
		c.close()
		return nil, fmt.Errorf("instead of a greeting came %q %q", hello.Type, hello.Reason)
	}
	ws.SetPingHandler(func(data string) error {
		c.heard()
		_ = ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin)) // a broken one shows in reading
		return nil
	})
	ws.SetPongHandler(func(string) error { c.heard(); return nil })
	return c, nil
}

// heard puts off the moment at which the connection is taken for dead.
func (c *conn) heard() {
	until := time.Now().Add(c.silence)
	if !c.drained.IsZero() && c.drained.Before(until) {
		until = c.drained
	}
	_ = c.ws.SetReadDeadline(until)
	if c.stopped.Load() {
		c.stopReading()
	}
}

// stopReading ends read at once.
func (c *conn) stopReading() {
	c.stopped.Store(true)
	_ = c.ws.SetReadDeadline(time.Unix(1, 0))
}

// read hands over what comes until the connection ends. When ctx has ended it is left open for acknowledgements.
func (l *Line) read(ctx context.Context, c *conn) {
	var err error
	c.heard()
	for ctx.Err() == nil {
		var frame []byte
		if _, frame, err = c.ws.ReadMessage(); err != nil {
			break
		}
		c.heard()
		l.frame(c, frame)
	}
	if ctx.Err() != nil {
		return
	}
	l.close(c)
	if c.leave() {
		l.o.Left(c.n, "", err)
	}
}

// leave asks for another connection; it is false when that was done before.
func (c *conn) leave() (first bool) {
	c.left.Do(func() { first = true; close(c.leaving) })
	return first
}

// frame deals with one message.
func (l *Line) frame(c *conn, frame []byte) {
	var r socketmode.Request
	err := json.Unmarshal(frame, &r)
	if err == nil && r.Type == socketmode.RequestTypeHello {
		return
	}
	if err == nil && r.Type == socketmode.RequestTypeDisconnect {
		if c.leave() {
			c.drained = time.Now().Add(drainFor)
			c.heard()
			l.o.Left(c.n, r.Reason, nil)
		}
		return
	}
	e, err := understand(r, err)
	ack := func(ctx context.Context, payload any) error { return l.acknowledge(ctx, c, r.EnvelopeID, payload) }
	if err == nil {
		l.o.Heard(c.n, e, ack)
		return
	}
	l.o.Log.Warn("envelope that cannot be read", "type", r.Type[:min(len(r.Type), 40)], "error", err)
	if r.EnvelopeID == "" {
		return
	}
	if err := ack(context.Background(), nil); err != nil {
		l.o.Log.Warn("acknowledge envelope", "error", err)
	}
}

// write sends a frame.
func (c *conn) write(frame []byte, deadline time.Time) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	select {
	case <-c.gone:
		return websocket.ErrCloseSent
	default:
	}
	_ = c.ws.SetWriteDeadline(deadline)
	return c.ws.WriteMessage(websocket.TextMessage, frame)
}

// ping keeps asking whether somebody is there, so that a dead connection is noticed.
func (c *conn) ping() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.gone:
			return
		case <-c.leaving:
			return
		case <-tick.C:
			_ = c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) // a broken one shows in reading
		}
	}
}

func (c *conn) close() {
	c.closed.Do(func() {
		close(c.gone)
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
		_ = c.ws.Close()
	})
}

// stillOpen leaves out what was closed.
func stillOpen(all []*conn) []*conn {
	return slices.DeleteFunc(all, func(c *conn) bool {
		select {
		case <-c.gone:
			return true
		default:
			return false
		}
	})
}
