package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"qabot/bot/envelopes"
	"qabot/store"
)

// connections to Slack. It gives each envelope to any one of them, so one may come back while the other listens.
const connections = 2

// fatal tells whether trying again cannot help: somebody has to do something about the Slack app. slack-go would go on for
// ever with most of these.
func fatal(err error) bool {
	if slices.Contains([]string{
		"invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired", "missing_scope",
		"not_allowed_token_type", "app_not_installed", "user_removed_from_team", "team_disabled", "org_login_required",
	}, codeOf(err)) {
		return true
	}
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code == 404
}

// hear makes the line to Slack.
func (b *Bot) hear() *envelopes.Line {
	return envelopes.New(envelopes.Options{
		Open: func(ctx context.Context) (string, error) {
			_, url, err := b.slackAPI.StartSocketModeContext(ctx)
			return url, err
		},
		Fatal:      fatal,
		RetryAfter: limited,
		Heard:      b.heardEnvelope,
		State: func(n int, state string) {
			b.health.set(n, state)
			if state == envelopes.Connected {
				b.slackIsBack(n)
			}
		},
		Left: func(n int, reason string, err error) {
			if reason == "link_disabled" {
				b.log.Error("Socket Mode was switched off in the settings of the Slack app; nothing is heard until it is on again", "connection", n)
				return
			}
			b.log.Info("slack connection ends, another is opened", "connection", n, "reason", reason, "error", err)
		},
		Log: b.log,
	})
}

// slackIsBack has everything go on that waits because Slack was away.
func (b *Bot) slackIsBack(n int) {
	b.log.Info("connected to slack", "connection", n)
	b.narrator.hurry()
	b.sender.hurry()
}

// listen keeps one connection to Slack until ctx ends or a fatal error is met. What was heard by then is kept.
func (b *Bot) listen(ctx context.Context, n int) error {
	if err := b.line.Keep(ctx, n, b.intake.wait); err != nil {
		return b.explain(err)
	}
	return nil
}

// heardEnvelope has an envelope kept and acknowledged, and does not wait for it: what is not read Slack drops.
func (b *Bot) heardEnvelope(n int, e socketmode.Event, ack envelopes.Ack) {
	b.health.envelope(n)
	b.intake.run(speaker(e), func() {
		b.guarded(func() { b.event(context.Background(), e, ack) })
	})
}

// event keeps an envelope and acknowledges it.
func (b *Bot) event(ctx context.Context, e socketmode.Event, ack envelopes.Ack) {
	answer := func(ctx context.Context, payload any) { b.ack(ctx, ack, payload) }
	if b.aside(e, answer) {
		return
	}
	if payload, ok := b.keep(ctx, e); ok {
		answer(ctx, payload)
	}
	b.dispatcher.wake() // after the acknowledgement, which ought to stand above its answer
}

// speaker names whose envelope it is, and itself where it is nobody's.
func speaker(e socketmode.Event) string {
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		return data.UserID
	case slack.InteractionCallback:
		return data.User.ID
	case slackevents.EventsAPIEvent:
		switch inner := data.InnerEvent.Data.(type) {
		case *slackevents.AppMentionEvent:
			return inner.User
		case *slackevents.MessageEvent:
			return inner.User
		}
	}
	if e.Request != nil {
		return e.Request.EnvelopeID
	}
	return ""
}

