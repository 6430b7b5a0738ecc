package slacksim

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxLinks    = 10
	pingEvery   = 10 * time.Second
	ticketLife  = 30 * time.Second
	writeWithin = 5 * time.Second
	byeWithin   = 2 * time.Second   // for the app to answer the good-bye
	debugLife   = 360 * time.Second // of a connection opened with debug_reconnects=true
	maxAck      = 20 << 10          // bytes; larger acknowledgements are dropped in silence
)

// links are the app's Socket Mode connections. Guarded by the workspace's lock.
type links struct {
	tickets  map[string]time.Time
	live     map[*link]bool
	pending  map[string]chan acknowledgement // by envelope id
	disabled bool
	changed  chan struct{} // closed and replaced whenever live changes
}

func newLinks() links {
	return links{tickets: map[string]time.Time{}, live: map[*link]bool{}, pending: map[string]chan acknowledgement{}, changed: make(chan struct{})}
}

// link is one websocket. Writes are serialised; the first failure ends it.
type link struct {
	id     string
	n      int64 // rises with every connection
	conn   *websocket.Conn
	write  sync.Mutex
	warned bool // guarded by the workspace's lock
	done   chan struct{}
	once   sync.Once
	forget func() // takes the alarm for the end of its life back
}

func (l *link) send(v any) error {
	l.write.Lock()
	defer l.write.Unlock()
	return l.put(v)
}

// put is send for who holds write.
func (l *link) put(v any) error {
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeWithin)) // a broken connection shows in the write
	return l.conn.WriteJSON(v)
}

// end says good-bye. What the app sent before it answers is still taken; read closes the connection then.
func (l *link) end() {
	l.once.Do(func() {
		close(l.done)
		l.forget()
		msg := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = l.conn.WriteControl(websocket.CloseMessage, msg, time.Now().Add(writeWithin))
		_ = l.conn.SetReadDeadline(time.Now().Add(byeWithin))
	})
}

// cut ends without waiting for anybody.
func (l *link) cut() {
	l.end()
	_ = l.conn.Close()
}

func (w *Workspace) connectionsOpen(a args) (map[string]any, error) {
	if w.links.disabled {
		return nil, refuse("socket_mode_not_enabled")
	}
	ticket := w.newID("ticket-")
	w.links.tickets[ticket] = w.now()
	return map[string]any{"url": "ws" + strings.TrimPrefix(a.base, "http") + "/link/?ticket=" + ticket + "&app_id=" + appID}, nil
}

// takeTicket says whether a ticket is good, and uses it up.
func (w *Workspace) takeTicket(ticket string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	issued, ok := w.links.tickets[ticket]
	delete(w.links.tickets, ticket)
	return ok && !w.older(issued, ticketLife) && w.ctx.Err() == nil
}

