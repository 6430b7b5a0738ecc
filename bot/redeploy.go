package bot

import (
	"context"
	"errors"
	"time"

	"qabot/store"
)

// newest asks for a branch's head. answered is true when there is none to be had, and the person was told.
func (b *Bot) newest(ctx context.Context, p place, app App, branch string) (commit string, answered bool, err error) {
	commit, found, err := b.github.head(ctx, app.Repo, branch)
	switch {
	case err == nil && found:
		return commit, false, nil
	case err == nil:
		return "", true, b.reply(ctx, p, b.noBranch(ctx, p, []App{app}, branch))
	}
	b.log.Warn("ask for branch", "repo", app.Repo, "branch", branch, "error", err)
	if errors.Is(err, errHidden) {
		return "", true, b.reply(ctx, p, answer(b.texts, store.Say(answerRepoHidden, app.Repo)))
	}
	return "", true, b.reply(ctx, p, answer(b.texts, store.Say(answerGitHubDown)))
}

// decideRedeploy starts what runs anew, at the branch's head. A commit that is new starts anew by itself, and so does what
// failed or sleeps; only what runs already needs to be told.
func decideRedeploy(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	}
	next := awake(e.Spec)
	next.ExpiresAt, next.Declined = later(e.Spec.ExpiresAt, a), ""
	switch phase := e.Phase(now); {
	case e.Spec.Commit != a.Commit:
		next.Commit = a.Commit
		return wish(again(next, a), a, answerMoved, a.Branch, sha(a.Commit), sha(e.Spec.Commit))
	case e.Spec.Asleep:
		return wish(again(next, a), a, answerWaking, a.Branch)
	case phase == store.Broken:
		return wish(again(next, a), a, answerRetrying, a.Branch, sha(a.Commit))
	case phase == store.Deploying:
		return decision{Answer: store.Say(answerOnItsWay, a.Branch, sha(a.Commit))}
	}
	next.Rollout = store.Rollout{Commit: a.Commit, N: e.Spec.Rollout.N + 1}
	return wish(again(next, a), a, answerRolling, a.Branch, sha(a.Commit))
}
