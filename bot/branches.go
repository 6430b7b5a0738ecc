package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// branches compares the repositories with the store, so that a lost webhook costs a minute and no more.
type branches struct {
	bot   *Bot
	quiet map[string]time.Time // repositories of which GitHub wants to hear nothing before
}

func newBranches(b *Bot) *branches { return &branches{bot: b, quiet: map[string]time.Time{}} }

// run looks at once and then every Options.Compare until ctx ends.
func (r *branches) run(ctx context.Context) error {
	tick := time.NewTicker(r.bot.opt.Compare)
	defer tick.Stop()
	for {
		if err := r.pass(ctx); err != nil && ctx.Err() == nil {
			r.bot.log.Warn("follow branches", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// pass looks once at every repository. Of several replicas one does it.
func (r *branches) pass(ctx context.Context) (err error) {
	s := r.bot.store
	claim, err := s.ClaimName(ctx, "branches", r.bot.worker)
	if err != nil || claim == nil {
		return err
	}
	defer func() {
		if done := s.Release(context.WithoutCancel(ctx), claim); done != nil && !errors.Is(done, store.ErrFenced) {
			err = errors.Join(err, done)
		}
	}()
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, app := range r.bot.opt.Apps {
		if err := s.Renew(ctx, claim); err != nil {
			return errors.Join(append(faults, err)...)
		}
		if err := r.repository(ctx, claim, app, all); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// repository follows the branches of one app that moved, went away, or came and are to be deployed. The list of branches
// only says where to look: each one that seems to differ is asked for by itself before anything happens. So neither a list
// that is empty, cut short or old, nor an error takes anything down.
//
// A branch that a pattern deploys comes up when its head is another than at the last look; the first look of all only
// remembers, since what was there before qabot came is nobody's push.
func (r *branches) repository(ctx context.Context, claim *store.Claim, app App, all []store.Environment) error {
	b, now := r.bot, r.bot.opt.Now()
	mine := slices.DeleteFunc(slices.Clone(all), func(e store.Environment) bool { return e.Spec.App != app.Name })
	live := slices.DeleteFunc(slices.Clone(mine), func(e store.Environment) bool { return unwanted(e, now) })
	if len(live) == 0 && len(app.Deploys) == 0 || now.Before(r.quiet[app.Repo]) {
		return nil
	}
	heads, err := b.github.branches(ctx, app.Repo, sharedPrefix(app, live))
	if err != nil {
		if wait := pause(err, now); wait > 0 {
			r.quiet[app.Repo] = now.Add(wait)
		}
		return err
	}
	commits := map[string]string{}
	for _, h := range heads {
		commits[h.name] = h.commit
	}
	var look []string
	for _, e := range live {
		if commits[e.Spec.Branch] != e.Spec.Commit {
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
		if err := b.follow(ctx, app, pushed{Repo: app.Repo, Branch: branch}, key); err != nil {
			if wait := pause(err, now); wait > 0 {
				r.quiet[app.Repo] = now.Add(wait)
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
	sum := sha256.Sum256([]byte(strings.Join(append([]string{app.Name, app.Repo}, app.Deploys...), "\x00")))
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
