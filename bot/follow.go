package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"qabot/store"
)

// fromGitHub deals with a letter of GitHub's.
func (b *Bot) fromGitHub(ctx context.Context, l store.Letter) error {
	switch l.Kind {
	case letterPush, letterDelete:
		p, err := read[pushed](l)
		if err != nil {
			return err
		}
		p.Gone = p.Gone || l.Kind == letterDelete
		return b.eachApp(p, func(app App) error { return b.follow(ctx, app, p, l.Key) })
	case letterPull:
		p, err := read[pulled](l)
		if err != nil {
			return err
		}
		b.github.forgetPulls()
		b.reporter.again()
		return b.eachApp(p.pushed, func(app App) error { return b.followPull(ctx, app, p, l.Key) })
	case letterRepository:
		r, err := read[rehoused](l)
		if err != nil {
			return err
		}
		b.log.Warn("repository moved", "action", r.Action, "repo", r.Repo, "was", r.Was, "id", r.RepoID)
		b.branches.hurry()
		return nil
	case letterInstallation:
		a, err := read[admitted](l)
		if err != nil {
			return err
		}
		b.admitted(a)
		return nil
	}
	return fmt.Errorf("read letter: its kind %q is not known", l.Kind)
}

func read[T any](l store.Letter) (body T, err error) {
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return body, fmt.Errorf("read letter: %w", err)
	}
	return body, nil
}

func (b *Bot) eachApp(p pushed, do func(App) error) error {
	for _, app := range b.appsOf(p.RepoID, p.Repo) {
		if err := do(app); err != nil {
			return err
		}
	}
	return nil
}

// admitted notes that the App may see more or less than before. What it may see is found out by looking.
func (b *Bot) admitted(a admitted) {
	switch a.Action {
	case "deleted", "suspend", "removed":
		b.log.Error("the GitHub App may see less than before", "action", a.Action, "account", a.Account, "repos", a.Repos)
		b.health.hub.note("installation on "+a.Account, fmt.Errorf("the GitHub App has lost access (%s)", a.Action))
	default:
		b.log.Info("the GitHub App may see other repositories than before", "action", a.Action, "account", a.Account, "repos", a.Repos)
		b.health.hub.note("installation on "+a.Account, nil)
	}
	b.branches.hurry()
}

// follow brings an environment to what GitHub says of its branch now: a new head is deployed, a branch that is gone is
// taken down. What an event said is used only to name who did it.
func (b *Bot) follow(ctx context.Context, app App, p pushed, key string) error {
	id := b.id(app, p.Branch)
	e, err := b.look(ctx, id)
	if err != nil {
		return err
	}
	live := !unwanted(e, b.opt.Now())
	if !live && (p.Gone || !app.deploys(p.Branch) || !usable(p.Branch)) {
		return nil
	}
	commit, found, err := b.github.head(ctx, app.Repo, p.Branch)
	if err != nil {
		return err
	}
	a := asking{
		Verb: verbPush, From: place{Way: cmp.Or(p.Way, store.WayWebhook)}, App: app, Branch: p.Branch, Commit: commit, Subject: p.Subject, Name: p.Name,
		Channel: e.Thread.Channel, Key: key, At: b.opt.Now(), Missed: p.Missed,
	}
	switch {
	case !found:
		a.Verb, a.Subject = verbDeleted, ""
		if !p.Gone {
			a.Name = "" // whoever the event names did something else
		}
	case commit == e.Spec.Commit, live && commit == e.Spec.Declined:
		return nil
	default:
		if program := b.whose(ctx, &a, p); program && !live && !app.Bots {
			return nil
		}
	}
	if !live || a.Channel == "" {
		a.Channel = cmp.Or(b.home(ctx, app), a.Channel)
	}
	_, _, err = b.wish(ctx, id, a)
	return err
}

// whose finds out who made the branch's new head, and tells whether that is a program. An event's word counts only for the
// commit that it speaks of.
func (b *Bot) whose(ctx context.Context, a *asking, p pushed) (program bool) {
	program = p.Bot
	if p.Commit != "" && p.Commit != a.Commit {
		a.Name, a.Subject, program = "", "", false
	}
	if a.Name == "" || a.Subject == "" {
		who, subject, err := b.github.commit(ctx, a.App.Repo, a.Commit)
		if err != nil {
			b.log.Info("ask who pushed", "repo", a.App.Repo, "branch", a.Branch, "error", err)
		}
		program = program || a.Name == "" && isBotName(who)
		a.Name, a.Subject = cmp.Or(a.Name, who), cmp.Or(a.Subject, subject)
	}
	return program || isBotBranch(a.Branch)
}

// home is the ID of the channel where an app's branches are told, empty when there is none.
func (b *Bot) home(ctx context.Context, app App) string {
	id, err := b.slack.channelID(ctx, app.Channel)
	if err != nil {
		b.log.Warn("look up channel of app", "app", app.Name, "channel", app.Channel, "error", err)
	}
	return id
}
