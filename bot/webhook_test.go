package bot

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"qabot/store"
	"qabot/store/storetest"
)

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func pushBody(repo, ref string, deleted bool) []byte {
	b, err := json.Marshal(map[string]any{
		"ref": ref, "deleted": deleted, "repository": map[string]any{"full_name": repo}, "pusher": map[string]any{"name": "ben"},
		"head_commit": map[string]any{"message": "drop users.age\n\nlong story"},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// offline is a bot with a real store and nobody to speak to.
func offline(t *testing.T, change func(*Options)) (*Bot, *store.Store) {
	t.Helper()
	s := storetest.Open(t)
	var o Options
	o.Installation, o.Apps = testInstall, []App{testApp()}
	o.Slack.BotToken, o.Slack.AppToken, o.Slack.APIURL = "xoxb-x", "xapp-x", "http://127.0.0.1:9/"
	o.GitHub.WebhookSecret, o.GitHub.APIURL = testSecret, "http://127.0.0.1:9/"
	if change != nil {
		change(&o)
	}
	b, err := New(o, s)
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func TestWebhook(t *testing.T) {
	good := pushBody(testRepo, "refs/heads/qa/x", false)
	sha1Only := func(body []byte) string {
		mac := hmac.New(sha1.New, []byte(testSecret))
		mac.Write(body)
		return "sha1=" + hex.EncodeToString(mac.Sum(nil))
	}
	cases := []struct {
		reason string
		change func(*http.Request)
		body   []byte
		status int
		kept   int
	}{
		{"signed and known", nil, good, 202, 1},
		{"repository in another case", nil, pushBody("Acme/Shop", "refs/heads/qa/x", false), 202, 1},
		{"no signature", func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, good, 401, 0},
		{"SHA-1 only", func(r *http.Request) {
			r.Header.Del("X-Hub-Signature-256")
			r.Header.Set("X-Hub-Signature", sha1Only(good))
		}, good, 401, 0},
		{"SHA-1 where SHA-256 belongs", func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", sha1Only(good)) }, good, 401, 0},
		{"signed with another secret", func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", sign("other", good)) }, good, 401, 0},
		{"signed with no secret", func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", sign("", good)) }, good, 401, 0},
		{"one byte changed", func(r *http.Request) {
			r.Body = io.NopCloser(bytes.NewReader(bytes.Replace(good, []byte("qa/x"), []byte("qa/y"), 1)))
		}, good, 401, 0},
		{"a form", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, good, 415, 0},
		{"text", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, good, 415, 0},
		{"too large", nil, bytes.Repeat([]byte(" "), maxWebhook+1), 413, 0},
		{"too large, of unknown length", func(r *http.Request) { r.ContentLength = -1 }, bytes.Repeat([]byte(" "), maxWebhook+1), 413, 0},
		{"ping", func(r *http.Request) { r.Header.Set("X-GitHub-Event", "ping") }, []byte(`{"zen":"x"}`), 200, 0},
		{"unknown event", func(r *http.Request) { r.Header.Set("X-GitHub-Event", "brand_new") }, []byte(`{}`), 202, 0},
		{"another repository", nil, pushBody("acme/secret", "refs/heads/qa/x", false), 202, 0},
		{"a tag", nil, pushBody(testRepo, "refs/tags/v1", false), 202, 0},
		{"no delivery", func(r *http.Request) { r.Header.Del("X-GitHub-Delivery") }, good, 400, 0},
		{"no JSON", nil, []byte(`{`), 400, 0},
		{"a GET", func(r *http.Request) { r.Method = http.MethodGet }, good, 405, 0},
	}
	for _, c := range cases {
		b, s := offline(t, nil)
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-GitHub-Event", "push")
		r.Header.Set("X-GitHub-Delivery", "guid-1")
		r.Header.Set("X-Hub-Signature-256", sign(testSecret, c.body))
		if c.change != nil {
			c.change(r)
		}
		rec := httptest.NewRecorder()
		b.Webhook().ServeHTTP(rec, r)
		letters, err := s.Letters(t.Context(), gitHubLane(testRepo))
		if err != nil {
			t.Fatal(err)
		}
		if rec.Code != c.status || len(letters) != c.kept {
			t.Errorf("%s: status %d (%s), %d letters; want %d, %d", c.reason, rec.Code, strings.TrimSpace(rec.Body.String()), len(letters), c.status, c.kept)
		}
	}
}

func TestWebhookTwice(t *testing.T) {
	b, s := offline(t, nil)
	body := pushBody(testRepo, "refs/heads/qa/x", true)
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		r.Header.Set("X-GitHub-Event", "push")
		r.Header.Set("X-GitHub-Delivery", "guid-1")
		r.Header.Set("X-Hub-Signature-256", sign(testSecret, body))
		rec := httptest.NewRecorder()
		b.Webhook().ServeHTTP(rec, r)
		if rec.Code != http.StatusAccepted {
			t.Fatalf("status %d", rec.Code)
		}
	}
	letters, err := s.Letters(t.Context(), gitHubLane(testRepo))
	if err != nil || len(letters) != 1 || letters[0].Kind != letterDelete {
		t.Fatalf("letters %+v, %v", letters, err)
	}
	var p pushed
	if err := json.Unmarshal(letters[0].Body, &p); err != nil || p != (pushed{Repo: testRepo, Branch: "qa/x", Name: "ben", Gone: true}) {
		t.Errorf("letter %+v, %v", p, err)
	}
}

func TestNewRefuses(t *testing.T) {
	cases := map[string]func(*Options){
		"webhook secret": func(o *Options) { o.GitHub.WebhookSecret = "" },
		"bot token":      func(o *Options) { o.Slack.BotToken = "xapp-swapped" },
		"app token":      func(o *Options) { o.Slack.AppToken = "" },
		"apps":           func(o *Options) { o.Apps = nil },
		"repository":     func(o *Options) { o.Apps[0].Repo = "shop" },
		"each name once": func(o *Options) { o.Apps = append(o.Apps, o.Apps[0]) },
		"branch pattern": func(o *Options) { o.Apps[0].Deploys = []string{"["} },
		"ttl":            func(o *Options) { o.Apps[0].TTL = -1 },
		"command":        func(o *Options) { o.Command = "qa" },
		"not a URL":      func(o *Options) { o.Slack.APIURL = "slack" },
	}
	for want, change := range cases {
		var o Options
		o.Apps = []App{testApp()}
		o.Slack.BotToken, o.Slack.AppToken, o.GitHub.WebhookSecret = "xoxb-x", "xapp-x", testSecret
		change(&o)
		if _, err := New(o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: New gives %v", want, err)
		}
	}
	var none Options
	_, err := New(none, nil)
	if err == nil || strings.Count(fmt.Sprint(err), "\n") < 3 {
		t.Errorf("not all faults at once: %v", err)
	}
}
