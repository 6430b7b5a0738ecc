package bot

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-github/v60/github"
	"pgregory.net/rapid"

	"qabot/store"
)

// Whatever was told before, telling what is due comes to an end, and then GitHub shows what it should: one deployment of the
// wanted commit in its state, no other one that looks alive but the one that is served, true comments, and nothing of an
// environment that is gone.
func TestTellingComesToAnEnd(t *testing.T) {
	commits := []string{"c1", "c2", "c3"}
	states := []string{"", ghQueued, ghInProgress, ghSuccess, ghFailure, ghError, ghInactive}
	rapid.Check(t, func(t *rapid.T) {
		var r store.Report
		for i, c := range rapid.Permutation(append(commits, make([]string, 12)...)).Draw(t, "order") {
			if c == "" {
				c = fmt.Sprint("old", i)
			}
			if rapid.Bool().Draw(t, "there") {
				r.Deployments = append(r.Deployments, store.ReportedDeployment{Commit: c, ID: int64(rapid.SampledFrom([]int{0, i + 1}).Draw(t, "id")), State: rapid.SampledFrom(states).Draw(t, "state")})
			}
		}
		r.Place = rapid.SampledFrom([]string{"", "qa/x"}).Draw(t, "place")
		r.Status = store.ReportedStatus{Commit: rapid.SampledFrom(append(commits, "")).Draw(t, "status of"), State: rapid.SampledFrom([]string{ghPending, ghSuccess, ghFailure}).Draw(t, "status")}
		for _, c := range commits {
			if c != r.Status.Commit && rapid.Bool().Draw(t, "older") {
				r.Older = append(r.Older, store.ReportedStatus{Commit: c, State: rapid.SampledFrom([]string{ghPending, ghSuccess}).Draw(t, "older status")})
			}
		}
		for pull := range 3 {
			if rapid.Bool().Draw(t, "commented") {
				r.Comments = append(r.Comments, store.ReportedComment{Pull: pull, ID: rapid.Int64Range(0, 3).Draw(t, "comment"), Hash: "before", Over: rapid.Bool().Draw(t, "over")})
			}
		}
		n := news{
			commit: rapid.SampledFrom(commits).Draw(t, "wanted"), comment: "text", pulls: rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 0, 3, rapid.ID[int]).Draw(t, "pulls"),
			replaced: hubState{State: ghSuccess, Line: "replaced"}, superseded: hubState{State: ghInactive, Line: "superseded"},
			unserved: hubState{State: ghError}, ended: hubState{State: ghSuccess, Line: "ended"},
		}
		n.gone = rapid.Bool().Draw(t, "gone")
		n.over = n.gone && rapid.Bool().Draw(t, "is over")
		n.deployment = hubState{State: ghInactive}
		if !n.gone {
			n.serving = rapid.SampledFrom(append(commits, "")).Draw(t, "serving")
			n.deployment.State = rapid.SampledFrom(states[1:]).Draw(t, "state of the wanted")
		}
		n.status = hubState{State: commitState(n.deployment.State), Line: "wanted"}
		told := &telling{report: r}
		for acts := 0; ; acts++ {
			a, ok := n.due(told.report, Tells())
			if !ok {
				break
			}
			if acts > 60 {
				t.Fatalf("it does not end: %+v", a)
			}
			if a.verb == actDeploy || a.verb == actComment {
				a.id = int64(1000 + acts)
			}
			told.note(a)
		}
		shouldShow(t, n, r, told.report)
	})
}

