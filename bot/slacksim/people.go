package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// badInput is a mistake of whoever drives the workspace, not of the app.
type badInput struct{ text string }

func (e *badInput) Error() string { return e.text }

func badRequest(format string, v ...any) error { return &badInput{fmt.Sprintf(format, v...)} }

// An Ack is the app's immediate answer to a slash command, shown to the person (or, in_channel, to everybody).
type Ack struct {
	Text         string          `json:"text"`
	Blocks       json.RawMessage `json:"blocks,omitempty"`
	ResponseType string          `json:"response_type"` // ephemeral or in_channel
	TS           string          `json:"ts,omitempty"`  // of the message shown, empty when the answer was
}

// person finds somebody who can act. The caller holds the lock.
func (w *Workspace) person(key string) (*User, error) {
	u := w.dir.user(key)
	switch {
	case u == nil:
		return nil, badRequest("no user %q", key)
	case u.Bot || u.Deleted:
		return nil, badRequest("%s cannot type", key)
	}
	return u, nil
}

// place finds a person and a channel in which they can write. The caller holds the lock.
func (w *Workspace) place(user, channel string) (*User, *Channel, error) {
	u, err := w.person(user)
	if err != nil {
		return nil, nil, err
	}
	c := w.dir.channel(channel)
	switch {
	case channel == "@"+w.dir.bot.Name || channel == w.dir.bot.ID:
		c = w.dir.im(u.ID)
	case c == nil:
		return nil, nil, badRequest("no channel %q", channel)
	case !w.dir.isMember(c, u):
		return nil, nil, badRequest("%s is not in %s", u.Name, channel)
	}
	return u, c, nil
}

// Command types the slash command. Text is what follows it; the command itself may be given too ("/qa list"). User and
// channel are names or ids. The error is a *Failure when the person would see one.
func (w *Workspace) Command(ctx context.Context, user, channel, text string) (Ack, error) {
	return w.command(ctx, user, channel, text, "")
}

func (w *Workspace) command(ctx context.Context, user, channel, text, threadTS string) (Ack, error) {
	if rest, ok := strings.CutPrefix(text, w.opts.Command); ok && (rest == "" || rest[0] == ' ') {
		text = rest
	}
	text = strings.TrimSpace(text)
	w.mu.Lock()
	u, c, err := w.place(user, channel)
	if err == nil && threadTS != "" {
		err = &Failure{Code: "not_in_thread", Text: w.opts.Command + " is not supported in threads. Sorry!"}
	}
	if err == nil && w.needScope("commands") != nil {
		err = &Failure{Code: "unknown_command", Text: w.opts.Command + " is not a valid command."}
	}
	if err == nil && c.Archived {
		err = &Failure{Code: "is_archived", Text: "This channel is archived."}
	}
	if err != nil {
		w.mu.Unlock()
		return Ack{}, w.shown(err, u, c, threadTS)
	}
	payload := w.origin(u, c.ID)
	payload["command"], payload["text"] = w.opts.Command, w.dir.escape(text, true)
	payload["channel_id"], payload["channel_name"] = c.ID, channelName(c)
	payload["team_domain"], payload["user_id"], payload["user_name"] = w.dir.domain, u.ID, u.Name
	payload["response_url"] = w.newResponseURL(u, c, nil, "")
	delete(payload, "user")
	delete(payload, "team")
	w.mu.Unlock()

	raw, err := w.deliver(ctx, "slash_commands", payload, true, retry{})
	if err != nil {
		return Ack{}, w.shown(w.failed(err, w.opts.Command), u, c, "")
	}
	ack, err := w.showAck(u, c, raw)
	return ack, w.shown(err, u, c, "")
}

// failed turns a delivery that came to nothing into what the person reads.
func (w *Workspace) failed(err error, what string) error {
	for _, known := range []error{errNoLink, errNoAck} {
		if errors.Is(err, known) {
			return &Failure{Code: known.Error(), Text: fmt.Sprintf("%s failed with the error “%s”", what, known)}
		}
	}
	return err
}

