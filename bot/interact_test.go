package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// callback reads a payload as Slack sends it.
func callback(t *testing.T, payload string) socketmode.Event {
	t.Helper()
	var c slack.InteractionCallback
	if err := json.Unmarshal([]byte(payload), &c); err != nil {
		t.Fatal(err)
	}
	return socketmode.Event{Type: socketmode.EventTypeInteractive, Data: c}
}

// ackedWith gives what an envelope is acknowledged with beside, and how long that took; ok is false when it never is.
func ackedWith(t *testing.T, b *Bot, e socketmode.Event) (payload string, took time.Duration, ok bool) {
	t.Helper()
	got := make(chan string, 1)
	began := time.Now()
	if !b.aside(e, func(_ context.Context, p any) {
		text, err := json.Marshal(p)
		if err != nil {
			t.Error(err)
		}
		got <- string(text)
	}) {
		t.Fatal("the envelope was not taken over")
	}
	select {
	case payload = <-got:
		return payload, time.Since(began), true
	case <-time.After(2 * ackTimeout):
		return "", time.Since(began), false
	}
}

const submission = `{"type":"view_submission","user":{"id":"U1","team_id":"T1"},"view":{"id":"V1","hash":"%s","callback_id":"qa_form","private_metadata":"{}",
	"state":{"values":{"branch:shop":{"qa_form_branch":{"type":"external_select","selected_option":{"value":"%s"}}},"where:C1":{"qa_form_where":{"type":"conversations_select","selected_conversation":null}}}}}}`

// While GitHub hangs, a search is answered in time from what was known before, and a form is taken as it is: what is wrong
// with it is told later.
func TestAnswersInTimeWhileGitHubHangs(t *testing.T) {
	var hang atomic.Bool
	release := make(chan struct{})
	gh := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hang.Load() {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.Path, "matching-refs") {
			fmt.Fprint(w, `[{"ref":"refs/heads/feature/login","object":{"sha":"1"}}]`)
			return
		}
		fmt.Fprint(w, `[]`)
	}))
	defer gh.Close()
	defer close(release)
	var late atomic.Int64 // how much later than noon it is
	b, s := offline(t, func(o *Options) {
		o.GitHub.APIURL, o.Now = gh.URL, func() time.Time { return noon.Add(time.Duration(late.Load())) }
	})
	search := callback(t, `{"type":"block_suggestion","user":{"id":"U1"},"block_id":"branch:shop","action_id":"qa_form_branch","value":"log"}`)
	if got, _, _ := ackedWith(t, b, search); !strings.Contains(got, "feature/login") {
		t.Fatalf("a cold search is answered with %s", got)
	}
	hang.Store(true)
	late.Store(int64(time.Hour))
	got, took, _ := ackedWith(t, b, search)
	if !strings.Contains(got, "feature/login") || took > ackTimeout {
		t.Errorf("while GitHub hangs a search is answered with %s after %s", got, took)
	}
	unknown := callback(t, `{"type":"block_suggestion","user":{"id":"U1"},"block_id":"branch:shop","action_id":"qa_form_branch","value":"feature/new"}`)
	if got, took, _ := ackedWith(t, b, unknown); !strings.Contains(got, "b:feature/new") || took > ackTimeout {
		t.Errorf("while GitHub hangs a search for what is not known is answered with %s after %s", got, took)
	}
	got, took, ok := ackedWith(t, b, callback(t, fmt.Sprintf(submission, "h1", "b:feature/login")))
	if !ok || strings.Contains(got, "errors") || took > ackTimeout {
		t.Errorf("while GitHub hangs a form is answered with %s, %v after %s", got, ok, took)
	}
	letters, err := s.Letters(t.Context(), "slack/U1")
	if err != nil || len(letters) != 1 || letters[0].Kind != letterForm {
		t.Errorf("kept %+v, %v", letters, err)
	}
}

// A form that comes twice is obeyed once; one that was corrected is another.
func TestFormsAreKeptOnce(t *testing.T) {
	gh := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, branch, _ := strings.Cut(r.URL.Path, "/git/ref/heads/")
		fmt.Fprintf(w, `{"ref":"refs/heads/%s","object":{"sha":"1"}}`, branch)
	}))
	defer gh.Close()
	b, s := offline(t, func(o *Options) { o.GitHub.APIURL = gh.URL })
	for _, sent := range [][2]string{{"h1", "b:x"}, {"h1", "b:x"}, {"h1", "b:y"}, {"h2", "b:y"}, {"h2", "b:y"}} {
		if got, _, ok := ackedWith(t, b, callback(t, fmt.Sprintf(submission, sent[0], sent[1]))); !ok || strings.Contains(got, "errors") {
			t.Errorf("%v: %s, %v", sent, got, ok)
		}
	}
	letters, err := s.Letters(t.Context(), "slack/U1")
	if err != nil || len(letters) != 3 {
		t.Errorf("%d letters kept, want 3: %v", len(letters), err)
	}
}

// What nobody could look into is not acknowledged, so that the form stays open and the person hears of it.
func TestFormNobodyLookedInto(t *testing.T) {
	b, s := offline(t, nil)
	for range errandsAtOnce {
		b.beside.slots <- struct{}{}
	}
	e := callback(t, fmt.Sprintf(submission, "h1", "b:x"))
	if b.aside(e, nil) {
		t.Error("it was taken over although too much is under way")
	}
	if _, ack := b.keep(t.Context(), e); ack {
		t.Error("it was acknowledged")
	}
	if left, err := s.Lanes(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("kept in %v, %v", left, err)
	}
}
