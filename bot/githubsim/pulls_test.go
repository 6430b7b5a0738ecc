package githubsim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

// branch pushes a commit of its own to a branch and returns its hash.
func (w *world) branch(name string) string {
	w.t.Helper()
	w.git(w.clone, "checkout", "--quiet", "-B", name, "main")
	hash := w.commit(strings.ReplaceAll(name, "/", "-"), name, "Work on "+name)
	w.push(name)
	w.events()
	return hash
}

// actions are the actions of pull_request events, after their names where it is another event.
func actions(t *testing.T, hooks []hook) []string {
	t.Helper()
	var all []string
	for _, h := range hooks {
		if e, ok := h.event.(*github.PullRequestEvent); ok {
			all = append(all, e.GetAction())
		} else {
			all = append(all, h.name)
		}
	}
	return all
}

func wantActions(t *testing.T, got []hook, want ...string) {
	t.Helper()
	if has := actions(t, got); !slices.Equal(has, want) {
		t.Fatalf("events %v, want %v", has, want)
	}
}

func TestPullRequestLife(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	head := w.branch("qa/hello")

	p, resp, err := w.api.PullRequests.Create(ctx, "acme", "shop", &github.NewPullRequest{
		Title: github.String("Hello"), Head: github.String("qa/hello"), Base: github.String("main"), Body: github.String("Says hello."),
	})
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal(err)
	}
	if p.GetNumber() != 1 || p.GetHead().GetSHA() != head || p.GetHead().GetLabel() != "acme:qa/hello" || p.GetState() != "open" {
		t.Errorf("opened %v", p)
	}
	got := w.events()
	wantActions(t, got, "opened")
	if e := got[0].event.(*github.PullRequestEvent); e.GetPullRequest().GetHead().GetSHA() != head || e.GetRepo().GetID() != e.GetPullRequest().GetHead().GetRepo().GetID() {
		t.Errorf("opened: %s", got[0].payload)
	}

	next := w.commit("more", "more", "More")
	w.push("qa/hello")
	got = w.events()
	wantActions(t, got, "push", "synchronize")
	if e := got[1].event.(*github.PullRequestEvent); e.GetBefore() != head || e.GetAfter() != next || e.GetPullRequest().GetHead().GetSHA() != next {
		t.Errorf("synchronize %s..%s, want %s..%s", e.GetBefore(), e.GetAfter(), head, next)
	}

	if _, _, err := w.api.Issues.AddLabelsToIssue(ctx, "acme", "shop", 1, []string{"qa", "qa"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.Issues.RemoveLabelForIssue(ctx, "acme", "shop", 1, "QA"); err != nil {
		t.Fatal(err)
	}
	got = w.events()
	wantActions(t, got, "labeled", "unlabeled")
	if name := got[0].event.(*github.PullRequestEvent).GetLabel().GetName(); name != "qa" {
		t.Errorf("labeled %q", name)
	}

	draft := true
	if _, err := w.sim.EditPull(ctx, "acme", "shop", 1, githubsim.PullEdit{Draft: &draft}); err != nil {
		t.Fatal(err)
	}
	draft = false
	if _, err := w.sim.EditPull(ctx, "acme", "shop", 1, githubsim.PullEdit{Draft: &draft, By: "ben"}); err != nil {
		t.Fatal(err)
	}
	wantActions(t, w.events(), "converted_to_draft", "ready_for_review")

	for _, state := range []string{"closed", "open"} {
		if _, _, err := w.api.PullRequests.Edit(ctx, "acme", "shop", 1, &github.PullRequest{State: &state}); err != nil {
			t.Fatal(err)
		}
	}
	wantActions(t, w.events(), "closed", "reopened")

	full, _, err := w.api.PullRequests.Get(ctx, "acme", "shop", 1)
	if err != nil || !full.GetMergeable() || full.GetCommits() != 2 || full.GetMergeableState() != "clean" {
		t.Errorf("before the merge: %v, %v", full, err)
	}
	merged, _, err := w.api.PullRequests.Merge(ctx, "acme", "shop", 1, "", &github.PullRequestOptions{SHA: next})
	if err != nil || !merged.GetMerged() {
		t.Fatal(err)
	}
	got = w.events()
	wantActions(t, got, "closed", "push")
	if e := got[0].event.(*github.PullRequestEvent).GetPullRequest(); !e.GetMerged() || e.GetMergeCommitSHA() != merged.GetSHA() || e.GetMergedAt().IsZero() {
		t.Errorf("merged: %s", got[0].payload)
	}
	if e := got[1].event.(*github.PushEvent); e.GetAfter() != merged.GetSHA() || e.GetRef() != "refs/heads/main" {
		t.Errorf("push of the merge: %s", got[1].payload)
	}
	if is, _, err := w.api.PullRequests.IsMerged(ctx, "acme", "shop", 1); err != nil || !is {
		t.Errorf("merged is %v, %v", is, err)
	}
	if _, err := w.api.Git.DeleteRef(ctx, "acme", "shop", "heads/qa/hello"); err != nil {
		t.Fatal(err)
	}
	wantActions(t, w.events(), "push", "delete") // merged already, so nothing is closed
}

func TestDeletingTheHeadBranchClosesThePullRequest(t *testing.T) {
	w := newWorld(t)
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(t.Context(), "acme", "shop", githubsim.NewPull{Branch: "qa/x"}); err != nil {
		t.Fatal(err)
	}
	wantActions(t, w.events(), "opened")
	w.git(w.clone, "push", "--quiet", "origin", "--delete", "qa/x")
	got := w.events()
	wantActions(t, got, "push", "delete", "closed")
	if e := got[2].event.(*github.PullRequestEvent); e.GetPullRequest().GetMerged() || e.GetPullRequest().GetClosedAt().IsZero() {
		t.Errorf("closed: %s", got[2].payload)
	}
	open := "open"
	_, _, err := w.api.PullRequests.Edit(t.Context(), "acme", "shop", 1, &github.PullRequest{State: &open})
	if status(err) != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), "branch has been deleted") {
		t.Errorf("reopened without a branch: %v", err)
	}
	w.push("qa/x")
	w.events()
	if p, _, err := w.api.PullRequests.Edit(t.Context(), "acme", "shop", 1, &github.PullRequest{State: &open}); err != nil || p.GetState() != "open" {
		t.Errorf("the branch is back: %v, %v", p.GetState(), err)
	}
	wantActions(t, w.events(), "reopened")
}

