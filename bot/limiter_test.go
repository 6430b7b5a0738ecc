package bot

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type countingTransport int

func (c *countingTransport) RoundTrip(*http.Request) (*http.Response, error) {
	*c++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// A server that accepts and hangs up at once must not be asked thousands of times.
func TestOpensAreHeldBack(t *testing.T) {
	var let countingTransport
	now := noon
	l := &openLimiter{next: &let, now: func() time.Time { return now }}
	refused := 0
	for range 600 { // ten minutes, ten tries a second
		for range 10 {
			r := httptest.NewRequest(http.MethodPost, "https://slack.com/api/apps.connections.open", strings.NewReader(""))
			resp, err := l.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode == http.StatusTooManyRequests {
				refused++
				if after := resp.Header.Get("Retry-After"); after == "" || after == "0" {
					t.Fatalf("Retry-After is %q", after)
				}
			}
			resp.Body.Close()
			now = now.Add(100 * time.Millisecond)
		}
	}
	if let < 20 || let > 100 {
		t.Errorf("%d opens in ten minutes, %d refused", let, refused)
	}
	now = now.Add(2 * time.Minute)
	if wait := l.take(); wait != 0 {
		t.Errorf("after a quiet time still to wait %s", wait)
	}
	r := httptest.NewRequest(http.MethodPost, "https://slack.com/api/chat.update", nil)
	for range 100 {
		if resp, err := l.RoundTrip(r); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal("another method was held back")
		}
	}
}

// When edits are scarce, those that tell of an end come first and growing times last.
func TestBudget(t *testing.T) {
	b := newBudget()
	now := noon
	take := func(u urgency) (n int) {
		for b.mayEdit(u, now) {
			n++
		}
		return n
	}
	beats, steps, ends := take(heartbeat), take(progressed), take(final)
	if beats == 0 || steps == 0 || ends == 0 || beats+steps+ends != 10 {
		t.Errorf("out of a burst of ten: %d heartbeats, then %d steps, then %d ends", beats, steps, ends)
	}
	total := 0
	for range 60 {
		now = now.Add(time.Second)
		total += take(final)
	}
	if total < editsPerMinute-1 || total > editsPerMinute+1 {
		t.Errorf("%d edits in a minute", total)
	}
	now = now.Add(time.Hour)
	b.hush(now.Add(30 * time.Second))
	if b.mayEdit(final, now) || b.mayPost("C", now) || !b.mayEdit(final, now.Add(31*time.Second)) {
		t.Error("Slack's 429 is not obeyed")
	}
	posts := 0
	for range 10 {
		if b.mayPost("D", now.Add(time.Minute)) {
			posts++
		}
	}
	if posts != 3 {
		t.Errorf("%d posts at once into one channel", posts)
	}
}
