package bot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qabot/bot/npmtest"
	"qabot/store"
)

// hookExample is a payload as GitHub documents it, signed by GitHub's own library.
type hookExample struct{ Server, Event, Payload, Signature string }

// hookExamples are all of them, of github.com and of Enterprise servers.
func hookExamples(t testing.TB) []hookExample {
	t.Helper()
	packages, dir := npmtest.Install(t, "testdata/octokit"), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/octokit")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	sign := exec.Command(npmtest.Node(t), "examples.mjs")
	sign.Dir, sign.Env, sign.Stderr = dir, append(os.Environ(), "SECRET="+testSecret), os.Stderr
	out, err := sign.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []hookExample
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, maxWebhook)
	for lines.Scan() {
		var e hookExample
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// post delivers a webhook and gives the answer.
func (b *Bot) post(event, delivery, signature string, payload []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(payload))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", delivery)
	r.Header.Set("X-Hub-Signature-256", signature)
	rec := httptest.NewRecorder()
	b.Webhook().ServeHTTP(rec, r)
	return rec
}

// inbox gives the letters that wait, whatever their lane.
func inbox(t testing.TB, s *store.Store) []store.Letter {
	t.Helper()
	lanes, err := s.Lanes(t.Context())
	must0(t, err)
	var all []store.Letter
	for _, lane := range lanes {
		letters, err := s.Letters(t.Context(), lane)
		must0(t, err)
		all = append(all, letters...)
	}
	return all
}

// Every payload that GitHub documents is answered as it ought to be, and what matters of it is kept.
func TestDocumentedPayloads(t *testing.T) {
	kept := map[string]int{}
	b, s := offline(t, func(o *Options) {
		other := testApp()
		o.Apps[0].Repo, other.Name, other.Repo = "Codertocat/Hello-World", "other", "Octocoders/Hello-World"
		o.Apps = append(o.Apps, other)
	})
	before := 0
	examples := hookExamples(t)
	for i, e := range examples {
		var p struct {
			Action, Ref string
			RefType     string `json:"ref_type"`
		}
		must0(t, json.Unmarshal([]byte(e.Payload), &p))
		want := ""
		switch e.Event {
		case "push":
			if strings.HasPrefix(p.Ref, "refs/heads/") {
				want = letterPush
			}
		case "pull_request":
			if slices.Contains([]string{"opened", "reopened", "synchronize", "closed", "labeled", "unlabeled"}, p.Action) {
				want = letterPull
			}
		case "repository":
			if slices.Contains([]string{"renamed", "transferred", "deleted"}, p.Action) {
				want = letterRepository
			}
		case "installation", "installation_repositories":
			want = letterInstallation
		}
		status := http.StatusAccepted
		if e.Event == "ping" {
			status = http.StatusOK
		}
		if e.Signature != sign(testSecret, []byte(e.Payload)) {
			t.Fatalf("%s %s: signed differently here and there", e.Server, e.Event)
		}
		answer := b.post(e.Event, "guid-"+strconv.Itoa(i), e.Signature, []byte(e.Payload))
		letters := inbox(t, s)
		got := ""
		if len(letters) > before {
			newest := slices.IndexFunc(letters, func(l store.Letter) bool { return l.Key == "github/guid-"+strconv.Itoa(i) })
			if newest < 0 {
				t.Fatalf("%s %s %s: a letter without its key", e.Server, e.Event, p.Action)
			}
			got = letters[newest].Kind
		}
		before = len(letters)
		if answer.Code != status || got != want {
			t.Errorf("%s %s %s %s: %d %q, kept %q; want %d, %q", e.Server, e.Event, p.Action, p.Ref, answer.Code, strings.TrimSpace(answer.Body.String()), got, status, want)
		}
		if got != "" {
			kept[e.Event]++
		}
	}
	for _, event := range []string{"push", "pull_request", "repository", "installation", "installation_repositories"} {
		if kept[event] < 2 {
			t.Errorf("of %d examples only %d of %s were kept: the test looks at nothing", len(examples), kept[event], event)
		}
	}
}

// documented is one example of an event, to be edited.
func documented(t *testing.T, all []hookExample, event, action string) map[string]any {
	t.Helper()
	for _, e := range all {
		var p map[string]any
		must0(t, json.Unmarshal([]byte(e.Payload), &p))
		ref, _ := p["ref"].(string)
		if e.Event == event && (action == "" || p["action"] == action) && (event != "push" || strings.HasPrefix(ref, "refs/heads/")) {
			return p
		}
	}
	t.Fatalf("no example of %s %s", event, action)
	return nil
}

