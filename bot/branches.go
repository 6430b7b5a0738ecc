package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// branches compares the repositories with the store, so that a lost webhook costs a minute and no more.
type branches struct {
	bot   *Bot
	bell  chan struct{}
	quiet map[string]time.Time // repositories of which GitHub wants to hear nothing before
}

func newBranches(b *Bot) *branches {
	return &branches{bot: b, bell: make(chan struct{}, 1), quiet: map[string]time.Time{}}
}

// hurry asks for a look now.
func (r *branches) hurry() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// run looks at once and then every Options.Compare, give or take a tenth, until ctx ends. Little allowance that is left
// makes the looks rarer.
func (r *branches) run(ctx context.Context) error {
	b := r.bot
	b.caughtUp(ctx)
	for ctx.Err() == nil {
		err := r.pass(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.Warn("follow branches", "error", err)
		}
		b.health.hub.note("comparing branches", err)
		wait := b.opt.Compare*9/10 + rand.N(b.opt.Compare/5+1)
		if more := b.github.answers.allowance().pause(b.opt.Now()); more > 0 {
			b.log.Info("look at branches less often: little is left of what GitHub answers", "wait", wait+more)
			wait += more
		}
		select {
		case <-ctx.Done():
		case <-r.bell:
		case <-time.After(wait):
		}
	}
	return nil
}

// pass looks once at every repository. Of several replicas one does it; the others learn the names that it found.
func (r *branches) pass(ctx context.Context) (err error) {
	b, s := r.bot, r.bot.store
	if err := b.recall(ctx); err != nil {
		return err
	}
	claim, err := s.ClaimName(ctx, "branches", b.worker)
	if err != nil || claim == nil {
		return err
	}
	defer b.release(ctx, claim, &err)
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, app := range b.apps() {
		if err := s.Renew(ctx, claim); err != nil {
			return errors.Join(append(faults, err)...)
		}
		if err := r.app(ctx, claim, app, all); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) == 0 {
		b.health.hub.looked(b.opt.Now())
	}
	return errors.Join(faults...)
}

// app looks at one app: what its repository is called, where its branches are, which pull requests bear its label.
func (r *branches) app(ctx context.Context, claim *store.Claim, app App, all []store.Environment) error {
	now := r.bot.opt.Now()
	mine := slices.DeleteFunc(slices.Clone(all), func(e store.Environment) bool { return e.Spec.App != app.Name })
	live := slices.DeleteFunc(slices.Clone(mine), func(e store.Environment) bool { return unwanted(e, now) })
	if len(live) == 0 && len(app.Deploys) == 0 && app.Label == "" || now.Before(r.quiet[app.configured()]) {
		return nil
	}
	app, err := r.bot.identify(ctx, claim, app, live)
	if err == nil && (len(live) > 0 || len(app.Deploys) > 0) {
		err = r.repository(ctx, claim, app, mine, live)
	}
	if err == nil {
		err = r.labels(ctx, app, mine)
	}
	if wait := pause(err, now); wait > 0 {
		r.quiet[app.configured()] = now.Add(wait)
	}
	return err
}

// repository follows the branches of one app that moved, went away, or came and are to be deployed. The list of branches
// only says where to look: each one that seems to differ is asked for by itself before anything happens. So neither a list
// that is empty, cut short or old, nor an error takes anything down.
//
// A branch that a pattern deploys comes up when its head is another than at the last look; the first look of all only
// remembers, since what was there before qabot came is nobody's push.
func (r *branches) repository(ctx context.Context, claim *store.Claim, app App, mine, live []store.Environment) error {
	b, now := r.bot, r.bot.opt.Now()
	heads, err := b.github.branches(ctx, app.Repo, sharedPrefix(app, live))
	if err != nil {
		return err
	}
	commits := map[string]string{}
	for _, h := range heads {
		commits[h.name] = h.commit
	}
	var look []string
	for _, e := range live {
		if c := commits[e.Spec.Branch]; c != e.Spec.Commit && (c == "" || c != e.Spec.Declined) {
			look = append(look, e.Spec.Branch)
		}
	}
	seen, err := b.store.Heads(ctx, headsOf(app))
	if err != nil {
		return err
	}
	first := seen == nil
	news := map[string]string{}
	for _, h := range heads {
		known := slices.ContainsFunc(mine, func(e store.Environment) bool {
			return e.Spec.Branch == h.name && (e.Spec.Commit == h.commit || !e.Spec.Gone(now))
		})
		if !app.deploys(h.name) || seen[h.name] == h.commit {
			continue
		}
		news[h.name] = h.commit
		if !known && !first {
			look = append(look, h.name)
		}
	}
	var faults []error
	for _, branch := range look {
		key := fmt.Sprintf("branches/%s/%d", short(commits[branch], 40), now.UnixMilli())
		if err := b.follow(ctx, app, pushed{Repo: app.Repo, Branch: branch, Way: store.WayPoll}, key); err != nil {
			if pause(err, now) > 0 {
				return err
			}
			faults = append(faults, err)
			delete(news, branch) // looked at again next time
		}
	}
	if first || len(news) > 0 {
		heads := maps.Clone(seen)
		if first {
			heads = map[string]string{}
		}
		maps.Copy(heads, news)
		faults = append(faults, b.store.SaveHeads(ctx, claim, headsOf(app), heads))
	}
	return errors.Join(faults...)
}

// headsOf names the list of heads that an app's patterns are compared with. Other patterns begin a list of their own, so
// that a change of the configuration deploys nothing by itself.
func headsOf(app App) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{app.Name, app.configured()}, app.Deploys...), "\x00")))
	return hex.EncodeToString(sum[:])
}

// sharedPrefix is what the names of all branches in question begin with, so that GitHub need not list the others.
func sharedPrefix(app App, live []store.Environment) string {
	var names []string
	for _, p := range app.Deploys {
		if i := strings.IndexAny(p, `*?[\`); i >= 0 {
			p = p[:i]
		}
		names = append(names, p)
	}
	for _, e := range live {
		names = append(names, e.Spec.Branch)
	}
	prefix := names[0]
	for _, n := range names[1:] {
		for !strings.HasPrefix(n, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return strings.ToValidUTF8(prefix, "")
}
