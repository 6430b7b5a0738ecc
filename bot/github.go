package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

// gitHub is what the bot asks GitHub.
type gitHub struct {
	client  *github.Client
	app     *github.Client // speaks as the App itself; nil with a token
	answers *conditional
	close   func() // idle connections

	mu    sync.Mutex
	pulls map[string]pullList
}

// listFresh is for how long a list of branches or pull requests is good enough to suggest from.
const listFresh = time.Minute

// errHidden says that the token does not see a repository, or that there is none.
var errHidden = errors.New("the repository is not visible to the token")

// newGitHub speaks with a token, or as a GitHub App.
func newGitHub(token string, app *GitHubApp, apiURL string) (*gitHub, error) {
	base, err := url.Parse(apiURL)
	if err != nil {
		return nil, fmt.Errorf("read address of GitHub: %w", err)
	}
	// Each call has its own deadline. http.Client.Timeout would leave a goroutine behind every error for that long: go-github
	// closes a copy of the body.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	g := &gitHub{close: transport.CloseIdleConnections, pulls: map[string]pullList{}}
	if app == nil {
		g.answers = newConditional(transport)
		g.client = github.NewClient(&http.Client{Transport: g.answers})
		if token != "" {
			g.client = g.client.WithAuthToken(token)
		}
	} else {
		as, err := newInstalled(*app, base, transport)
		if err != nil {
			return nil, err
		}
		// Above the token, which changes every hour: what was answered does not.
		g.answers, g.app = newConditional(as), as.self
		g.client = github.NewClient(&http.Client{Transport: g.answers})
	}
	g.client.BaseURL = base
	return g, nil
}

// head gives the newest commit of a branch. found is false only when GitHub says so and shows the repository at the same
// time: a token that lost its rights, or GitHub in trouble, is an error and never a missing branch.
func (g *gitHub) head(ctx context.Context, repo, branch string) (commit string, found bool, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	asked, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	ref, _, err := g.client.Git.GetRef(asked, owner, name, "heads/"+branch)
	switch {
	case err == nil && ref.GetRef() == "refs/heads/"+branch && ref.GetObject().GetSHA() != "":
		return ref.GetObject().GetSHA(), true, nil
	case err == nil:
		return "", false, fmt.Errorf("ask for branch %s of %s: GitHub answered with %q", branch, repo, ref.GetRef())
	case !isStatus(err, http.StatusNotFound):
		return "", false, fmt.Errorf("ask for branch %s of %s: %w", branch, repo, err)
	}
	if err := g.readable(ctx, repo); err != nil {
		return "", false, err
	}
	return "", false, nil
}

// readable is nil when the token sees the repository.
func (g *gitHub) readable(ctx context.Context, repo string) error {
	_, err := g.named(ctx, repo)
	return err
}

// branchHead is a branch and its newest commit.
type branchHead struct{ name, commit string }

// branches lists the branches whose name begins with prefix, at most a few thousand.
func (g *gitHub) branches(ctx context.Context, repo, prefix string) ([]branchHead, error) {
	owner, name, _ := strings.Cut(repo, "/")
	ctx, cancel := context.WithTimeout(ctx, 3*httpTimeout)
	defer cancel()
	var out []branchHead
	opts := &github.ReferenceListOptions{Ref: "heads/" + prefix, ListOptions: github.ListOptions{PerPage: 100}}
	for range 30 {
		refs, resp, err := g.client.Git.ListMatchingRefs(ctx, owner, name, opts)
		if err != nil {
			return nil, fmt.Errorf("list branches of %s: %w", repo, err)
		}
		for _, r := range refs {
			if b, ok := strings.CutPrefix(r.GetRef(), "refs/heads/"); ok {
				out = append(out, branchHead{b, r.GetObject().GetSHA()})
			}
		}
		if opts.Page = resp.NextPage; opts.Page == 0 {
			break
		}
	}
	return out, nil
}

// commit tells who made a commit, as GitHub or else Git knows that person, and its first line.
func (g *gitHub) commit(ctx context.Context, repo, sha string) (who, subject string, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	c, _, err := g.client.Repositories.GetCommit(ctx, owner, name, sha, nil)
	if err != nil {
		return "", "", fmt.Errorf("ask for commit %s of %s: %w", sha, repo, err)
	}
	subject, _, _ = strings.Cut(c.GetCommit().GetMessage(), "\n")
	return cmp.Or(c.GetAuthor().GetLogin(), c.GetCommit().GetAuthor().GetName()), subject, nil
}

func isStatus(err error, status int) bool {
	var answered *github.ErrorResponse
	return errors.As(err, &answered) && answered.Response != nil && answered.Response.StatusCode == status
}

// pause is how long GitHub wants to be left alone after that error, zero where it did not say.
func pause(err error, now time.Time) time.Duration {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	switch {
	case errors.As(err, &primary):
		return max(primary.Rate.Reset.Sub(now), 0)
	case errors.As(err, &secondary) && secondary.RetryAfter != nil:
		return *secondary.RetryAfter
	}
	return 0
}
