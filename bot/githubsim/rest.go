package githubsim

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// RateLimit is how many answers a client gets per hour; answers "not modified" are free.
const RateLimit = 5000

// rest is what surrounds every answer of the API: faults, rate limits, ETags, and GitHub's manner of errors.
type rest struct {
	opt Options

	mu     sync.Mutex
	faults []Fault
	hours  map[string]*hour // by caller.limit
}

// An hour is what one caller used of its rate limit.
type hour struct {
	used  int
	reset time.Time
}

func newREST(opt Options) *rest { return &rest{opt: opt, hours: map[string]*hour{}} }

// A refusal is an error as the API tells it.
type refusal struct {
	status int
	Msg    string   `json:"message"`
	Errors []object `json:"errors,omitempty"`
	Doc    string   `json:"documentation_url"`
	Status string   `json:"status"`
}

func (e *refusal) Error() string { return e.Msg }

func refuse(status int, message string) *refusal {
	return &refusal{status: status, Msg: message, Doc: "https://docs.github.com/rest", Status: strconv.Itoa(status)}
}

func errNotFound() error { return refuse(http.StatusNotFound, "Not Found") }

// Refused reports whether an error is what GitHub itself would say no to, with a status of 4xx.
func Refused(err error) bool { return asRefusal(err, new(*refusal)) }

func asRefusal(err error, told **refusal) bool { return errors.As(err, told) }

// invalid is how the API refuses a field's value; code is "missing_field", "invalid", "custom" or the like.
func invalid(resource, field, code, message string) *refusal {
	fault := object{"resource": resource, "code": code}
	if field != "" {
		fault["field"] = field
	}
	if message != "" {
		fault["message"] = message
	}
	told := refuse(http.StatusUnprocessableEntity, "Validation Failed")
	told.Errors = []object{fault}
	return told
}

// maxBody is how much a request's body may hold.
const maxBody = 1 << 20

// read decodes a request's body; no body leaves v as it is.
func read(r *http.Request, v any) error {
	err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(v)
	if err != nil && !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// An answer is a status, 200 when zero, and a body, and for a page of a list the Link header.
type answer struct {
	status   int
	body     any
	link     string
	location string // where a redirect points to
	text     string // instead of the body, where the client asked for less than JSON
}

// pageFrom answers with the part of a whole list that was asked for.
func pageFrom[T any](r *http.Request, all []T) answer {
	part, link := cut(r, all)
	return answer{body: part, link: link}
}

func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// answer writes the result, or 304 when the client has it already.
func (a *rest) answer(w http.ResponseWriter, r *http.Request, result answer, err error) {
	c := callerOf(r)
	if err == nil && r.Method == http.MethodGet && result.location == "" {
		body, encodeErr := json.Marshal(result.body)
		if encodeErr != nil {
			a.write(w, answer{}, encodeErr)
			return
		}
		etag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(string(body)+result.link+result.text)))
		w.Header().Set("ETag", "W/"+etag)
		w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
		w.Header().Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
		for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
			if strings.TrimPrefix(strings.TrimSpace(known), "W/") == etag {
				a.rateHeaders(w, c, a.count(c, 0))
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
	}
	a.rateHeaders(w, c, a.count(c, 1))
	a.write(w, result, err)
}

func (a *rest) write(w http.ResponseWriter, result answer, err error) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	status, body := cmp.Or(result.status, http.StatusOK), result.body
	if err != nil {
		told := (*refusal)(nil)
		if !errors.As(err, &told) {
			a.opt.Log.Error("answer a request", "error", err)
			told = refuse(http.StatusInternalServerError, "Server Error")
		}
		status, body = told.status, told
	} else if result.link != "" {
		h.Set("Link", result.link)
	}
	if result.location != "" {
		h.Set("Location", result.location)
	}
	if result.text != "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, result.text)
		return
	}
	if status == http.StatusNoContent {
		h.Del("Content-Type")
		w.WriteHeader(status)
		return
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.opt.Log.Debug("send an answer", "error", err)
	}
}

func (a *rest) spent(c caller) bool { return a.count(c, 0) >= RateLimit }

// count adds n to what the caller used in this hour and returns the sum.
func (a *rest) count(c caller, n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.hour(c)
	h.used += n
	return h.used
}

// hour is the caller's present one. Call it under mu.
func (a *rest) hour(c caller) *hour {
	h, now := a.hours[c.limit], a.opt.Now()
	if h == nil || !now.Before(h.reset) {
		h = &hour{reset: now.Add(time.Hour)}
		a.hours[c.limit] = h
	}
	return h
}

func (a *rest) rateHeaders(w http.ResponseWriter, c caller, used int) {
	a.mu.Lock()
	reset := a.hour(c).reset
	a.mu.Unlock()
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(RateLimit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, RateLimit-used)))
	h.Set("X-RateLimit-Used", strconv.Itoa(used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
}

func (a *rest) getRateLimit(w http.ResponseWriter, r *http.Request) {
	c := callerOf(r)
	used := a.count(c, 0)
	a.rateHeaders(w, c, used)
	a.mu.Lock()
	rate := object{"limit": RateLimit, "remaining": max(0, RateLimit-used), "used": used, "reset": a.hour(c).reset.Unix()}
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
