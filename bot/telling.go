package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"qabot/store"
)

const (
	tellingsAtOnce = 30 // calls for one environment before others have a turn
	eventsRead     = 50 // newest events that a comment may speak of
)

// telling is GitHub being brought up to date about one environment.
type telling struct {
	*reporter
	claim   *store.Claim
	env     store.Environment
	events  []store.Event
	report  store.Report
	renewed time.Time
	broken  map[string]error // ways of telling that go wrong now, and are left out
}

// hubError is an error of GitHub's, or on the way there.
type hubError struct{ error }

func (e hubError) Unwrap() error { return e.error }

// run tells, one call after another, what differs from what was told, until nothing does. After each call everything is
// compared anew, so it does not matter where a process before this one stopped.
func (t *telling) run(ctx context.Context, stop func() bool) (again time.Duration, err error) {
	app, ok := t.bot.app(t.env.Spec.App)
	if !ok || len(app.Tell) == 0 {
		return 0, t.save(ctx, true)
	}
	t.linkThread(ctx)
	s := t.bot.scene(t.env)
	s.now = t.bot.opt.Now()
	n := s.news(t.events, t.report.Thread.URL)
	for range tellingsAtOnce {
		if stop() {
			return soon, nil
		}
		a, again, err := t.next(ctx, app, &n)
		if err != nil || again > 0 {
			return again, err
		}
		if a.verb == "" {
			return t.finish(ctx, app)
		}
		if !t.budget.Allow() {
			return soon, nil
		}
		if again, err := t.do(ctx, app, n, a); err != nil || again > 0 {
			return again, err
		}
	}
	return soon, nil
}

// finish says what became of it when there is nothing more to tell now.
func (t *telling) finish(ctx context.Context, app App) (again time.Duration, err error) {
	if len(t.broken) > 0 {
		return 0, errors.Join(slices.Collect(maps.Values(t.broken))...)
	}
	rest := t.resting(app)
	return rest, t.save(ctx, rest == 0)
}

// ways are those in which GitHub may be told now, and in which nothing went wrong.
func (t *telling) ways(app App) []string {
	return slices.DeleteFunc(t.awake(app), func(tell string) bool { return t.broken[tell] != nil })
}

// next finds what to tell now, after what is in doubt was looked up. Pull requests are asked for last: what needs none does
// not wait for them. Its verb is empty when there is nothing.
func (t *telling) next(ctx context.Context, app App, n *news) (a act, again time.Duration, err error) {
	for _, tell := range t.ways(app) {
		key := t.report.Trying[tell]
		if key == "" {
			continue
		}
		err := t.lookUp(ctx, app, *n, key)
		if verdictOf(err) == verdictWrong {
			err = t.settled(ctx, key) // there is no such commit any more: nothing to be in doubt about
		}
		if again, err := t.excuse(ctx, app, tell, err); err != nil || again > 0 {
			return act{}, again, err
		}
	}
	ways := t.ways(app)
	if a, ok := n.due(t.report, without(ways, TellComments)); ok {
		return a, 0, nil
	}
	if n.pulls == nil && !n.gone && slices.Contains(ways, TellComments) {
		err := t.call(ctx, func(ctx context.Context) (err error) {
			n.pulls, err = t.bot.github.pullsFrom(ctx, app.Repo, t.env.Spec.Branch, t.bot.opt.Now())
			return err
		})
		if again, err := t.excuse(ctx, app, TellComments, err); err != nil || again > 0 {
			return act{}, again, err
		}
	}
	a, _ = n.due(t.report, t.ways(app))
	return a, 0, nil
}

