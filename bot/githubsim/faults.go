package githubsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Fault is trouble on the REST API. Latency comes first; then Cut, Limit or Status end the request, in that order, or
// Lose its answer. With none of the four the request is only slowed down. With a Limit, Status may be 429 instead of 403.
type Fault struct {
	Method  string        // applies to requests of that method; empty means all
	Path    string        // applies to requests whose path contains it; empty means all
	Times   int           // applies to that many requests, then is gone; 0 means until the next Fail
	Latency time.Duration // waits first, or until the client gives up
	Cut     bool          // closes the connection without an answer
	Limit   Limit         // refuses as if too much was asked
	Lose    bool          // does what was asked, then closes the connection without an answer
	Status  int           // answers with this status, 500 to 599
}

// A Limit is one of GitHub's two ways to say that too much was asked.
type Limit int

// The limits: none, the hourly count, and the one against bursts.
const (
	NoLimit Limit = iota
	PrimaryLimit
	SecondaryLimit
)

// RetryAfter is how long a client must wait after meeting the SecondaryLimit.
const RetryAfter = time.Minute

// Fail replaces the faults; without arguments it ends them. The first fault that fits a request is the one it meets.
func (s *Server) Fail(faults ...Fault) {
	s.rest.mu.Lock()
	defer s.rest.mu.Unlock()
	s.rest.faults = slices.Clone(faults)
}

func (a *rest) fault(method, path string) (Fault, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range a.faults {
		if !strings.Contains(path, f.Path) || f.Method != "" && f.Method != method {
			continue
		}
		if f.Times == 1 {
			a.faults = slices.Delete(a.faults, i, i+1)
		} else if f.Times > 1 {
			a.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

// trouble reports whether a fault answered the request, or will lose the answer to it.
func (a *rest) trouble(w http.ResponseWriter, r *http.Request) (lose, done bool) {
	f, ok := a.fault(r.Method, r.URL.Path)
	if !ok {
		return false, false
	}
	if f.Latency > 0 {
		timer := time.NewTimer(f.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return false, true
		}
	}
	switch {
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Limit == PrimaryLimit:
		a.rateHeaders(w, caller{}, RateLimit)
		a.write(w, answer{}, refuse(cmp.Or(f.Status, http.StatusForbidden), "API rate limit exceeded for the simulated token."))
	case f.Limit == SecondaryLimit:
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter.Seconds())))
		refusal := refuse(cmp.Or(f.Status, http.StatusForbidden), "You have exceeded a secondary rate limit.")
		refusal.Doc = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
		a.write(w, answer{}, refusal)
	case f.Status != 0:
		a.write(w, answer{}, refuse(f.Status, http.StatusText(f.Status)))
	default:
		return f.Lose, false
	}
	return false, true
}
