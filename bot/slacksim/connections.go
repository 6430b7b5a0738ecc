package slacksim

import (
	"context"
	"maps"
	"slices"
)

// Connections says how many Socket Mode connections are open.
func (w *Workspace) Connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.links.live)
}

// AwaitConnections waits until at least n connections are open. It gives the context's error when that comes first.
func (w *Workspace) AwaitConnections(ctx context.Context, n int) error {
	for {
		w.mu.Lock()
		count, changed := len(w.links.live), w.links.changed
		w.mu.Unlock()
		if count >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Disconnect ends all connections the way Slack does. "warning": they are warned and closed ten seconds later.
// "refresh_requested": they are told and closed at once. "link_disabled": the same, and Socket Mode is off until
// EnableSocketMode. "": they break without a word.
func (w *Workspace) Disconnect(reason string) error {
	switch reason {
	case "", "warning", "refresh_requested", "link_disabled":
	default:
		return badRequest("no disconnect reason %q", reason)
	}
	w.mu.Lock()
	if reason == "link_disabled" {
		w.links.disabled = true
	}
	all := slices.Collect(maps.Keys(w.links.live))
	w.mu.Unlock()
	for _, l := range all {
		w.disconnect(l, reason)
	}
	return nil
}

// Recycle ends the connection that has lived longest, and that was not warned yet, as Disconnect does all of them; this is
// what Slack does every few hours. It is false when there is none.
func (w *Workspace) Recycle(reason string) (bool, error) {
	if reason != "" && reason != "warning" && reason != "refresh_requested" {
		return false, badRequest("no reason %q to end one connection", reason)
	}
	w.mu.Lock()
	var oldest *link
	for l := range w.links.live {
		if !l.warned && (oldest == nil || l.n < oldest.n) {
			oldest = l
		}
	}
	w.mu.Unlock()
	if oldest == nil {
		return false, nil
	}
	w.disconnect(oldest, reason)
	return true, nil
}

func (w *Workspace) disconnect(l *link, reason string) {
	switch reason {
	case "warning":
		w.retire(l)
		return
	case "":
		_ = l.conn.Close() // without a close frame
	default:
		_ = l.send(disconnectFrame(reason)) // it is closed either way
	}
	w.leave(l)
}

// EnableSocketMode lets the app connect again after link_disabled.
func (w *Workspace) EnableSocketMode() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.links.disabled = false
}