func set(p map[string]any, path string, value any) map[string]any {
	p = maps.Clone(p)
	name, rest, deeper := strings.Cut(path, ".")
	if deeper {
		inner, _ := p[name].(map[string]any)
		value = set(inner, rest, value)
	}
	p[name] = value
	return p
}

// What the documentation has no example of, made from what it has.
func TestEditedPayloads(t *testing.T) {
	all := hookExamples(t)
	push, del, pr := documented(t, all, "push", ""), documented(t, all, "delete", ""), documented(t, all, "pull_request", "opened")
	zero := strings.Repeat("0", 40)
	long := strings.Repeat("x", 244)
	type want struct {
		kind, branch string
		gone         bool
	}
	for _, c := range []struct {
		reason, event string
		payload       map[string]any
		want          want // kind empty: nothing is kept
	}{
		{"a push that deletes", "push", set(set(set(push, "deleted", true), "after", zero), "head_commit", nil), want{letterDelete, "master", true}},
		{"a push of nothing that does not say so", "push", set(push, "after", zero), want{letterDelete, "master", true}},
		{"a deleted branch", "delete", set(set(del, "ref_type", "branch"), "ref", "feature/x"), want{letterDelete, "feature/x", true}},
		{"a deleted tag", "delete", del, want{}},
		{"a new branch", "create", set(set(documented(t, all, "create", ""), "ref_type", "branch"), "ref", "feature/x"), want{letterPush, "feature/x", false}},
		{"a branch that is called like a ref", "delete", set(set(del, "ref_type", "branch"), "ref", "refs/heads/x"), want{letterDelete, "refs/heads/x", true}},
		{"a pull request", "pull_request", pr, want{letterPull, "changes", false}},
		{"a fork", "pull_request", set(pr, "pull_request.head.repo.id", 99), want{}},
		{"a fork that is gone", "pull_request", set(pr, "pull_request.head.repo", nil), want{}},
		{"no numbers at all", "pull_request", set(set(pr, "pull_request.head.repo.id", nil), "pull_request.base.repo.id", nil), want{}},
		{"odd letters", "push", set(push, "ref", "refs/heads/ünïcode/#1@"), want{letterPush, "ünïcode/#1@", false}},
		{"the longest name", "push", set(push, "ref", "refs/heads/"+long), want{letterPush, long, false}},
		{"a name that is too long", "push", set(push, "ref", "refs/heads/"+long+"x"), want{}},
		{"a name with a space", "push", set(push, "ref", "refs/heads/a b"), want{}},
		{"a name that leads astray", "push", set(push, "ref", "refs/heads/../../x"), want{}},
		{"no name", "push", set(push, "ref", "refs/heads/"), want{}},
		{"a tag", "push", set(push, "ref", "refs/tags/v1"), want{}},
	} {
		b, s := offline(t, func(o *Options) { o.Apps[0].Repo = "Codertocat/Hello-World" })
		body, err := json.Marshal(c.payload)
		must0(t, err)
		answer := b.post(c.event, "guid-1", sign(testSecret, body), body)
		letters := inbox(t, s)
		if answer.Code != http.StatusAccepted || len(letters) > 1 || (len(letters) == 1) != (c.want.kind != "") {
			t.Errorf("%s: %d %q, %d letters", c.reason, answer.Code, strings.TrimSpace(answer.Body.String()), len(letters))
			continue
		}
		if len(letters) == 0 {
			continue
		}
		var p pulled
		must0(t, json.Unmarshal(letters[0].Body, &p))
		if got := (want{letters[0].Kind, p.Branch, p.Gone}); got != c.want || p.RepoID == 0 || p.Name == "" {
			t.Errorf("%s: %+v, want %+v: %s", c.reason, got, c.want, letters[0].Body)
		}
	}
}

