package awssim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const controlPrefix = "/_control/"

func isControl(req *http.Request) bool { return strings.HasPrefix(req.URL.Path, controlPrefix) }

// serveControl answers the endpoints that steer a stand-alone region, all in JSON:
//
//	GET    /_control/calls    every call so far; ?changes=1 leaves out the reads
//	DELETE /_control/calls    forget them
//	GET    /_control/state    what exists, see State
//	POST   /_control/fail     {"action":"ecs.CreateService","times":1,"kind":"throttle|error|drop|hang|refuse","after":false,"code":"","message":""}
//	POST   /_control/push     {"repository":"app","tag":"git-1"}
//	POST   /_control/advance  {"seconds":30}
func (r *Region) serveControl(w http.ResponseWriter, req *http.Request) {
	switch req.Method + " " + strings.TrimPrefix(req.URL.Path, controlPrefix) {
	case "GET calls":
		calls := []Call{}
		for _, c := range r.Calls() {
			if c.Changes || req.URL.Query().Get("changes") == "" {
				calls = append(calls, c)
			}
		}
		writeControl(w, http.StatusOK, calls)
	case "DELETE calls":
		r.ForgetCalls()
		writeControl(w, http.StatusOK, struct{}{})
	case "GET state":
		writeControl(w, http.StatusOK, r.State())
	case "POST fail", "POST push", "POST advance":
		r.steer(w, req)
	default:
		writeControl(w, http.StatusNotFound, controlError{"no such endpoint; there are calls, state, fail, push and advance"})
	}
}

type controlError struct {
	Error string `json:"error"`
}

// order holds the members of all POST endpoints.
type order struct {
	Action, Code, Message, Repository, Tag string
	Kind                                   FaultKind
	Times                                  int
	After                                  bool
	Seconds                                float64
}

func (r *Region) steer(w http.ResponseWriter, req *http.Request) {
	var o order
	d := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		writeControl(w, http.StatusBadRequest, controlError{err.Error()})
		return
	}
	switch strings.TrimPrefix(req.URL.Path, controlPrefix) {
	case "fail":
		switch o.Kind {
		case Throttle, ServerError, Drop, Hang, Refuse:
			r.FailNext(o.Action, max(o.Times, 1), Fault{Kind: o.Kind, After: o.After, Code: o.Code, Message: o.Message})
		default:
			writeControl(w, http.StatusBadRequest, controlError{"kind must be throttle, error, drop, hang or refuse"})
			return
		}
	case "push":
		if err := r.PushImage(o.Repository, o.Tag); err != nil {
			writeControl(w, http.StatusBadRequest, controlError{err.Error()})
			return
		}
	case "advance":
		r.Advance(time.Duration(o.Seconds * float64(time.Second)))
	}
	writeControl(w, http.StatusOK, struct{}{})
}

func writeControl(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // the client is gone; nothing to tell
}
