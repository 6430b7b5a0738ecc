package slacksim_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"qabot/bot/slacksim"
)

// Each check of a property is a workspace with connections of its own; -rapid.checks on the command line has the last word.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 9, 20, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a workspace behind a real HTTP server.
type world struct {
	*slacksim.Workspace
	t   *testing.T
	url string
	ctx context.Context
}

func open(t *testing.T, opts slacksim.Options) *world {
	t.Helper()
	w, end := openFor(t, opts)
	t.Cleanup(end)
	return w
}

// openFor is open for those who end it themselves.
func openFor(t *testing.T, opts slacksim.Options) (*world, func()) {
	ws := slacksim.New(opts)
	srv := httptest.NewServer(ws.Handler())
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	return &world{Workspace: ws, t: t, url: srv.URL, ctx: ctx}, func() {
		cancel()
		if err := ws.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		srv.Close()
	}
}

func (w *world) client() *slack.Client {
	return slack.New(w.BotToken(), slack.OptionAPIURL(w.url+"/api/"), slack.OptionAppLevelToken(w.AppToken()))
}

// app is a slack-go Socket Mode client whose events go to handle. It stops with the test.
func (w *world) app(handle func(*slack.Client, *socketmode.Client, socketmode.Event)) *slack.Client {
	w.t.Helper()
	api := w.client()
	sm := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	before := w.Connections()
	ctx, cancel := context.WithCancel(w.ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = sm.RunContext(ctx) }) // ends with the context
	wg.Go(func() {
		for {
			select {
			case e := <-sm.Events:
				handle(api, sm, e)
			case <-ctx.Done():
				return
			}
		}
	})
	w.t.Cleanup(func() { cancel(); wg.Wait() })
	w.must(w.AwaitConnections(w.ctx, before+1))
	return api
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// eventually polls until the condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			w.t.Fatalf("never came true: %s", what)
		}
		<-tick.C
	}
}

// api calls a method with a form, as any client might, and gives the answer and the HTTP status.
func (w *world) api(method string, form map[string]string) (map[string]any, *http.Response) {
	w.t.Helper()
	return w.apiAs(w.BotToken(), method, form)
}

func (w *world) apiAs(token, method string, form map[string]string) (map[string]any, *http.Response) {
	w.t.Helper()
	var b strings.Builder
	for k, v := range form {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(k + "=" + url.QueryEscape(v))
	}
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/api/"+method, strings.NewReader(b.String()))
	w.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return w.do(req)
}

// control posts JSON to the control API.
func (w *world) control(name string, body any) (map[string]any, *http.Response) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	w.must(err)
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/control/"+name, strings.NewReader(string(raw)))
	w.must(err)
	return w.do(req)
}

func (w *world) do(req *http.Request) (map[string]any, *http.Response) {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	w.must(err)
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatalf("%s %s: %s: %q", req.Method, req.URL, resp.Status, raw)
	}
	return out, resp
}

// fetched is what a GET brought.
type fetched struct {
	status int
	header http.Header
	body   string
}

func (w *world) fetch(path string) fetched {
	w.t.Helper()
	resp, err := http.Get(w.url + path)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	w.must(err)
	return fetched{resp.StatusCode, resp.Header, string(raw)}
}
