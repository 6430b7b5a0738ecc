package bot

import (
	"cmp"
	"context"
)

// follow brings an environment to what GitHub says of its branch now: a new head is deployed, a branch that is gone is
// taken down. What an event said is used only to name who did it.
func (b *Bot) follow(ctx context.Context, app App, p pushed, key string) error {
	id := b.id(app, p.Branch)
	e, err := b.look(ctx, id)
	if err != nil {
		return err
	}
	live := !unwanted(e, b.opt.Now())
	if !live && !app.deploys(p.Branch) {
		return nil
	}
	commit, found, err := b.github.head(ctx, app.Repo, p.Branch)
	if err != nil {
		return err
	}
	a := asking{
		Verb: verbPush, App: app, Branch: p.Branch, Commit: commit, Subject: p.Subject, Name: p.Name,
		Channel: e.Thread.Channel, Key: key, At: b.opt.Now(),
	}
	if found && p.Name == "" && commit != e.Spec.Commit {
		// Noticed without an event: the commit itself says whose it is.
		if a.Name, a.Subject, err = b.github.commit(ctx, app.Repo, commit); err != nil {
			b.log.Info("ask who pushed", "repo", app.Repo, "branch", p.Branch, "error", err)
		}
	}
	if !found {
		a.Verb, a.Subject = verbDeleted, ""
	}
	if !live || a.Channel == "" {
		a.Channel = cmp.Or(b.home(ctx, app), a.Channel)
	}
	_, _, err = b.wish(ctx, id, a)
	return err
}

// home is the ID of the channel where an app's branches are told, empty when there is none.
func (b *Bot) home(ctx context.Context, app App) string {
	id, err := b.slack.channelID(ctx, app.Channel)
	if err != nil {
		b.log.Warn("look up channel of app", "app", app.Name, "channel", app.Channel, "error", err)
	}
	return id
}
