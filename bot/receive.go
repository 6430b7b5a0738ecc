package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"qabot/store"
)

const (
	connections = 2       // Slack gives each envelope to any one of them, so one may come back while the other listens
	readLimit   = 1 << 20 // bytes of one envelope

	longestDeaf = 15 * time.Second // between two tries to connect, however long Slack is away
)

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

// listen keeps one connection to Slack until ctx ends or a fatal error is met.
func (b *Bot) listen(ctx context.Context, n int) error {
	for ctx.Err() == nil {
		client := socketmode.New(b.slackAPI, socketmode.OptionReadLimit(readLimit))
		inner, stop := context.WithCancelCause(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.consume(inner, n, client, stop)
		}()
		err := client.RunContext(inner)
		cause := context.Cause(inner)
		stop(err)
		<-done
		b.drain(ctx, client)
		b.health.closed(n)
		switch {
		case ctx.Err() != nil:
			return nil
		case fatal(err):
			return b.explain(err)
		case cause != nil && fatal(cause):
			return b.explain(cause)
		}
		b.log.Warn("slack connection ended, opening another", "connection", n, "error", err)
		if !sleep(ctx, time.Second) {
			return nil
		}
	}
	return nil
}

// consume reads what one connection brings. It does nothing but keep and acknowledge: while it is busy nothing is read, and
// Slack drops what is not read.
func (b *Bot) consume(ctx context.Context, n int, client *socketmode.Client, stop context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-client.Events:
			b.guarded(func() { b.event(ctx, n, client, e, stop) })
		}
	}
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

func (b *Bot) event(ctx context.Context, n int, client *socketmode.Client, e socketmode.Event, stop context.CancelCauseFunc) {
	switch e.Type {
	case socketmode.EventTypeConnecting:
		b.health.set(n, "connecting")
	case socketmode.EventTypeConnected:
		b.health.set(n, "connected")
		b.log.Info("connected to slack", "connection", n)
		b.narrator.hurry()
	case socketmode.EventTypeConnectionError:
		if failed, ok := e.Data.(*slack.ConnectionErrorEvent); ok {
			b.health.set(n, "failing")
			if fatal(failed.ErrorObj) {
				stop(failed.ErrorObj)
				return
			}
			if _, ours := limited(failed.ErrorObj); !ours {
				b.log.Warn("connect to slack", "connection", n, "error", failed.ErrorObj)
				if failed.Backoff > longestDeaf {
					stop(failed.ErrorObj) // begins anew: slack-go would wait up to five minutes
				}
			}
		}
	case socketmode.EventTypeErrorWriteFailed:
		b.log.Warn("acknowledge envelope: the connection broke", "connection", n)
	case socketmode.EventTypeErrorBadMessage:
		b.ackUnreadable(ctx, client, e)
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		b.health.envelope(n)
		if payload, ack := b.keep(ctx, e); ack && e.Request != nil {
			b.ack(ctx, client, e.Request.EnvelopeID, payload)
		}
		b.dispatcher.wake() // after the acknowledgement, which ought to stand above its answer
	}
}

// keep puts an envelope into the inbox and gives the payload of its acknowledgement. ack is false when Slack should send it
// again.
func (b *Bot) keep(ctx context.Context, e socketmode.Event) (payload any, ack bool) {
	var l store.Letter
	var err error
	fresh := false
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		if data.Command != b.opt.Command {
			return nil, true
		}
		command, wrong := parse(data.Text, b.opt.Apps, false)
		switch {
		case wrong != nil:
			return b.payload(answer(b.texts, *wrong)), true
		case command.Verb == verbHelp:
			return b.payload(help(b.texts, command.Topic, b.opt.Apps)), true
		}
		if l, err = fromSlash(data); err == nil {
			fresh, err = b.receive(ctx, l)
		}
		if err != nil {
			b.log.Error("keep letter", "kind", letterCommand, "error", err)
			return b.payload(answer(b.texts, store.Say(answerNotKept))), true // Slack does not send commands again
		}
		if !fresh {
			return nil, true
		}
		if command.Branch == "" {
			return b.payload(answer(b.texts, store.Say(answerWorking))), true
		}
		return b.payload(answer(b.texts, store.Say(answerLooking, command.Branch))), true
	case slack.InteractionCallback:
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

// receive puts a letter into the inbox.
func (b *Bot) receive(ctx context.Context, l store.Letter) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return b.store.Receive(ctx, l)
}

// payload is an acknowledgement that only the person sees.
func (b *Bot) payload(v view) any {
	return map[string]any{"response_type": "ephemeral", "text": v.Text, "blocks": v.Blocks}
}

func (b *Bot) ack(ctx context.Context, client *socketmode.Client, envelope string, payload any) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	if err := client.AckCtx(ctx, envelope, payload); err != nil {
		b.log.Warn("acknowledge envelope", "error", err)
	}
}

// ackUnreadable acknowledges what slack-go could not parse, or Slack would send it again and again.
func (b *Bot) ackUnreadable(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	bad, ok := e.Data.(*socketmode.ErrorBadMessage)
	if !ok {
		return
	}
	var envelope struct {
		ID   string `json:"envelope_id"`
		Type string `json:"type"`
	}
	if json.Unmarshal(bad.Message, &envelope) == nil && envelope.ID != "" {
		b.ack(ctx, client, envelope.ID, nil)
	}
	b.log.Warn("envelope that cannot be read", "type", strings.Map(printable, short(envelope.Type, 40)))
}

// drain keeps what was read from a connection that is gone, so that nothing that reached this process is lost.
func (b *Bot) drain(ctx context.Context, client *socketmode.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for {
		select {
		case e := <-client.Events:
			b.guarded(func() { b.keep(ctx, e) })
		default:
			return
		}
	}
}

// sleep waits; it is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
