package githubsim_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

func TestReads(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	second := w.commit("a.txt", "a\n", "Add a\n\nBecause.")
	w.push("feature/login")
	w.push("feature/logout")

	repo, _, err := w.api.Repositories.Get(ctx, "ACME", "Shop")
	if err != nil || repo.GetFullName() != "acme/shop" || repo.GetDefaultBranch() != "main" || repo.GetOwner().GetLogin() != "acme" {
		t.Errorf("repository %v, %v", repo, err)
	}
	if same, _, err := w.api.Repositories.GetByID(ctx, repo.GetID()); err != nil || same.GetFullName() != "acme/shop" {
		t.Errorf("repository by id %v, %v", same, err)
	}
	ref, _, err := w.api.Git.GetRef(ctx, "acme", "shop", "heads/feature/login")
	if err != nil || ref.GetObject().GetSHA() != second || ref.GetObject().GetType() != "commit" {
		t.Errorf("ref %v, %v", ref, err)
	}
	refs, _, err := w.api.Git.ListMatchingRefs(ctx, "acme", "shop", &github.ReferenceListOptions{Ref: "heads/feature/log"})
	if err != nil || len(refs) != 2 || refs[1].GetRef() != "refs/heads/feature/logout" {
		t.Errorf("matching refs %v, %v", refs, err)
	}
	none, _, err := w.api.Git.ListMatchingRefs(ctx, "acme", "shop", &github.ReferenceListOptions{Ref: "heads/nothing"})
	if err != nil || len(none) != 0 {
		t.Errorf("refs matching nothing %v, %v", none, err)
	}
	branch, _, err := w.api.Repositories.GetBranch(ctx, "acme", "shop", "feature/login", 0)
	if err != nil || branch.GetCommit().GetSHA() != second || branch.GetCommit().GetCommit().GetAuthor().GetName() != "Ana Silva" {
		t.Errorf("branch %v, %v", branch, err)
	}
	for _, name := range []string{second, second[:8], "feature/login"} {
		c, _, err := w.api.Repositories.GetCommit(ctx, "acme", "shop", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.GetSHA() != second || c.GetCommit().GetMessage() != "Add a\n\nBecause." || c.GetAuthor().GetLogin() != "ana" || len(c.Parents) != 1 || len(c.Files) != 1 {
			t.Errorf("commit %q: %v", name, c)
		}
	}
	commits, _, err := w.api.Repositories.ListCommits(ctx, "acme", "shop", &github.CommitsListOptions{SHA: "feature/login"})
	if err != nil || len(commits) != 2 || commits[0].GetSHA() != second {
		t.Errorf("commits %v, %v", commits, err)
	}
}

func TestPaging(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.git(w.clone, "branch", fmt.Sprintf("b%d", i))
		w.commit("n", fmt.Sprint(i), fmt.Sprintf("Commit %d", i))
	}
	w.git(w.clone, "push", "--quiet", "--all", "origin")

	opts := &github.BranchListOptions{ListOptions: github.ListOptions{PerPage: 3}}
	var seen, pages int
	for {
		branches, resp, err := w.api.Repositories.ListBranches(t.Context(), "acme", "shop", opts)
		if err != nil {
			t.Fatal(err)
		}
		if pages == 0 && resp.LastPage != 3 {
			t.Errorf("last page %d, want 3", resp.LastPage)
		}
		seen, pages = seen+len(branches), pages+1
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	if seen != 8 || pages != 3 {
		t.Errorf("%d branches on %d pages, want 8 on 3", seen, pages)
	}

	commits, resp, err := w.api.Repositories.ListCommits(t.Context(), "acme", "shop", &github.CommitsListOptions{SHA: "main", ListOptions: github.ListOptions{PerPage: 5, Page: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if len(commits) != 3 || resp.NextPage != 0 || resp.PrevPage != 1 {
		t.Errorf("%d commits, next %d, previous %d", len(commits), resp.NextPage, resp.PrevPage)
	}
}

func status(err error) int {
	if told := (*github.ErrorResponse)(nil); errors.As(err, &told) {
		return told.Response.StatusCode
	}
	return 0
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.sim.AddRepository("acme", "empty"); err != nil {
		t.Fatal(err)
	}
	get := func(c *github.Client, owner, repo, ref string) error {
		_, _, err := c.Git.GetRef(ctx, owner, repo, ref)
		return err
	}
	stranger, err := github.NewClient(nil).WithEnterpriseURLs(w.url, w.url)
	if err != nil {
		t.Fatal(err)
	}
	_, gone, noBranch := w.api.Repositories.GetBranch(ctx, "acme", "shop", "gone", 0)
	_, _, noCommit := w.api.Repositories.GetCommit(ctx, "acme", "shop", strings.Repeat("ab", 20), nil)
	_, _, option := w.api.Repositories.GetCommit(ctx, "acme", "shop", "--output=x", nil)
	for _, c := range []struct {
		reason string
		err    error
		status int
		text   string
	}{
		{"a wrong token", get(w.client("wrong"), "acme", "shop", "heads/main"), 401, "Bad credentials"},
		{"no token: a private repository does not exist", get(stranger, "acme", "shop", "heads/main"), 404, "Not Found"},
		{"no such ref", get(w.api, "acme", "shop", "heads/gone"), 404, "Not Found"},
		{"only a prefix of a ref", get(w.api, "acme", "shop", "heads/mai"), 404, "Not Found"},
		{"no such repository", get(w.api, "acme", "toys", "heads/main"), 404, "Not Found"},
		{"nothing pushed yet", get(w.api, "acme", "empty", "heads/main"), 409, "Git Repository is empty."},
		{"no such commit", noCommit, 422, "No commit found for SHA"},
		{"an option for git instead of a commit", option, 422, "No commit found for SHA"},
	} {
		if status(c.err) != c.status || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v, want %d %s", c.reason, c.err, c.status, c.text)
		}
	}
	if noBranch == nil || gone.StatusCode != http.StatusNotFound { // go-github gives no ErrorResponse here
		t.Errorf("no such branch: %v", noBranch)
	}
	for _, name := range []string{"", "..", "a/b", "a b", "x.git", "-x/..", ".hidden"} {
		if _, err := w.sim.AddRepository("acme", name); err == nil {
			t.Errorf("adds repository %q", name)
		}
	}
}

func TestConditionalRequestsAreFree(t *testing.T) {
	w := newWorld(t)
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(t.Context(), "acme", "shop", githubsim.NewPull{Branch: "qa/x"}); err != nil {
		t.Fatal(err)
	}
	ask := func(path, etag string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, w.url+"/repos/acme/shop/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "token "+token)
		req.Header.Set("If-None-Match", etag)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for path, change := range map[string]func(){
		"git/matching-refs/heads/": func() { w.push("another") },
		"pulls?state=open":         func() { w.push("qa/x", "--force") },
		"issues/1/comments": func() {
			if _, err := w.sim.Comment("acme", "shop", 1, "hi", "ana"); err != nil {
				t.Error(err)
			}
		},
	} {
		first := ask(path, "")
		etag, left := first.Header.Get("ETag"), first.Header.Get("X-RateLimit-Remaining")
		for range 2 {
			again := ask(path, etag)
			if again.StatusCode != http.StatusNotModified || again.Header.Get("X-RateLimit-Remaining") != left {
				t.Errorf("%s again: %s, %s left of %s", path, again.Status, again.Header.Get("X-RateLimit-Remaining"), left)
			}
		}
		w.commit("moved", path, "Move on")
		change()
		if moved := ask(path, etag); moved.StatusCode != http.StatusOK || moved.Header.Get("ETag") == etag {
			t.Errorf("%s after a change: %s, %s", path, moved.Status, moved.Header.Get("ETag"))
		}
	}
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	get := func() error {
		_, _, err := w.client(token).Git.GetRef(t.Context(), "acme", "shop", "heads/main")
		return err
	}
	w.sim.Fail(githubsim.Fault{Status: http.StatusBadGateway, Times: 2}, githubsim.Fault{Path: "/branches", Status: 500})
	for range 2 {
		if err := get(); status(err) != http.StatusBadGateway {
			t.Errorf("got %v, want 502", err)
		}
	}
	if err := get(); err != nil {
		t.Errorf("the fault was for two requests: %v", err)
	}

	w.sim.Fail(githubsim.Fault{Limit: githubsim.PrimaryLimit})
	primary := (*github.RateLimitError)(nil)
	if err := get(); !errors.As(err, &primary) || primary.Rate.Remaining != 0 || !primary.Rate.Reset.After(time.Now()) {
		t.Errorf("primary limit: %v", err)
	}
	w.sim.Fail(githubsim.Fault{Limit: githubsim.SecondaryLimit})
	secondary := (*github.AbuseRateLimitError)(nil)
	if err := get(); !errors.As(err, &secondary) || secondary.GetRetryAfter() != githubsim.RetryAfter {
		t.Errorf("secondary limit: %v", err)
	}
	w.sim.Fail(githubsim.Fault{Cut: true})
	if err := get(); err == nil || status(err) != 0 {
		t.Errorf("cut connection: %v", err)
	}
	w.sim.Fail(githubsim.Fault{Latency: 50 * time.Millisecond})
	start := time.Now()
	if err := get(); err != nil || time.Since(start) < 50*time.Millisecond {
		t.Errorf("slow answer after %s: %v", time.Since(start), err)
	}
}

func TestRateLimitRunsOut(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	sim, err := githubsim.New(githubsim.Options{Dir: t.TempDir(), Poll: time.Hour, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	left := func() int { return remaining(t, sim) }
	if n := left(); n != githubsim.RateLimit-1 {
		t.Errorf("%d left after one request", n)
	}
	for range githubsim.RateLimit {
		left()
	}
	if n := left(); n != 0 {
		t.Errorf("%d left after all were used", n)
	}
	now = now.Add(time.Hour)
	if n := left(); n != githubsim.RateLimit-1 {
		t.Errorf("%d left in the next hour", n)
	}
}

func TestPagesOpen(t *testing.T) {
	w := newWorld(t)
	hash := w.commit("x.html", "<script>alert(1)</script>\n", "Add <b>x</b>")
	w.push("main")
	for path, want := range map[string]string{
		"/":                         "acme/shop",
		"/acme/shop":                "git clone " + w.url + "/acme/shop.git",
		"/acme/shop/tree/main":      "Add &lt;b&gt;x&lt;/b&gt;",
		"/acme/shop/commit/" + hash: "&#43;&lt;script&gt;alert(1)",
	} {
		resp, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s without %q\n%s", path, resp.Status, want, body)
		}
	}
	for _, path := range []string{"/acme/shop/tree/gone", "/acme/shop/commit/zzz", "/acme/toys", "/x"} {
		resp, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// remaining asks something without a network and returns how many requests are left.
func remaining(t *testing.T, sim *githubsim.Server) int {
	t.Helper()
	resp := httptest.NewRecorder()
	sim.Handler().ServeHTTP(resp, httptest.NewRequest(http.MethodGet, "/repos/acme/none", nil))
	n, err := strconv.Atoi(resp.Header().Get("X-RateLimit-Remaining"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnswersLostAfterTheEffect(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/x"}); err != nil {
		t.Fatal(err)
	}
	w.sim.Fail(githubsim.Fault{Method: http.MethodPost, Path: "/comments", Times: 1, Lose: true})
	text := "once"
	if _, _, err := w.api.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{Body: &text}); err == nil || status(err) != 0 {
		t.Errorf("the answer came: %v", err)
	}
	if got := w.sim.Comments("acme", "shop", 1); len(got) != 1 || got[0].Body != text {
		t.Errorf("comments %v", got)
	}
}
