package bot

import (
	"context"
	"fmt"
	"time"

	"qabot/store"
)

const (
	auditLook   = time.Minute
	auditPrune  = time.Hour
	pruneAtOnce = 500            // acts in one transaction
	expiredFor  = 24 * time.Hour // how long ago an end may be to be recorded still
)

// auditor adds to the audit journal what nobody asked for, the ends of environments, and takes away what is older than it is
// to be kept. Several may run side by side.
type auditor struct {
	bot      *Bot
	recorded map[string]bool // keys of ends
	pruned   time.Time
}

func newAuditor(b *Bot) *auditor { return &auditor{bot: b, recorded: map[string]bool{}} }

// run looks at once and then every minute until ctx ends.
func (r *auditor) run(ctx context.Context) error {
	tick := time.NewTicker(auditLook)
	defer tick.Stop()
	for {
		r.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (r *auditor) look(ctx context.Context) {
	now := r.bot.opt.Now()
	if err := r.ends(ctx, now); err != nil && ctx.Err() == nil {
		r.bot.log.Warn("record ends of environments", "error", err)
	}
	if now.Sub(r.pruned) < auditPrune {
		return
	}
	switch gone, err := r.prune(ctx, now); {
	case ctx.Err() != nil:
	case err != nil:
		r.bot.log.Warn("forget old acts", "error", err)
	default:
		r.pruned = now
		if gone > 0 {
			r.bot.log.Info("forgot old acts", "acts", gone)
		}
	}
}

// ends records the environments whose time was over.
func (r *auditor) ends(ctx context.Context, now time.Time) error {
	all, err := r.bot.store.List(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		act, ok := expiry(e, now)
		if !ok || r.recorded[act.Key] {
			continue
		}
		if err := r.bot.store.Record(ctx, act); err != nil {
			return err
		}
		if len(r.recorded) > 10000 {
			clear(r.recorded)
		}
		r.recorded[act.Key] = true
	}
	return nil
}

// expiry is the act of an environment that went because its time was over; ok is false while it is not, or long ago.
func expiry(e store.Environment, now time.Time) (act store.Act, ok bool) {
	end := e.Spec.ExpiresAt
	if e.Spec.Released || end.IsZero() || now.Before(end) || now.Sub(end) > expiredFor {
		return store.Act{}, false
	}
	return store.Act{
		Key: fmt.Sprintf("expiry/%s/%d", e.ID, end.UnixMilli()), At: end, Verb: verbDown, Way: store.WayExpiry, App: e.Spec.App, Repo: e.Spec.Repo,
		Branch: e.Spec.Branch, Commit: e.Spec.Commit, Environment: e.ID, Version: e.Spec.Version, Outcome: store.OutcomeDone, Why: labelExpired,
	}, true
}

// prune takes acts away that are old enough, few at a time, so that nobody waits for it.
func (r *auditor) prune(ctx context.Context, now time.Time) (gone int64, err error) {
	if r.bot.opt.KeepActs <= 0 {
		return 0, nil
	}
	for {
		n, err := r.bot.store.ForgetActs(ctx, now.Add(-r.bot.opt.KeepActs), pruneAtOnce)
		gone += n
		if err != nil || n < pruneAtOnce {
			return gone, err
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return gone, ctx.Err()
		}
	}
}