func (w *Workspace) serveLink(rw http.ResponseWriter, r *http.Request) {
	if !w.takeTicket(r.URL.Query().Get("ticket")) {
		http.Error(rw, "ticket unknown, used or expired", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // the ticket is the proof
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		w.log.Warn("socket mode upgrade", "err", err)
		return
	}
	life := w.opts.ConnectionLife
	if r.URL.Query().Get("debug_reconnects") == "true" {
		life = debugLife
	}
	l := &link{conn: conn, done: make(chan struct{})}
	if !w.join(l, life) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.spawn(func() { w.pings(l) }) || !w.spawn(func() { w.read(l) }) {
		l.cut()
	}
}

// join counts a connection in and greets it; the eleventh is sent away.
func (w *Workspace) join(l *link, life time.Duration) bool {
	l.forget = w.alarms.after(life-w.opts.WarnAhead, func() { w.wg.Go(func() { w.retire(l) }) })
	w.mu.Lock()
	l.id = w.newID("link-")
	l.n = w.serial
	over, closed := len(w.links.live) >= maxLinks, w.ctx.Err() != nil
	if !over && !closed {
		l.write.Lock() // until it is greeted: what is delivered meanwhile comes behind
		w.links.live[l] = true
		w.linksChanged()
	}
	count := len(w.links.live)
	w.mu.Unlock()
	if over {
		_ = l.send(disconnectFrame("too_many_websockets")) // it is closed either way
	}
	if over || closed {
		l.cut()
		return false
	}
	hello := map[string]any{"type": "hello", "num_connections": count, "connection_info": map[string]any{"app_id": appID},
		"debug_info": map[string]any{"host": "applink-slacksim", "build_number": 1, "approximate_connection_time": int(life.Seconds())}}
	err := l.put(hello)
	l.write.Unlock()
	if err != nil {
		w.leave(l)
		l.cut()
		return false
	}
	return true
}

func disconnectFrame(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink-slacksim"}}
}

func (w *Workspace) leave(l *link) {
	w.mu.Lock()
	if w.links.live[l] {
		delete(w.links.live, l)
		w.linksChanged()
	}
	w.mu.Unlock()
	l.end()
}

// linksChanged wakes those who wait for a connection. The caller holds the lock.
func (w *Workspace) linksChanged() {
	close(w.links.changed)
	w.links.changed = make(chan struct{})
	w.feed.send(feedEvent{Type: "connections", Text: strconv.Itoa(len(w.links.live))})
}

// retire warns a connection and closes it some seconds later.
func (w *Workspace) retire(l *link) {
	w.mu.Lock()
	live := w.links.live[l] && !l.warned
	l.warned = true
	w.mu.Unlock()
	if !live {
		return
	}
	w.alarms.after(w.opts.WarnAhead, func() {
		w.wg.Go(func() {
			_ = l.send(disconnectFrame("refresh_requested")) // most have gone by now
			w.leave(l)
		})
	})
	if err := l.send(disconnectFrame("warning")); err != nil {
		w.leave(l)
	}
}

func (w *Workspace) pings(l *link) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	ping := func() error {
		return l.conn.WriteControl(websocket.PingMessage, []byte(l.id), time.Now().Add(writeWithin))
	}
	for err := ping(); err == nil; err = ping() {
		select {
		case <-tick.C:
		case <-l.done:
			return
		}
	}
	w.leave(l)
}

// read takes acknowledgements until the connection ends.
func (w *Workspace) read(l *link) {
	defer l.cut()
	defer w.leave(l)
	l.conn.SetReadLimit(maxBody)
	for {
		_, frame, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		at := time.Now()
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		switch {
		case len(frame) >= maxAck:
			w.log.Warn("acknowledgement over 20 KB dropped", "bytes", len(frame))
		case json.Unmarshal(frame, &ack) != nil || ack.EnvelopeID == "":
			w.log.Warn("frame is no acknowledgement", "bytes", len(frame))
		default:
			w.acknowledged(ack.EnvelopeID, acknowledgement{ack.Payload, at})
		}
	}
}

func (w *Workspace) acknowledged(id string, a acknowledgement) {
	w.mu.Lock()
	ch := w.links.pending[id]
	delete(w.links.pending, id)
	w.mu.Unlock()
	if ch == nil {
		w.log.Debug("late or repeated acknowledgement", "envelope", id)
		return
	}
	ch <- a // room for one
}

// pick chooses any one connection; warned ones only when there is no other. The caller holds the lock.
func (w *Workspace) pick() *link {
	fresh := slices.Collect(maps.Keys(w.links.live))
	fresh = slices.DeleteFunc(fresh, func(l *link) bool { return l.warned })
	if len(fresh) == 0 {
		fresh = slices.Collect(maps.Keys(w.links.live))
	}
	if len(fresh) == 0 {
		return nil
	}
	return fresh[rand.IntN(len(fresh))]
}

func (w *Workspace) closeLinks() {
	w.mu.Lock()
	all := slices.Collect(maps.Keys(w.links.live))
	w.mu.Unlock()
	for _, l := range all {
		w.leave(l)
		l.cut()
	}
}
