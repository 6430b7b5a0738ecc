package githubsim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"
	"go.uber.org/goleak"

	"qabot/bot/githubsim"
)

const (
	token  = "ghp_right"
	secret = "webhook secret"
)

// A world is a simulated GitHub on a real port, a receiver of its webhooks, and one user's clone.
type world struct {
	t     *testing.T
	sim   *githubsim.Server
	url   string
	clone string
	api   *github.Client
	hooks *receiver
}

func newWorld(t *testing.T) *world { return newWorldOf(t, githubsim.Options{Token: token}) }

func newWorldOf(t *testing.T, opt githubsim.Options) *world {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
	opt.Dir, opt.Poll = t.TempDir(), time.Hour
	sim, err := githubsim.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(sim.Handler())
	w := &world{t: t, sim: sim, url: front.URL, hooks: &receiver{}}
	back := httptest.NewServer(w.hooks)
	t.Cleanup(func() {
		sim.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		front.Close()
		back.Close()
	})
	if _, err := sim.AddRepository("acme", "shop"); err != nil {
		t.Fatal(err)
	}
	w.api = w.client(token)
	w.clone = filepath.Join(t.TempDir(), "clone")
	w.git(".", "clone", "--quiet", front.URL+"/acme/shop.git", w.clone)
	w.commit("README", "first\n", "Say what it is")
	w.push("main")
	sim.SetWebhook(back.URL, secret)
	if opt.App != nil {
		if _, err := sim.Install("acme"); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	w.hooks.take() // the ping, and that the App was installed
	return w
}

func (w *world) client(token string) *github.Client {
	w.t.Helper()
	c, err := github.NewClient(nil).WithAuthToken(token).WithEnterpriseURLs(w.url, w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// git runs git as Ana, with nothing of the user's own configuration.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C.UTF-8",
		"GIT_AUTHOR_NAME=Ana Silva", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_AUTHOR_DATE=2026-03-01T10:00:00+01:00",
		"GIT_COMMITTER_NAME=Ana Silva", "GIT_COMMITTER_EMAIL=ana@example.com", "GIT_COMMITTER_DATE=2026-03-01T10:00:00+01:00",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *world) commit(file, content, message string) (hash string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.clone, file), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	w.git(w.clone, "add", ".")
	w.git(w.clone, "commit", "--quiet", "-m", message)
	return w.git(w.clone, "rev-parse", "HEAD")
}

// push pushes what the clone has checked out.
func (w *world) push(branch string, flags ...string) {
	w.t.Helper()
	w.git(w.clone, append(append([]string{"push", "--quiet"}, flags...), "origin", "HEAD:refs/heads/"+branch)...)
}

func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	if err := w.sim.Settle(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// events settles and returns what the receiver got since the last call.
func (w *world) events() []hook {
	w.t.Helper()
	w.settle()
	return w.hooks.take()
}

// A hook is a webhook that passed GitHub's own check of signatures.
type hook struct {
	name, guid string
	event      any
	payload    []byte
}

// A receiver takes webhooks as a bot would.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []hook
	bad    []error
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	payload, err := github.ValidatePayload(req, []byte(secret))
	var event any
	if err == nil {
		event, err = github.ParseWebHook(github.WebHookType(req), payload)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.bad = append(r.bad, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.got = append(r.got, hook{github.WebHookType(req), github.DeliveryID(req), event, payload})
	w.WriteHeader(max(r.status, http.StatusAccepted))
}

// answer sets the status that webhooks get; 0 is that they are taken.
func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) take() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func names(hooks []hook) []string {
	var all []string
	for _, h := range hooks {
		all = append(all, h.name)
	}
	return all
}

func wantEvents(t *testing.T, got []hook, want ...string) {
	t.Helper()
	if !slices.Equal(names(got), want) {
		t.Fatalf("events %v, want %v", names(got), want)
	}
}

func field(t *testing.T, h hook, path ...string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(h.payload, &value); err != nil {
		t.Fatal(err)
	}
	for _, key := range path {
		value = value.(map[string]any)[key]
	}
	return value
}
