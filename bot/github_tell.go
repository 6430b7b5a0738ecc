package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"qabot/store"
)

// carryOut makes the call that an act stands for. id is that of the deployment or comment.
func (g *gitHub) carryOut(ctx context.Context, repo string, n news, a act) (id int64, err error) {
	id = a.id
	switch a.verb {
	case actDeploy:
		id, err = g.deploy(ctx, repo, n.place, a.commit)
	case actState:
		err = g.setState(ctx, repo, a.id, a.told)
	case actForget:
		err = g.undeploy(ctx, repo, a.id)
	case actLeave:
		err = g.leave(ctx, repo, n.place)
	case actStatus:
		err = g.setStatus(ctx, repo, a.commit, n.context, a.told)
	case actComment:
		id, err = g.comment(ctx, repo, a.pull, a.body)
	case actEditComment:
		err = g.editComment(ctx, repo, a.id, a.body)
	}
	return id, err
}

// pullsFrom lists the open pull requests from a branch of the repository itself, as they were at most a minute ago.
func (g *gitHub) pullsFrom(ctx context.Context, repo, branch string, now time.Time) ([]int, error) {
	all, err := g.openPulls(ctx, repo, now)
	if err != nil {
		return nil, err
	}
	numbers := []int{}
	for _, p := range all {
		if p.Branch == branch && !p.Fork {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers, nil
}

// deploy creates a deployment of a commit, without merging anything and without waiting for other checks.
func (g *gitHub) deploy(ctx context.Context, repo, place, commit string) (id int64, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	d, _, err := g.client.Repositories.CreateDeployment(ctx, owner, name, &github.DeploymentRequest{
		Ref: ref(commit), Task: ref("deploy"), Environment: ref(place), AutoMerge: ref(false),
		RequiredContexts:     &[]string{}, // nil would ask for all of them
		TransientEnvironment: ref(true), ProductionEnvironment: ref(false),
	})
	if err == nil && d.GetID() == 0 {
		err = errors.New("GitHub answered with nothing")
	}
	if err != nil {
		return 0, fmt.Errorf("create deployment of %s to %s: %w", sha(commit), place, err)
	}
	return d.GetID(), nil
}

// deployed lists the deployments of a place, oldest first, the last few hundred of them.
func (g *gitHub) deployed(ctx context.Context, repo, place string) (out []store.ReportedDeployment, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	opts := &github.DeploymentsListOptions{Environment: place, ListOptions: github.ListOptions{PerPage: 100}}
	for range 5 {
		page, resp, err := g.client.Repositories.ListDeployments(ctx, owner, name, opts)
		if err != nil {
			return nil, fmt.Errorf("list deployments to %s: %w", place, err)
		}
		for _, d := range page {
			if d.GetEnvironment() == place {
				out = append([]store.ReportedDeployment{{Commit: d.GetSHA(), ID: d.GetID()}}, out...)
			}
		}
		if opts.Page = resp.NextPage; opts.Page == 0 {
			break
		}
	}
	return out, nil
}

// errThingGone says that a deployment or a comment is there no longer, in a repository that can be seen.
var errThingGone = errors.New("it was deleted")

// there is errThingGone when the deployment or comment that an act is about was deleted.
func (g *gitHub) there(ctx context.Context, repo string, a act) (err error) {
	owner, name, _ := strings.Cut(repo, "/")
	if a.verb == actEditComment {
		_, _, err = g.client.Issues.GetComment(ctx, owner, name, a.id)
	} else {
		_, _, err = g.client.Repositories.GetDeployment(ctx, owner, name, a.id)
	}
	if isStatus(err, http.StatusNotFound) || isStatus(err, http.StatusGone) {
		return errThingGone
	}
	return err
}

// setState gives a deployment a status. Others are left as they are: the caller knows which are served.
func (g *gitHub) setState(ctx context.Context, repo string, id int64, t hubState) error {
	owner, name, _ := strings.Cut(repo, "/")
	r := &github.DeploymentStatusRequest{State: ref(t.State), Description: ref(t.Line), AutoInactive: ref(false)}
	if t.URL != "" {
		r.EnvironmentURL = ref(t.URL)
	}
	if t.Log != "" {
		r.LogURL = ref(t.Log)
	}
	if _, _, err := g.client.Repositories.CreateDeploymentStatus(ctx, owner, name, id, r); err != nil {
		return fmt.Errorf("set deployment %d to %s: %w", id, t.State, err)
	}
	return nil
}

// state reads a deployment's newest status; it is empty where there is none.
func (g *gitHub) state(ctx context.Context, repo string, id int64) (hubState, error) {
	owner, name, _ := strings.Cut(repo, "/")
	all, _, err := g.client.Repositories.ListDeploymentStatuses(ctx, owner, name, id, &github.ListOptions{PerPage: 1})
	if err != nil || len(all) == 0 {
		if err != nil {
			err = fmt.Errorf("read deployment %d: %w", id, err)
		}
		return hubState{}, err
	}
	s := all[0]
	return hubState{State: s.GetState(), Line: s.GetDescription(), URL: s.GetEnvironmentURL(), Log: s.GetLogURL()}, nil
}

// undeploy deletes a deployment.
func (g *gitHub) undeploy(ctx context.Context, repo string, id int64) error {
	owner, name, _ := strings.Cut(repo, "/")
	if _, err := g.client.Repositories.DeleteDeployment(ctx, owner, name, id); err != nil {
		return fmt.Errorf("delete deployment %d: %w", id, err)
	}
	return nil
}

// leave deletes what GitHub keeps of a place.
func (g *gitHub) leave(ctx context.Context, repo, place string) error {
	owner, name, _ := strings.Cut(repo, "/")
	if _, err := g.client.Repositories.DeleteEnvironment(ctx, owner, name, url.PathEscape(place)); err != nil {
		return fmt.Errorf("delete environment %s: %w", place, err)
	}
	return nil
}

// setStatus gives a commit a status.
func (g *gitHub) setStatus(ctx context.Context, repo, commit, of string, t hubState) error {
	owner, name, _ := strings.Cut(repo, "/")
	s := &github.RepoStatus{State: ref(t.State), Description: ref(t.Line), Context: ref(of)}
	if t.URL != "" {
		s.TargetURL = ref(t.URL)
	}
	if _, _, err := g.client.Repositories.CreateStatus(ctx, owner, name, commit, s); err != nil {
		return fmt.Errorf("set status %s of %s: %w", of, sha(commit), err)
	}
	return nil
}

// statusOf reads a commit's newest status of a context; it is empty where there is none.
func (g *gitHub) statusOf(ctx context.Context, repo, commit, of string) (hubState, error) {
	owner, name, _ := strings.Cut(repo, "/")
	opts := &github.ListOptions{PerPage: 100}
	for range 10 {
		all, resp, err := g.client.Repositories.ListStatuses(ctx, owner, name, commit, opts)
		if err != nil {
			return hubState{}, fmt.Errorf("read statuses of %s: %w", sha(commit), err)
		}
		for _, s := range all { // newest first
			if s.GetContext() == of {
				return hubState{State: s.GetState(), Line: s.GetDescription(), URL: s.GetTargetURL()}, nil
			}
		}
		if opts.Page = resp.NextPage; opts.Page == 0 {
			break
		}
	}
	return hubState{}, nil
}

// comment writes a comment on a pull request.
func (g *gitHub) comment(ctx context.Context, repo string, pull int, body string) (id int64, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	c, _, err := g.client.Issues.CreateComment(ctx, owner, name, pull, &github.IssueComment{Body: ref(body)})
	if err == nil && c.GetID() == 0 {
		err = errors.New("GitHub answered with nothing")
	}
	if err != nil {
		return 0, fmt.Errorf("comment on pull request %d: %w", pull, err)
	}
	return c.GetID(), nil
}

// editComment changes a comment.
func (g *gitHub) editComment(ctx context.Context, repo string, id int64, body string) error {
	owner, name, _ := strings.Cut(repo, "/")
	if _, _, err := g.client.Issues.EditComment(ctx, owner, name, id, &github.IssueComment{Body: ref(body)}); err != nil {
		return fmt.Errorf("edit comment %d: %w", id, err)
	}
	return nil
}

// findComment looks for the comment of ours that begins with a mark; id is zero when there is none. Other people may have
// copied the mark, and whoever may write may also change their comments.
func (g *gitHub) findComment(ctx context.Context, repo string, pull int, mark string) (id int64, body string, err error) {
	owner, name, _ := strings.Cut(repo, "/")
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for range 20 {
		page, resp, err := g.client.Issues.ListComments(ctx, owner, name, pull, opts)
		if err != nil {
			return 0, "", fmt.Errorf("list comments on pull request %d: %w", pull, err)
		}
		for _, c := range page {
			if !strings.HasPrefix(c.GetBody(), mark) {
				continue
			}
			ours, err := g.wrote(ctx, c.GetUser())
			if err != nil {
				return 0, "", err
			}
			if ours {
				return c.GetID(), c.GetBody(), nil
			}
		}
		if opts.Page = resp.NextPage; opts.Page == 0 {
			break
		}
	}
	return 0, "", nil
}

// wrote tells whether that user is who the token belongs to. The token of an installation cannot ask who it is, but it is
// a program's.
func (g *gitHub) wrote(ctx context.Context, u *github.User) (bool, error) {
	if g.app != nil {
		app, _, err := g.app.Apps.Get(ctx, "")
		if err != nil {
			return false, fmt.Errorf("ask for the name of the App: %w", err)
		}
		return u.GetLogin() == app.GetSlug()+"[bot]", nil
	}
	me, _, err := g.client.Users.Get(ctx, "")
	switch {
	case err == nil:
		return me.GetID() == u.GetID(), nil
	case isStatus(err, http.StatusForbidden), isStatus(err, http.StatusNotFound):
		return u.GetType() == "Bot", nil
	}
	return false, fmt.Errorf("ask whose token it is: %w", err)
}
