package slacksim

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// responseURL is the right to answer an interaction a few times.
type responseURL struct {
	user     *User
	channel  *Channel
	original *Message // the message acted on; none after a command
	threadTS string
	issued   time.Time
	uses     int
}

// newResponseURL gives the URL for one interaction. The caller holds the lock.
func (w *Workspace) newResponseURL(u *User, c *Channel, original *Message, threadTS string) string {
	if len(w.responses) > w.tidyResponses {
		for id, r := range w.responses {
			if w.older(r.issued, 2*responseLife) {
				delete(w.responses, id)
			}
		}
		w.tidyResponses = tidyAgain(len(w.responses))
	}
	id := w.newID("r")
	w.responses[id] = &responseURL{user: u, channel: c, original: original, threadTS: threadTS, issued: w.now()}
	return w.base + "/response/" + id
}

func (w *Workspace) serveResponse(rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		http.Error(rw, "body not readable", http.StatusBadRequest)
		return
	}
	code, errors := w.respond(r.PathValue("id"), raw)
	if code == "" {
		_, _ = io.WriteString(rw, "ok") // a reader that has gone needs no answer
		return
	}
	out := map[string]any{"ok": false, "error": code}
	if errors != nil {
		out["response_metadata"] = errors["response_metadata"]
	}
	status := http.StatusNotFound
	if code != "used_url" && code != "expired_url" {
		status = http.StatusBadRequest
	}
	writeJSON(rw, status, out)
}

// respond carries out one answer; it gives Slack's error code, or "".
func (w *Workspace) respond(id string, raw json.RawMessage) (string, map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to := w.responses[id]
	switch {
	case to == nil || w.older(to.issued, responseLife):
		return "expired_url", nil
	case to.uses >= responseUses:
		return "used_url", nil
	}
	a := args{values: map[string]json.RawMessage{}}
	if json.Unmarshal(raw, &a.values) != nil {
		return "invalid_payload", nil
	}
	if a.flag("delete_original") {
		to.uses++
		return w.respondDelete(to)
	}
	body, err := w.readContent(a)
	if err != nil {
		e, ok := err.(*apiError)
		if !ok {
			e = refuse("internal_error")
		}
		return e.code, e.extra
	}
	to.uses++
	if a.flag("replace_original") && to.original != nil {
		if w.findAny(to.original.Channel, to.original.TS) != to.original {
			return "message_not_found", nil
		}
		w.edit(to.original, body)
		return "", nil
	}
	only := to.user.ID
	if a.str("response_type") == "in_channel" {
		only = ""
	}
	if body.threadTS = a.str("thread_ts"); body.threadTS == "" && only != "" {
		body.threadTS = to.threadTS // an ephemeral answer stays where the person is
	}
	w.add(to.channel, w.dir.bot, body, only)
	return "", nil
}

func (w *Workspace) respondDelete(to *responseURL) (string, map[string]any) {
	if to.original == nil || w.findAny(to.original.Channel, to.original.TS) != to.original {
		return "message_not_found", nil
	}
	w.remove(to.original)
	return "", nil
}
