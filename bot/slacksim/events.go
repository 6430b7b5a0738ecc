package slacksim

import (
	"maps"
	"strings"
)

// tellMessage sends the events that a person's message causes. The caller holds the lock.
func (w *Workspace) tellMessage(c *Channel, m *Message) {
	ev := map[string]any{"user": m.User, "ts": m.TS, "event_ts": m.TS, "text": m.Text, "channel": c.ID, "team": teamID, "client_msg_id": w.newID("msg-")}
	if u := w.dir.user(m.User); c.Shared && u != nil {
		ev["user_team"], ev["source_team"] = homeOf(u), homeOf(u)
	}
	if m.ThreadTS != "" {
		ev["thread_ts"] = m.ThreadTS
		if parent := w.find(c.ID, m.ThreadTS); parent != nil {
			ev["parent_user_id"] = parent.User
		}
	}
	if c.IM == "" && c.HasBot && strings.Contains(m.Text, "<@"+w.dir.bot.ID+">") {
		mention := maps.Clone(ev)
		mention["type"] = "app_mention"
		w.event("app_mention", "", mention)
	}
	ev["type"] = "message"
	w.tell(c, ev)
}

// tellOwnMessage sends what apps often forget: where they listen, they hear themselves too.
func (w *Workspace) tellOwnMessage(c *Channel, m *Message) {
	ev := w.wire(m, false)
	ev["channel"], ev["event_ts"] = c.ID, m.TS
	w.tell(c, ev)
}

// tell sends a message event of the channel's kind: message.channels, message.groups or message.im.
func (w *Workspace) tell(c *Channel, ev map[string]any) {
	if !c.HasBot {
		return
	}
	kind := strings.TrimSuffix(scopeOf(c, ""), ":")
	ev["channel_type"] = strings.TrimSuffix(kind, "s")
	w.event("message", kind, ev)
}

// tellReaction sends reaction_added or reaction_removed, where the bot is.
func (w *Workspace) tellReaction(m *Message, name, userID string, on bool) {
	if c := w.dir.channel(m.Channel); !c.HasBot {
		return
	}
	kind := map[bool]string{true: "reaction_added", false: "reaction_removed"}[on]
	w.event(kind, "", map[string]any{"type": kind, "user": userID, "reaction": name, "item_user": m.User, "event_ts": w.newTS(),
		"item": map[string]any{"type": "message", "channel": m.Channel, "ts": m.TS}})
}

// eventScope names the scope without which Slack does not send an event.
func eventScope(event string) string {
	switch event {
	case "app_mention":
		return "app_mentions:read"
	case "message.channels", "message.groups", "message.im":
		return strings.TrimPrefix(event, "message.") + ":history"
	case "reaction_added", "reaction_removed":
		return "reactions:read"
	case "channel_archive", "channel_unarchive", "channel_rename", "member_joined_channel":
		return "channels:read|groups:read"
	}
	return ""
}

// OpenHome is a user opening the app's Home tab (or its Messages tab): the app hears app_home_opened.
func (w *Workspace) OpenHome(user, tab string) error {
	if tab == "" {
		tab = "home"
	}
	if tab != "home" && tab != "messages" {
		return badRequest("no tab %q", tab)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.person(user)
	if err != nil {
		return err
	}
	ev := map[string]any{"type": "app_home_opened", "user": u.ID, "channel": w.dir.im(u.ID).ID, "tab": tab, "event_ts": w.newTS()}
	if v := w.homes[u.ID]; v != nil && tab == "home" {
		ev["view"] = w.wireView(v)
	}
	w.event("app_home_opened", "", ev)
	return nil
}

// ChannelChange says what becomes of a channel; what is nil stays.
type ChannelChange struct {
	Channel  string  `json:"channel"`
	Name     *string `json:"name,omitempty"`
	Archived *bool   `json:"archived,omitempty"`
	HasBot   *bool   `json:"has_bot,omitempty"` // invites or removes the bot
	Private  *bool   `json:"private,omitempty"`
	Shared   *bool   `json:"shared,omitempty"`
	Pending  *bool   `json:"pending,omitempty"` // another organisation is invited
}

// ChangeChannel archives, renames or shares a channel, or changes whether the bot is in it. The app hears
// channel_archive and channel_rename.
func (w *Workspace) ChangeChannel(ch ChannelChange) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.dir.channel(ch.Channel)
	if c == nil || c.IM != "" {
		return badRequest("no channel %q", ch.Channel)
	}
	set := func(to *bool, from *bool) {
		if from != nil {
			*to = *from
		}
	}
	joined := ch.HasBot != nil && *ch.HasBot && !c.HasBot
	set(&c.HasBot, ch.HasBot)
	set(&c.Private, ch.Private)
	set(&c.Shared, ch.Shared)
	set(&c.Pending, ch.Pending)
	if joined {
		w.event("member_joined_channel", "", map[string]any{"type": "member_joined_channel", "user": w.dir.bot.ID, "channel": c.ID,
			"channel_type": map[bool]string{true: "G", false: "C"}[c.Private], "team": teamID, "inviter": w.dir.users[0].ID, "event_ts": w.newTS()})
	}
	if ch.Archived != nil && *ch.Archived != c.Archived {
		c.Archived = *ch.Archived
		if name := map[bool]string{true: "channel_archive", false: "channel_unarchive"}[c.Archived]; c.HasBot {
			w.event(name, "", map[string]any{"type": name, "channel": c.ID, "user": w.dir.users[0].ID, "event_ts": w.newTS()})
		}
	}
	if ch.Name != nil && *ch.Name != c.Name {
		if *ch.Name == "" || w.dir.channel("#"+*ch.Name) != nil {
			return badRequest("name %q is empty or taken", *ch.Name)
		}
		c.Name = *ch.Name
		if c.HasBot {
			w.event("channel_rename", "", map[string]any{"type": "channel_rename", "event_ts": w.newTS(),
				"channel": map[string]any{"id": c.ID, "name": c.Name, "created": 0}})
		}
	}
	w.feed.send(feedEvent{Type: "channels"})
	return nil
}
