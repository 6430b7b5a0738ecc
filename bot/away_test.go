package bot

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"qabot/store"
)

// While Slack is away slack-go tries ever more rarely, up to five minutes apart: then the connection is begun anew.
func TestNobodyStaysDeaf(t *testing.T) {
	b, _ := offline(t, nil)
	for wait, anew := range map[time.Duration]bool{time.Second: false, 12 * time.Second: false, 25 * time.Second: true, 5 * time.Minute: true} {
		ctx, stop := context.WithCancelCause(t.Context())
		refused := errors.New("connection refused")
		b.event(ctx, 0, nil, socketmode.Event{Type: socketmode.EventTypeConnectionError, Data: &slack.ConnectionErrorEvent{Backoff: wait, ErrorObj: refused}}, stop)
		if got := errors.Is(context.Cause(ctx), refused); got != anew {
			t.Errorf("before a pause of %s the connection is begun anew: %v, want %v", wait, got, anew)
		}
		if fatal(context.Cause(ctx)) {
			t.Errorf("a pause of %s ends the bot", wait)
		}
		stop(nil)
	}
}

// A story that went wrong waits for up to a minute, but not once Slack has answered.
func TestStoriesGoOnWhenSlackIsBack(t *testing.T) {
	b, _ := offline(t, nil)
	n := b.narrator
	id := store.ID("qa-x-abcdefg")
	for range 7 {
		n.busy[id] = true
		n.done(t.Context(), id, 0, errors.New("connection refused"))
	}
	if _, ok := n.next(); ok {
		t.Fatal("a story that has just gone wrong is tried again at once")
	}
	b.event(t.Context(), 0, nil, socketmode.Event{Type: socketmode.EventTypeConnected}, nil)
	if got, ok := n.next(); !ok || got != id {
		t.Errorf("Slack is back, and the story is not tried: %q %v", got, ok)
	}
}
