package bot

import (
	"context"
	"slices"

	"github.com/slack-go/slack"

	"qabot/store"
)

// Reactions under what people wrote to the bot: it is being worked on, it is done, it was not done.
const (
	reactionEyes = "eyes"
	reactionDone = "white_check_mark"
	reactionNot  = "x"
)

// said is the message in which something was asked for in words; empty for commands and buttons, under which nobody can react.
func (p place) said() store.Post {
	if p.TS == "" {
		return store.Post{}
	}
	return store.Post{Channel: p.Channel, TS: p.TS}
}

// nod puts a reaction under a message in place of another. What Slack does not allow is no failure: reactions are a
// courtesy, and people may take them away.
func (b *Bot) nod(ctx context.Context, at store.Post, name, instead string) error {
	if at.TS == "" {
		return nil
	}
	item := slack.NewRefToMessage(at.Channel, at.TS)
	if instead != "" {
		if err := b.courtesy(b.slackAPI.RemoveReactionContext(ctx, instead, item)); err != nil {
			return err
		}
	}
	if name == "" {
		return nil
	}
	return b.courtesy(b.slackAPI.AddReactionContext(ctx, name, item))
}

// courtesy passes over errors of a reaction that trying again would not cure.
func (b *Bot) courtesy(err error) error {
	if err == nil {
		return nil
	}
	if _, wait := limited(err); wait || passing(err) {
		return err
	}
	if code := codeOf(err); !slices.Contains([]string{"already_reacted", "no_reaction", "missing_scope", "message_not_found"}, code) {
		b.log.Info("react", "error", err)
	}
	return nil
}

// eyes says that somebody's words are being worked on.
func (b *Bot) eyes(ctx context.Context, p place) {
	if err := b.nod(ctx, p.said(), reactionEyes, ""); err != nil {
		b.log.Info("react", "error", err)
	}
}

// nodAt tells under somebody's words what became of them. Where a story goes on, its narrator does.
func (b *Bot) nodAt(ctx context.Context, p place, done bool) {
	name := reactionNot
	if done {
		name = reactionDone
	}
	if err := b.nod(ctx, p.said(), name, reactionEyes); err != nil {
		b.log.Info("react", "error", err)
	}
}

// contrary tells whether an answer says that something was not done. That it was so already is no contradiction.
func (t texts) contrary(code string) bool {
	if slices.Contains([]string{answerAlreadyUp, answerOnItsWay, answerLeaving, answerNothingFailed, answerAsleep, answerAwake, answerNoEnd, answerLongEnough}, code) {
		return false
	}
	return t.of(code).Means != ""
}

// ending is the reaction under the words that a story began with, empty while it goes on.
func ending(asked store.Asked, phase store.Phase) string {
	switch phase {
	case store.Broken:
		return reactionNot
	case store.Up:
		if asked.Verb != verbDown && asked.Verb != verbSleep {
			return reactionDone
		}
	case store.Asleep:
		return reactionDone
	case store.Kept, store.Removed:
		if asked.Verb == verbDown {
			return reactionDone
		}
	}
	return ""
}

// react tells under the words that were asked with how the story stands. Words that were overtaken lose their eyes.
func (t *story) react(ctx context.Context) error {
	at, now := t.env.Spec.Asked.Message, t.thread.Reaction
	name := ending(t.env.Spec.Asked, t.env.Phase(t.bot.opt.Now()))
	if now.Post != at && now.Name == reactionEyes {
		if err := t.call(ctx, func(ctx context.Context) error { return t.bot.nod(ctx, now.Post, "", reactionEyes) }); err != nil {
			return err
		}
		now = store.Reaction{}
	}
	switch {
	case at.TS == "":
		t.thread.Reaction = now
		return nil
	case now.Post != at && name == "":
		t.thread.Reaction = store.Reaction{Post: at, Name: reactionEyes} // put there when it was heard
		return nil
	case name == "", now.Post == at && now.Name == name:
		return nil
	}
	instead := reactionEyes
	if now.Post == at {
		instead = now.Name
	}
	if err := t.call(ctx, func(ctx context.Context) error { return t.bot.nod(ctx, at, name, instead) }); err != nil {
		return err
	}
	t.thread.Reaction = store.Reaction{Post: at, Name: name}
	return nil
}
