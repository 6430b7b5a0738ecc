package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"qabot/store"
)

// Kinds of letters that come from GitHub.
const (
	letterPush         = "push"
	letterDelete       = "delete"
	letterPull         = "pull"
	letterRepository   = "repository"
	letterInstallation = "installation"
)

// pushed is the body of letterPush and letterDelete.
type pushed struct {
	Repo          string
	RepoID        int64 `json:",omitempty"` // zero: the event had none
	Branch        string
	Commit        string `json:",omitempty"` // the branch's head as the event saw it
	Name, Subject string
	Bot           bool      `json:",omitempty"` // a program did it
	Gone          bool      `json:",omitempty"` // the branch was deleted
	Missed        time.Time `json:",omitzero"`  // when it happened, where it was heard of late
	Way           string    `json:",omitempty"` // how it came to be known; a webhook when empty
}

// pulled is the body of letterPull.
type pulled struct {
	pushed
	Action string // "opened", "reopened", "synchronize", "closed", "labeled", "unlabeled"
	Number int
}

// rehoused is the body of letterRepository: a repository has another name or owner, or is gone.
type rehoused struct {
	Action    string // "renamed", "transferred", "deleted"
	Repo, Was string
	RepoID    int64
}

// admitted is the body of letterInstallation: what the App may see has changed.
type admitted struct {
	Action  string // "created", "deleted", "suspend", "unsuspend", "added", "removed"
	Account string
	Repos   []string // those that it is about; empty: all of the account
}

// hubEvent is an event of GitHub's as far as it matters here.
type hubEvent struct {
	Kind         string // of the letter
	Repo         string // "owner/name"; empty when it is about no single one
	RepoID       int64
	Was          string // the repository's former name
	Installation int64  // zero: none is named
	Body         any
}

// errUnreadable says that a payload is not what GitHub sends.
var errUnreadable = errors.New("the payload cannot be read")

// delivery is one of GitHub's events on its way into the inbox, however it came here.
type delivery struct {
	ID      string // GitHub's, the same each time the event is delivered
	Event   string
	Payload []byte
	Missed  time.Time // when it happened, where it is late
}

// take keeps what is needed of a delivery and tells in a few words what was done about it. It is errUnreadable when the
// delivery can never be kept; with any other error it ought to be delivered again.
func (b *Bot) take(ctx context.Context, d delivery) (said string, err error) {
	if d.ID == "" || len(d.ID) > 100 {
		return "", fmt.Errorf("%w: the delivery has no ID", errUnreadable)
	}
	e, ok, err := readEvent(d.Event, d.Payload, d.Missed)
	app := b.opt.GitHub.App
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errUnreadable, err)
	case !ok:
		return "nothing to do for this event", nil
	case app != nil && app.Installation != 0 && e.Installation != 0 && e.Installation != app.Installation:
		return "this installation is not configured", nil
	case e.Repo != "" && len(b.appsOf(e.RepoID, e.Repo, e.Was)) == 0:
		b.log.Warn("event of a repository that is not configured", "repo", short(e.Repo, 100))
		return "this repository is not configured", nil
	}
	l, err := letter("github/"+d.ID, gitHubLane(e.Repo), "github", e.Kind, e.Body)
	if err != nil {
		return "", err
	}
	fresh, err := b.receive(ctx, l)
	if err != nil {
		return "", err
	}
	b.dispatcher.wake()
	b.health.hub.event(b.opt.Now())
	if !fresh {
		return "kept before", nil
	}
	return "kept", nil
}

// concerns tells whether anything is done for events of that name.
func concerns(event string) bool {
	return slices.Contains([]string{"push", "create", "delete", "pull_request", "repository", "installation", "installation_repositories"}, event)
}

// readEvent takes out what is needed. ok is false for what is nobody's business here.
func readEvent(event string, payload []byte, missed time.Time) (e hubEvent, ok bool, err error) {
	if !concerns(event) {
		return hubEvent{}, false, nil
	}
	parsed, err := github.ParseWebHook(event, payload)
	if err != nil {
		return hubEvent{}, false, err
	}
	switch p := parsed.(type) {
	case *github.PushEvent:
		e, ok = readPush(p, missed)
	case *github.CreateEvent:
		e = hubEvent{Kind: letterPush, Repo: p.GetRepo().GetFullName(), RepoID: p.GetRepo().GetID(), Installation: p.GetInstallation().GetID()}
		e.Body = pushed{
			Repo: e.Repo, RepoID: e.RepoID, Branch: p.GetRef(), Name: login(p.GetSender()), Bot: isBot(p.GetSender()), Missed: missed,
		}
		ok = p.GetRefType() == "branch" && usable(p.GetRef())
	case *github.DeleteEvent:
		e = hubEvent{Kind: letterDelete, Repo: p.GetRepo().GetFullName(), RepoID: p.GetRepo().GetID(), Installation: p.GetInstallation().GetID()}
		e.Body = pushed{
			Repo: e.Repo, RepoID: e.RepoID, Branch: p.GetRef(), Name: login(p.GetSender()), Bot: isBot(p.GetSender()), Gone: true, Missed: missed,
		}
		ok = p.GetRefType() == "branch" && usable(p.GetRef())
	case *github.PullRequestEvent:
		e, ok = readPull(p, missed)
	case *github.RepositoryEvent:
		e, ok = readRepository(p)
	case *github.InstallationEvent:
		e, ok = readInstallation(p.GetAction(), p.GetInstallation(), p.Repositories), true
	case *github.InstallationRepositoriesEvent:
		e, ok = readInstallation(p.GetAction(), p.GetInstallation(), append(p.RepositoriesAdded, p.RepositoriesRemoved...)), true
	}
	if ok && e.Kind != letterInstallation && e.Repo == "" {
		return hubEvent{}, false, errors.New("it names no repository")
	}
	return e, ok, nil
}

