package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	textCut   = 40_000 // chat.postMessage cuts longer texts
	textLimit = 4_000  // chat.update and chat.postEphemeral refuse longer ones
)

// target finds the channel of a call and checks that the bot may write there.
func (w *Workspace) target(a args) (*Channel, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, err
	}
	if !c.HasBot && (c.Private || w.needScope("chat:write.public") != nil) {
		return nil, refuse("not_in_channel")
	}
	if c.Archived {
		return nil, refuse("is_archived")
	}
	return c, nil
}

// visibleChannel finds a channel that the bot can see: a private one only as its member.
func (w *Workspace) visibleChannel(a args) (*Channel, error) {
	key := a.str("channel")
	c := w.dir.channel(key)
	if c == nil && strings.HasPrefix(key, "U") {
		c = w.dir.im(key)
	}
	if c == nil || c.Private && !c.HasBot {
		return nil, refuse("channel_not_found")
	}
	return c, nil
}

// readContent takes text, blocks and metadata from the arguments and holds them to the limits.
func (w *Workspace) readContent(a args) (content, error) {
	body := content{text: a.str("text"), metadata: a.object("metadata")}
	if raw := a.object("blocks"); raw != nil {
		blocks, err := w.checkBlocks(raw, surfaceMessage)
		if err != nil {
			return content{}, err
		}
		body.blocks = blocks
	}
	if body.metadata != nil {
		var m struct {
			EventType    string         `json:"event_type"`
			EventPayload map[string]any `json:"event_payload"`
		}
		if json.Unmarshal(body.metadata, &m) != nil || m.EventType == "" || m.EventPayload == nil {
			return content{}, refuse("invalid_metadata_format")
		}
	}
	if strings.TrimSpace(body.text) == "" && body.blocks == nil && !a.has("attachments") {
		return content{}, refuse("no_text")
	}
	return body, nil
}

func (w *Workspace) chatPostMessage(a args) (map[string]any, error) {
	c, err := w.target(a)
	if err != nil {
		return nil, err
	}
	if wait := w.buckets.take("post "+c.ID, perChannel(), w.now()); wait > 0 {
		return nil, tooFast(wait)
	}
	body, err := w.readContent(a)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(body.text) > textCut {
		body.text = string([]rune(body.text)[:textCut])
	}
	if err := w.inThread(c, &body, a); err != nil {
		return nil, err
	}
	m := w.add(c, w.dir.bot, body, "")
	w.tellOwnMessage(c, m)
	return map[string]any{"channel": c.ID, "ts": m.TS, "message": w.wire(m, true)}, nil
}

// inThread sets the thread of a new message.
func (w *Workspace) inThread(c *Channel, body *content, a args) error {
	if !a.has("thread_ts") {
		return nil
	}
	parent := w.find(c.ID, a.str("thread_ts"))
	switch {
	case parent == nil:
		return refuse("thread_not_found")
	case parent.ThreadTS != "":
		return refuse("cannot_reply_to_message")
	}
	body.threadTS, body.broadcast = parent.TS, a.flag("reply_broadcast")
	return nil
}

func (w *Workspace) chatPostEphemeral(a args) (map[string]any, error) {
	c, err := w.target(a)
	if err != nil {
		return nil, err
	}
	u := w.dir.user(a.str("user"))
	if u == nil || !w.dir.isMember(c, u) {
		return nil, refuse("user_not_in_channel")
	}
	body, err := w.readContent(a)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(body.text) > textLimit {
		return nil, refuse("msg_too_long")
	}
	body.threadTS = a.str("thread_ts")
	m := w.add(c, w.dir.bot, body, u.ID)
	return map[string]any{"message_ts": m.TS}, nil
}

// own finds a message that the bot may change.
func (w *Workspace) own(a args, otherwise string) (*Channel, *Message, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, nil, err
	}
	m := w.find(c.ID, a.str("ts"))
	switch {
	case m == nil:
		return nil, nil, refuse("message_not_found")
	case c.Archived:
		return nil, nil, refuse("is_inactive")
	case !m.Bot:
		return nil, nil, refuse(otherwise)
	}
	return c, m, nil
}

