package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"qabot/store"
)

// found is a branch of an app, as GitHub has it.
type found struct {
	app            App
	branch, commit string
}

// branch finds out which app's branch is meant, and asks GitHub for its head. answered is true when there is none or more
// than one, and the person was told.
func (b *Bot) branch(ctx context.Context, p place, c command) (f found, answered bool, err error) {
	apps := candidates(c, b.apps())
	if c.Path {
		c.Branch = cmp.Or(b.withinPath(ctx, apps, c.Branch), c.Branch)
	}
	var all []found
	var failed error
	for _, app := range apps {
		commit, ok, err := b.github.head(ctx, app.Repo, c.Branch)
		if err != nil {
			failed = err
			b.log.Warn("ask for branch", "repo", app.Repo, "branch", c.Branch, "error", err)
		}
		if ok {
			all = append(all, found{app, c.Branch, commit})
		}
	}
	switch {
	case len(all) == 0 && errors.Is(failed, errHidden):
		return f, true, b.reply(ctx, p, answer(b.texts, store.Say(answerRepoHidden, repos(apps))))
	case failed != nil && len(all) == 0:
		return f, true, b.reply(ctx, p, answer(b.texts, store.Say(answerGitHubDown)))
	case len(all) == 0:
		return f, true, b.reply(ctx, p, b.noBranch(ctx, p, apps, c.Branch))
	}
	if len(all) > 1 {
		hidden := b.hidden(ctx, p, verbList)
		if seen := slices.DeleteFunc(slices.Clone(all), func(f found) bool { return hidden[f.app.Name] }); len(seen) > 0 {
			all = seen
		}
	}
	if len(all) > 1 {
		var offered []choice
		var names []string
		for _, f := range all {
			offered = append(offered, b.choice(ctx, c, f.app, c.Branch, f.app.Name))
			names = append(names, f.app.Name)
		}
		return f, true, b.reply(ctx, p, answer(b.texts, store.Say(answerWhichApp, c.Branch, strings.Join(names, ", "))).add(choices(b.texts, "", offered)...))
	}
	return all[0], false, nil
}

// bringUp wishes for a branch.
func (b *Bot) bringUp(ctx context.Context, p place, c command, key string) error {
	f, answered, err := b.branch(ctx, p, c)
	if err != nil || answered {
		return err
	}
	channel, err := b.where(ctx, p)
	if err != nil {
		return err
	}
	d, e, err := b.wish(ctx, b.id(f.app, f.branch), asking{
		Verb: verbUp, App: f.app, Branch: f.branch, Commit: f.commit, From: p, By: p.User, Channel: channel, Key: key, At: b.opt.Now(), For: c.For,
	})
	if err != nil {
		return err
	}
	return b.wished(ctx, p, d, e)
}

// wished answers an asking. Where a new story begins right below, the story is the answer; where it could not begin in the
// channel, the answer says how to get it there.
func (b *Bot) wished(ctx context.Context, p place, d decision, e store.Environment) error {
	began := d.Next != nil && (e.Spec.Asked.Verb == verbUp || e.Spec.Asked.Verb == verbUndo)
	elsewhere := began && !p.Direct && p.Channel != "" && e.Spec.Asked.Channel != p.Channel
	if began && p.Command && !elsewhere && newParent(e, b.opt.Now()) {
		return nil
	}
	v := b.outcome(ctx, p, d, e)
	if elsewhere {
		v = v.add(richText("invite", row(b.texts.full(store.Say(answerInvite))...)))
		v.Text += b.texts.gap + b.texts.flat(b.texts.of(answerInvite).Say)
	}
	return b.reply(ctx, p, v)
}

// where is the channel for the story: the one that was spoken in, or direct messages when the bot is not in it.
func (b *Bot) where(ctx context.Context, p place) (channel string, err error) {
	if p.Channel == "" {
		return b.slack.direct(ctx, p.User)
	}
	if p.Direct || b.slack.inChannel(ctx, p.Channel, b.opt.Now()) {
		return p.Channel, nil
	}
	return b.slack.direct(ctx, p.User)
}

// noBranch says that there is no such branch and offers those that may have been meant.
func (b *Bot) noBranch(ctx context.Context, p place, apps []App, branch string) view {
	seen := b.shown(ctx, p, apps)
	if len(seen) > 0 {
		apps = seen
	}
	v := answer(b.texts, store.Say(answerNoSuchBranch, branch, repos(apps)))
	var offered []choice
	for _, app := range seen {
		l, _ := b.refs.fresh(ctx, app.Repo)
		for _, name := range nearest(branch, l.branches, 3) {
			label := name
			if len(seen) > 1 {
				label = app.Name + ": " + name
			}
			offered = append(offered, b.choice(ctx, command{Verb: verbUp}, app, name, label))
		}
	}
	return v.add(choices(b.texts, b.texts.of("answer.meant").Say, offered[:min(len(offered), 3)])...)
}

// choice offers something to do with a branch as it is now.
func (b *Bot) choice(ctx context.Context, c command, app App, branch, label string) choice {
	e, err := b.look(ctx, b.id(app, branch))
	if err != nil {
		b.log.Warn("look at environment", "error", err) // the button will be found stale
	}
	return choice{Verb: c.Verb, For: c.For, App: app.Name, Branch: branch, Revision: revision(b.id(app, branch), e.Spec.Version), Label: label}
}

// withinPath finds the branch that a path in a link begins with; empty when none is known.
func (b *Bot) withinPath(ctx context.Context, apps []App, path string) string {
	for _, repo := range reposOf(apps) {
		if l, _ := b.refs.fresh(ctx, repo); within(path, l.branches) != "" {
			return within(path, l.branches)
		}
	}
	return ""
}

// reposOf are the repositories of apps, each once.
func reposOf(apps []App) []string {
	var out []string
	for _, a := range apps {
		if !slices.Contains(out, a.Repo) {
			out = append(out, a.Repo)
		}
	}
	return out
}

func repos(apps []App) string { return strings.Join(reposOf(apps), ", ") }
