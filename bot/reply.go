package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"qabot/store"
)

// saying is the body of a message in the outbox: where it is said, and what.
type saying struct {
	place
	Text   string
	Blocks slack.Blocks
}

// answerPad collects what a letter's reader answers, until the letter is finished.
type answerPad struct {
	letter   string // its key
	messages []store.Message
}

type padKey struct{}

// writingTo makes reply write on the pad.
func writingTo(ctx context.Context, pad *answerPad) context.Context {
	return context.WithValue(ctx, padKey{}, pad)
}

// reply answers where something was said, seen by that person alone. While a letter is read the answer is kept together with
// the end of the letter; otherwise it is durable when reply returns. The sender says it.
func (b *Bot) reply(ctx context.Context, p place, v view) error {
	if p.heard != nil {
		p.heard.code = v.code
	}
	body, err := json.Marshal(saying{place: p, Text: v.Text, Blocks: slack.Blocks{BlockSet: v.Blocks}})
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	m := store.Message{Lane: slackLane(p.User), Body: body}
	if pad, ok := ctx.Value(padKey{}).(*answerPad); ok {
		m.Key = fmt.Sprintf("%s/%d", pad.letter, len(pad.messages))
		pad.messages = append(pad.messages, m)
		return nil
	}
	m.Key = "answer/" + newReference()
	if err := b.store.Post(ctx, m); err != nil {
		return err
	}
	b.sender.wake()
	return nil
}

// apologise tells the sender of a letter that it came to nothing. Who pushes to GitHub is not told: the branches are looked
// at again within a minute.
func (b *Bot) apologise(ctx context.Context, l store.Letter, reference string) error {
	if l.Source != "slack" {
		return nil
	}
	var p place
	if err := json.Unmarshal(l.Body, &p); err != nil || p.User == "" {
		return nil // nobody to tell; the log has it
	}
	b.nodAt(ctx, p, false)
	return b.reply(ctx, p, answer(b.to(ctx, p.User).texts, store.Say(answerWrong, reference)))
}
