package githubsim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

func TestComments(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/x", Author: "ben"}); err != nil {
		t.Fatal(err)
	}
	w.events()
	var ids []int64
	for _, text := range []string{"one", "two", "three"} {
		c, _, err := w.api.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{Body: &text})
		if err != nil || c.GetUser().GetLogin() != "hubot" || !strings.HasSuffix(c.GetHTMLURL(), "/acme/shop/pull/1#issuecomment-"+strings.Split(c.GetURL(), "comments/")[1]) {
			t.Fatalf("comment %v, %v", c, err)
		}
		ids = append(ids, c.GetID())
	}
	if _, _, err := w.api.Issues.EditComment(ctx, "acme", "shop", ids[1], &github.IssueComment{Body: github.String("two and a half")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.Issues.DeleteComment(ctx, "acme", "shop", ids[0]); err != nil {
		t.Fatal(err)
	}
	got := w.events()
	wantEvents(t, got, "issue_comment", "issue_comment", "issue_comment", "issue_comment", "issue_comment")
	edited := got[3].event.(*github.IssueCommentEvent)
	if edited.GetAction() != "edited" || edited.GetChanges().GetBody().GetFrom() != "two" || !edited.GetIssue().IsPullRequest() {
		t.Errorf("edited: %s", got[3].payload)
	}
	page, resp, err := w.api.Issues.ListComments(ctx, "acme", "shop", 1, &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 1}})
	if err != nil || len(page) != 1 || page[0].GetBody() != "two and a half" || resp.NextPage != 2 {
		t.Errorf("comments %v, next %d, %v", page, resp.NextPage, err)
	}
	p, _, err := w.api.PullRequests.Get(ctx, "acme", "shop", 1)
	if err != nil || p.GetComments() != 2 {
		t.Errorf("%d comments, %v", p.GetComments(), err)
	}
	_, _, gone := w.api.Issues.GetComment(ctx, "acme", "shop", ids[0])
	_, _, empty := w.api.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{})
	long := strings.Repeat("ü", githubsim.MaxComment+1)
	_, _, tooLong := w.api.Issues.EditComment(ctx, "acme", "shop", ids[2], &github.IssueComment{Body: &long})
	_, _, nowhere := w.api.Issues.CreateComment(ctx, "acme", "shop", 9, &github.IssueComment{Body: github.String("x")})
	for reason, c := range map[string]struct {
		err    error
		status int
	}{"deleted": {gone, 404}, "empty": {empty, 422}, "too long": {tooLong, 422}, "no such pull request": {nowhere, 404}} {
		if status(c.err) != c.status {
			t.Errorf("%s: %v, want %d", reason, c.err, c.status)
		}
	}
}

func TestCommitStatuses(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	head := w.branch("qa/x")
	say := func(context, state, description string) error {
		_, _, err := w.api.Repositories.CreateStatus(ctx, "acme", "shop", head, &github.RepoStatus{
			State: &state, Context: &context, Description: &description, TargetURL: github.String("https://qa.example.com/x"),
		})
		return err
	}
	combined := func(want string) {
		t.Helper()
		c, _, err := w.api.Repositories.GetCombinedStatus(ctx, "acme", "shop", "heads/qa/x", nil)
		if err != nil || c.GetState() != want || c.GetSHA() != head {
			t.Errorf("combined %s of %s, %v; want %s", c.GetState(), c.GetSHA(), err, want)
		}
	}
	combined("pending")
	for _, s := range [][2]string{{"qa/shop", "pending"}, {"ci", "success"}, {"qa/shop", "success"}} {
		if err := say(s[0], s[1], "Said by a test"); err != nil {
			t.Fatal(err)
		}
	}
	combined("success")
	if err := say("ci", "error", ""); err != nil {
		t.Fatal(err)
	}
	combined("failure")
	list, _, err := w.api.Repositories.ListStatuses(ctx, "acme", "shop", head, nil)
	if err != nil || len(list) != 4 || list[0].GetContext() != "ci" || list[0].GetState() != "error" {
		t.Errorf("statuses %v, %v", list, err)
	}
	pulls, _, err := w.api.PullRequests.ListPullRequestsWithCommit(ctx, "acme", "shop", head, nil)
	if err != nil || len(pulls) != 0 {
		t.Errorf("pull requests of a commit %v, %v", pulls, err)
	}
	_, _, shortSHA := w.api.Repositories.CreateStatus(ctx, "acme", "shop", head[:8], &github.RepoStatus{State: github.String("success")})
	_, _, noSHA := w.api.Repositories.CreateStatus(ctx, "acme", "shop", strings.Repeat("ab", 20), &github.RepoStatus{State: github.String("success")})
	_, _, badURL := w.api.Repositories.CreateStatus(ctx, "acme", "shop", head, &github.RepoStatus{State: github.String("success"), TargetURL: github.String("javascript:x")})
	for reason, err := range map[string]error{
		"a state of deployments": say("ci", "in_progress", ""), "long": say("ci", "success", strings.Repeat("x", 141)),
		"abbreviated": shortSHA, "unknown commit": noSHA, "odd address": badURL,
	} {
		if status(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v, want 422", reason, err)
		}
	}
}