// guarded keeps a fault in one envelope from ending the process.
func (b *Bot) guarded(do func()) {
	defer func() {
		if r := recover(); r != nil {
			b.log.Error("panic while receiving", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	do()
}

// keep puts an envelope into the inbox and gives the payload of its acknowledgement. ack is false when Slack should send it
// again.
func (b *Bot) keep(ctx context.Context, e socketmode.Event) (payload any, ack bool) {
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		if data.Command != b.opt.Command {
			return nil, true
		}
		return b.keepCommand(ctx, data), true
	case slack.InteractionCallback:
		switch {
		case data.Type == slack.InteractionTypeViewSubmission:
			return nil, false // nobody has looked into it: the person is told, and the form stays
		case b.opens(data):
			return nil, true
		}
		l, ok, err := fromClick(data)
		if ok {
			_, err = b.receive(ctx, l)
		}
		if err != nil {
			b.log.Error("keep letter", "kind", letterClick, "error", err)
			return nil, false // the person sees that it did not work
		}
		return nil, true
	case slackevents.EventsAPIEvent:
		l, ok, err := fromEvent(data)
		if ok {
			_, err = b.receive(ctx, l)
		}
		if err != nil {
			b.log.Error("keep letter", "kind", "event", "error", err)
			return nil, false
		}
		return nil, true
	}
	return nil, true
}

// keepCommand puts a command into the inbox and gives what its acknowledgement says. Slack would leave that above the answer,
// so it says something only where it is the answer, or where a new story in the channel will be.
func (b *Bot) keepCommand(ctx context.Context, data slack.SlashCommand) (payload any) {
	command, wrong := parse(data.Text, b.apps(), false)
	if wrong != nil && wrong.Code == answerNoBranch && wrong.Args[0] == verbUp && b.openForm(openingOf(data)) {
		return nil
	}
	if _, simple := b.simply(command, wrong); simple {
		speaks := b.quicklyTo(ctx, data.UserID)
		said, _ := speaks.simply(command, wrong)
		return speaks.payload(said)
	}
	l, err := fromSlash(data)
	fresh := false
	if err == nil {
		fresh, err = b.receive(ctx, l)
	}
	if err != nil {
		b.log.Error("keep letter", "kind", letterCommand, "error", err)
		speaks, _ := b.atOnceTo(data.UserID)
		return speaks.payload(answer(speaks.texts, store.Say(answerNotKept))) // Slack does not send commands again
	}
	what := command.what()
	if !fresh || what == "" || command.Verb != verbUp {
		return nil
	}
	speaks := b.quicklyTo(ctx, data.UserID)
	return speaks.payload(answer(speaks.texts, store.Say(answerLooking, what)))
}

// quicklyTo is to within the time of an acknowledgement.
func (b *Bot) quicklyTo(ctx context.Context, user string) *Bot {
	if speaks, sure := b.atOnceTo(user); sure {
		return speaks
	}
	ctx, cancel := context.WithTimeout(ctx, languageTime)
	defer cancel()
	return b.to(ctx, user)
}

// languageTime is how long an answer waits for Slack to tell in which language; then it is given in the installation's.
const languageTime = 1200 * time.Millisecond

// what is the branch or pull request that a command names; empty where it names none.
func (c command) what() string {
	if c.Branch == "" && c.Pull > 0 {
		return "#" + strconv.Itoa(c.Pull)
	}
	return c.Branch
}

// simply answers what can be answered from the words alone; ok is false for everything else.
func (b *Bot) simply(c command, wrong *store.Detail) (v view, ok bool) {
	switch {
	case wrong != nil && (wrong.Code == answerNoBranch || wrong.Code == answerTooManyWords):
		return view{}, false // these get buttons for what there is
	case wrong != nil:
		return answer(b.texts, *wrong), true
	case c.Verb == verbHelp:
		return helpFor(b.texts, c, b.apps()), true
	}
	return view{}, false
}

// receive puts a letter into the inbox.
func (b *Bot) receive(ctx context.Context, l store.Letter) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	return b.mailbox.put(ctx, l)
}

// payload is an acknowledgement that only the person sees.
func (b *Bot) payload(v view) any {
	return map[string]any{"response_type": "ephemeral", "text": v.Text, "blocks": v.Blocks}
}

func (b *Bot) ack(ctx context.Context, ack envelopes.Ack, payload any) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	if err := ack(ctx, payload); err != nil {
		b.log.Warn("acknowledge envelope", "error", err)
	}
}