func TestMergedByHand(t *testing.T) {
	w := newWorld(t)
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(t.Context(), "acme", "shop", githubsim.NewPull{Branch: "qa/x"}); err != nil {
		t.Fatal(err)
	}
	w.events()
	w.push("main") // the clone stands on qa/x
	got := w.events()
	wantActions(t, got, "push", "closed")
	if e := got[1].event.(*github.PullRequestEvent); !e.GetPullRequest().GetMerged() {
		t.Errorf("closed: %s", got[1].payload)
	}
}

func TestForkPullRequest(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.sim.Fork("acme", "shop", "eve"); err != nil {
		t.Fatal(err)
	}
	w.git(w.clone, "checkout", "--quiet", "-b", "patch")
	head := w.commit("p", "p", "Patch")
	w.git(w.clone, "push", "--quiet", w.url+"/eve/shop.git", "HEAD:refs/heads/patch")
	wantActions(t, w.events()) // a fork's pushes are nobody's business
	p, _, err := w.api.PullRequests.Create(ctx, "acme", "shop", &github.NewPullRequest{
		Title: github.String("Patch"), Head: github.String("eve:patch"), Base: github.String("main"),
	})
	if err != nil || p.GetHead().GetRepo().GetID() == p.GetBase().GetRepo().GetID() || !p.GetHead().GetRepo().GetFork() || p.GetHead().GetSHA() != head {
		t.Fatalf("from a fork: %v, %v", p, err)
	}
	w.commit("p", "q", "Patch more")
	w.git(w.clone, "push", "--quiet", w.url+"/eve/shop.git", "HEAD:refs/heads/patch")
	wantActions(t, w.events(), "opened", "synchronize")
	for filter, want := range map[string]int{"eve:patch": 1, "acme:patch": 0, "eve:other": 0, "": 1} {
		found, _, err := w.api.PullRequests.List(ctx, "acme", "shop", &github.PullRequestListOptions{Head: filter})
		if err != nil || len(found) != want {
			t.Errorf("head=%s: %d, %v; want %d", filter, len(found), err, want)
		}
	}
	if err := w.sim.Delete("eve", "shop", "eve"); err != nil {
		t.Fatal(err)
	}
	p, _, err = w.api.PullRequests.Get(ctx, "acme", "shop", 1)
	if err != nil || p.GetHead().Repo != nil || p.GetState() != "open" || p.GetHead().GetRef() != "patch" {
		t.Errorf("after the fork is gone: %v, %v", p, err)
	}
	if _, _, err := w.api.PullRequests.Merge(ctx, "acme", "shop", 1, "", nil); err != nil {
		t.Errorf("merged from the base's own copy: %v", err)
	}
}

