package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

const (
	answerLasts   = 24 * time.Hour   // later than that an answer only puzzles
	responseLasts = 29 * time.Minute // Slack takes answers to a response_url for half an hour
	responseTries = 3                // five are allowed
	slowestAnswer = 30 * time.Second // between tries
	oddTries      = 3                // of a message, before those behind it are tried too
)

// sender says what lies in the outbox. What may have been said already is looked for first where it can be found again:
// messages can, what is whispered cannot.
type sender struct{ lanes }

func newSender(b *Bot) *sender {
	s := &sender{lanes{bot: b, what: "outbox", list: b.store.Unsent, claim: store.Outbox}}
	s.work = s.empty
	s.prepare()
	return s
}

// last says what was decided while everything ended. What does not get through now is said by the next process.
func (s *sender) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
	defer cancel()
	s.once(ctx)
}

// empty sends the messages of a lane.
func (s *sender) empty(ctx context.Context, claim *store.Claim, lane string) (again time.Duration, err error) {
	messages, err := s.bot.store.Messages(ctx, lane)
	if err != nil {
		return 0, err
	}
	calm, done := lingering(ctx)
	defer done()
	for i, m := range messages {
		if ctx.Err() != nil {
			return 0, nil
		}
		if i > 0 {
			if err := s.bot.store.Renew(calm, claim); err != nil {
				return 0, err
			}
		}
		wait, err := s.send(calm, claim, m)
		if err != nil {
			return 0, err
		}
		if again = max(again, wait); wait > 0 && m.Tries < oddTries {
			break // Slack is away: those behind it would fare no better
		}
	}
	return again, nil
}

// send says one message. again is when to try once more, zero when it is done with.
func (s *sender) send(ctx context.Context, claim *store.Claim, m store.Message) (again time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, store.Guard)
	defer cancel()
	db, log := s.bot.store, s.bot.log.With("message", m.Key)
	var said saying
	if err := json.Unmarshal(m.Body, &said); err != nil || m.Age > answerLasts {
		log.Error("message dropped", "age", m.Age.String(), "error", err)
		return 0, db.Sent(ctx, claim, m.Key)
	}
	budget := s.bot.narrator.budget
	if wait := time.Until(budget.quietUntil()); wait > 0 {
		return wait, nil
	}
	if said.Direct && !budget.mayPost(said.Channel, time.Now()) {
		return soon, nil
	}
	if err := db.Try(ctx, claim, m.Key); err != nil {
		return 0, err
	}
	if err := claim.Check(); err != nil {
		return 0, err
	}
	calling, stop := context.WithTimeout(ctx, store.LongestCall)
	defer stop()
	err = s.bot.say(calling, said, m)
	if wait, ok := limited(err); ok {
		budget.hush(time.Now().Add(wait))
		return wait, nil
	}
	switch {
	case err == nil:
	case passing(err):
		again := min(time.Second<<min(m.Tries, 10), slowestAnswer)
		log.Warn("say message", "user", said.User, "again", again.String(), "error", err)
		return again, nil
	default:
		log.Error("message cannot be said", "user", said.User, "channel", said.Channel, "error", err)
	}
	return 0, db.Sent(ctx, claim, m.Key)
}

// say says a message by the first way that is open: where it was asked for in App Home, there; into a direct message; instead of what was whispered before, so that a
// "Looking ..." does not stay above its answer; whispered; as a direct message, which is always open.
func (b *Bot) say(ctx context.Context, said saying, m store.Message) error {
	v := view{Text: said.Text, Blocks: said.Blocks.BlockSet}
	if said.Home {
		return b.homes.show(ctx, said.User, -1, v)
	}
	if said.Direct {
		err := b.sayDirectly(ctx, said.Channel, said.Thread, v, m)
		if !deleted(err) {
			return err
		}
		return b.sayDirectly(ctx, said.Channel, "", v, m)
	}
	var err error
	if said.ResponseURL != "" && said.Ephemeral && m.Age < responseLasts && m.Tries < responseTries {
		if err = b.slack.respond(ctx, said.ResponseURL, v); err == nil || passing(err) {
			return err
		}
	}
	var whispered error
	if said.Channel != "" {
		whispered = b.slack.whisper(ctx, said.Channel, said.User, said.Thread, v)
		if whispered == nil || passing(whispered) {
			return whispered
		}
	}
	channel, opened := b.slack.direct(ctx, said.User)
	if opened == nil {
		opened = b.sayDirectly(ctx, channel, "", v, m)
	}
	if opened == nil || passing(opened) {
		return opened
	}
	return errors.Join(err, whispered, opened)
}

// sayDirectly posts a message unless it was posted before.
func (b *Bot) sayDirectly(ctx context.Context, channel, thread string, v view, m store.Message) error {
	k := mark{key: "answer/" + m.Key}
	if m.Tries > 0 {
		ts, err := b.slack.find(ctx, channel, thread, b.opt.Now().Add(-m.Age), k)
		if ts != "" || err != nil && codeOf(err) != "missing_scope" {
			return err
		}
	}
	_, err := b.slack.post(ctx, channel, thread, v, k)
	return err
}

// whisper shows a message to one person.
func (m *messenger) whisper(ctx context.Context, channel, user, thread string, v view) error {
	opts := options(v)
	if thread != "" {
		opts = append(opts, slack.MsgOptionTS(thread))
	}
	_, err := m.api.PostEphemeralContext(ctx, channel, user, opts...)
	if plainOnly(err) {
		opts[1] = slack.MsgOptionCompose()
		_, err = m.api.PostEphemeralContext(ctx, channel, user, opts...)
	}
	if err != nil {
		return fmt.Errorf("whisper: %w", err)
	}
	return nil
}

// respond answers by a response_url.
func (m *messenger) respond(ctx context.Context, address string, v view) error {
	err := slack.PostWebhookCustomHTTPContext(ctx, address, m.client, &slack.WebhookMessage{
		Text: v.Text, Blocks: &slack.Blocks{BlockSet: v.Blocks}, ResponseType: slack.ResponseTypeEphemeral, ReplaceOriginal: true,
	})
	if err == nil {
		return nil
	}
	// Whoever has the address can answer with it: it does not belong in a log.
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("post to response_url: %w", err)
}

// passing tells whether the same call may well succeed later. Of such a call nobody knows whether it had its effect.
func passing(err error) bool {
	if err == nil {
		return false
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return status.Code >= http.StatusInternalServerError
	}
	code := codeOf(err)
	return code == "" || slices.Contains([]string{
		"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited", "rate_limited",
		"team_added_to_org", "accesslimited", "external_channel_migrating",
	}, code)
}
