package bot

import (
	"errors"
	"testing"

	"qabot/store"
)

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
	b.slackIsBack(0)
	if got, ok := n.next(); !ok || got != id {
		t.Errorf("Slack is back, and the story is not tried: %q %v", got, ok)
	}
}
