package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qabot/store"
)

// Verbs of wishes that the clock makes.
const (
	verbDoze = "doze" // the hours are over
	verbRise = "rise" // they begin
)

// due tells what the hours of its app ask of an environment now; empty when they ask nothing. at is the boundary that they
// ask it for. Who needed it after the hours had ended keeps it awake until they end again, what is being deployed is
// let come to its end first, and so is what somebody does there.
func due(e store.Environment, h Hours, now time.Time) (verb string, at time.Time) {
	if h.None() || unwanted(e, now) {
		return "", time.Time{}
	}
	if h.Open(now) {
		if e.Spec.Asleep && e.Spec.Dozing {
			from, _, _ := h.of(now, 0)
			return verbRise, from
		}
		return "", time.Time{}
	}
	phase, ended := e.Phase(now), h.ended(now)
	rests := (phase == store.Up || phase == store.Broken) && now.Sub(e.Used) >= store.Quiet
	if rests && !e.Spec.Asleep && e.Spec.Asked.At.Before(ended) {
		return verbDoze, ended
	}
	return "", time.Time{}
}

// decideHours does what the hours ask for. Nobody is called by it, and no end is put off.
func decideHours(e store.Environment, a asking, now time.Time) decision {
	verb, _ := due(e, a.App.Awake, now)
	switch {
	case verb == "" || verb != a.Verb:
		return decision{Answer: store.Say(answerDone)}
	case verb == verbRise:
		return wish(again(awake(e.Spec), a), a, answerWaking, a.Branch)
	}
	next := e.Spec
	next.Asleep, next.Dozing = true, true
	next.Asked = store.Asked{Verb: a.Verb, Channel: a.Channel, At: a.At}
	return wish(next, a, answerToSleep, a.Branch)
}

// clock puts environments to sleep and wakes them by the hours of their apps.
type clock struct{ bot *Bot }

// run looks every Options.Beat until ctx ends.
func (c clock) run(ctx context.Context) error {
	tick := time.NewTicker(c.bot.opt.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := c.look(ctx); err != nil && ctx.Err() == nil {
			c.bot.log.Warn("keep the hours", "error", err)
		}
	}
}

// look looks once at every environment. Of several replicas one does it.
func (c clock) look(ctx context.Context) (err error) {
	b := c.bot
	hours := false
	for _, a := range b.opt.Apps {
		hours = hours || !a.Awake.None()
	}
	if !hours {
		return nil
	}
	claim, err := b.store.ClaimName(ctx, "hours", b.worker)
	if err != nil || claim == nil {
		return err
	}
	defer b.release(ctx, claim, &err)
	all, err := b.store.List(ctx)
	if err != nil {
		return err
	}
	now := b.opt.Now()
	var faults []error
	for _, e := range all {
		app, _ := b.app(e.Spec.App)
		verb, at := due(e, app.Awake, now)
		if verb == "" {
			continue
		}
		if err := b.store.Renew(ctx, claim); err != nil {
			return errors.Join(append(faults, err)...)
		}
		_, _, err := b.wish(ctx, e.ID, asking{
			Verb: verb, From: place{Way: store.WaySchedule}, App: app, Branch: e.Spec.Branch, Channel: e.Thread.Channel,
			Key: fmt.Sprintf("hours/%s/%s/%d", verb, e.ID, at.Unix()), At: now,
		})
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
