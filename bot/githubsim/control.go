package githubsim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// controlHandler serves what people and operators do, for scripts. The package comment lists the calls.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/deliveries", s.controlDeliveries)
	mux.HandleFunc("GET /control/pulls", s.controlPulls)
	s.controlBranches(mux)
	s.controlRepositories(mux)
	s.controlApp(mux)
	s.controlWebhooks(mux)
	control(mux, "fail", s.controlFail)
	mux.HandleFunc("/control/", func(w http.ResponseWriter, r *http.Request) {
		controlAnswer(w, nil, refuse(http.StatusNotFound, fmt.Sprintf("no %s %s", r.Method, r.URL.Path)))
	})
	return mux
}

// where names a repository as owner/name.
type where struct{ Repository string }

func (w where) owner() string {
	owner, _, _ := strings.Cut(w.Repository, "/")
	return owner
}

func (w where) name() string {
	_, name, _ := strings.Cut(w.Repository, "/")
	return name
}

// control serves POST /control/<name>: a JSON object of known fields in, {"ok":true,...} out.
func control[In any](mux *http.ServeMux, name string, do func(context.Context, In) (object, error)) {
	mux.HandleFunc("POST /control/"+name, func(w http.ResponseWriter, r *http.Request) {
		if !sameSite(r) {
			controlAnswer(w, nil, errOtherSite())
			return
		}
		var in In
		if err := decodeControl(r.Body, &in); err != nil {
			controlAnswer(w, nil, refuse(http.StatusBadRequest, "body: "+err.Error()))
			return
		}
		out, err := do(r.Context(), in)
		controlAnswer(w, out, err)
	})
}

func decodeControl(body io.Reader, in any) error {
	dec := json.NewDecoder(io.LimitReader(body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(in); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
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

func errOtherSite() error {
	return refuse(http.StatusForbidden, "only these pages and scripts may do that")
}

// controlAnswer writes what came of a call. Whatever GitHub would refuse keeps its status; other wrong input is a 400.
func controlAnswer(w http.ResponseWriter, out object, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		status, told := http.StatusBadRequest, (*refusal)(nil)
		if asRefusal(err, &told) {
			status = told.status
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(object{"ok": false, "error": err.Error()})
		return
	}
	body := object{"ok": true}
	for key, value := range out {
		body[key] = value
	}
	json.NewEncoder(w).Encode(body)
}
