package githubsim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

const form = "application/x-www-form-urlencoded"

// A person takes a branch from nothing to merged and deleted, by clicking.
func TestAPullRequestByClicking(t *testing.T) {
	w := newWorldOf(t, githubsim.Options{Token: token, Users: []githubsim.User{{Login: "ana"}, {Login: "ben", Name: "Ben Okafor"}}})
	head := w.branch("qa/hello")
	b := w.browse("/")
	b.follow("acme/shop")
	b.sees("qa/hello", "Work on qa/hello", "Ana Silva")
	b.follow("Open a pull request")
	b.click("Be them", "login", "ben")
	b.click("Open", "title", "Hello, <shelves>", "body", "Look **here**", "labels", "design, ")
	b.sees("Hello, <shelves> #1", "ben wants to bring qa/hello into main", "Look here", "design", "It can be merged.", "1 commit")
	wantActions(t, w.events(), "opened", "labeled")

	b.click("Add", "label", "qa")
	b.click("Remove design")
	b.misses("design")
	b.click("Comment", "body", "- [x] seen")
	b.sees("seen", "1 commit")
	b.click("Make it a draft")
	b.misses("It can be merged.")
	b.click("Ready for review")
	b.click("Close")
	b.sees("It is closed.")
	b.click("Open it again")
	got := w.events()
	wantActions(t, got, "labeled", "unlabeled", "issue_comment", "converted_to_draft", "ready_for_review", "closed", "reopened")
	if login := got[0].event.(*github.PullRequestEvent).GetSender().GetLogin(); login != "ben" {
		t.Errorf("labeled by %s", login)
	}

	b.click("Merge")
	b.sees("It was merged as", "merged by ben", "1 commit", head[:7])
	b.click("Delete the branch")
	got = w.events()
	wantActions(t, got, "closed", "push", "push", "delete")
	if p := got[0].event.(*github.PullRequestEvent).GetPullRequest(); !p.GetMerged() || p.GetMergedBy().GetLogin() != "ben" {
		t.Errorf("merged: %s", got[0].payload)
	}
	if name := got[1].event.(*github.PushEvent).GetHeadCommit().GetAuthor().GetName(); name != "Ben Okafor" {
		t.Errorf("the merge is by %s", name)
	}
	b.follow("Branches")
	b.misses("Work on qa/hello")
	b.follow("Commits")
	b.sees("Merge pull request #1 from acme/qa/hello")
}

func TestBranchesByClicking(t *testing.T) {
	w := newWorld(t)
	b := w.browse("/acme/shop")
	b.click("Create", "branch", "feature/x y")
	if b.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", b.status)
	}
	b.sees("Reference name is not valid", "main") // still on the page
	b.click("Create", "branch", "feature/größe")
	b.sees("feature/größe")
	wantEvents(t, w.events(), "create", "push")
	b.click("Delete feature/größe")
	b.misses("feature/größe")
	wantEvents(t, w.events(), "push", "delete")
	b.open("/acme/shop/pulls")
	b.sees("Every branch has one")
}

func TestThePullPageShowsWhatProgramsSaid(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	head := w.branch("qa/x")
	if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/x", Author: "ben"}); err != nil {
		t.Fatal(err)
	}
	body := "<!-- qabot:1 -->\n### Up\n\n| role | address |\n|---|---|\n| app | <http://x.qa.localhost:8001> |\n\n" +
		"<details><summary>Migration</summary>\n\n```diff\n+ a column\n```\n\n</details>\n\n<script>alert(1)</script>\n\n<b onclick=\"x()\">bold</b> [bad](javascript:x)"
	if _, _, err := w.api.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{Body: &body}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.api.Repositories.CreateStatus(ctx, "acme", "shop", head, &github.RepoStatus{State: github.String("success"), Context: github.String("qa/shop"), Description: github.String("Serving it")}); err != nil {
		t.Fatal(err)
	}
	d, _, err := w.api.Repositories.CreateDeployment(ctx, "acme", "shop", deploy("qa/x", head))
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"queued", "success"} {
		if _, _, err := w.api.Repositories.CreateDeploymentStatus(ctx, "acme", "shop", d.GetID(), &github.DeploymentStatusRequest{
			State: &state, EnvironmentURL: github.String("http://x.qa.localhost:8001"), LogURL: github.String("http://logs.localhost/"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	b := w.browse("/acme/shop/pull/1")
	b.sees("Up", "role address", "Migration", "+ a column", "qa/shop success · Serving it", "qa/x success", "2 statuses")
	b.misses("alert(1)")
	links := map[string]bool{}
	for _, a := range elements(b.doc, "a") {
		links[attribute(a, "href")] = true
	}
	if !links["http://x.qa.localhost:8001"] || !links["http://logs.localhost/"] || links["javascript:x"] {
		t.Errorf("links %v", links)
	}
	for _, n := range elements(b.doc, "b", "script") {
		if n.Data == "script" || attribute(n, "onclick") != "" {
			t.Errorf("a comment brought <%s>", n.Data)
		}
	}
	if tables, details := elements(b.doc, "table"), elements(b.doc, "details"); len(tables) != 1 || len(details) != 2 {
		t.Errorf("%d tables, %d details", len(tables), len(details))
	}
	b.open("/acme/shop/deployments")
	b.sees("qa/x success", "queued")
}

func TestPagesAreOnlyTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.branch("qa/x")
	fields := "branch=qa%2Fx"
	if code, _ := w.post("/acme/shop/branches/delete", form, fields, "Origin", "https://evil.example.com"); code != http.StatusForbidden {
		t.Errorf("from another site: %d", code)
	}
	if code, _ := w.post("/person", form, "login=nobody&back=/"); code != http.StatusUnprocessableEntity {
		t.Errorf("as nobody: %d", code)
	}
	for _, back := range []string{"//evil.example.com/", "https://evil.example.com/", `/\evil.example.com`} {
		stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := stay.Post(w.url+"/person", form, strings.NewReader("login=ana&back="+back))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if to := resp.Header.Get("Location"); to != "/" {
			t.Errorf("back to %q", to)
		}
	}
	for path, want := range map[string]int{
		"/acme/shop/pull/1/merge": 404, "/acme/shop/pull/x/close": 404, "/acme/toys/branches/new": 404, "/acme/shop/branches/delete": 422,
	} {
		if code, body := w.post(path, form, "branch=main"); code != want {
			t.Errorf("%s: %d, want %d: %s", path, code, want, body)
		}
	}
	if err := w.sim.Rename("acme", "shop", "store", "ana"); err != nil {
		t.Fatal(err)
	}
	b := w.browse("/acme/shop/tree/qa/x")
	if b.at.Path != "/acme/store/tree/qa/x" {
		t.Errorf("at the old name: %s", b.at)
	}
}
