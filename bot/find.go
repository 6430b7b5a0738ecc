package bot

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"qabot/store"
)

// inThread finds the environment whose story is told in the thread where something was said, or was told there before it
// went on in a newer message; nil when there is none.
func (b *Bot) inThread(ctx context.Context, p place) (*store.Environment, error) {
	if p.Thread == "" {
		return nil, nil
	}
	all, err := b.store.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.Thread.Told(p.Channel, p.Thread) {
			return &e, nil
		}
	}
	return nil, nil
}

func (b *Bot) id(app App, branch string) store.ID {
	return store.NewID(b.opt.Installation, app.Name, branch)
}

// there lists the environments that are not gone.
func (b *Bot) there(ctx context.Context) ([]store.Environment, error) {
	all, err := b.store.List(ctx)
	if err != nil {
		return nil, err
	}
	now := b.opt.Now()
	return slices.DeleteFunc(all, func(e store.Environment) bool {
		return absent(e, now)
	}), nil
}

// resolve finds the branch of the pull request that a command names. answered is true when the person was told why there is
// none, or was asked which one is meant.
func (b *Bot) resolve(ctx context.Context, p place, c command) (_ command, answered bool, err error) {
	if c.Pull == 0 {
		return c, false, nil
	}
	number := "#" + strconv.Itoa(c.Pull)
	apps := candidates(c, b.apps())
	found := map[string]pull{} // by repository
	var failed error
	for _, repo := range reposOf(apps) {
		got, ok, err := b.github.pull(ctx, repo, c.Pull)
		if err != nil {
			failed = err
			b.log.Warn("ask for pull request", "repo", repo, "number", c.Pull, "error", err)
			got, ok = b.refs.pull(repo, c.Pull)
		}
		if ok {
			found[repo] = got
		}
	}
	apps = slices.DeleteFunc(apps, func(a App) bool { _, ok := found[a.Repo]; return !ok })
	if len(found) > 1 {
		if seen := b.shown(ctx, p, apps); len(seen) > 0 {
			apps = seen
			maps.DeleteFunc(found, func(repo string, _ pull) bool { return !slices.Contains(reposOf(seen), repo) })
		}
	}
	switch {
	case len(found) == 0 && errors.Is(failed, errHidden):
		return c, true, b.reply(ctx, p, answer(b.texts, store.Say(answerRepoHidden, repos(candidates(c, b.apps())))))
	case len(found) == 0 && failed != nil:
		return c, true, b.reply(ctx, p, answer(b.texts, store.Say(answerGitHubDown)))
	case len(found) == 0:
		return c, true, b.reply(ctx, p, answer(b.texts, store.Say(answerNoSuchPull, number, repos(candidates(c, b.apps())))))
	case len(found) > 1:
		var offered []choice
		for _, a := range apps {
			if f := found[a.Repo]; !f.Fork {
				offered = append(offered, b.choice(ctx, c, a, f.Branch, a.Name+": "+f.Title))
			}
		}
		v := answer(b.texts, store.Say(answerWhichPull, number, repos(apps)))
		return c, true, b.reply(ctx, p, v.add(choices(b.texts, "", offered)...))
	}
	f := found[apps[0].Repo]
	if f.Fork {
		return c, true, b.reply(ctx, p, answer(b.texts, store.Say(answerFork, number)))
	}
	c.Repo, c.Branch, c.Pull = apps[0].Repo, f.Branch, 0
	return c, false, nil
}

// existing finds the environment that a command is about. answered is true when there was none or more than one, and the
// person was told.
func (b *Bot) existing(ctx context.Context, p place, c command) (e store.Environment, answered bool, err error) {
	all, err := b.there(ctx)
	if err != nil {
		return e, false, err
	}
	apps := candidates(c, b.apps())
	mine := slices.DeleteFunc(slices.Clone(all), func(e store.Environment) bool {
		if c.App == "" && c.Repo == "" {
			return false
		}
		return e.Spec.App != c.App && !slices.ContainsFunc(apps, func(a App) bool { return a.Name == e.Spec.App })
	})
	if c.Path {
		c.Branch = cmp.Or(within(c.Branch, branchesOf(mine)), c.Branch)
	}
	exact := slices.DeleteFunc(slices.Clone(mine), func(e store.Environment) bool { return e.Spec.Branch != c.Branch })
	switch len(exact) {
	case 1:
		return exact[0], false, nil
	case 0:
		return e, true, b.reply(ctx, p, b.notThere(c, b.visible(ctx, p, mine)))
	}
	if seen := b.visible(ctx, p, slices.Clone(exact)); len(seen) == 1 {
		return seen[0], false, nil
	} else if len(seen) > 0 {
		exact = seen
	}
	var offered []choice
	var names []string
	for _, e := range exact {
		offered = append(offered, choice{c.Verb, e.Spec.App, e.Spec.Branch, revision(e.ID, e.Spec.Version), e.Spec.App, c.For})
		names = append(names, e.Spec.App)
	}
	v := answer(b.texts, store.Say(answerWhichApp, c.Branch, strings.Join(names, ", ")))
	return e, true, b.reply(ctx, p, v.add(choices(b.texts, "", offered)...))
}

// notThere says that a branch has no environment, and which ones have.
func (b *Bot) notThere(c command, all []store.Environment) view {
	v := answer(b.texts, store.Say(answerNotThere, c.Branch))
	if len(all) == 0 {
		return v
	}
	names := branchesOf(all)
	heading, near := "answer.meant", nearest(c.Branch, names, 3)
	if len(near) == 0 {
		heading, near = "answer.others", names[:min(len(names), 5)]
	}
	var offered []choice
	for _, name := range near {
		i := slices.IndexFunc(all, func(e store.Environment) bool { return e.Spec.Branch == name })
		e := all[i]
		offered = append(offered, choice{c.Verb, e.Spec.App, e.Spec.Branch, revision(e.ID, e.Spec.Version), b.opt.Command + " " + c.Verb + " " + name, c.For})
	}
	return v.add(choices(b.texts, b.texts.of(heading).Say, offered)...)
}

func branchesOf(all []store.Environment) []string {
	var names []string
	for _, e := range all {
		names = append(names, e.Spec.Branch)
	}
	return names
}
