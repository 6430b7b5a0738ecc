package bot

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"qabot/store"
)

// maxWebhook is the largest payload that GitHub sends.
const maxWebhook = 25 << 20

// Webhook receives GitHub's webhooks. It believes only what is signed with the secret by SHA-256, keeps what it needs in
// the inbox and answers at once: GitHub waits ten seconds and never sends again by itself.
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
	if github.ValidateSignature(signature, body, []byte(b.opt.GitHub.WebhookSecret)) != nil {
		return http.StatusUnauthorized, "the signature is wrong"
	}
	event, delivery := github.WebHookType(r), github.DeliveryID(r)
	if event == "ping" {
		return http.StatusOK, "pong"
	}
	if event != "push" && event != "delete" {
		return http.StatusAccepted, "nothing to do for this event"
	}
	if delivery == "" || len(delivery) > 100 {
		return http.StatusBadRequest, "the delivery has no ID"
	}
	kind, p, ok, err := readWebhook(event, body)
	switch {
	case err != nil:
		return http.StatusBadRequest, "the payload cannot be read"
	case !ok:
		return http.StatusAccepted, "nothing to do for this ref"
	case len(b.appsOf(p.Repo)) == 0:
		b.log.Warn("webhook of a repository that is not configured", "repo", short(p.Repo, 100))
		return http.StatusAccepted, "this repository is not configured"
	}
	l, err := letter("github/"+delivery, gitHubLane(p.Repo), "github", kind, p)
	if err == nil {
		_, err = b.receive(r.Context(), l)
		b.dispatcher.wake()
	}
	if err != nil {
		b.log.Error("keep letter", "kind", kind, "delivery", delivery, "error", err)
		return http.StatusServiceUnavailable, "it could not be kept; deliver it again"
	}
	return http.StatusAccepted, "kept"
}

// readWebhook takes out what is needed. ok is false for what is no branch.
func readWebhook(event string, body []byte) (kind string, p pushed, ok bool, err error) {
	parsed, err := github.ParseWebHook(event, body)
	if err != nil {
		return "", pushed{}, false, err
	}
	switch e := parsed.(type) {
	case *github.PushEvent:
		branch, isBranch := strings.CutPrefix(e.GetRef(), "refs/heads/")
		p = pushed{Repo: e.GetRepo().GetFullName(), Branch: branch, Name: e.GetPusher().GetName()}
		if p.Name == "" {
			p.Name = e.GetSender().GetLogin()
		}
		p.Subject, _, _ = strings.Cut(e.GetHeadCommit().GetMessage(), "\n")
		p.Subject, p.Name = short(p.Subject, 200), short(p.Name, 100)
		kind = letterPush
		if e.GetDeleted() {
			kind = letterDelete
		}
		return kind, p, isBranch && legal(branch), nil
	case *github.DeleteEvent:
		p = pushed{Repo: e.GetRepo().GetFullName(), Branch: e.GetRef(), Name: short(e.GetSender().GetLogin(), 100)}
		return letterDelete, p, e.GetRefType() == "branch" && legal(e.GetRef()), nil
	}
	return "", pushed{}, false, nil
}

// appsOf are the apps built from a repository.
func (b *Bot) appsOf(repo string) []App {
	var out []App
	for _, a := range b.opt.Apps {
		if strings.EqualFold(a.Repo, repo) {
			out = append(out, a)
		}
	}
	return out
}

var _ Store = (*store.Store)(nil)