// shown puts a Failure on the person's screen and gives it back.
func (w *Workspace) shown(err error, u *User, c *Channel, threadTS string) error {
	var f *Failure
	if errors.As(err, &f) && u != nil && c != nil {
		w.feed.send(feedEvent{Type: "notice", User: u.ID, Channel: c.ID, Thread: threadTS, Text: f.Text})
	}
	return err
}

// showAck shows the payload of an acknowledged command.
func (w *Workspace) showAck(u *User, c *Channel, raw json.RawMessage) (Ack, error) {
	ack := Ack{ResponseType: "ephemeral"}
	if json.Unmarshal(raw, &ack.Text) != nil { // a bare string is a text
		var fields struct {
			Text         string          `json:"text"`
			Blocks       json.RawMessage `json:"blocks"`
			ResponseType string          `json:"response_type"`
		}
		if len(raw) > 0 && json.Unmarshal(raw, &fields) != nil {
			return Ack{}, &Failure{Code: "invalid_command_response", Text: w.opts.Command + " failed with the error “invalid_command_response”"}
		}
		ack.Text, ack.Blocks = fields.Text, fields.Blocks
		if fields.ResponseType == "in_channel" {
			ack.ResponseType = "in_channel"
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(ack.Blocks) > 0 && string(ack.Blocks) != "null" {
		blocks, err := w.checkBlocks(ack.Blocks, surfaceMessage)
		if err != nil {
			w.log.Warn("blocks in acknowledgement refused", "err", err)
			return Ack{}, &Failure{Code: "invalid_command_response", Text: w.opts.Command + " failed with the error “invalid_command_response”"}
		}
		ack.Blocks = blocks
	} else {
		ack.Blocks = nil
	}
	if ack.Text == "" && ack.Blocks == nil {
		return ack, nil
	}
	only := u.ID
	if ack.ResponseType == "in_channel" {
		only = ""
	}
	ack.TS = w.add(c, w.dir.bot, content{text: ack.Text, blocks: ack.Blocks}, only).TS
	return ack, nil
}

// Message types a message, in a thread when threadTS is given. "@qabot" and "#qa" become mentions.
func (w *Workspace) Message(ctx context.Context, user, channel, text, threadTS string) (ts string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.place(user, channel)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(text) == "" {
		return "", badRequest("text is empty")
	}
	if c.Archived {
		return "", badRequest("%s is archived", channel)
	}
	if threadTS != "" {
		parent := w.find(c.ID, threadTS)
		if parent == nil {
			return "", badRequest("no message %s in %s", threadTS, channel)
		}
		if parent.ThreadTS != "" {
			threadTS = parent.ThreadTS
		}
	}
	m := w.add(c, u, content{text: w.dir.escape(text, false), threadTS: threadTS}, "")
	w.tellMessage(c, m)
	return m.TS, nil
}

// React puts a person's emoji under a message, or takes it away.
func (w *Workspace) React(user, channel, ts, name string, on bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.place(user, channel)
	if err != nil {
		return err
	}
	m := w.find(c.ID, ts)
	if m == nil {
		return badRequest("no message %s in %s", ts, channel)
	}
	w.react(m, strings.Trim(name, ":"), u.ID, on)
	return nil
}

// Dismiss takes an ephemeral message off the screen of the person who sees it.
func (w *Workspace) Dismiss(user, channel, ts string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.place(user, channel)
	if err != nil {
		return err
	}
	m := w.findAny(c.ID, ts)
	if m == nil || m.Ephemeral != u.ID {
		return badRequest("no ephemeral message %s of %s in %s", ts, user, channel)
	}
	w.remove(m)
	return nil
}

// Messages gives the messages of a channel (name or id), oldest first, with their threads and everybody's ephemerals.
// It is empty for a channel that does not exist.
func (w *Workspace) Messages(channel string) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.dir.channel(channel)
	if c == nil {
		return nil
	}
	return w.snapshot(c.ID, "")
}

// UserID gives the id behind a user's name, or "".
func (w *Workspace) UserID(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u := w.dir.user(name); u != nil {
		return u.ID
	}
	return ""
}

// ChannelID gives the id behind a channel's name, or "".
func (w *Workspace) ChannelID(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.dir.channel(name); c != nil {
		return c.ID
	}
	return ""
}

func channelName(c *Channel) string {
	if c.IM != "" {
		return "directmessage"
	}
	return c.Name
}
