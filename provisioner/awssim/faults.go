package awssim

import (
	"net/http"
	"path"
)

// FaultKind is one way in which a call goes wrong.
type FaultKind string

// The ways in which a call goes wrong.
const (
	NoFault     FaultKind = ""
	Throttle    FaultKind = "throttle" // the service's own throttling code
	ServerError FaultKind = "error"    // HTTP 500
	Drop        FaultKind = "drop"     // the connection closes without an answer
	Hang        FaultKind = "hang"     // no answer until the caller gives up
	Refuse      FaultKind = "refuse"   // HTTP 400 with Code and Message
)

// Fault is what shall go wrong with a call. The zero value lets it pass.
type Fault struct {
	Kind          FaultKind
	After         bool   // the call takes effect first: only the answer is lost
	Code, Message string // for Refuse
}

// Fault sets a function that is asked before each call; nil removes it. It may use the region.
func (r *Region) Fault(f func(Call) Fault) {
	r.locked(func() { r.onCall = f })
}

// FailNext lets the next n calls fail whose "service.Action" matches the pattern (path.Match; an action alone stands
// for that of any service). It precedes the function set by Fault.
func (r *Region) FailNext(pattern string, n int, f Fault) {
	r.locked(func() { r.scripted = append(r.scripted, &scriptedFault{pattern, n, f}) })
}

type scriptedFault struct {
	pattern string
	left    int
	fault   Fault
}

func (s *scriptedFault) matches(c Call) bool {
	full, _ := path.Match(s.pattern, c.Service+"."+c.Action)
	bare, _ := path.Match(s.pattern, c.Action)
	return full || bare
}

// faultFor decides about one call. It must run without the lock, since the function may use the region.
func (r *Region) faultFor(c Call) Fault {
	var found *Fault
	var ask func(Call) Fault
	r.locked(func() {
		ask = r.onCall
		for _, s := range r.scripted {
			if s.left > 0 && s.matches(c) {
				s.left--
				found = &s.fault
				return
			}
		}
	})
	switch {
	case found != nil:
		return *found
	case ask != nil:
		return ask(c)
	}
	return Fault{}
}

// asError is the error that the caller sees; nil for faults that give no answer at all.
func (f Fault) asError(a *api) error {
	switch f.Kind {
	case Throttle:
		return throttled(a)
	case ServerError:
		return &apiError{"InternalFailure", "the simulated service failed", http.StatusInternalServerError}
	case Refuse:
		return fail(f.Code, "%s", f.Message)
	}
	return nil
}

func throttled(a *api) error { return fail(a.throttleCode, "Rate exceeded") }