// chatUpdate replaces text and blocks together: blocks that are not sent again are gone.
func (w *Workspace) chatUpdate(a args) (map[string]any, error) {
	c, m, err := w.own(a, "cant_update_message")
	if err != nil {
		return nil, err
	}
	body, err := w.readContent(a)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(body.text) > textLimit {
		return nil, refuse("msg_too_long")
	}
	before := w.wire(m, false)
	w.edit(m, body)
	if a.flag("reply_broadcast") && m.ThreadTS != "" {
		m.Broadcast = true
	}
	w.tell(c, map[string]any{"type": "message", "subtype": "message_changed", "hidden": true, "channel": c.ID,
		"ts": w.newTS(), "event_ts": m.editedTS, "message": w.wire(m, false), "previous_message": before})
	return map[string]any{"channel": c.ID, "ts": m.TS, "text": m.Text, "message": w.wire(m, true)}, nil
}

func (w *Workspace) chatDelete(a args) (map[string]any, error) {
	c, m, err := w.own(a, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	before := w.wire(m, false)
	w.remove(m)
	ts := w.newTS()
	w.tell(c, map[string]any{"type": "message", "subtype": "message_deleted", "hidden": true, "channel": c.ID,
		"ts": ts, "event_ts": ts, "deleted_ts": m.TS, "previous_message": before})
	return map[string]any{"channel": c.ID, "ts": m.TS}, nil
}

func (w *Workspace) chatGetPermalink(a args) (map[string]any, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, err
	}
	m := w.find(c.ID, a.str("message_ts"))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	return map[string]any{"channel": c.ID, "permalink": permalink(a.base, m)}, nil
}

// permalink points at this workspace's own page, so that it can be opened.
func permalink(base string, m *Message) string {
	link := base + "/archives/" + m.Channel + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.ThreadTS != "" {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + m.Channel
	}
	return link
}

func (w *Workspace) reactionsAdd(a args) (map[string]any, error) {
	m, name, err := w.reactionTarget(a)
	if err != nil {
		return nil, err
	}
	if !w.react(m, name, w.dir.bot.ID, true) {
		return nil, refuse("already_reacted")
	}
	return nil, nil
}

func (w *Workspace) reactionsRemove(a args) (map[string]any, error) {
	m, name, err := w.reactionTarget(a)
	if err != nil {
		return nil, err
	}
	if !w.react(m, name, w.dir.bot.ID, false) {
		return nil, refuse("no_reaction")
	}
	return nil, nil
}

func (w *Workspace) reactionsGet(a args) (map[string]any, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, err
	}
	m := w.find(c.ID, a.str("timestamp"))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	return map[string]any{"type": "message", "channel": c.ID, "message": w.wire(m, false)}, nil
}

func (w *Workspace) reactionTarget(a args) (*Message, string, error) {
	c, err := w.target(a)
	if err != nil {
		return nil, "", err
	}
	name := strings.Trim(a.str("name"), ":")
	if name == "" || strings.ContainsAny(name, " <>&") {
		return nil, "", refuse("invalid_name")
	}
	m := w.find(c.ID, a.str("timestamp"))
	if m == nil {
		return nil, "", refuse("message_not_found")
	}
	return m, name, nil
}

// react adds or takes away one person's emoji and says whether that changed anything.
func (w *Workspace) react(m *Message, name, userID string, on bool) bool {
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Name == name })
	if i < 0 {
		if !on {
			return false
		}
		m.Reactions = append(m.Reactions, Reaction{Name: name})
		i = len(m.Reactions) - 1
	}
	r := &m.Reactions[i]
	j := slices.IndexFunc(r.Users, func(u string) bool { return u == userID })
	if on == (j >= 0) {
		return false
	}
	if on {
		r.Users = append(r.Users, userID)
	} else {
		r.Users = append(r.Users[:j:j], r.Users[j+1:]...)
		if len(r.Users) == 0 {
			m.Reactions = append(m.Reactions[:i:i], m.Reactions[i+1:]...)
		}
	}
	w.feed.message(m)
	w.tellReaction(m, name, userID, on)
	return true
}

// older says whether a moment lies further back than d.
func (w *Workspace) older(t time.Time, d time.Duration) bool { return w.now().Sub(t) > d }
