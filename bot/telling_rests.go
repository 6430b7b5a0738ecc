package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"qabot/store"
)

// permissions are what each way of telling needs on the repository, in GitHub's words.
func permissions() map[string]string {
	return map[string]string{
		TellDeployments: "deployments: write", TellStatuses: "statuses: write",
		TellComments: "pull_requests: write", TellEnvironments: "administration: write",
	}
}

// refused lets a way of telling rest, and names the missing permission once. A repository that cannot be seen at all lets
// all of them rest.
func (t *telling) refused(ctx context.Context, app App, tell string, err error) {
	tells, said := []string{tell}, store.Say(checkGitHubTell, "report.what."+tell, app.Repo, permissions()[tell], tell)
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if seen := t.bot.github.readable(ctx, app.Repo); errors.Is(seen, errHidden) || errors.Is(seen, errNotInstalled) {
		tells, said = app.Tell, store.Say(checkGitHubRepo, app.Repo)
	}
	until := t.bot.opt.Now().Add(reportRests)
	t.mu.Lock()
	defer t.mu.Unlock()
	fresh := false
	for _, tell := range tells {
		w := way{app.Repo, tell}
		_, known := t.rests[w]
		fresh = fresh || !known
		t.rests[w] = until
	}
	if fresh {
		t.bot.log.Warn("GitHub refuses to be told", "repo", app.Repo, "what", tell, "error", t.bot.plainly(said, err))
	}
}

// accepted says that GitHub took something, so that a refusal after it is worth a word again.
func (r *reporter) accepted(w way) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, rested := r.rests[w]; rested {
		delete(r.rests, w)
		r.bot.log.Info("GitHub may be told again", "repo", w.repo, "what", w.tell)
	}
}

// mayTell tells whether a way is configured and does not rest.
func (r *reporter) mayTell(w way, app App, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(app.Tell, w.tell) && !now.Before(r.rests[w])
}

// awake are the ways in which GitHub may be told now.
func (r *reporter) awake(app App) (tells []string) {
	for _, tell := range app.Tell {
		if r.mayTell(way{app.Repo, tell}, app, r.bot.opt.Now()) {
			tells = append(tells, tell)
		}
	}
	return tells
}

// resting is how long until all ways are awake, zero when they are.
func (r *reporter) resting(app App) (longest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, tell := range app.Tell {
		longest = max(longest, r.rests[way{app.Repo, tell}].Sub(r.bot.opt.Now()))
	}
	return longest
}

func without(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}
