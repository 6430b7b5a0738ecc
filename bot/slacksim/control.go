package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// controlRoutes serve what people do: the page uses them, and scripts may.
func (w *Workspace) controlRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/workspace", w.controlWorkspace)
	mux.HandleFunc("GET /control/messages", w.controlMessages)
	mux.HandleFunc("GET /control/views", w.controlViews)
	mux.HandleFunc("GET /control/feed", w.controlFeed)

	post(mux, "command", w.controlCommand)
	post(mux, "message", func(r *http.Request, in typed) (any, error) {
		ts, err := w.Message(r.Context(), in.User, in.Channel, in.Text, in.ThreadTS)
		return map[string]any{"ts": ts}, err
	})
	post(mux, "click", func(r *http.Request, in Action) (any, error) { return nil, w.Act(r.Context(), in) })
	post(mux, "suggest", w.controlSuggest)
	post(mux, "submit", w.controlSubmit)
	post(mux, "close", func(r *http.Request, in onView) (any, error) {
		return nil, w.CloseView(r.Context(), in.User, in.ViewID)
	})
	post(mux, "home", func(_ *http.Request, in struct{ User, Tab string }) (any, error) {
		return nil, w.OpenHome(in.User, in.Tab)
	})
	post(mux, "shortcut", func(r *http.Request, in struct {
		User, Channel, TS string
		CallbackID        string `json:"callback_id"`
	}) (any, error) {
		return nil, w.Shortcut(r.Context(), in.User, in.CallbackID, in.Channel, in.TS)
	})
	post(mux, "react", func(_ *http.Request, in struct {
		User, Channel, TS, Name string
		Remove                  bool
	}) (any, error) {
		return nil, w.React(in.User, in.Channel, in.TS, in.Name, !in.Remove)
	})
	post(mux, "dismiss", func(_ *http.Request, in struct{ User, Channel, TS string }) (any, error) {
		return nil, w.Dismiss(in.User, in.Channel, in.TS)
	})
	post(mux, "channel", func(_ *http.Request, in ChannelChange) (any, error) { return nil, w.ChangeChannel(in) })
	post(mux, "user", func(_ *http.Request, in UserChange) (any, error) { return nil, w.ChangeUser(in) })
	post(mux, "group", func(_ *http.Request, in GroupChange) (any, error) { return nil, w.ChangeGroup(in) })
	post(mux, "disconnect", func(_ *http.Request, in struct{ Reason string }) (any, error) { return nil, w.Disconnect(in.Reason) })
	post(mux, "recycle", func(_ *http.Request, in struct{ Reason string }) (any, error) {
		done, err := w.Recycle(in.Reason)
		return map[string]any{"recycled": done}, err
	})
	post(mux, "socketmode", func(_ *http.Request, _ struct{}) (any, error) { w.EnableSocketMode(); return nil, nil })
	post(mux, "fault", func(_ *http.Request, in Fault) (any, error) { return nil, w.Fail(in) })
	mux.HandleFunc("/control/", func(rw http.ResponseWriter, r *http.Request) {
		controlError(rw, http.StatusNotFound, fmt.Sprintf("no %s %s", r.Method, r.URL.Path))
	})
}

// typed is a message or command as somebody types it.
type typed struct {
	User, Channel, Text string
	ThreadTS            string `json:"thread_ts"`
}

// onView is somebody acting on a view.
type onView struct {
	User   string
	ViewID string `json:"view_id"`
}

// post serves POST /control/<name>: a JSON body of known fields in, {"ok":true,...} out.
func post[In any](mux *http.ServeMux, name string, do func(*http.Request, In) (any, error)) {
	mux.HandleFunc("POST /control/"+name, func(rw http.ResponseWriter, r *http.Request) {
		if !sameSite(r) {
			controlError(rw, http.StatusForbidden, "only this page and scripts may do that")
			return
		}
		var in In
		dec := json.NewDecoder(io.LimitReader(r.Body, maxBody))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			controlError(rw, http.StatusBadRequest, "body: "+err.Error())
			return
		}
		out, err := do(r, in)
		answerControl(rw, out, err)
	})
}

