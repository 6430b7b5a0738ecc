package slacksim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A Fault makes calls of a Web API method go wrong. What is set is done, in this order: wait, then either answer
// with Status, Error or RetryAfter without any effect, or take effect and drop the connection instead of answering.
type Fault struct {
	Method     string `json:"method"`                // "" or "*" means every method
	Times      int    `json:"times,omitempty"`       // how many calls, default 1; negative: until ClearFaults
	DelayMS    int    `json:"delay_ms,omitempty"`    // real milliseconds
	Error      string `json:"error,omitempty"`       // {"ok":false,"error":...}
	Status     int    `json:"status,omitempty"`      // an HTTP status with an HTML body, as Slack's 5xx
	RetryAfter int    `json:"retry_after,omitempty"` // seconds: 429
	DropAfter  bool   `json:"drop_after,omitempty"`  // the call takes effect, the answer is lost
}

// Fail arms a fault. Faults of one method are used up in the order they came.
func (w *Workspace) Fail(f Fault) error {
	if _, ok := methods()[f.Method]; !ok && f.Method != "" && f.Method != "*" {
		return badRequest("no method %q", f.Method)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return badRequest("status %d is not an error", f.Status)
	}
	if f.Times == 0 {
		f.Times = 1
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, &f)
	return nil
}

// ClearFaults disarms what is left.
func (w *Workspace) ClearFaults() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil
}

// takeFault gives the fault for one call, or nil.
func (w *Workspace) takeFault(method string) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range w.faults {
		if f.Method != "" && f.Method != "*" && f.Method != method {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				w.faults = slices.Delete(w.faults, i, i+1)
			}
		}
		once := *f
		return &once
	}
	return nil
}

// before does what comes ahead of the call and says whether the request is answered by it.
func (f *Fault) before(rw http.ResponseWriter, r *http.Request) bool {
	if f == nil {
		return false
	}
	if f.DelayMS > 0 {
		select {
		case <-time.After(time.Duration(f.DelayMS) * time.Millisecond):
		case <-r.Context().Done():
			return true
		}
	}
	switch {
	case f.RetryAfter > 0:
		rw.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		writeJSON(rw, http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
	case f.Status != 0:
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(f.Status)
		_, _ = fmt.Fprintf(rw, "<html><body>%d</body></html>\n", f.Status)
	case f.Error != "":
		writeJSON(rw, http.StatusOK, map[string]any{"ok": false, "error": f.Error})
	default:
		return false
	}
	return true
}

// after loses the answer if that was wished, and says so.
func (f *Fault) after(rw http.ResponseWriter) bool {
	if f == nil || !f.DropAfter {
		return false
	}
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		rw.WriteHeader(http.StatusBadGateway)
		return true
	}
	_ = conn.Close() // the caller is to see a broken connection
	return true
}
