package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"qabot/store"
)

// errOvertaken says that the environment's wish was changed between looking and wishing.
var errOvertaken = errors.New("the wish changed meanwhile")

// wish decides about an environment and writes the wish, if there is one. It looks and decides anew when somebody else was
// faster. The environment it gives is as after the wish.
func (b *Bot) wish(ctx context.Context, id store.ID, a asking) (decision, store.Environment, error) {
	for range 10 {
		e, err := b.look(ctx, id)
		if err != nil {
			return decision{}, e, err
		}
		if done, err := b.obeyed(ctx, id, a.Key); err != nil || done {
			return decision{Answer: store.Say(answerDone)}, e, err
		}
		d := decide(e, a, b.opt.Now())
		if d.Next == nil {
			return d, e, nil
		}
		version := e.Spec.Version
		e, err = b.store.Want(ctx, id, func(s *store.Spec) ([]store.Event, error) {
			if s.Version != version {
				return nil, errOvertaken
			}
			*s = *d.Next
			return d.Events, nil
		})
		if errors.Is(err, errOvertaken) {
			continue
		}
		if err != nil {
			return decision{}, e, err
		}
		b.log.Info("wished", "env", id, "verb", a.Verb, "repo", a.App.Repo, "branch", a.Branch, "commit", e.Spec.Commit,
			"version", e.Spec.Version, "generation", e.Spec.Generation)
		b.Woken(id)
		b.Poke(id)
		return d, e, nil
	}
	return decision{}, store.Environment{}, fmt.Errorf("wish %s of %s: %w", a.Verb, id, errOvertaken)
}

// look reads an environment; one that never was is empty but for its ID.
func (b *Bot) look(ctx context.Context, id store.ID) (store.Environment, error) {
	e, err := b.store.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Environment{ID: id}, nil
	}
	return e, err
}

// obeyed tells whether the letter led to a wish already: its reader may have been stopped before it could say so.
func (b *Bot) obeyed(ctx context.Context, id store.ID, letter string) (bool, error) {
	events, err := b.store.Events(ctx, id, 50)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(events, func(e store.Event) bool { return e.Key == askedKey(letter) }), nil
}
