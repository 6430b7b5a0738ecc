package slacksim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"
)

// AckWithin is how long an app has in Slack to acknowledge an envelope.
const AckWithin = 3 * time.Second

// A Failure is what a person is told when the app could not be reached: in Slack a line that only they see.
type Failure struct {
	Code string // dispatch_failed (no connection), operation_timeout (no acknowledgement), or what else Slack says
	Text string // the line
}

func (f *Failure) Error() string { return f.Text }

var (
	errNoLink  = errors.New("dispatch_failed")
	errNoAck   = errors.New("operation_timeout")
	errClosing = errors.New("workspace closed")
)

// acknowledgement is what came back for an envelope, and when, on the real clock.
type acknowledgement struct {
	payload json.RawMessage
	at      time.Time
}

// retry is set on events that are sent again.
type retry struct {
	attempt int
	reason  string
}

// deliver sends one envelope to one connection and waits for its acknowledgement. The lock is not held.
func (w *Workspace) deliver(ctx context.Context, kind string, payload any, answers bool, again retry) (json.RawMessage, error) {
	w.mu.Lock()
	id := w.newID("env-")
	ack := make(chan acknowledgement, 1)
	w.links.pending[id] = ack
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.links.pending, id)
		w.mu.Unlock()
	}()

	frame := map[string]any{"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": answers}
	if kind == "events_api" {
		frame["retry_attempt"], frame["retry_reason"] = again.attempt, again.reason
	}
	late := make(chan struct{})
	defer w.alarms.after(cmp.Or(w.opts.AckWithin, AckWithin), func() { close(late) })()
	sent, err := w.sendToOne(frame)
	if err != nil {
		return nil, err
	}
	select {
	case a := <-ack:
		if w.opts.Acked != nil {
			w.opts.Acked(kind, a.at.Sub(sent))
		}
		return a.payload, nil
	case <-late:
		w.log.Info("not acknowledged", "envelope", id, "type", kind)
		return nil, errNoAck
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.ctx.Done():
		return nil, errClosing
	}
}

// sendToOne sends a frame over any one connection. A connection that breaks in doing so has not taken it.
func (w *Workspace) sendToOne(frame map[string]any) (at time.Time, err error) {
	for {
		w.mu.Lock()
		l := w.pick()
		w.mu.Unlock()
		if l == nil {
			return at, errors.Join(errNoLink, err)
		}
		at = time.Now()
		if err = l.send(frame); err == nil {
			return at, nil
		}
		w.leave(l)
	}
}

// event sends an event to the app, in its own time, and again at once, after one and after five minutes when it is
// not acknowledged. The caller holds the lock.
func (w *Workspace) event(name string, channelType string, ev map[string]any) {
	subscribed := name
	if name == "message" {
		subscribed = "message." + channelType
	}
	if !slices.Contains(w.opts.Events, subscribed) || w.needScope(eventScope(subscribed)) != nil {
		return
	}
	var org any
	if w.dir.org != "" {
		org = w.dir.org
	}
	body := map[string]any{
		"token": "slacksim", "enterprise_id": org, "team_id": teamID, "context_team_id": teamID, "api_app_id": appID, "type": "event_callback",
		"event_id": w.newID("Ev"), "event_time": w.now().Unix(), "is_ext_shared_channel": w.isShared(ev), "event": ev,
		"authorizations": []map[string]any{{"enterprise_id": org, "team_id": teamID, "user_id": w.dir.bot.ID, "is_bot": true, "is_enterprise_install": org != nil}},
	}
	send := func(again retry) {
		w.underway.Add(1)
		if !w.spawn(func() { w.sendEvent(body, again) }) {
			w.underway.Add(-1)
		}
	}
	send(retry{})
	if w.opts.EventsTwice {
		send(retry{attempt: 1, reason: "timeout"})
	}
}

// Underway is how many events are on their way to the app: neither acknowledged nor put off until later.
func (w *Workspace) Underway() int { return int(w.underway.Load()) }

// isShared tells whether an event is of a channel that other organisations are in.
func (w *Workspace) isShared(ev map[string]any) bool {
	id, _ := ev["channel"].(string)
	c := w.dir.channel(id)
	return c != nil && c.Shared
}

func (w *Workspace) sendEvent(body map[string]any, again retry) {
	arrived := sync.OnceFunc(func() { w.underway.Add(-1) })
	defer arrived()
	for _, pause := range []time.Duration{0, time.Minute, 5 * time.Minute, -1} {
		_, err := w.deliver(w.ctx, "events_api", body, false, again)
		if err == nil || w.ctx.Err() != nil {
			return
		}
		w.log.Info("event not delivered", "event", body["event_id"], "attempt", again.attempt, "err", err)
		if pause != 0 {
			arrived()
		}
		if pause < 0 || !w.pause(pause) {
			return
		}
		again = retry{attempt: again.attempt + 1, reason: "timeout"}
		if errors.Is(err, errNoLink) {
			again.reason = "connection_failed"
		}
	}
}

// pause waits by the workspace's clock; it is false when the workspace closes meanwhile.
func (w *Workspace) pause(d time.Duration) bool {
	if d == 0 {
		return true
	}
	over := make(chan struct{})
	defer w.alarms.after(d, func() { close(over) })()
	select {
	case <-over:
		return true
	case <-w.ctx.Done():
		return false
	}
}
