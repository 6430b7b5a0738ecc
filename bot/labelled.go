package bot

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"qabot/store"
)

// Verbs of wishes that come from pull requests.
const (
	verbLabelled   = "labelled"   // it bears the label
	verbUnlabelled = "unlabelled" // it no longer does
	verbClosed     = "closed"
	verbMerged     = "merged"
)

// wants tells whether a pull request asks for an environment by its label.
func (a App) wants(p pull) bool {
	return a.Label != "" && usable(p.Branch) && p.State == pullOpen && !p.Fork && p.bears(a.Label) && (a.Bots || !p.byProgram())
}

// byProgram tells whether a program opened the pull request.
func (p pull) byProgram() bool { return p.Bot || isBotName(p.Author) || isBotBranch(p.Branch) }

// followPull deals with what happened to a pull request: its branch may have moved, and it may bear the label or no longer.
func (b *Bot) followPull(ctx context.Context, app App, p pulled, key string) error {
	if p.Action == "synchronize" || p.Action == "opened" || p.Action == "reopened" {
		if err := b.follow(ctx, app, p.pushed, key); err != nil {
			return err
		}
	}
	if app.Label == "" {
		return nil
	}
	return b.followLabel(ctx, app, p.Branch, p.Name, p.Way, key+"/label")
}

// followLabel brings an environment to what the label says now: GitHub is asked which pull requests of the branch bear it.
// by names who changed that, when it is known, and way how it was noticed.
func (b *Bot) followLabel(ctx context.Context, app App, branch, by, way, key string) error {
	id := b.id(app, branch)
	e, err := b.look(ctx, id)
	if err != nil {
		return err
	}
	holder, verb, err := b.labelled(ctx, app, branch, e.Spec.Pull.Number)
	if err != nil {
		return err
	}
	a := asking{
		Verb: verb, From: place{Way: cmp.Or(way, store.WayWebhook)}, App: app, Branch: branch, Pull: holder.Number, Name: cmp.Or(by, holder.Author), Key: key, At: b.opt.Now(),
		Channel: e.Thread.Channel,
	}
	if holder.Number != 0 {
		var found bool
		if a.Commit, found, err = b.github.head(ctx, app.Repo, branch); err != nil || !found {
			return err // a branch that is gone takes its environment along
		}
	}
	if unwanted(e, b.opt.Now()) || a.Channel == "" {
		a.Channel = cmp.Or(b.home(ctx, app), a.Channel)
	}
	_, _, err = b.wish(ctx, id, a)
	return err
}

// labelled finds the pull request that bears the label for a branch: the one that was heeded before, else the oldest.
// Without one, verb says what became of the one before. No list is believed that it bears the label no longer: it is
// asked for by itself.
func (b *Bot) labelled(ctx context.Context, app App, branch string, before int) (holder pull, verb string, err error) {
	verb = verbUnlabelled
	if before != 0 {
		p, found, err := b.github.pull(ctx, app.Repo, before)
		switch {
		case err != nil:
			return pull{}, "", err
		case found && p.Branch == branch && app.wants(p):
			return p, verbLabelled, nil
		case found && p.Merged:
			verb = verbMerged
		case found && p.State != pullOpen:
			verb = verbClosed
		}
	}
	all, err := b.github.pullsOf(ctx, app.Repo, branch)
	if err != nil {
		return pull{}, "", err
	}
	for _, p := range slices.Backward(all) {
		if app.wants(p) {
			return p, verbLabelled, nil
		}
	}
	return pull{}, verb, nil
}

// decideLabel follows the label. What was brought up by it goes with it, unless somebody asked for it since. What a person
// took down while a pull request bears the label stays down until there is a new commit, or the label is given anew.
func decideLabel(e store.Environment, a asking, now time.Time) decision {
	live, had, next := !unwanted(e, now), e.Spec.Pull, e.Spec
	next.Pull.Number = a.Pull
	switch {
	case a.Pull == 0 && had.Number == 0, a.Pull != 0 && live && had.Number == a.Pull:
		return decision{Answer: store.Say(answerDone)}
	case a.Pull == 0 && live && had.Made:
		next.Pull.Made, next.Released = false, true
		next = again(next, a)
		next.Asked.Pull = had.Number
		return wish(next, a, answerReleased, a.Branch)
	case a.Pull == 0, live:
		return decision{Answer: store.Say(answerDone), Next: &next, Noted: true}
	case had.Number == a.Pull && e.Spec.Commit == a.Commit:
		return decision{Answer: store.Say(answerDone)}
	}
	next = bringUp(e.Spec, a)
	next.Pull = store.Pull{Number: a.Pull, Made: true}
	next.Asked.Pull = a.Pull
	return wish(next, a, answerStarted, a.Branch, sha(a.Commit))
}

// claimed notes that somebody asked for an environment that a label brought up: it no longer goes with the label.
func claimed(e store.Environment, a asking, d decision) decision {
	if a.By == "" || !e.Spec.Pull.Made || a.Verb == verbDown || a.Verb == verbSleep {
		return d
	}
	if d.Next == nil {
		if a.Verb != verbUp || d.Answer.Code != answerAlreadyUp && d.Answer.Code != answerOnItsWay {
			return d
		}
		next := e.Spec
		next.Owner = cmp.Or(next.Owner, a.By)
		d.Next = &next
		d.Events = []store.Event{asked(next, a, d.Answer)}
	}
	d.Next.Pull.Made = false
	return d
}

// labels compares the pull requests of an app with its environments. Only where they seem to differ GitHub is asked again.
func (r *branches) labels(ctx context.Context, app App, mine []store.Environment) error {
	b, now := r.bot, r.bot.opt.Now()
	if app.Label == "" {
		return nil
	}
	open, err := b.github.freshPulls(ctx, app.Repo, now)
	if err != nil {
		return err
	}
	holders, heads := map[string][]int{}, map[string]string{}
	for _, p := range open {
		if app.wants(p) {
			holders[p.Branch], heads[p.Branch] = append(holders[p.Branch], p.Number), p.Head
		}
	}
	look := map[string]bool{}
	for branch := range holders {
		look[branch] = true
	}
	for _, e := range mine {
		numbers, had := holders[e.Spec.Branch], e.Spec.Pull.Number
		settled := slices.Contains(numbers, had) && (!unwanted(e, now) || e.Spec.Commit == heads[e.Spec.Branch])
		if settled || had == 0 && len(numbers) == 0 {
			delete(look, e.Spec.Branch)
		} else {
			look[e.Spec.Branch] = true
		}
	}
	for branch := range look {
		key := "labels/" + short(branch, 120) + "/" + strconv.FormatInt(now.UnixMilli(), 10)
		if err := b.followLabel(ctx, app, branch, "", store.WayPoll, key); err != nil {
			return err
		}
	}
	return nil
}
