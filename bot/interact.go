package bot

import (
	"context"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"qabot/store"
)

// aside takes over an envelope whose acknowledgement has to hold an answer that may take a moment, and acknowledges it
// itself, in time. done is false for all other envelopes.
func (b *Bot) aside(e socketmode.Event, ack func(context.Context, any)) (done bool) {
	c, ok := e.Data.(slack.InteractionCallback)
	if !ok {
		return false
	}
	var answered func(context.Context) (payload any, ack bool)
	switch c.Type {
	case slack.InteractionTypeBlockSuggestion:
		answered = func(ctx context.Context) (any, bool) { return b.suggest(ctx, c), true }
	case slack.InteractionTypeViewSubmission:
		answered = func(ctx context.Context) (any, bool) { return b.submitted(ctx, c) }
	default:
		return false
	}
	return b.beside.run(ackTimeout, func(ctx context.Context) {
		// Less than the time that there is, so that what was found is still told.
		looking, cancel := context.WithTimeout(ctx, ackTimeout-ackReserve)
		defer cancel()
		if payload, ok := answered(looking); ok {
			ack(ctx, payload)
		}
		b.dispatcher.wake() // after the acknowledgement, which ought to stand above its answer
	})
}

// opens deals with what opens a view or changes one, beside. done is false for all other interactions.
func (b *Bot) opens(c slack.InteractionCallback) (done bool) {
	o := opening{place: clickedAt(c), Trigger: c.TriggerID}
	o.ResponseURL, o.Ephemeral = "", false // it is not the answer to a message
	switch c.Type {
	case slack.InteractionTypeShortcut:
		o.Way = store.WayShortcut
		return c.CallbackID == callbackNew && b.openForm(o)
	case slack.InteractionTypeMessageAction:
		o.Way, o.Message = store.WayShortcut, &c.Message
		return c.CallbackID == callbackMessage && b.openForm(o)
	case slack.InteractionTypeBlockActions:
	default:
		return false
	}
	if len(c.ActionCallback.BlockActions) == 0 {
		return false
	}
	a := c.ActionCallback.BlockActions[0]
	action, _ := actionOf(a.ActionID)
	switch {
	case action == elementApp || action == elementBranch:
		return b.chosen(c, a.ActionTs)
	case action == actionNew:
		return b.openForm(o)
	case action == actionMenu:
		verb, revised, _ := menuOf(a.SelectedOption.Value)
		return verb == verbDown && b.openSure(o, revised)
	}
	return false
}

// openSure asks whether an environment is to be taken down: a menu has no question of its own for one of its entries.
func (b *Bot) openSure(o opening, revised string) bool {
	return b.beside.run(triggerLife+formTimeout, func(ctx context.Context) {
		speaks, _ := b.atOnceTo(o.User)
		opened, ok := b.open(ctx, o, sureView(speaks.texts, "", revised))
		if !ok {
			return
		}
		id, _, _ := strings.Cut(revised, ":")
		if e, err := b.look(ctx, store.ID(id)); err == nil {
			b.refresh(ctx, opened, sureView(b.to(ctx, o.User).texts, e.Spec.Branch, revised))
		}
	})
}
