package bot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
)

// Looking at what did not change costs nothing of what GitHub answers in an hour.
func TestLookingIsFree(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *slacksim.Options) { o.Apps[0].Label = "qa" })
	w.hub.SetWebhook("", "")
	for i := range 5 {
		branch := fmt.Sprint("feature/", i)
		w.want(branch, w.commit(branch, branch))
	}
	w.open(githubsim.NewPull{Branch: "feature/0"})
	w.look()
	w.look() // from now on the repository is asked for by its number
	before := w.bot.github.answers.allowance()
	for range 10 {
		w.look()
	}
	after := w.bot.github.answers.allowance()
	if before.limit != githubsim.RateLimit || after.remaining != before.remaining || before.remaining == 0 {
		t.Errorf("ten looks cost %d of %d", before.remaining-after.remaining, before.limit)
	}
	w.commit("feature/1", "new")
	w.look()
	if w.env("feature/1").Spec.Version != 2 {
		t.Error("what did change was not seen")
	}
	if now := w.bot.github.answers.allowance(); now.remaining >= after.remaining {
		t.Error("and cost nothing")
	}
}

// tagged answers with an ETag until it is told to do something else.
type tagged struct {
	body   []byte
	etag   string
	asked  int
	free   int
	header http.Header
}

func (g *tagged) RoundTrip(r *http.Request) (*http.Response, error) {
	g.asked++
	rec := httptest.NewRecorder()
	for name, v := range g.header {
		rec.Header()[name] = v
	}
	if g.etag != "" {
		rec.Header().Set("ETag", g.etag)
	}
	if g.etag != "" && r.Header.Get("If-None-Match") == g.etag {
		g.free++
		rec.WriteHeader(http.StatusNotModified)
		return rec.Result(), nil
	}
	rec.Write(g.body)
	return rec.Result(), nil
}

func ask(t *testing.T, rt http.RoundTripper, method, url string) string {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	must0(t, err)
	resp, err := rt.RoundTrip(r)
	must0(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must0(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return string(text)
}

func TestConditional(t *testing.T) {
	g := &tagged{body: []byte("one"), etag: `"1"`}
	c := newConditional(g)
	for range 3 {
		if got := ask(t, c, "GET", "https://x/a"); got != "one" {
			t.Errorf("got %q", got)
		}
	}
	if g.free != 2 {
		t.Errorf("%d of %d were free", g.free, g.asked)
	}
	g.body, g.etag = []byte("two"), `"2"`
	if got := ask(t, c, "GET", "https://x/a"); got != "two" {
		t.Errorf("after a change %q", got)
	}
	for reason, do := range map[string]func(){
		"another address": func() { ask(t, c, "GET", "https://x/b") },
		"another method":  func() { ask(t, c, "POST", "https://x/a") },
	} {
		free := g.free
		if do(); g.free != free {
			t.Errorf("%s was answered from before", reason)
		}
	}
	g.etag = ""
	if ask(t, c, "GET", "https://x/c"); len(c.kept) != 2 {
		t.Errorf("kept an answer without a tag")
	}
}

// The memory is bounded, whatever is answered.
func TestConditionalForgets(t *testing.T) {
	g := &tagged{body: bytes.Repeat([]byte("x"), keptAnswer), etag: `"1"`}
	c := newConditional(g)
	for i := range 3 * keptAnswers / keptAnswer {
		ask(t, c, "GET", fmt.Sprint("https://x/", i))
	}
	if c.bytes > keptAnswers || len(c.kept) != keptAnswers/keptAnswer || c.used.Len() != len(c.kept) {
		t.Errorf("keeps %d answers of %d bytes", len(c.kept), c.bytes)
	}
	g.body = append(g.body, 'y')
	if got := ask(t, c, "GET", "https://x/long"); len(got) != keptAnswer+1 || got[keptAnswer] != 'y' {
		t.Errorf("a long answer has %d bytes", len(got))
	}
	if c.kept[" https://x/long"] != nil {
		t.Error("a long answer was kept")
	}
}

type breaking struct{}

func (breaking) RoundTrip(*http.Request) (*http.Response, error) {
	broken := io.MultiReader(strings.NewReader("ha"), brokenReader{})
	return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {`"1"`}}, Body: io.NopCloser(broken)}, nil
}

type brokenReader struct{}

var errCutOff = errors.New("cut off")

func (brokenReader) Read([]byte) (int, error) { return 0, errCutOff }

func TestConditionalKeepsNothingBroken(t *testing.T) {
	c := newConditional(breaking{})
	r, err := http.NewRequest("GET", "https://x/a", nil)
	must0(t, err)
	resp, err := c.RoundTrip(r)
	must0(t, err)
	if text, err := io.ReadAll(resp.Body); string(text) != "ha" || !errors.Is(err, errCutOff) || len(c.kept) != 0 {
		t.Errorf("read %q, %v; %d kept", text, err, len(c.kept))
	}
}

func TestAllowance(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		reason    string
		remaining int
		reset     time.Duration
		least     time.Duration
		most      time.Duration
	}{
		{"plenty", 4000, time.Hour, 0, 0},
		{"a quarter", 1250, time.Hour, 0, 0},
		{"less than a quarter", 1000, time.Hour, 30 * time.Second, time.Minute},
		{"little", 300, time.Hour, 10 * time.Minute, 15 * time.Minute},
		{"what is kept for people", 240, 20 * time.Minute, 20 * time.Minute, 20 * time.Minute},
		{"nothing", 0, 20 * time.Minute, 20 * time.Minute, 20 * time.Minute},
		{"nothing, but counted anew since", 0, -time.Second, 0, 0},
	} {
		got := allowance{5000, c.remaining, now.Add(c.reset)}.pause(now)
		if got < c.least || got > c.most {
			t.Errorf("%s: %s, want %s to %s", c.reason, got, c.least, c.most)
		}
	}
	if got := (allowance{}).pause(now); got != 0 {
		t.Errorf("unknown: %s", got)
	}
	c := newConditional(&tagged{header: http.Header{"X-Ratelimit-Limit": {"60"}, "X-Ratelimit-Remaining": {"7"}, "X-Ratelimit-Reset": {"1795512000"}}})
	ask(t, c, "GET", "https://x/a")
	if got := c.allowance(); got != (allowance{60, 7, time.Unix(1795512000, 0)}) {
		t.Errorf("read %+v", got)
	}
}
