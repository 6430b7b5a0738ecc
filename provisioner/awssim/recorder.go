package awssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is one API call as the recorder keeps it.
type Call struct {
	Seq         int             `json:"seq"` // 1, 2, ...
	Time        time.Time       `json:"time"`
	Service     string          `json:"service"` // as in a credential scope: ecs, elasticloadbalancing, ...
	Action      string          `json:"action"`
	Input       json.RawMessage `json:"input,omitempty"` // as on the wire; for Query services the same in JSON
	Error       string          `json:"error,omitempty"` // error code; "InternalFailure" also when no answer was given
	Took        bool            `json:"took"`            // the call had its effect, whatever the caller was told
	Changes     bool            `json:"changes"`         // the action changes the world
	UserAgent   string          `json:"userAgent,omitempty"`
	Fence       int64           `json:"fence,omitempty"`       // from qabot/fence-<n> in the user agent
	Environment string          `json:"environment,omitempty"` // from the mark tag, see Options.MarkTag
	Late        bool            `json:"late,omitempty"`        // it changed an environment that a higher fence had reached before
}

type recorder struct {
	calls    []Call
	late     int
	fences   map[string]int64 // highest seen, by environment
	environs map[string]bool  // every value of the mark tag ever seen
}

func newRecorder() recorder {
	return recorder{fences: map[string]int64{}, environs: map[string]bool{}}
}

// Calls are all calls so far, oldest first.
func (r *Region) Calls() (calls []Call) {
	r.locked(func() { calls = slices.Clone(r.recorder.calls) })
	return calls
}

// Actions are the distinct "service.Action" of all calls so far, sorted.
func (r *Region) Actions() []string {
	var actions []string
	for _, c := range r.Calls() {
		actions = append(actions, c.Service+"."+c.Action)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// ForgetCalls empties the recorder; fences and the count of late changes stay.
func (r *Region) ForgetCalls() {
	r.locked(func() { r.recorder.calls = nil })
}

// LateChanges counts the changing calls that came with a lower fence than one seen before for the same environment.
// They took effect, as they would in AWS.
func (r *Region) LateChanges() (n int) {
	r.locked(func() { n = r.recorder.late })
	return n
}

func newCall(q request, header http.Header, in any) Call {
	agent := header.Get("User-Agent") + " " + header.Get("X-Amz-User-Agent")
	c := Call{Service: q.api.name, Action: q.action, UserAgent: strings.TrimSpace(agent), Fence: fenceOf(agent), Changes: changes(q.action)}
	if in != nil {
		c.Input = encodeJSON(in, q.api.camel)
	}
	return c
}

var fencePattern = regexp.MustCompile(`qabot/fence-([0-9]{1,18})`)

func fenceOf(agent string) int64 {
	m := fencePattern.FindStringSubmatch(agent)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // digits only, and few enough
	return n
}

// changes reports whether an action alters the world; AWS names the others by their first word.
func changes(action string) bool {
	for _, prefix := range []string{"Describe", "List", "Get", "BatchGet", "Head", "Filter", "Simulate"} {
		if strings.HasPrefix(action, prefix) {
			return false
		}
	}
	return true
}

// judge finds the environment of a call and whether it comes late.
func (r *Region) judge(c *Call, in any) {
	c.Environment = r.environmentOf(in)
	if c.Environment == "" || c.Fence == 0 {
		return
	}
	highest := r.recorder.fences[c.Environment]
	c.Late = c.Changes && c.Fence < highest
	r.recorder.fences[c.Environment] = max(highest, c.Fence)
	if c.Late {
		r.recorder.late++
	}
}

// environmentOf looks for the mark tag in the input, then on the resources it names, then for a known
// environment's name inside one of its strings.
func (r *Region) environmentOf(in any) string {
	found, marked := "", false
	var candidates []string
	eachString(reflect.ValueOf(in), func(s string) {
		switch {
		case found != "":
		case marked:
			found = s
		case s == r.opts.MarkTag:
			marked = true // a tag's value follows its key
		default:
			candidates = append(candidates, s)
		}
	})
	if found != "" {
		r.recorder.environs[found] = true
		return found
	}
	for _, s := range candidates {
		if env := r.tags.value(s, r.opts.MarkTag); env != "" {
			return env
		}
	}
	for _, s := range candidates {
		for env := range r.recorder.environs {
			if len(env) > len(found) && containsWord(s, env) {
				found = env
			}
		}
	}
	return found
}

// containsWord reports whether s holds the word with no letter or digit directly before or after it.
func containsWord(s, word string) bool {
	alnum := func(b byte) bool { return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if (start == 0 || !alnum(s[start-1])) && (end == len(s) || !alnum(s[end])) {
			return true
		}
		from = start + 1
	}
}

func (r *Region) record(c Call, err error, took bool) (id string) {
	r.locked(func() { id = r.recordLocked(c, err, took) })
	return id
}

func (r *Region) recordLocked(c Call, err error, took bool) string {
	c.Seq, c.Time, c.Error, c.Took = len(r.recorder.calls)+1, r.clock.now, errorCode(err), took
	r.recorder.calls = append(r.recorder.calls, c)
	r.opts.Log.Debug("aws call", "service", c.Service, "action", c.Action, "error", c.Error, "fence", c.Fence)
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", c.Seq)
}
