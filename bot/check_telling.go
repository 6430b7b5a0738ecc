package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"qabot/store"
)

// CheckTelling asks GitHub whether the token or the App may tell all that the apps are configured to tell. What it may not is
// no reason not to start: that part rests, and everything else goes on. It changes nothing.
func (b *Bot) CheckTelling(ctx context.Context) error {
	tells := map[string][]string{} // by repository
	for _, a := range b.apps() {
		for _, tell := range a.Tell {
			if !slices.Contains(tells[a.Repo], tell) {
				tells[a.Repo] = append(tells[a.Repo], tell)
			}
		}
	}
	var faults []error
	for _, repo := range reposOf(b.apps()) {
		missing, err := b.github.mayNotTell(ctx, repo, tells[repo])
		if err != nil {
			faults = append(faults, b.plainly(store.Say(checkGitHub), err))
		}
		for _, tell := range missing {
			faults = append(faults, b.plainly(store.Say(checkGitHubTell, "report.what."+tell, repo, permissions()[tell], tell), nil))
		}
	}
	return errors.Join(faults...)
}

// mayNotTell gives the ways of telling for which the permission is missing.
func (g *gitHub) mayNotTell(ctx context.Context, repo string, tells []string) (missing []string, err error) {
	if len(tells) == 0 {
		return nil, nil
	}
	if g.app != nil {
		return g.appLacks(ctx, repo, tells)
	}
	for _, tell := range tells {
		lacks, err := g.tokenLacks(ctx, repo, tell)
		if err != nil {
			return missing, fmt.Errorf("ask whether %s may be told %s: %w", repo, tell, err)
		}
		if lacks {
			missing = append(missing, tell)
		}
	}
	return missing, nil
}

// appLacks reads what the App was granted where it is installed.
func (g *gitHub) appLacks(ctx context.Context, repo string, tells []string) (missing []string, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	in, _, err := g.app.Apps.FindRepositoryInstallation(ctx, owner, name)
	if err != nil {
		return nil, fmt.Errorf("read permissions of the App for %s: %w", repo, err)
	}
	p := in.GetPermissions()
	granted := map[string][]string{
		TellDeployments: {p.GetDeployments()}, TellStatuses: {p.GetStatuses()},
		TellComments: {p.GetPullRequests(), p.GetIssues()}, TellEnvironments: {p.GetAdministration()},
	}
	return slices.DeleteFunc(slices.Clone(tells), func(tell string) bool { return slices.Contains(granted[tell], "write") }), nil
}

// tokenLacks finds it out by asking for changes of what is not there: GitHub looks at the permission first. A token of the
// older sort is answered alike in both cases, but tells its scopes.
func (g *gitHub) tokenLacks(ctx context.Context, repo, tell string) (bool, error) {
	const noCommit, noPlace = "0000000000000000000000000000000000000000", "qa/-"
	var err error
	switch tell {
	case TellDeployments:
		err = g.setState(ctx, repo, 0, hubState{State: ghInactive})
	case TellStatuses:
		err = g.setStatus(ctx, repo, noCommit, "qa", hubState{State: ghPending})
	case TellComments:
		err = g.editComment(ctx, repo, 0, "")
	case TellEnvironments:
		err = g.leave(ctx, repo, noPlace)
	}
	switch verdictOf(err) {
	case verdictRefused:
		return true, nil
	case verdictMissing:
		return lacksScope(err, tell), nil
	case verdictFine, verdictWrong:
		return false, nil
	}
	return false, err
}

// lacksScope reads the scopes of a token of the older sort.
func lacksScope(err error, tell string) bool {
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Header["X-Oauth-Scopes"] == nil {
		return false // a token of the newer sort
	}
	enough := map[string][]string{
		TellDeployments: {"repo", "public_repo", "repo_deployment"}, TellStatuses: {"repo", "public_repo", "repo:status"},
		TellComments: {"repo", "public_repo"}, TellEnvironments: {"repo", "public_repo"},
	}
	for scope := range strings.SplitSeq(answer.Response.Header.Get("X-Oauth-Scopes"), ",") {
		if slices.Contains(enough[tell], strings.TrimSpace(scope)) {
			return false
		}
	}
	return true
}