// do tells one thing. What would be there twice if it were told twice is noted before, so that whoever comes after a crash
// looks first.
func (t *telling) do(ctx context.Context, app App, n news, a act) (again time.Duration, err error) {
	if asked, err := t.look(ctx, app, n, a); asked {
		return t.excuse(ctx, app, a.tell, err)
	}
	if key := a.key(); key != "" {
		t.try(a.tell, key)
		if err := t.save(ctx, false); err != nil {
			return 0, err
		}
	}
	if a.verb == actForget && a.id == 0 {
		return t.settle(ctx, app, a, nil)
	}
	err = t.call(ctx, func(ctx context.Context) (err error) {
		a.id, err = t.bot.github.carryOut(ctx, app.Repo, n, a)
		return err
	})
	return t.settle(ctx, app, a, err)
}

// settle takes down what became of an act. again is positive when GitHub wants to be left alone.
func (t *telling) settle(ctx context.Context, app App, a act, err error) (again time.Duration, _ error) {
	switch v := verdictOf(err); {
	case v == verdictUnknown:
		return t.excuse(ctx, app, a.tell, err) // it may have had its effect, so it stays in doubt
	case v == verdictFine:
		t.accepted(way{app.Repo, a.tell})
		t.note(a)
	case v == verdictMissing && t.lost(ctx, app, a):
	case v == verdictMissing && a.verb == actLeave, a.verb == actForget && v != verdictLimited && v != verdictToken:
		t.note(a) // where it may not be deleted it stays
	case v == verdictWrong:
		t.bot.log.Warn("GitHub will not take it", "env", t.env.ID, "what", a.verb, "error", err)
		t.never(a)
	default:
		again, err = t.excuse(ctx, app, a.tell, err)
		if err != nil {
			return again, err
		}
	}
	delete(t.report.Trying, a.tell)
	return again, t.save(ctx, false)
}

// excuse deals with errors that are not about the one thing that was asked or told: a missing permission lets its way of
// telling rest, what goes wrong leaves it out this time, and again is positive when GitHub wants to be left alone.
func (t *telling) excuse(ctx context.Context, app App, tell string, err error) (again time.Duration, _ error) {
	switch v := verdictOf(err); v {
	case verdictFine:
		return 0, nil
	case verdictLimited, verdictToken:
		return t.leaveAlone(v, err), nil
	case verdictMissing, verdictRefused:
		t.refused(ctx, app, tell, err)
		return 0, nil
	}
	var hub hubError
	if !errors.As(err, &hub) {
		return 0, err
	}
	if t.broken == nil {
		t.broken = map[string]error{}
	}
	t.broken[tell] = err
	return 0, nil
}

// leaveAlone says for how long GitHub is not asked anything.
func (t *telling) leaveAlone(v verdict, err error) time.Duration {
	now, wait := t.bot.opt.Now(), reportTimeout
	if v == verdictLimited {
		wait = limitLasts(err, now)
		t.bot.log.Info("GitHub wants to hear less", "wait", wait)
	} else {
		t.bot.log.Warn("tell GitHub", "error", t.bot.plainly(store.Say(checkGitHubToken), err))
	}
	t.hush(now.Add(wait))
	return wait
}

// linkThread keeps the address of the thread. Where Slack does not tell it now, the last one stays.
func (t *telling) linkThread(ctx context.Context) {
	th := t.env.Thread
	if th.TS == "" || t.report.Thread.Channel == th.Channel && t.report.Thread.TS == th.TS {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if url := t.bot.slack.permalink(ctx, th); url != "" {
		t.report.Thread = store.ReportedThread{Channel: th.Channel, TS: th.TS, URL: url}
	}
}

// call makes one call to GitHub under the claim.
func (t *telling) call(ctx context.Context, do func(context.Context) error) error {
	if time.Since(t.renewed) > store.RenewEvery {
		if err := t.bot.store.Renew(ctx, t.claim); err != nil {
			return err
		}
		t.renewed = time.Now()
	}
	if err := t.claim.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if err := do(ctx); err != nil {
		return hubError{err}
	}
	return nil
}

// save keeps what was told; all says that nothing is left to tell of what was read.
func (t *telling) save(ctx context.Context, all bool) error {
	var changed int64
	if all {
		changed = t.env.Changed
	}
	return t.bot.store.SaveReport(ctx, t.claim, t.env.ID, t.report, changed)
}
