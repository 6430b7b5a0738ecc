package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"qabot/store"
)

// hostile is a Socket Mode server that does what the test says.
type hostile struct {
	*httptest.Server
	open func() string            // answer of apps.connections.open; empty: a connection
	conn func(write func(string)) // what a connection brings
	mu   sync.Mutex
	acks []string
	wait chan struct{} // one for each ack
}

func newHostile(t *testing.T) *hostile {
	h := &hostile{wait: make(chan struct{}, 100)}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/apps.connections.open"):
			if h.open != nil {
				fmt.Fprint(w, h.open())
				return
			}
			fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/link/"}`, r.Host)
		case r.URL.Path == "/link/":
			c, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer c.Close()
			write := func(s string) { c.WriteMessage(websocket.TextMessage, []byte(s)) }
			write(`{"type":"hello","num_connections":1}`)
			if h.conn != nil {
				h.conn(write)
			}
			for {
				_, b, err := c.ReadMessage()
				if err != nil {
					return
				}
				h.mu.Lock()
				h.acks = append(h.acks, string(b))
				h.mu.Unlock()
				h.wait <- struct{}{}
			}
		default:
			fmt.Fprint(w, `{"ok":true}`)
		}
	}))
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return h
}

func (h *hostile) acked() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]string{}
	for _, a := range h.acks {
		var e struct {
			ID string `json:"envelope_id"`
		}
		if json.Unmarshal([]byte(a), &e) == nil {
			out[e.ID] = a
		}
	}
	return out
}

// Every envelope is acknowledged, also one that nobody can read; duplicates are kept once; what needs no work is answered in
// the acknowledgement.
func TestEnvelopes(t *testing.T) {
	h := newHostile(t)
	var once sync.Once
	h.conn = func(write func(string)) {
		once.Do(func() {
			slash := `{"envelope_id":"%s","type":"slash_commands","accepts_response_payload":true,"payload":{"command":"/qa","text":"%s","trigger_id":"%s","user_id":"U1","channel_id":"C1"}}`
			write(strings.Replace(fmt.Sprintf(slash, "unknown", "help", "t4"), "U1", "U2", 1))
			write(strings.Replace(fmt.Sprintf(slash, "japanese", "help", "t5"), "U1", "U3", 1))
			write(`{"envelope_id":"odd","type":"brand_new","payload":{}}`)
			write(`{"envelope_id":"odd-event","type":"events_api","payload":{"type":"event_callback","event":{"type":"totally_new"}}}`)
			write(fmt.Sprintf(slash, "a", "up feature/x", "t1"))
			write(fmt.Sprintf(slash, "b", "up feature/x", "t1"))
			write(fmt.Sprintf(slash, "c", "help", "t2"))
			write(fmt.Sprintf(slash, "d", "upp feature/x", "t3"))
			write(`{"envelope_id":"link","type":"interactive","payload":{"type":"block_actions","user":{"id":"U1"},"actions":[{"type":"button","action_id":"qa_open:0","value":"x"}]}}`)
			write(`{"envelope_id":"m","type":"events_api","payload":{"type":"event_callback","event_id":"E1","event":{"type":"app_mention","user":"U1","text":"<@B> down","channel":"C1","ts":"1.2","thread_ts":"1.1"}}}`)
			write(`{"envelope_id":"bot","type":"events_api","payload":{"type":"event_callback","event_id":"E2","event":{"type":"app_mention","user":"U1","bot_id":"B2","text":"<@B> down","channel":"C1","ts":"1.3"}}}`)
		})
	}
	b, s := offline(t, func(o *Options) { o.Slack.APIURL = h.URL })
	b.voices.known["U1"] = voice{language: English, until: time.Now().Add(time.Hour)}
	b.voices.known["U3"] = voice{language: Japanese, until: time.Now().Add(time.Hour)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.listen(ctx, 0) }()
	for range 11 {
		select {
		case <-h.wait:
		case <-time.After(10 * time.Second):
			t.Fatalf("acknowledged: %v", h.acked())
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	acked := h.acked()
	for id, want := range map[string]string{"a": "Looking at", "c": "An environment of its own", "d": "/qa up", "unknown": "An environment of its own", "japanese": "専用の環境"} {
		if !strings.Contains(acked[id], want) {
			t.Errorf("acknowledgement of %s is %s, want %q in it", id, acked[id], want)
		}
	}
	letters, err := s.Letters(t.Context(), "slack/U1")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, l := range letters {
		keys = append(keys, l.Key)
		if strings.Contains(string(l.Body), "token") {
			t.Errorf("the letter holds a token: %s", l.Body)
		}
	}
	if got := strings.Join(keys, " "); got != "slash/t1 event/E1" {
		t.Errorf("kept %s", got)
	}
}

// What no retry can cure ends Run with a step that cures it.
func TestFatalCodesEndRun(t *testing.T) {
	for code, want := range map[string]string{
		"invalid_auth": "install it to the workspace again", "missing_scope": "OAuth & Permissions", "not_allowed_token_type": "App-Level Tokens",
		"app_not_installed": "install it", "token_expired": "new tokens", "user_removed_from_team": "administrator", "team_disabled": "administrator",
	} {
		h := newHostile(t)
		h.open = func() string { return fmt.Sprintf(`{"ok":false,"error":%q,"needed":"connections:write"}`, code) }
		b, _ := offline(t, func(o *Options) { o.Slack.APIURL = h.URL })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := b.Run(ctx)
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: Run gives %v, want %q in it", code, err, want)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	h := newHostile(t)
	h.open = func() string { return `{"ok":false,"error":"internal_error"}` }
	b, _ := offline(t, func(o *Options) { o.Slack.APIURL = h.URL })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := b.Run(ctx); err != nil {
		t.Errorf("Run gives %v for an error that may pass", err)
	}
}

// A letter that breaks its reader is answered with a reference and does not stop those behind it.
func TestReaderBreaks(t *testing.T) {
	var said []string
	var mu sync.Mutex
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		json.NewDecoder(r.Body).Decode(&m)
		mu.Lock()
		said = append(said, fmt.Sprintf("%v %v %v", m["replace_original"], m["response_type"], m["text"]))
		mu.Unlock()
	}))
	defer answers.Close()
	b, s := offline(t, nil)
	b.store = brokenList{s}
	for i, text := range []string{"list", "up x"} {
		l, err := letter(fmt.Sprint("k", i), "slack/U1", "slack", letterCommand, spoken{place{User: "U1", Channel: "C1", ResponseURL: answers.URL, Ephemeral: true}, text})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Receive(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	b.dispatcher.once(t.Context())
	b.sender.once(t.Context())
	mu.Lock()
	defer mu.Unlock()
	if len(said) != 2 || !strings.HasPrefix(said[0], "true ephemeral Something went wrong here; reference") || !strings.Contains(said[1], "GitHub does not answer") {
		t.Errorf("said %q", said)
	}
	if left, err := s.Lanes(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

type brokenList struct{ *store.Store }

func (brokenList) List(context.Context) ([]store.Environment, error) { panic(errors.New("boom")) }
