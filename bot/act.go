package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// handle deals with one letter.
func (b *Bot) handle(ctx context.Context, l store.Letter) error {
	switch l.Kind {
	case letterCommand:
		var s spoken
		if err := json.Unmarshal(l.Body, &s); err != nil {
			return fmt.Errorf("read letter: %w", err)
		}
		return b.heard(ctx, s, l.Key)
	case letterClick:
		var c clicked
		if err := json.Unmarshal(l.Body, &c); err != nil {
			return fmt.Errorf("read letter: %w", err)
		}
		return b.pressed(ctx, c, l.Key)
	case letterPush, letterDelete:
		var p pushed
		if err := json.Unmarshal(l.Body, &p); err != nil {
			return fmt.Errorf("read letter: %w", err)
		}
		for _, app := range b.appsOf(p.Repo) {
			if err := b.follow(ctx, app, p, l.Key); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("read letter: its kind %q is not known", l.Kind)
}

// heard deals with words.
func (b *Bot) heard(ctx context.Context, s spoken, key string) error {
	known, err := b.inThread(ctx, s.place)
	if err != nil {
		return err
	}
	c, wrong := parse(withoutMentions(s.Text), b.opt.Apps, known != nil)
	if wrong != nil && wrong.Code == answerNoBranch && s.Thread != "" && known == nil {
		wrong = say(answerUnknownThread, wrong.Args[0])
	}
	if wrong != nil {
		return b.reply(ctx, s.place, answer(b.texts, *wrong))
	}
	if known != nil && c.Branch == "" {
		c.App, c.Branch = known.Spec.App, known.Spec.Branch
	}
	return b.obey(ctx, s.place, c, key)
}

// inThread finds the environment whose story is told in the thread where something was said; nil when there is none.
func (b *Bot) inThread(ctx context.Context, p place) (*store.Environment, error) {
	if p.Thread == "" {
		return nil, nil
	}
	all, err := b.store.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.Thread.Channel == p.Channel && e.Thread.TS == p.Thread {
			return &e, nil
		}
	}
	return nil, nil
}

// pressed deals with a button. It does nothing when the environment has changed since the button was shown.
func (b *Bot) pressed(ctx context.Context, c clicked, key string) error {
	action, _ := actionOf(c.Action)
	revised, meant := c.Value, command{}
	if picked, ok := choiceOf(c.Value); ok && action == actionPick {
		revised, meant = picked.Revision, command{Verb: picked.Verb, App: picked.App, Branch: picked.Branch}
	}
	id, _, _ := strings.Cut(revised, ":")
	e, err := b.look(ctx, store.ID(id))
	if err != nil {
		return err
	}
	if revised != revision(e.ID, e.Spec.Version) {
		return b.reply(ctx, c.place, answer(b.texts, store.Say(answerStale)).follow(b.texts, b.slack.permalink(ctx, e.Thread)))
	}
	if meant.Verb == "" {
		if action == actionLetGo {
			return b.reply(ctx, c.place, answer(b.texts, store.Say(answerLetGo, e.Spec.Branch)))
		}
		verb := verbOf(action)
		if verb == "" {
			return nil
		}
		meant = command{Verb: verb, App: e.Spec.App, Branch: e.Spec.Branch, For: 24 * time.Hour}
	}
	return b.obey(ctx, c.place, meant, key)
}

// obey carries out a command and answers.
func (b *Bot) obey(ctx context.Context, p place, c command, key string) error {
	switch c.Verb {
	case verbHelp:
		return b.reply(ctx, p, help(b.texts, c.Topic, b.opt.Apps))
	case verbList:
		return b.list(ctx, p)
	case verbUp:
		return b.bringUp(ctx, p, c, key)
	}
	e, answered, err := b.existing(ctx, p, c)
	if err != nil || answered {
		return err
	}
	if c.Verb == verbStatus {
		return b.reply(ctx, p, b.scene(e).status(b.slack.permalink(ctx, e.Thread)))
	}
	if c.Verb == verbHistory {
		events, err := b.store.Events(ctx, e.ID, historyShown)
		if err != nil {
			return err
		}
		return b.reply(ctx, p, b.scene(e).history(events).follow(b.texts, b.slack.permalink(ctx, e.Thread)))
	}
	app, _ := b.app(e.Spec.App)
	d, e, err := b.wish(ctx, e.ID, asking{
		Verb: c.Verb, App: app, Branch: e.Spec.Branch, By: p.User, Channel: cmp.Or(e.Thread.Channel, p.Channel), Key: key, At: b.opt.Now(), For: c.For,
	})
	if err != nil {
		return err
	}
	return b.reply(ctx, p, b.outcome(ctx, d, e))
}

func (b *Bot) list(ctx context.Context, p place) error {
	all, err := b.there(ctx)
	if err != nil {
		return err
	}
	var scenes []scene
	for _, e := range all {
		scenes = append(scenes, b.scene(e))
	}
	return b.reply(ctx, p, list(b.texts, scenes, func(t store.Thread) string { return b.slack.permalink(ctx, t) }))
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

// bringUp finds out which app's branch is meant, asks GitHub for its head, and wishes.
func (b *Bot) bringUp(ctx context.Context, p place, c command, key string) error {
	apps := b.candidates(c)
	type find struct {
		app    App
		commit string
	}
	var found []find
	var failed error
	for _, app := range apps {
		commit, ok, err := b.github.head(ctx, app.Repo, c.Branch)
		if err != nil {
			failed = err
			b.log.Warn("ask for branch", "repo", app.Repo, "branch", c.Branch, "error", err)
		}
		if ok {
			found = append(found, find{app, commit})
		}
	}
	switch {
	case len(found) == 0 && errors.Is(failed, errHidden):
		return b.reply(ctx, p, answer(b.texts, store.Say(answerRepoHidden, repos(apps))))
	case failed != nil && len(found) == 0:
		return b.reply(ctx, p, answer(b.texts, store.Say(answerGitHubDown)))
	case len(found) == 0:
		return b.reply(ctx, p, b.noBranch(ctx, apps, c.Branch))
	case len(found) > 1:
		var offered []choice
		for _, f := range found {
			offered = append(offered, b.choice(ctx, verbUp, f.app, c.Branch, f.app.Name))
		}
		return b.reply(ctx, p, answer(b.texts, store.Say(answerWhichApp, c.Branch, appNames(apps))).add(choices(b.texts, "", offered)...))
	}
	app := found[0].app
	channel, invite, err := b.where(ctx, p)
	if err != nil {
		return err
	}
	d, e, err := b.wish(ctx, b.id(app, c.Branch), asking{
		Verb: verbUp, App: app, Branch: c.Branch, Commit: found[0].commit, By: p.User, Channel: channel, Key: key, At: b.opt.Now(),
	})
	if err != nil {
		return err
	}
	if d.Next != nil && p.Command && !invite && newParent(e, b.opt.Now()) {
		return nil // the story begins right below: it is the answer
	}
	v := b.outcome(ctx, d, e)
	if invite && d.Next != nil {
		v = v.add(richText("invite", row(b.texts.full(store.Say(answerInvite))...)))
		v.Text += " " + b.texts.flat(b.texts.of(answerInvite).Say)
	}
	return b.reply(ctx, p, v)
}

func (b *Bot) id(app App, branch string) store.ID {
	return store.NewID(b.opt.Installation, app.Name, branch)
}

// candidates are the apps that a command may mean.
func (b *Bot) candidates(c command) []App {
	return slices.DeleteFunc(slices.Clone(b.opt.Apps), func(a App) bool {
		return c.App != "" && a.Name != c.App || c.Repo != "" && !strings.EqualFold(a.Repo, c.Repo)
	})
}

func repos(apps []App) string {
	var out []string
	for _, a := range apps {
		if !slices.Contains(out, a.Repo) {
			out = append(out, a.Repo)
		}
	}
	return strings.Join(out, ", ")
}

// where is the channel for the story: the one that was spoken in, or direct messages when the bot is not in it.
func (b *Bot) where(ctx context.Context, p place) (channel string, invite bool, err error) {
	if p.Direct || b.slack.inChannel(ctx, p.Channel, b.opt.Now()) {
		return p.Channel, false, nil
	}
	channel, err = b.slack.direct(ctx, p.User)
	return channel, true, err
}

// outcome is the answer to a wish, or to why there was nothing to wish.
func (b *Bot) outcome(ctx context.Context, d decision, e store.Environment) view {
	v := answer(b.texts, d.Answer)
	if d.Answer.Code == answerAlreadyUp {
		var rows []slack.RichTextElement
		for _, u := range b.scene(e).urls() {
			rows = append(rows, row(strong(u.label), words("  "), link(u.url, u.url)))
		}
		if len(rows) > 0 {
			v = v.add(richText("addresses", rows...))
		}
	}
	if d.Answer.Code == answerNotThere {
		return v
	}
	if d.Next != nil && newParent(e, b.opt.Now()) {
		return v // the thread to follow is not there yet
	}
	return v.follow(b.texts, b.slack.permalink(ctx, e.Thread))
}

// noBranch says that there is no such branch and offers those that may have been meant.
func (b *Bot) noBranch(ctx context.Context, apps []App, branch string) view {
	v := answer(b.texts, store.Say(answerNoSuchBranch, branch, repos(apps)))
	var offered []choice
	for _, app := range apps {
		all, err := b.github.known(ctx, app.Repo, b.opt.Now())
		if err != nil {
			b.log.Warn("list branches", "repo", app.Repo, "error", err)
			continue
		}
		for _, name := range nearest(branch, all, 3) {
			label := name
			if len(b.opt.Apps) > 1 {
				label = app.Name + ": " + name
			}
			offered = append(offered, b.choice(ctx, verbUp, app, name, label))
		}
	}
	return v.add(choices(b.texts, b.texts.of("answer.meant").Say, offered[:min(len(offered), 3)])...)
}

// choice offers something to do with a branch as it is now.
func (b *Bot) choice(ctx context.Context, verb string, app App, branch, label string) choice {
	e, err := b.look(ctx, b.id(app, branch))
	if err != nil {
		b.log.Warn("look at environment", "error", err) // the button will be found stale
	}
	return choice{Verb: verb, App: app.Name, Branch: branch, Revision: revision(b.id(app, branch), e.Spec.Version), Label: label}
}

// existing finds the environment that a command is about. answered is true when there was none or more than one, and the
// person was told.
func (b *Bot) existing(ctx context.Context, p place, c command) (e store.Environment, answered bool, err error) {
	all, err := b.there(ctx)
	if err != nil {
		return e, false, err
	}
	apps := b.candidates(c)
	mine := slices.DeleteFunc(slices.Clone(all), func(e store.Environment) bool {
		if c.App == "" && c.Repo == "" {
			return false
		}
		return e.Spec.App != c.App && !slices.ContainsFunc(apps, func(a App) bool { return a.Name == e.Spec.App })
	})
	exact := slices.DeleteFunc(slices.Clone(mine), func(e store.Environment) bool { return e.Spec.Branch != c.Branch })
	switch len(exact) {
	case 1:
		return exact[0], false, nil
	case 0:
		return e, true, b.reply(ctx, p, b.notThere(c, mine))
	}
	var offered []choice
	var names []string
	for _, e := range exact {
		offered = append(offered, choice{c.Verb, e.Spec.App, e.Spec.Branch, revision(e.ID, e.Spec.Version), e.Spec.App})
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
	var names []string
	for _, e := range all {
		names = append(names, e.Spec.Branch)
	}
	heading, near := "answer.meant", nearest(c.Branch, names, 3)
	if len(near) == 0 {
		heading, near = "answer.others", names[:min(len(names), 5)]
	}
	var offered []choice
	for _, name := range near {
		i := slices.IndexFunc(all, func(e store.Environment) bool { return e.Spec.Branch == name })
		e := all[i]
		offered = append(offered, choice{c.Verb, e.Spec.App, e.Spec.Branch, revision(e.ID, e.Spec.Version), b.opt.Command + " " + c.Verb + " " + name})
	}
	return v.add(choices(b.texts, b.texts.of(heading).Say, offered)...)
}