func TestPullRequestRefusals(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.branch("qa/x")
	open := func(head, base, title string) error {
		_, _, err := w.api.PullRequests.Create(ctx, "acme", "shop", &github.NewPullRequest{Title: &title, Head: &head, Base: &base})
		return err
	}
	if err := open("qa/x", "main", "X"); err != nil {
		t.Fatal(err)
	}
	bad := "half-open"
	_, _, badState := w.api.PullRequests.Edit(ctx, "acme", "shop", 1, &github.PullRequest{State: &bad})
	_, _, none := w.api.PullRequests.Get(ctx, "acme", "shop", 7)
	_, _, wrongHead := w.api.PullRequests.Merge(ctx, "acme", "shop", 1, "", &github.PullRequestOptions{SHA: zero})
	_, noLabel := w.api.Issues.RemoveLabelForIssue(ctx, "acme", "shop", 1, "none")
	for _, c := range []struct {
		reason string
		err    error
		status int
		text   string
	}{
		{"no title", open("qa/x", "main", ""), 422, "missing_field"},
		{"no such head", open("qa/y", "main", "Y"), 422, "{Resource:PullRequest Field:head Code:invalid"},
		{"no such base", open("qa/x", "next", "Y"), 422, "{Resource:PullRequest Field:base Code:invalid"},
		{"no such fork", open("eve:x", "main", "Y"), 422, "{Resource:PullRequest Field:head Code:invalid"},
		{"nothing new", open("main", "main", "Y"), 422, "No commits between main and main"},
		{"twice", open("qa/x", "main", "X"), 422, "A pull request already exists for acme:qa/x."},
		{"state", badState, 422, "Field:state Code:invalid"},
		{"no such number", none, 404, "Not Found"},
		{"another head", wrongHead, 409, "Head branch was modified"},
		{"no such label", noLabel, 404, "Label does not exist"},
	} {
		if status(c.err) != c.status || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v, want %d %s", c.reason, c.err, c.status, c.text)
		}
	}
}

func TestConflictsAreNotMerged(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.git(w.clone, "checkout", "--quiet", "-b", "qa/x")
	w.commit("README", "mine\n", "Mine")
	w.push("qa/x")
	w.git(w.clone, "checkout", "--quiet", "main")
	w.commit("README", "theirs\n", "Theirs")
	w.push("main")
	if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/x"}); err != nil {
		t.Fatal(err)
	}
	p, _, err := w.api.PullRequests.Get(ctx, "acme", "shop", 1)
	if err != nil || p.GetMergeable() || p.GetMergeableState() != "dirty" {
		t.Errorf("mergeable %v, %s, %v", p.GetMergeable(), p.GetMergeableState(), err)
	}
	if _, _, err := w.api.PullRequests.Merge(ctx, "acme", "shop", 1, "", nil); status(err) != http.StatusMethodNotAllowed {
		t.Errorf("merged a conflict: %v", err)
	}
	if _, err := w.sim.MergePull(ctx, "acme", "shop", 1, true, "ben"); err == nil {
		t.Error("squashed a conflict")
	}
}

func TestPullRequestLists(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for _, name := range []string{"a", "b", "c"} {
		w.branch("qa/" + name)
		if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/" + name, Labels: []string{"qa"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.sim.EditPull(ctx, "acme", "shop", 2, githubsim.PullEdit{State: "closed"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		opts github.PullRequestListOptions
		want []int
	}{
		{github.PullRequestListOptions{}, []int{3, 1}},
		{github.PullRequestListOptions{State: "all", Direction: "asc"}, []int{1, 2, 3}},
		{github.PullRequestListOptions{State: "closed"}, []int{2}},
		{github.PullRequestListOptions{State: "all", ListOptions: github.ListOptions{PerPage: 2, Page: 2}}, []int{1}},
		{github.PullRequestListOptions{Base: "next"}, nil},
		{github.PullRequestListOptions{State: "all", Head: "acme:qa/b"}, []int{2}},
	} {
		found, _, err := w.api.PullRequests.List(ctx, "acme", "shop", &c.opts)
		if err != nil {
			t.Fatal(err)
		}
		var numbers []int
		for _, p := range found {
			numbers = append(numbers, p.GetNumber())
		}
		if !slices.Equal(numbers, c.want) {
			t.Errorf("%+v: %v, want %v", c.opts, numbers, c.want)
		}
	}
}
