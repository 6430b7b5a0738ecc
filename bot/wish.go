package bot

import (
	"context"
	"errors"
	"fmt"

	"qabot/store"
)

// errOvertaken says that the environment's wish was changed between looking and wishing.
var errOvertaken = errors.New("the wish changed meanwhile")

// wish decides about an environment and writes the wish, if there is one. It looks and decides anew when somebody else was
// faster. The environment it gives is as after the wish.
//
// It is the one way to a wish, so it is here that permission is asked for, and that the act goes into the audit journal.
func (b *Bot) wish(ctx context.Context, id store.ID, a asking) (decision, store.Environment, error) {
	if a.From.heard != nil {
		a.From.heard.kept = true
	}
	rules := b.rulesFor(a.App.Name)
	f := b.factsFor(ctx, a.From, a.Verb, rules)
	for range 10 {
		e, err := b.look(ctx, id)
		if err != nil {
			return decision{}, e, err
		}
		if d, done, err := b.obeyed(ctx, id, a.Key); err != nil || done {
			a.waits(e)
			return d, e, err
		}
		a.Edits = b.editedSince(ctx, e, a)
		d := consider(e, a, rules, f, b.opt.Now())
		act := actOf(id, a, d)
		acts := []store.Act{act}
		if d.Noted {
			acts = nil
		}
		if d.Next == nil {
			return d, e, b.record(ctx, a.From, act)
		}
		version := e.Spec.Version
		e, err = b.store.Want(ctx, id, func(s *store.Spec) ([]store.Event, error) {
			if s.Version != version {
				return nil, errOvertaken
			}
			*s = *d.Next
			return d.Events, nil
		}, acts...)
		if errors.Is(err, errOvertaken) {
			continue
		}
		if err != nil {
			return decision{}, e, err
		}
		b.log.Info("wished", "env", id, "verb", a.Verb, "repo", a.App.Repo, "branch", a.Branch, "commit", e.Spec.Commit,
			"version", e.Spec.Version, "generation", e.Spec.Generation)
		a.waits(e)
		b.Woken(id)
		b.Poke(id)
		return d, e, nil
	}
	return decision{}, store.Environment{}, fmt.Errorf("wish %s of %s: %w", a.Verb, id, errOvertaken)
}

// waits notes that a story goes on under the words that were asked with.
func (a asking) waits(e store.Environment) {
	if a.From.heard != nil {
		a.From.heard.waits = a.From.TS != "" && e.Spec.Asked.Message == a.From.said()
	}
}

// look reads an environment; one that never was is empty but for its ID.
func (b *Bot) look(ctx context.Context, id store.ID) (store.Environment, error) {
	e, err := b.store.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Environment{ID: id}, nil
	}
	return e, err
}

// obeyed tells whether the letter led to a wish for that environment already: its reader may have been stopped before it
// could say so.
func (b *Bot) obeyed(ctx context.Context, id store.ID, letter string) (decision, bool, error) {
	events, err := b.store.Happened(ctx, askedKey(letter))
	if err != nil {
		return decision{}, false, err
	}
	for _, e := range events {
		if e.Environment == id {
			return decision{Answer: e.Answer}, true, nil
		}
	}
	return decision{}, false, nil
}

// answerAgain gives the answer of a letter that has led to a wish already, as it was given or would have been: what is there
// now follows from the wish, and must not be judged anew. again is false when there was no wish yet.
func (b *Bot) answerAgain(ctx context.Context, p place, letter string) (again bool, err error) {
	events, err := b.store.Happened(ctx, askedKey(letter))
	if err != nil || len(events) == 0 {
		return false, err
	}
	b = b.to(ctx, p.User)
	for _, asked := range events {
		e, err := b.look(ctx, asked.Environment)
		if err != nil {
			return false, err
		}
		if err := b.wished(ctx, p, decision{Answer: asked.Answer, Next: &e.Spec}, e); err != nil {
			return false, err
		}
	}
	return true, nil
}