// sameSite keeps other sites in the same browser out: they cannot set this header's value.
func sameSite(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func controlError(rw http.ResponseWriter, status int, text string) {
	writeJSON(rw, status, map[string]any{"ok": false, "error": text})
}

// answerControl writes 200 for what happened in the workspace, also when the app failed, and 400 for wrong input.
func answerControl(rw http.ResponseWriter, v any, err error) {
	var bad *badInput
	var failure *Failure
	out := map[string]any{"ok": err == nil}
	switch {
	case errors.As(err, &bad):
		controlError(rw, http.StatusBadRequest, bad.text)
		return
	case errors.As(err, &failure):
		out["error"], out["shown"] = failure.Code, failure.Text
	case err != nil:
		out["error"] = err.Error()
	}
	if fields, ok := v.(map[string]any); ok {
		for k, x := range fields {
			out[k] = x
		}
	}
	writeJSON(rw, http.StatusOK, out)
}

func (w *Workspace) controlCommand(r *http.Request, in typed) (any, error) {
	ack, err := w.command(r.Context(), in.User, in.Channel, in.Text, in.ThreadTS)
	if err != nil {
		return nil, err
	}
	return map[string]any{"ack": ack}, nil
}

func (w *Workspace) controlSuggest(r *http.Request, in struct {
	Action
	Query string
}) (any, error) {
	options, err := w.Suggest(r.Context(), in.Action, in.Query)
	return map[string]any{"options": options}, err
}

func (w *Workspace) controlSubmit(r *http.Request, in struct {
	onView
	Values Values
}) (any, error) {
	faults, err := w.Submit(r.Context(), in.User, in.ViewID, in.Values)
	return map[string]any{"errors": faults}, err
}

func (w *Workspace) controlMessages(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.dir.channel(r.URL.Query().Get("channel"))
	if c == nil {
		controlError(rw, http.StatusBadRequest, fmt.Sprintf("no channel %q", r.URL.Query().Get("channel")))
		return
	}
	only := ""
	if name := r.URL.Query().Get("user"); name != "" {
		u, err := w.person(name)
		if err != nil {
			answerControl(rw, nil, err)
			return
		}
		only = u.ID
	}
	messages := w.snapshot(c.ID, only)
	if messages == nil {
		messages = []Message{}
	}
	writeJSON(rw, http.StatusOK, map[string]any{"ok": true, "messages": messages})
}

// controlViews gives a user's modals and Home tab with what is filled in.
func (w *Workspace) controlViews(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.person(r.URL.Query().Get("user"))
	if err != nil {
		answerControl(rw, nil, err)
		return
	}
	modals := []map[string]any{}
	for _, v := range w.stacks[u.ID] {
		modals = append(modals, w.wireView(v))
	}
	out := map[string]any{"ok": true, "modals": modals, "home": nil}
	if v := w.homes[u.ID]; v != nil {
		out["home"] = w.wireView(v)
	}
	writeJSON(rw, http.StatusOK, out)
}

func (w *Workspace) controlWorkspace(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	type member struct {
		*User
		Channels []string `json:"channels"` // ids, direct message included
	}
	var users []member
	for _, u := range w.dir.users {
		m := member{User: u, Channels: []string{}}
		for _, c := range w.dir.channels {
			if w.dir.isMember(c, u) {
				m.Channels = append(m.Channels, c.ID)
			}
		}
		users = append(users, m)
	}
	groups := map[string]string{}
	for _, g := range w.dir.groups {
		groups[g.ID] = g.Handle
	}
	writeJSON(rw, http.StatusOK, map[string]any{
		"ok": true, "team": w.opts.Team, "users": users, "channels": w.dir.channels, "groups": groups, "bot": w.dir.bot.ID,
		"command":   map[string]string{"name": w.opts.Command, "hint": w.opts.UsageHint, "description": w.opts.Description},
		"shortcuts": w.opts.Shortcuts, "connections": len(w.links.live), "now": w.now().Format(time.RFC3339),
	})
}

// controlFeed tells one user's page what changes, as server-sent events.
func (w *Workspace) controlFeed(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	u, err := w.person(r.URL.Query().Get("user"))
	w.mu.Unlock()
	if err != nil {
		answerControl(rw, nil, err)
		return
	}
	lines, stop := w.feed.subscribe(u.ID)
	defer stop()
	out := http.NewResponseController(rw)
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	_, err = io.WriteString(rw, "retry: 500\n\n")
	keep := time.NewTicker(15 * time.Second)
	defer keep.Stop()
	for err == nil {
		if err = out.Flush(); err != nil {
			return
		}
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			_, err = fmt.Fprintf(rw, "data: %s\n\n", strings.TrimSpace(string(line)))
		case <-keep.C:
			_, err = io.WriteString(rw, ": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}