// deploy asks for a deployment as a bot does that wants no merge and no checks.
func deploy(environment, ref string) *github.DeploymentRequest {
	return &github.DeploymentRequest{
		Ref: &ref, Environment: &environment, AutoMerge: github.Bool(false), RequiredContexts: &[]string{},
		TransientEnvironment: github.Bool(true), ProductionEnvironment: github.Bool(false),
	}
}

func TestDeploymentLife(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	head := w.branch("qa/x")
	d, resp, err := w.api.Repositories.CreateDeployment(ctx, "acme", "shop", deploy("qa/x", head))
	if err != nil || resp.StatusCode != http.StatusCreated || d.GetSHA() != head || d.GetEnvironment() != "qa/x" || d.GetTask() != "deploy" {
		t.Fatalf("deployment %v, %v", d, err)
	}
	if kept := w.sim.Deployments("acme", "shop"); len(kept) != 1 || !kept[0].Transient || kept[0].Production {
		t.Errorf("kept %+v", kept)
	}
	states := []string{"queued", "in_progress", "success", "inactive"}
	for _, state := range states {
		if _, _, err := w.api.Repositories.CreateDeploymentStatus(ctx, "acme", "shop", d.GetID(), &github.DeploymentStatusRequest{
			State: &state, EnvironmentURL: github.String("http://x.qa.localhost:1234"), LogURL: github.String("https://logs.example.com"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	list, _, err := w.api.Repositories.ListDeploymentStatuses(ctx, "acme", "shop", d.GetID(), nil)
	for _, s := range slices.Backward(list) {
		told = append(told, s.GetState())
	}
	if err != nil || !slices.Equal(told, states) {
		t.Errorf("statuses %v, %v", told, err)
	}
	if s, _, err := w.api.Repositories.GetDeploymentStatus(ctx, "acme", "shop", d.GetID(), list[1].GetID()); err != nil || s.GetEnvironmentURL() != "http://x.qa.localhost:1234" {
		t.Errorf("one status %v, %v", s, err)
	}
	for reason, c := range map[string]struct {
		opts github.DeploymentsListOptions
		want int
	}{
		"sha": {github.DeploymentsListOptions{SHA: head}, 1}, "environment": {github.DeploymentsListOptions{Environment: "qa/x"}, 1},
		"ref": {github.DeploymentsListOptions{Ref: head}, 1}, "other": {github.DeploymentsListOptions{Environment: "qa/y"}, 0},
	} {
		if found, _, err := w.api.Repositories.ListDeployments(ctx, "acme", "shop", &c.opts); err != nil || len(found) != c.want {
			t.Errorf("by %s: %d, %v; want %d", reason, len(found), err, c.want)
		}
	}
	if _, err := w.api.Repositories.DeleteDeployment(ctx, "acme", "shop", d.GetID()); err != nil {
		t.Error(err)
	}
	if envs, _, err := w.api.Repositories.ListEnvironments(ctx, "acme", "shop", nil); err != nil || envs.GetTotalCount() != 1 || envs.Environments[0].GetName() != "qa/x" {
		t.Errorf("environments %v, %v", envs, err)
	}
	if _, err := w.api.Repositories.DeleteEnvironment(ctx, "acme", "shop", "qa/x"); err != nil {
		t.Error(err)
	}
	if _, err := w.api.Repositories.DeleteEnvironment(ctx, "acme", "shop", "qa/x"); status(err) != http.StatusNotFound {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestDeploymentConflicts(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old := w.git(w.clone, "rev-parse", "HEAD")
	w.git(w.clone, "branch", "stale")
	w.commit("new", "new", "Newer")
	w.push("main")
	w.git(w.clone, "push", "--quiet", "origin", "stale")
	w.git(w.clone, "checkout", "--quiet", "-b", "clash", "stale")
	clash := w.commit("new", "other", "Clash")
	w.push("clash")
	w.events()
	create := func(r *github.DeploymentRequest) (*github.Deployment, *github.Response, error) {
		return w.api.Repositories.CreateDeployment(ctx, "acme", "shop", r)
	}
	merging := deploy("qa", old)
	merging.AutoMerge = nil
	_, _, behind := create(merging)
	merging.Ref = github.String("clash")
	_, _, conflict := create(merging)
	if _, _, err := w.api.Repositories.CreateStatus(ctx, "acme", "shop", clash, &github.RepoStatus{State: github.String("pending"), Context: github.String("ci")}); err != nil {
		t.Fatal(err)
	}
	checked := deploy("qa", clash)
	checked.RequiredContexts = nil
	_, _, checks := create(checked)
	for reason, err := range map[string]error{"a commit behind main": behind, "a conflict with main": conflict, "a check is pending": checks} {
		if status(err) != http.StatusConflict {
			t.Errorf("%s: %v, want 409", reason, err)
		}
	}
	merging.Ref = github.String("stale")
	_, resp, err := create(merging)
	if accepted := (*github.AcceptedError)(nil); !asError(err, &accepted) || resp.StatusCode != http.StatusAccepted || !strings.Contains(string(accepted.Raw), "Auto-merged main into stale") {
		t.Errorf("a branch behind main: %v", err)
	}
	wantEvents(t, w.events(), "push")

	if _, _, err := create(deploy("qa", "nothing")); status(err) != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), "No ref found for: nothing") {
		t.Errorf("no such ref: %v", err)
	}
	if d, _, err := create(deploy("qa", clash)); err != nil || d.GetSHA() != clash {
		t.Errorf("without merge and checks: %v, %v", d, err)
	}
}

func TestActiveDeployments(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	make := func(transient bool) int64 {
		t.Helper()
		r := deploy("qa", "main")
		r.TransientEnvironment = &transient
		d, _, err := w.api.Repositories.CreateDeployment(ctx, "acme", "shop", r)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.api.Repositories.CreateDeploymentStatus(ctx, "acme", "shop", d.GetID(), &github.DeploymentStatusRequest{State: github.String("success")}); err != nil {
			t.Fatal(err)
		}
		return d.GetID()
	}
	plain, passing, last := make(false), make(true), make(true)
	state := map[int64]string{}
	for _, d := range w.sim.Deployments("acme", "shop") {
		state[d.ID] = d.State()
	}
	if state[plain] != "inactive" || state[passing] != "success" || state[last] != "success" {
		t.Errorf("auto_inactive leaves %v of %d, %d, %d", state, plain, passing, last)
	}
	if _, err := w.api.Repositories.DeleteDeployment(ctx, "acme", "shop", passing); status(err) != http.StatusUnprocessableEntity {
		t.Errorf("deleted an active one: %v", err)
	}
	for _, id := range []int64{plain, passing} {
		if _, _, err := w.api.Repositories.CreateDeploymentStatus(ctx, "acme", "shop", id, &github.DeploymentStatusRequest{State: github.String("inactive")}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.api.Repositories.DeleteDeployment(ctx, "acme", "shop", id); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.api.Repositories.DeleteDeployment(ctx, "acme", "shop", last); err != nil {
		t.Errorf("the only one: %v", err)
	}
	for reason, r := range map[string]*github.DeploymentStatusRequest{
		"state":       {State: github.String("done")},
		"description": {State: github.String("success"), Description: github.String(strings.Repeat("x", 141))},
		"address":     {State: github.String("success"), EnvironmentURL: github.String("x.qa.localhost")},
	} {
		if _, _, err := w.api.Repositories.CreateDeploymentStatus(ctx, "acme", "shop", plain, r); status(err) != http.StatusUnprocessableEntity {
			t.Errorf("bad %s: %v, want 422", reason, err)
		}
	}
}
