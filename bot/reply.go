package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/slack-go/slack"

	"qabot/store"
)

// reply answers where something was said, seen by that person alone. It replaces what was whispered before, so that a
// "Looking ..." does not stay above its answer.
func (b *Bot) reply(ctx context.Context, p place, v view) error {
	var err error
	switch {
	case p.Direct:
		opts := options(v)
		if p.Thread != "" {
			opts = append(opts, slack.MsgOptionTS(p.Thread))
		}
		_, _, err = b.slackAPI.PostMessageContext(ctx, p.Channel, opts...)
		if err != nil {
			err = fmt.Errorf("answer in direct message: %w", err)
		}
		return err
	case p.ResponseURL != "" && p.Ephemeral:
		err = slack.PostWebhookCustomHTTPContext(ctx, p.ResponseURL, b.slack.client, &slack.WebhookMessage{
			Text: v.Text, Blocks: &slack.Blocks{BlockSet: v.Blocks}, ResponseType: slack.ResponseTypeEphemeral, ReplaceOriginal: true,
		})
		if err == nil {
			return nil
		}
		err = withoutURL(err)
	}
	opts := options(v)
	if p.Thread != "" {
		opts = append(opts, slack.MsgOptionTS(p.Thread))
	}
	if _, whispered := b.slackAPI.PostEphemeralContext(ctx, p.Channel, p.User, opts...); whispered == nil {
		return nil
	} else if err == nil {
		err = whispered
	}
	// Not in the channel, and the response_url used up or too old: the person's own messages are always open.
	channel, opened := b.slack.direct(ctx, p.User)
	if opened == nil {
		_, _, opened = b.slackAPI.PostMessageContext(ctx, channel, options(v)...)
	}
	if opened != nil {
		return fmt.Errorf("answer %s: %w", p.User, err)
	}
	return nil
}

// withoutURL takes the address out of an error: whoever has a response_url can answer with it.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("post to response_url: %w", failed.Err)
	}
	return err
}

// apologise tells the sender of a letter that it came to nothing. Who pushes to GitHub is not told: the branches are looked
// at again within a minute.
func (b *Bot) apologise(ctx context.Context, l store.Letter, reference string) {
	if l.Source != "slack" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	var p place
	if err := json.Unmarshal(l.Body, &p); err != nil || p.User == "" {
		return
	}
	if err := b.reply(ctx, p, answer(b.texts, store.Say(answerWrong, reference))); err != nil {
		b.log.Warn("apologise", "reference", reference, "error", err)
	}
}