func TestReadRepository(t *testing.T) {
	all := hookExamples(t)
	for action, was := range map[string]string{"renamed": "Octocoders/hello-world", "transferred": "Codertocat/Hello-World"} {
		p := documented(t, all, "repository", action)
		if action == "renamed" {
			p = set(p, "changes.repository.name.from", "hello-world")
		} else {
			p = set(p, "changes.owner.from", map[string]any{"user": map[string]any{"login": "Codertocat"}})
		}
		body, err := json.Marshal(p)
		must0(t, err)
		e, ok, err := readEvent("repository", body, time.Time{})
		if err != nil || !ok || e.Was != was || e.Repo != "Octocoders/Hello-World" || e.RepoID == 0 {
			t.Errorf("%s: %+v, %v, %v", action, e, ok, err)
		}
	}
}

// While a secret is being changed both are good, and what is signed with the old one says so.
func TestTwoSecrets(t *testing.T) {
	body := pushBody(testRepo, "refs/heads/qa/x", false)
	for _, c := range []struct {
		configured, signed string
		status             int
	}{
		{"new, old", "new", 202}, {"new, old", "old", 202}, {"new,old,", "old", 202}, {"new, old", "new, old", 401}, {"new, old", "", 401},
		{"new, old", "older", 401}, {"new", "new", 202}, {"new", "old", 401},
	} {
		b, _ := offline(t, func(o *Options) { o.GitHub.WebhookSecret = c.configured })
		if got := b.post("push", "guid-1", sign(c.signed, body), body).Code; got != c.status {
			t.Errorf("configured %q, signed with %q: %d, want %d", c.configured, c.signed, got, c.status)
		}
	}
	if signedWith(sign("old", body), body, []string{"new", "old"}) != 2 || signedWith(sign("x", body), body, []string{"new", "old"}) != 0 {
		t.Error("it is not known which secret it was")
	}
	for _, empty := range []string{",", " , ", " "} {
		var o Options
		o.Apps = []App{testApp()}
		o.Slack.BotToken, o.Slack.AppToken, o.GitHub.WebhookSecret = "xoxb-x", "xapp-x", empty
		if _, err := New(o, nil); err == nil || !strings.Contains(err.Error(), "webhook secret") {
			t.Errorf("%q was taken for a secret: %v", empty, err)
		}
	}
}

// Whatever somebody signs and sends: an answer comes, and what is kept can be read again.
func FuzzWebhook(f *testing.F) {
	for _, event := range []string{"push", "create", "delete", "pull_request", "repository", "installation", "installation_repositories", "ping", "x"} {
		f.Add(event, pushBody(testRepo, "refs/heads/qa/x", false))
	}
	f.Add("push", pushBody(testRepo, "refs/heads/qa/x", true))
	f.Add("delete", []byte(`{"ref":"x","ref_type":"branch","repository":{"id":1,"full_name":"acme/shop"},"sender":{"login":"ben"}}`))
	f.Add("pull_request", []byte(`{"action":"labeled","number":1,"label":{"name":"qa"},"repository":{"id":1,"full_name":"acme/shop"},"pull_request":{"number":1,"head":{"ref":"x","repo":{"id":1}},"base":{"repo":{"id":1}}}}`))
	f.Add("repository", []byte(`{"action":"renamed","repository":{"id":1,"full_name":"acme/shop"},"changes":{"repository":{"name":{"from":"x"}}}}`))
	f.Add("installation", []byte(`{"action":"deleted","installation":{"id":1,"account":{"login":"acme"}},"repositories":[{"full_name":"acme/shop"}]}`))
	f.Fuzz(func(t *testing.T, event string, payload []byte) {
		e, ok, err := readEvent(event, payload, time.Time{})
		if err != nil || !ok {
			return
		}
		if e.Kind == "" || e.Body == nil || e.Kind != letterInstallation && e.Repo == "" {
			t.Fatalf("accepted %+v", e)
		}
		l, err := letter("github/guid", gitHubLane(e.Repo), "github", e.Kind, e.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case letterPush, letterDelete, letterPull:
			p, err := read[pulled](l)
			if err != nil || !usable(p.Branch) || p.Repo != e.Repo || p.Gone != (e.Kind == letterDelete) {
				t.Fatalf("%+v, %v", p, err)
			}
			if e.Kind == letterPush && p.Commit != "" && strings.Trim(p.Commit, "0") == "" {
				t.Fatalf("a push of nothing: %+v", p)
			}
		case letterRepository:
			if _, err := read[rehoused](l); err != nil {
				t.Fatal(err)
			}
		case letterInstallation:
			if _, err := read[admitted](l); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("kind %q", e.Kind)
		}
	})
}
