package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestWebhook knocks at the door that faces the internet. But for the last of them, all come to nothing.
func TestWebhook(t *testing.T) {
	t.Parallel()
	s := newStage(t, "webhook")
	s.begin()
	secret := s.world.Secrets.WebhookSecret
	sum := func(h func() hash.Hash, name, key string, body []byte) string {
		mac := hmac.New(h, []byte(key))
		mac.Write(body)
		return name + "=" + hex.EncodeToString(mac.Sum(nil))
	}
	push := func(branch string) []byte {
		return []byte(`{"ref":"refs/heads/` + branch + `","repository":{"full_name":"acme/shop"},"pusher":{"name":"mallory"}}`)
	}
	wanted := push("qa/hello") // a pattern deploys it
	signed := func(body []byte) map[string]string {
		return map[string]string{"X-Hub-Signature-256": sum(sha256.New, "sha256", secret, body)}
	}
	for _, c := range []struct {
		reason, event string
		headers       map[string]string
		body          []byte
		status        int
	}{
		{"no signature", "push", nil, wanted, 401},
		{"an empty signature", "push", map[string]string{"X-Hub-Signature-256": ""}, wanted, 401},
		{"another secret", "push", map[string]string{"X-Hub-Signature-256": sum(sha256.New, "sha256", "guess", wanted)}, wanted, 401},
		{"no secret at all", "push", map[string]string{"X-Hub-Signature-256": sum(sha256.New, "sha256", "", wanted)}, wanted, 401},
		{"signed for another body", "push", signed(push("main")), wanted, 401},
		{"SHA-1 only", "push", map[string]string{"X-Hub-Signature": sum(sha1.New, "sha1", secret, wanted)}, wanted, 401},
		{"an unsigned ping", "ping", nil, []byte(`{}`), 401},
		{"30 MB", "push", signed(nil), bytes.Repeat([]byte(" "), 30<<20), 413},
		{"ping", "ping", signed([]byte(`{"zen":"x"}`)), []byte(`{"zen":"x"}`), 200},
		{"a branch that nobody wants", "push", signed(push("main")), push("main"), 202},
		{"a branch that is not on GitHub", "push", signed(push("qa/ghost")), push("qa/ghost"), 202},
		{"a name that is no branch", "push", signed(push("qa/`;..")), push("qa/`;.."), 202},
	} {
		c.headers = withDelivery(c.headers, c.event, c.reason)
		if status, said := s.post(c.body, c.headers); status != c.status || said == "" {
			t.Errorf("%s: %d %q, want %d", c.reason, status, said, c.status)
		}
	}
	s.settled()
	if all := s.environments(); len(all) != 0 {
		t.Fatalf("something was wished: %+v", all)
	}
	if status, said := s.post(wanted, withDelivery(signed(wanted), "push", "good")); status != http.StatusAccepted {
		t.Fatalf("a good one: %d %q", status, said)
	}
	s.settled()
	if all := s.environments(); len(all) != 1 || all[0].Spec.Branch != "qa/hello" {
		t.Errorf("a good one wished %+v", all)
	}
}

func withDelivery(headers map[string]string, event, delivery string) map[string]string {
	all := map[string]string{"X-GitHub-Event": event, "X-GitHub-Delivery": strings.ReplaceAll(delivery, " ", "-"), "Content-Type": "application/json"}
	for name, value := range headers {
		all[name] = value
	}
	return all
}

// hooks waits for the word to go on before it sends a large body.
var hooks = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: patience}}

// post knocks at qabot's webhook.
func (s *stage) post(body []byte, headers map[string]string) (status int, said string) {
	s.t.Helper()
	hook := s.world.Config.GitHub.Webhook
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+hook.Listen+hook.Path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	if len(body) > 1<<20 {
		r.Header.Set("Expect", "100-continue") // as curl does: the answer comes before the body, and cannot be lost in it
	}
	answer, err := hooks.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
