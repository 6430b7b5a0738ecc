package slacksim

import (
	"context"
	"slices"
)

// Shortcut starts a shortcut of the app: a global one, or with a message (channel and ts) that message's.
func (w *Workspace) Shortcut(ctx context.Context, user, callbackID, channel, ts string) error {
	w.mu.Lock()
	u, err := w.person(user)
	var p map[string]any
	if err == nil {
		p = w.interaction("shortcut", u, "")
		p["callback_id"], p["action_ts"] = callbackID, w.newTS()
	}
	if err == nil && ts != "" {
		var c *Channel
		if u, c, err = w.place(user, channel); err == nil {
			m := w.find(c.ID, ts)
			if m == nil {
				err = badRequest("no message %s in %s", ts, channel)
			} else {
				p["type"], p["message"], p["message_ts"] = "message_action", w.wire(m, true), m.TS
				p["channel"] = map[string]any{"id": c.ID, "name": channelName(c)}
				p["response_url"] = w.newResponseURL(u, c, nil, m.ThreadTS)
			}
		}
	}
	if err == nil {
		err = w.offersShortcut(callbackID, map[bool]string{true: "message", false: "global"}[ts != ""])
	}
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err = w.deliver(ctx, "interactive", p, false, retry{}); err != nil {
		return w.shown(w.failed(err, w.opts.BotName), u, w.dir.im(u.ID), "")
	}
	return nil
}

// offersShortcut refuses what the app does not have. Without Options.Shortcuts any callback id is taken.
func (w *Workspace) offersShortcut(callbackID, kind string) error {
	if callbackID == "" {
		return badRequest("callback_id is missing")
	}
	has := func(s Shortcut) bool { return s.CallbackID == callbackID && s.Type == kind }
	if len(w.opts.Shortcuts) > 0 && !slices.ContainsFunc(w.opts.Shortcuts, has) {
		return badRequest("the app has no %s shortcut %q", kind, callbackID)
	}
	if w.needScope("commands") != nil {
		return badRequest("shortcuts need the scope commands")
	}
	return nil
}