// shouldShow tells whether GitHub shows what it should.
func shouldShow(t *rapid.T, n news, before, r store.Report) {
	wanted := 0
	for _, d := range r.Deployments {
		switch {
		case n.over:
			t.Fatalf("deployment %+v of an environment that is gone", d)
		case d.ID == 0: // refused
			wanted++
		case d.Commit == n.commit:
			if wanted++; d.State != n.deployment.State {
				t.Fatalf("deployment %+v, want %s", d, n.deployment.State)
			}
		case n.gone && d.State != ghInactive, d.State != ghInactive && d.State != ghFailure && d.State != ghError && d.Commit != n.serving:
			t.Fatalf("deployment %+v looks alive", d)
		case d.Commit == n.serving && d.State != ghSuccess:
			t.Fatalf("deployment %+v is served", d)
		}
	}
	if wanted == 0 && !n.gone && n.deployment.State != ghInactive {
		t.Fatal("no deployment of the wanted commit")
	}
	if len(r.Deployments) > max(deploymentsKept, 1)+2 {
		t.Fatalf("%d deployments are kept", len(r.Deployments))
	}
	if n.gone && r.Status.State == ghPending && r.Status.Commit != "" || !n.gone && (r.Status.Commit != n.commit || r.Status.State != n.status.State) {
		t.Fatalf("the status is %+v", r.Status)
	}
	for _, o := range r.Older {
		if n.gone || o.State == ghPending || o.Commit == r.Status.Commit {
			t.Fatalf("the status of an older commit is %+v", o)
		}
	}
	for _, c := range r.Comments {
		if open := slices.Contains(n.pulls, c.Pull); c.Hash != digest(n.comment) && (c.ID != 0 && !c.Over || open && !n.gone) {
			t.Fatalf("comment %+v is not true (open: %v)", c, open)
		}
	}
	for _, pull := range n.pulls {
		if !n.gone && !slices.ContainsFunc(r.Comments, func(c store.ReportedComment) bool { return c.Pull == pull && c.ID != 0 }) {
			t.Fatalf("no comment on %d", pull)
		}
	}
	if n.gone && len(r.Comments) > len(before.Comments) {
		t.Fatal("a comment about an environment that nobody wants")
	}
	if n.over && r.Place != "" {
		t.Fatal("the environment is still there")
	}
}

func TestVerdicts(t *testing.T) {
	answer := func(status int, message string, header ...string) error {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return fmt.Errorf("tell: %w", &github.ErrorResponse{Response: &http.Response{StatusCode: status, Header: h}, Message: message})
	}
	for _, c := range []struct {
		reason string
		err    error
		want   verdict
	}{
		{"no error", nil, verdictFine},
		{"the network", &url.Error{Err: errors.New("connection reset")}, verdictUnknown},
		{"the server", answer(502, ""), verdictUnknown},
		{"a missing permission", answer(403, "Resource not accessible by integration"), verdictRefused},
		{"a locked conversation", answer(403, "Unable to create comment because issue is locked."), verdictWrong},
		{"a limit without the library's word", answer(403, "slow down", "Retry-After", "30"), verdictLimited},
		{"too many requests", answer(429, ""), verdictLimited},
		{"the hourly limit", &github.RateLimitError{}, verdictLimited},
		{"the limit against bursts", &github.AbuseRateLimitError{}, verdictLimited},
		{"a token that ran out", answer(401, "Bad credentials"), verdictToken},
		{"a wrong key", fmt.Errorf("ask: %w", errAppRefused), verdictToken},
		{"an App that was taken away", fmt.Errorf("ask: %w", errNotInstalled), verdictMissing},
		{"not found", answer(404, "Not Found"), verdictMissing},
		{"a conflict", answer(409, "Conflict merging"), verdictWrong},
		{"what is invalid", answer(422, "No commit found"), verdictWrong},
	} {
		if got := verdictOf(c.err); got != c.want {
			t.Errorf("%s: verdict %d, want %d", c.reason, got, c.want)
		}
	}
	if wait := limitLasts(answer(429, "", "Retry-After", "30"), noon); wait.Seconds() != 30 {
		t.Errorf("Retry-After of 30 seconds is %s", wait)
	}
	if wait := limitLasts(answer(429, ""), noon); wait.Minutes() != 1 {
		t.Errorf("a limit that says nothing lasts %s", wait)
	}
}
