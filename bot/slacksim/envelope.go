package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// AckWithin is how long the app has to acknowledge an envelope.
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

// retry is set on events that are sent again.
type retry struct {
	attempt int
	reason  string
}

// deliver sends one envelope to one connection and waits for its acknowledgement. The lock is not held.
func (w *Workspace) deliver(ctx context.Context, kind string, payload any, answers bool, again retry) (json.RawMessage, error) {
	w.mu.Lock()
	l := w.pick()
	if l == nil {
		w.mu.Unlock()
		return nil, errNoLink
	}
	id := w.newID("env-")
	ack := make(chan json.RawMessage, 1)
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
	defer w.alarms.after(AckWithin, func() { close(late) })()
	if err := l.send(frame); err != nil {
		w.leave(l)
		return nil, fmt.Errorf("%w: %w", errNoLink, err)
	}
	select {
	case payload := <-ack:
		return payload, nil
	case <-late:
		w.log.Info("not acknowledged", "envelope", id, "type", kind)
		return nil, errNoAck
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.ctx.Done():
		return nil, errClosing
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
	body := map[string]any{
		"token": "slacksim", "team_id": teamID, "context_team_id": teamID, "api_app_id": appID, "type": "event_callback",
		"event_id": w.newID("Ev"), "event_time": w.now().Unix(), "is_ext_shared_channel": false, "event": ev,
		"authorizations": []map[string]any{{"enterprise_id": nil, "team_id": teamID, "user_id": w.dir.bot.ID, "is_bot": true, "is_enterprise_install": false}},
	}
	w.spawn(func() { w.sendEvent(body) })
}

func (w *Workspace) sendEvent(body map[string]any) {
	again := retry{}
	for _, pause := range []time.Duration{0, time.Minute, 5 * time.Minute, -1} {
		_, err := w.deliver(w.ctx, "events_api", body, false, again)
		if err == nil || w.ctx.Err() != nil {
			return
		}
		w.log.Info("event not delivered", "event", body["event_id"], "attempt", again.attempt, "err", err)
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