// readPush takes a push that leaves nothing, whose commit is all zeros, for a deletion whatever else it says.
func readPush(p *github.PushEvent, missed time.Time) (hubEvent, bool) {
	branch, isBranch := strings.CutPrefix(p.GetRef(), "refs/heads/")
	body := pushed{
		Repo: p.GetRepo().GetFullName(), RepoID: p.GetRepo().GetID(), Branch: branch, Commit: short(p.GetAfter(), 64),
		Name: short(p.GetPusher().GetName(), 100), Bot: isBot(p.GetSender()), Missed: missed,
	}
	if body.Name == "" {
		body.Name = login(p.GetSender())
	}
	body.Subject, _, _ = strings.Cut(p.GetHeadCommit().GetMessage(), "\n")
	body.Subject = short(body.Subject, 200)
	e := hubEvent{Kind: letterPush, Repo: body.Repo, RepoID: body.RepoID, Installation: p.GetInstallation().GetID()}
	if p.GetDeleted() || body.Commit != "" && strings.Trim(body.Commit, "0") == "" {
		e.Kind, body.Gone, body.Commit, body.Subject = letterDelete, true, "", ""
	}
	e.Body = body
	return e, isBranch && usable(branch)
}

// readPull leaves out what is about a fork: nothing is ever done for one.
func readPull(p *github.PullRequestEvent, missed time.Time) (hubEvent, bool) {
	switch p.GetAction() {
	case "opened", "reopened", "synchronize", "closed", "labeled", "unlabeled":
	default:
		return hubEvent{}, false
	}
	pr := p.GetPullRequest()
	e := hubEvent{Kind: letterPull, Repo: p.GetRepo().GetFullName(), RepoID: p.GetRepo().GetID(), Installation: p.GetInstallation().GetID()}
	e.Body = pulled{
		pushed: pushed{
			Repo: e.Repo, RepoID: e.RepoID, Branch: pr.GetHead().GetRef(), Commit: short(pr.GetHead().GetSHA(), 64),
			Name: login(p.GetSender()), Bot: isBot(p.GetSender()), Missed: missed,
		},
		Action: p.GetAction(), Number: pr.GetNumber(),
	}
	return e, !isFork(pr) && usable(pr.GetHead().GetRef())
}

func readRepository(p *github.RepositoryEvent) (hubEvent, bool) {
	repo, was := p.GetRepo(), p.GetRepo().GetFullName()
	owner, name, _ := strings.Cut(was, "/")
	changes := p.GetChanges()
	switch p.GetAction() {
	case "renamed":
		was = owner + "/" + changes.GetRepo().GetName().GetFrom()
	case "transferred":
		if from := changes.GetOwner().GetOwnerInfo(); from.GetUser().GetLogin() != "" {
			was = from.GetUser().GetLogin() + "/" + name
		} else {
			was = from.GetOrg().GetLogin() + "/" + name
		}
	case "deleted":
	default:
		return hubEvent{}, false
	}
	return hubEvent{
		Kind: letterRepository, Repo: repo.GetFullName(), RepoID: repo.GetID(), Was: was, Installation: p.GetInstallation().GetID(),
		Body: rehoused{Action: p.GetAction(), Repo: repo.GetFullName(), Was: was, RepoID: repo.GetID()},
	}, true
}

func readInstallation(action string, in *github.Installation, repos []*github.Repository) hubEvent {
	a := admitted{Action: short(action, 40), Account: short(in.GetAccount().GetLogin(), 100)}
	for _, r := range repos[:min(len(repos), 1000)] {
		a.Repos = append(a.Repos, short(r.GetFullName(), 200))
	}
	return hubEvent{Kind: letterInstallation, Installation: in.GetID(), Body: a}
}

// usable tells whether a branch of that name can have an environment.
func usable(branch string) bool { return len(branch) <= maxBranch && legal(branch) }

func login(u *github.User) string { return short(u.GetLogin(), 100) }

// isBot tells whether a program stands behind an account.
func isBot(u *github.User) bool { return u.GetType() == "Bot" || isBotName(u.GetLogin()) }

func isBotName(login string) bool { return strings.HasSuffix(login, "[bot]") }

// isBotBranch knows the branches of programs that keep dependencies fresh, for where nobody says who pushed.
func isBotBranch(branch string) bool {
	return strings.HasPrefix(branch, "dependabot/") || strings.HasPrefix(branch, "renovate/")
}

// appsOf are the apps built from a repository, which may have had another name. Where its number is known a name says nothing:
// it may have been given to another repository since.
func (b *Bot) appsOf(id int64, names ...string) []App {
	var out []App
	for _, a := range b.apps() {
		known := b.repos.of(a)
		if id != 0 && known.ID != 0 {
			if id == known.ID {
				out = append(out, a)
			}
			continue
		}
		for _, name := range names {
			if a.is(name) {
				out = append(out, a)
				break
			}
		}
	}
	return out
}

var _ Store = (*store.Store)(nil)
