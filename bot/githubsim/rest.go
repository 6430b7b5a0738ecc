package githubsim

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// RateLimit is how many answers a client gets per hour; answers "not modified" are free.
const RateLimit = 5000

// rest is what surrounds every answer of the API: faults, the token, the rate limit, ETags, and GitHub's manner of errors.
type rest struct {
	opt Options

	mu     sync.Mutex
	faults []Fault
	used   int
	reset  time.Time
}

func newREST(opt Options) *rest { return &rest{opt: opt} }

// A refusal is an error as the API tells it.
type refusal struct {
	status int
	Msg    string `json:"message"`
	Doc    string `json:"documentation_url"`
	Status string `json:"status"`
}

func (e *refusal) Error() string { return e.Msg }

func refuse(status int, message string) *refusal {
	return &refusal{status: status, Msg: message, Doc: "https://docs.github.com/rest", Status: strconv.Itoa(status)}
}

func errNotFound() error { return refuse(http.StatusNotFound, "Not Found") }

// An answer is a body, and for a page of a list the Link header.
type answer struct {
	body any
	link string
}

type endpoint func(r *http.Request, l links, repo *repository) (answer, error)

func (s *Server) apiHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rate_limit", s.rest.getRateLimit)
	for pattern, serve := range map[string]endpoint{
		"GET /repos/{owner}/{name}":                               s.getRepository,
		"GET /repositories/{id}":                                  s.getRepository,
		"GET /repos/{owner}/{name}/branches":                      s.listBranches,
		"GET /repos/{owner}/{name}/branches/{branch...}":          s.getBranch,
		"GET /repos/{owner}/{name}/git/ref/{ref...}":              s.getRef,
		"GET /repos/{owner}/{name}/git/matching-refs/{prefix...}": s.matchingRefs,
		"GET /repos/{owner}/{name}/git/commits/{commit}":          s.getCommit,
		"GET /repos/{owner}/{name}/commits":                       s.listCommits,
		"GET /repos/{owner}/{name}/commits/{commit...}":           s.getCommit,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := s.serveRepository(r, serve)
			s.rest.answer(w, r, result, err)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.rest.answer(w, r, answer{}, errNotFound()) })
	return s.rest.guard(mux)
}

func (s *Server) serveRepository(r *http.Request, serve endpoint) (answer, error) {
	repo := s.repository(r.PathValue("owner"), r.PathValue("name"))
	if id := r.PathValue("id"); id != "" {
		for _, candidate := range s.repositories() {
			if strconv.FormatInt(candidate.id, 10) == id {
				repo = candidate
			}
		}
	}
	if repo == nil {
		return answer{}, errNotFound()
	}
	return serve(r, links{baseOf(r)}, repo)
}

func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// guard lets a request through to next if no fault, missing token or spent rate limit is in its way.
func (a *rest) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.trouble(w, r) {
			return
		}
		if a.opt.Token != "" {
			switch scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); {
			case scheme == "": // private repositories do not exist for strangers
				a.write(w, answer{}, errNotFound())
				return
			case token != a.opt.Token:
				a.write(w, answer{}, refuse(http.StatusUnauthorized, "Bad credentials"))
				return
			}
		}
		if r.URL.Path != "/rate_limit" && a.spent() {
			a.rateHeaders(w, RateLimit)
			a.write(w, answer{}, refuse(http.StatusForbidden, "API rate limit exceeded for the simulated token."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answer writes the result, or 304 when the client has it already.
func (a *rest) answer(w http.ResponseWriter, r *http.Request, result answer, err error) {
	if err == nil {
		body, encodeErr := json.Marshal(result.body)
		if encodeErr != nil {
			a.write(w, answer{}, encodeErr)
			return
		}
		etag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(append(body, result.link...)))
		w.Header().Set("ETag", etag)
		w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
		w.Header().Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
		if r.Header.Get("If-None-Match") == etag {
			a.rateHeaders(w, a.count(0))
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	a.rateHeaders(w, a.count(1))
	a.write(w, result, err)
}

func (a *rest) write(w http.ResponseWriter, result answer, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-GitHub-Media-Type", "github.v3; format=json")
	status, body := http.StatusOK, result.body
	if err != nil {
		told := (*refusal)(nil)
		if !errors.As(err, &told) {
			a.opt.Log.Error("answer a request", "error", err)
			told = refuse(http.StatusInternalServerError, "Server Error")
		}
		status, body = told.status, told
	} else if result.link != "" {
		w.Header().Set("Link", result.link)
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.opt.Log.Debug("send an answer", "error", err)
	}
}

func (a *rest) spent() bool { return a.count(0) >= RateLimit }

// count adds n to what was used in this hour and returns the sum.
func (a *rest) count(n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.opt.Now(); !now.Before(a.reset) {
		a.used, a.reset = 0, now.Add(time.Hour)
	}
	a.used += n
	return a.used
}

func (a *rest) rateHeaders(w http.ResponseWriter, used int) {
	a.mu.Lock()
	reset := a.reset
	a.mu.Unlock()
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(RateLimit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, RateLimit-used)))
	h.Set("X-RateLimit-Used", strconv.Itoa(used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
}

func (a *rest) getRateLimit(w http.ResponseWriter, _ *http.Request) {
	used := a.count(0)
	a.rateHeaders(w, used)
	a.mu.Lock()
	rate := object{"limit": RateLimit, "remaining": max(0, RateLimit-used), "used": used, "reset": a.reset.Unix()}
	a.mu.Unlock()
	a.write(w, answer{body: object{"resources": object{"core": rate}, "rate": rate}}, nil)
}

// A page is the part of a list that a request asks for.
type page struct{ number, size int }

func pageOf(r *http.Request) page {
	p := page{number: 1, size: 30}
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 0 {
		p.number = n
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("per_page")); err == nil && n > 0 {
		p.size = min(n, 100)
	}
	return p
}

func (p page) skip() int { return (p.number - 1) * p.size }

// link writes the Link header; last is 0 where GitHub does not know it.
func (p page) link(r *http.Request, more bool, last int) string {
	to := func(number int, rel string) string {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(number))
		query.Set("per_page", strconv.Itoa(p.size))
		target := url.URL{Path: "/api/v3" + r.URL.Path, RawQuery: query.Encode()}
		if r.URL.RawPath != "" {
			target.RawPath = "/api/v3" + r.URL.RawPath
		}
		return fmt.Sprintf(`<%s%s>; rel="%s"`, baseOf(r), target.String(), rel)
	}
	var parts []string
	if p.number > 1 {
		parts = append(parts, to(p.number-1, "prev"))
	}
	if more {
		parts = append(parts, to(p.number+1, "next"))
		if last > 0 {
			parts = append(parts, to(last, "last"))
		}
	}
	if p.number > 1 {
		parts = append(parts, to(1, "first"))
	}
	return strings.Join(parts, ", ")
}

// cut returns the page's part of a whole list.
func cut[T any](r *http.Request, all []T) ([]T, string) {
	p := pageOf(r)
	from, to := min(p.skip(), len(all)), min(p.skip()+p.size, len(all))
	last := (len(all) + p.size - 1) / p.size
	return all[from:to], p.link(r, to < len(all), last)
}
