package bot

import (
	"cmp"
	"context"
	"fmt"

	"qabot/store"
)

// planned answers what an up would do.
func (b *Bot) planned(ctx context.Context, p place, c command) error {
	f, answered, err := b.branch(ctx, p, c)
	if err != nil || answered {
		return err
	}
	v, err := b.forecast(ctx, f)
	if err != nil {
		return err
	}
	return b.reply(ctx, p, v)
}

// forecast asks what would be made of a branch. The wish is decided as if somebody had typed it, and not written.
func (b *Bot) forecast(ctx context.Context, f found) (view, error) {
	now := b.opt.Now()
	e, err := b.look(ctx, b.id(f.app, f.branch))
	if err != nil {
		return view{}, err
	}
	revised := revision(e.ID, e.Spec.Version)
	a := asking{Verb: verbUp, App: f.app, Branch: f.branch, Commit: f.commit, At: now}
	a.Edits = b.editedSince(ctx, e, a)
	d := decide(e, a, now)
	if d.Next != nil {
		e.Spec = *d.Next
		e.Spec.Version++
	}
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	foreseen, err := b.opt.Questions.Plan(ctx, e)
	if err != nil {
		b.log.Warn("ask for a plan", "env", e.ID, "error", err)
		return answer(b.texts, unanswered(err)), nil
	}
	limits, err := b.opt.Questions.Connections(ctx, e)
	if err != nil {
		b.log.Info("ask for connections", "env", e.ID, "error", err) // the plan does without
	}
	usual, err := b.store.Usual(ctx, f.app.Name, "")
	if err != nil {
		return view{}, err
	}
	s := b.scene(e)
	s.usual = usual
	return s.plan(foreseen, limits, revised), nil
}

// Plan says what an up of a branch would do now, as a text. It wishes nothing.
func (b *Bot) Plan(ctx context.Context, app, branch string) (string, error) {
	a, ok := b.app(app)
	if !ok {
		return "", b.plainly(store.Say(answerUnknownApp, app, appNames(b.opt.Apps)), nil)
	}
	commit, there, err := b.github.head(ctx, a.Repo, branch)
	if err != nil {
		return "", b.plainly(store.Say(answerGitHubDown), err)
	}
	if !there {
		return "", b.plainly(store.Say(answerNoSuchBranch, branch, a.Repo), nil)
	}
	v, err := b.forecast(ctx, found{a, branch, commit})
	if err != nil {
		return "", fmt.Errorf("plan %s of %s: %w", branch, app, err)
	}
	return cmp.Or(v.lines(), v.Text), nil
}
