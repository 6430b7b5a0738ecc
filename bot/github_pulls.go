package bot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// pull is a pull request as far as it matters here.
type pull struct {
	Number        int
	Title         string
	Author        string // login
	Bot           bool   // the author is a program
	Branch        string // where it comes from; a branch of another repository when Fork
	Head          string // commit
	Base          string // branch
	Labels        []string
	State         string // "open", "closed"
	Merged, Draft bool
	URL           string // for people
	Fork          bool   // from another repository than it goes to, or from one that is gone: never deployed
}

const pullOpen = "open"

// bears tells whether the pull request has a label. GitHub's labels do not differ by case alone.
func (p pull) bears(label string) bool {
	return slices.ContainsFunc(p.Labels, func(l string) bool { return strings.EqualFold(l, label) })
}

// pullList is which pull requests of a repository were open some time ago: good enough to suggest them.
type pullList struct {
	at    time.Time
	pulls []pull
}

// pull asks for one pull request. found is false only when GitHub says so and shows the repository at the same time.
func (g *gitHub) pull(ctx context.Context, repo string, number int) (p pull, found bool, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	asked, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	answer, _, err := g.client.PullRequests.Get(asked, owner, name, number)
	switch {
	case err == nil && answer.GetNumber() == number:
		return pullOf(answer), true, nil
	case err == nil:
		return pull{}, false, fmt.Errorf("ask for pull request %d of %s: GitHub answered with %d", number, repo, answer.GetNumber())
	case !isStatus(err, http.StatusNotFound):
		return pull{}, false, fmt.Errorf("ask for pull request %d of %s: %w", number, repo, err)
	}
	if err := g.readable(ctx, repo); err != nil {
		return pull{}, false, err
	}
	return pull{}, false, nil
}

// pullsOf lists the open pull requests from a branch of the repository itself, newest first; there may be one for each base.
func (g *gitHub) pullsOf(ctx context.Context, repo, branch string) ([]pull, error) {
	owner, _, _ := strings.Cut(repo, "/")
	all, err := g.listPulls(ctx, repo, owner+":"+branch)
	if err != nil {
		return nil, fmt.Errorf("list pull requests of branch %s of %s: %w", branch, repo, err)
	}
	// Another repository of the same owner may have a branch of that name, too.
	return slices.DeleteFunc(all, func(p pull) bool { return p.Branch != branch || p.Fork }), nil
}

// openPulls lists the open pull requests of a repository, newest first, at most a few thousand and a minute old. The caller
// changes nothing of them.
func (g *gitHub) openPulls(ctx context.Context, repo string, now time.Time) ([]pull, error) {
	g.mu.Lock()
	kept, ok := g.pulls[repo]
	g.mu.Unlock()
	if ok && now.Sub(kept.at) < listFresh {
		return kept.pulls, nil
	}
	return g.freshPulls(ctx, repo, now)
}

// forgetPulls lets openPulls ask again: something happened to one of them.
func (g *gitHub) forgetPulls() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.pulls)
}

// freshPulls is openPulls as of now.
func (g *gitHub) freshPulls(ctx context.Context, repo string, now time.Time) ([]pull, error) {
	all, err := g.listPulls(ctx, repo, "")
	if err != nil {
		return nil, fmt.Errorf("list pull requests of %s: %w", repo, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pulls[repo] = pullList{now, all}
	return all, nil
}

// listPulls lists open pull requests; head, when given, is owner:branch.
func (g *gitHub) listPulls(ctx context.Context, repo, head string) ([]pull, error) {
	owner, name, _ := strings.Cut(repo, "/")
	ctx, cancel := context.WithTimeout(ctx, 3*httpTimeout)
	defer cancel()
	var out []pull
	opts := &github.PullRequestListOptions{State: pullOpen, Head: head, Sort: "created", Direction: "desc", ListOptions: github.ListOptions{PerPage: 100}}
	for range 30 {
		page, resp, err := g.client.PullRequests.List(ctx, owner, name, opts)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			out = append(out, pullOf(p))
		}
		if opts.Page = resp.NextPage; opts.Page == 0 {
			break
		}
	}
	return out, nil
}

func pullOf(p *github.PullRequest) pull {
	out := pull{
		Number: p.GetNumber(), Title: p.GetTitle(), Author: p.GetUser().GetLogin(), Bot: p.GetUser().GetType() == "Bot",
		Branch: p.GetHead().GetRef(), Head: p.GetHead().GetSHA(), Base: p.GetBase().GetRef(), State: p.GetState(),
		Merged: p.GetMerged() || p.MergedAt != nil, Draft: p.GetDraft(), URL: p.GetHTMLURL(), Fork: isFork(p),
	}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.GetName())
	}
	return out
}

// isFork is true unless both repositories are surely the same: the head's is null when it was deleted.
func isFork(p *github.PullRequest) bool {
	head, base := p.GetHead().GetRepo().GetID(), p.GetBase().GetRepo().GetID()
	return head == 0 || head != base
}
