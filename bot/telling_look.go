package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"qabot/store"
)

// look asks GitHub, before the first deployment or comment, whether there is one already: the store may be younger than it.
func (t *telling) look(ctx context.Context, app App, n news, a act) (asked bool, err error) {
	switch {
	case a.verb == actDeploy && t.report.Place == "":
		err = t.lookUp(ctx, app, n, a.key())
		if err == nil {
			t.report.Place = n.place
		}
		return true, err
	case a.verb == actComment && t.commentOn(a.pull) == nil:
		return true, t.lookUp(ctx, app, n, a.key())
	}
	return false, nil
}

// lookUp reads from GitHub what may have been told already, and takes it down: then it is in doubt no longer.
func (t *telling) lookUp(ctx context.Context, app App, n news, key string) error {
	err := t.call(ctx, func(ctx context.Context) error {
		verb, what, _ := strings.Cut(key, "/")
		switch verb {
		case actDeploy:
			return t.lookUpDeployments(ctx, app, n)
		case actState:
			return t.lookUpState(ctx, app, what)
		case actStatus:
			return t.lookUpStatus(ctx, app, n, what)
		case actComment:
			return t.lookUpComment(ctx, app, what)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.settled(ctx, key)
}

// settled takes down that something is in doubt no longer.
func (t *telling) settled(ctx context.Context, key string) error {
	maps.DeleteFunc(t.report.Trying, func(_, tried string) bool { return tried == key })
	return t.save(ctx, false)
}

func (t *telling) lookUpDeployments(ctx context.Context, app App, n news) error {
	found, err := t.bot.github.deployed(ctx, app.Repo, n.place)
	if err != nil {
		return err
	}
	for _, d := range found {
		if slices.ContainsFunc(t.report.Deployments, func(known store.ReportedDeployment) bool { return known.ID == d.ID }) {
			continue
		}
		last, err := t.bot.github.state(ctx, app.Repo, d.ID)
		if err != nil {
			return err
		}
		if d.State = last.State; d.State != "" {
			d.Hash = last.hash()
		}
		t.report.Deployments = append(t.report.Deployments, d)
	}
	return nil
}

func (t *telling) lookUpState(ctx context.Context, app App, what string) error {
	id, err := strconv.ParseInt(what, 10, 64)
	if err != nil {
		return fmt.Errorf("look up deployment %q: %w", what, err)
	}
	last, err := t.bot.github.state(ctx, app.Repo, id)
	if verdictOf(err) == verdictMissing && t.lost(ctx, app, act{verb: actState, id: id}) {
		return nil
	}
	if err == nil && last.State != "" {
		t.deployment(id, last)
	}
	return err
}

func (t *telling) lookUpStatus(ctx context.Context, app App, n news, commit string) error {
	found, err := t.bot.github.statusOf(ctx, app.Repo, commit, n.context)
	if err == nil && found.State != "" {
		over := commit != n.commit && (found.State == ghError || found.State == ghFailure || found.hash() == n.ended.hash())
		t.status(store.ReportedStatus{Commit: commit, State: found.State, Hash: found.hash()}, over)
	}
	return err
}

func (t *telling) lookUpComment(ctx context.Context, app App, what string) error {
	pull, err := strconv.Atoi(what)
	if err != nil {
		return fmt.Errorf("look up comment %q: %w", what, err)
	}
	id, body, err := t.bot.github.findComment(ctx, app.Repo, pull, commentMark(t.env.ID))
	if err != nil {
		return err
	}
	c := t.comment(pull)
	if c.ID = id; id != 0 {
		c.Hash = digest(body)
	}
	return nil
}

// lost tells whether what an act is about was deleted by somebody; then it is told anew. GitHub answers in the same way
// where something may not be seen or changed any more, so it is asked for by itself.
func (t *telling) lost(ctx context.Context, app App, a act) bool {
	if a.verb != actState && a.verb != actEditComment {
		return false
	}
	err := t.call(ctx, func(ctx context.Context) error {
		if err := t.bot.github.readable(ctx, app.Repo); err != nil {
			return err
		}
		return t.bot.github.there(ctx, app.Repo, a)
	})
	if !errors.Is(err, errThingGone) {
		return false
	}
	if a.verb == actState {
		t.forget(a.id)
	} else {
		*t.comment(a.pull) = store.ReportedComment{Pull: a.pull}
	}
	return true
}
