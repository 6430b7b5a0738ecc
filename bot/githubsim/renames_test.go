package githubsim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

func TestRenamedAndTransferred(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/x"}); err != nil {
		t.Fatal(err)
	}
	before, _, err := w.api.Repositories.Get(ctx, "acme", "shop")
	if err != nil {
		t.Fatal(err)
	}
	w.events()
	if err := w.sim.Rename("acme", "shop", "store", "ana"); err != nil {
		t.Fatal(err)
	}
	if err := w.sim.Transfer("acme", "store", "globex", "ana"); err != nil {
		t.Fatal(err)
	}
	got := w.events()
	wantEvents(t, got, "repository", "repository")
	if from := field(t, got[0], "changes", "repository", "name", "from"); from != "shop" || field(t, got[0], "action") != "renamed" {
		t.Errorf("renamed: %s", got[0].payload)
	}
	if from := field(t, got[1], "changes", "owner", "from", "user", "login"); from != "acme" || field(t, got[1], "repository", "full_name") != "globex/store" {
		t.Errorf("transferred: %s", got[1].payload)
	}
	after, _, err := w.api.Repositories.Get(ctx, "acme", "shop") // go-github follows the redirect
	if err != nil || after.GetID() != before.GetID() || after.GetFullName() != "globex/store" {
		t.Errorf("at the old name: %v, %v", after.GetFullName(), err)
	}
	pulls, _, err := w.api.PullRequests.List(ctx, "acme", "store", nil)
	if err != nil || len(pulls) != 1 || pulls[0].GetBase().GetRepo().GetFullName() != "globex/store" {
		t.Errorf("pull requests at an old name: %v, %v", pulls, err)
	}
	text := "at the old name"
	if c, _, err := w.api.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{Body: &text}); err != nil || c.GetBody() != text {
		t.Errorf("a comment at the old name: %v, %v", c, err)
	}
	if b, _, err := w.api.Repositories.GetBranch(ctx, "acme", "shop", "qa/x", 1); err != nil || b.GetName() != "qa/x" {
		t.Errorf("a branch at the old name: %v, %v", b, err)
	}
	w.events()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, w.url+"/api/v3/repos/acme/shop/git/ref/heads/qa%2Fx?x=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+token)
	resp, err := stay.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMovedPermanently || !strings.HasSuffix(resp.Header.Get("Location"), "/git/ref/heads/qa%2Fx?x=1") {
		t.Errorf("redirect %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	w.push("qa/y") // the clone still knows the old name
	wantEvents(t, w.events(), "create", "push")
	if _, err := w.sim.AddRepository("acme", "shop"); err != nil {
		t.Fatal(err)
	}
	if fresh, _, err := w.api.Repositories.Get(ctx, "acme", "shop"); err != nil || fresh.GetID() == before.GetID() {
		t.Errorf("a new repository under the old name: %v, %v", fresh, err)
	}
}
