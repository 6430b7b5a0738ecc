package bot

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"
)

// maxWebhook is the largest payload that GitHub sends.
const maxWebhook = 25 << 20

// Webhook receives GitHub's webhooks. It believes only what is signed with one of the secrets by SHA-256, keeps what it
// needs in the inbox and answers at once: GitHub waits ten seconds and never sends again by itself.
func (b *Bot) Webhook() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, said := b.webhook(w, r)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, said+"\n")
	})
}

func (b *Bot) webhook(w http.ResponseWriter, r *http.Request) (status int, said string) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, "webhooks are posted"
	}
	signature := r.Header.Get(github.SHA256SignatureHeader)
	if !strings.HasPrefix(signature, "sha256=") {
		return http.StatusUnauthorized, "the signature is missing"
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, "the content type of the webhook must be application/json"
	}
	if r.ContentLength > maxWebhook {
		return http.StatusRequestEntityTooLarge, "too large" // without reading what anybody may send
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, "too large"
	case err != nil:
		return http.StatusBadRequest, "the body broke off"
	}
	secret := signedWith(signature, body, secretsOf(b.opt.GitHub.WebhookSecret))
	if secret == 0 {
		return http.StatusUnauthorized, "the signature is wrong"
	}
	d := delivery{ID: github.DeliveryID(r), Event: github.WebHookType(r), Payload: body}
	if d.Event == "ping" {
		b.log.Info("webhook", "event", d.Event, "secret", secret)
		return http.StatusOK, "pong"
	}
	said, err = b.take(r.Context(), d)
	switch {
	case errors.Is(err, errUnreadable):
		b.log.Warn("webhook that cannot be read", "event", short(d.Event, 40), "delivery", short(d.ID, 100), "error", err)
		return http.StatusBadRequest, errUnreadable.Error()
	case err != nil:
		b.log.Error("keep letter", "event", d.Event, "delivery", d.ID, "error", err)
		return http.StatusServiceUnavailable, "it could not be kept; deliver it again"
	}
	b.log.Info("webhook", "event", short(d.Event, 40), "delivery", d.ID, "secret", secret, "said", said)
	return http.StatusAccepted, said
}

// secretsOf splits what is configured: during a rotation there are two secrets.
func secretsOf(configured string) []string {
	var out []string
	for s := range strings.SplitSeq(configured, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// signedWith tells which of the secrets a payload was signed with, the first is 1; 0 is none of them.
func signedWith(signature string, payload []byte, secrets []string) int {
	for i, secret := range secrets {
		if github.ValidateSignature(signature, payload, []byte(secret)) == nil {
			return i + 1
		}
	}
	return 0
}
