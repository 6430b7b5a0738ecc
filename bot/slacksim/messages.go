package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A Message is what stands in a channel. Messages read from a workspace are copies.
type Message struct {
	Channel   string          `json:"channel"`             // id
	TS        string          `json:"ts"`                  // seconds.micros; the message's name in its channel
	User      string          `json:"user"`                // id of the author
	UserName  string          `json:"user_name"`           // handle of the author
	Bot       bool            `json:"bot,omitempty"`       // posted by the app
	Text      string          `json:"text"`                // as sent, in mrkdwn
	Blocks    json.RawMessage `json:"blocks,omitempty"`    // with block and action ids filled in
	Metadata  json.RawMessage `json:"metadata,omitempty"`  // event_type, event_payload
	ThreadTS  string          `json:"thread_ts,omitempty"` // of the parent, on replies only
	Broadcast bool            `json:"broadcast,omitempty"` // a reply that is shown in the channel too
	Ephemeral string          `json:"ephemeral,omitempty"` // id of the only user who sees it
	Edits     int             `json:"edits"`               // how often it was changed
	History   []Version       `json:"history,omitempty"`   // earlier texts and blocks, oldest first
	Reactions []Reaction      `json:"reactions,omitempty"`
	Files     []File          `json:"files,omitempty"`
	Replies   []Message       `json:"replies,omitempty"` // filled in on parents when read

	editedTS string
}

// A Version is what a message said before an edit.
type Version struct {
	Text   string          `json:"text"`
	Blocks json.RawMessage `json:"blocks,omitempty"`
	Until  time.Time       `json:"until"`
}

// A Reaction is one emoji under a message and who put it there (ids).
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
}

// content is what an author may set.
type content struct {
	text      string
	blocks    json.RawMessage
	metadata  json.RawMessage
	threadTS  string
	broadcast bool
	files     []File
}

// add puts a new message into a channel and tells the pages. The caller holds the lock.
func (w *Workspace) add(c *Channel, author *User, body content, ephemeralFor string) *Message {
	m := &Message{
		Channel: c.ID, TS: w.newTS(), User: author.ID, UserName: author.Name, Bot: author == w.dir.bot, Text: body.text,
		Blocks: body.blocks, Metadata: body.metadata, ThreadTS: body.threadTS, Broadcast: body.broadcast, Ephemeral: ephemeralFor, Files: body.files,
	}
	w.messages[c.ID] = append(w.messages[c.ID], m)
	w.feed.message(m)
	return m
}

// edit replaces text and blocks and remembers the old ones. What was chosen in the message stays where block_id and
// action_id do. The caller holds the lock.
func (w *Workspace) edit(m *Message, body content) {
	m.History = append(m.History, Version{Text: m.Text, Blocks: m.Blocks, Until: w.now()})
	m.Edits++
	m.editedTS = w.newTS()
	m.Text, m.Blocks = body.text, body.blocks
	if body.metadata != nil {
		m.Metadata = body.metadata
	}
	w.feed.message(m)
}

// remove takes a message away. The caller holds the lock.
func (w *Workspace) remove(m *Message) {
	w.messages[m.Channel] = slices.DeleteFunc(w.messages[m.Channel], func(o *Message) bool { return o == m })
	delete(w.inputs, m.TS)
	delete(w.offered, m.TS)
	w.feed.send(feedEvent{Type: "deleted", Channel: m.Channel, TS: m.TS, User: m.Ephemeral})
}

// find gives a message that everybody sees; ephemerals do not exist for the Web API. The caller holds the lock.
func (w *Workspace) find(channelID, ts string) *Message {
	if m := w.findAny(channelID, ts); m != nil && m.Ephemeral == "" {
		return m
	}
	return nil
}

func (w *Workspace) findAny(channelID, ts string) *Message {
	for _, m := range w.messages[channelID] {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// replies of a parent, oldest first, without ephemerals. The caller holds the lock.
func (w *Workspace) replies(channelID, parentTS string) []*Message {
	var out []*Message
	for _, m := range w.messages[channelID] {
		if m.ThreadTS == parentTS && m.Ephemeral == "" {
			out = append(out, m)
		}
	}
	return out
}

// snapshot copies a channel: top-level messages with their replies. With a user it holds that user's ephemerals only.
func (w *Workspace) snapshot(channelID, userID string) []Message {
	byParent := map[string][]Message{}
	var top []Message
	for _, m := range w.messages[channelID] {
		switch {
		case userID != "" && m.Ephemeral != "" && m.Ephemeral != userID:
		case m.ThreadTS != "":
			byParent[m.ThreadTS] = append(byParent[m.ThreadTS], m.clone())
		default:
			top = append(top, m.clone())
		}
	}
	known := map[string]bool{}
	for i := range top {
		known[top[i].TS] = true
		top[i].Replies = byParent[top[i].TS]
	}
	for parent, orphans := range byParent { // their parent was deleted
		if !known[parent] {
			top = append(top, orphans...)
		}
	}
	slices.SortFunc(top, func(a, b Message) int { return strings.Compare(a.TS, b.TS) })
	return top
}

func (m *Message) clone() Message {
	out := *m
	out.History = slices.Clone(m.History)
	out.Reactions = nil
	for _, r := range m.Reactions {
		out.Reactions = append(out.Reactions, Reaction{Name: r.Name, Users: slices.Clone(r.Users)})
	}
	return out
}

// wire is a message as the Web API and payloads show it. The caller holds the lock.
func (w *Workspace) wire(m *Message, withMetadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": teamID}
	if m.Bot {
		out["bot_id"], out["app_id"] = botID, appID
		out["bot_profile"] = map[string]any{"id": botID, "app_id": appID, "name": w.dir.bot.Name, "team_id": teamID, "deleted": false, "updated": 0}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if withMetadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	if len(m.Files) > 0 {
		out["files"], out["upload"] = w.wireFiles(m.Files), true
	}
	if m.Edits > 0 {
		out["edited"] = map[string]any{"user": m.User, "ts": m.editedTS}
	}
	if len(m.Reactions) > 0 {
		var rs []map[string]any
		for _, r := range m.Reactions {
			rs = append(rs, map[string]any{"name": r.Name, "users": slices.Clone(r.Users), "count": len(r.Users)})
		}
		out["reactions"] = rs
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
		if m.Broadcast {
			out["subtype"] = "thread_broadcast"
		}
	} else if rs := w.replies(m.Channel, m.TS); len(rs) > 0 {
		var who []string
		for _, r := range rs {
			if !slices.Contains(who, r.User) {
				who = append(who, r.User)
			}
		}
		out["thread_ts"], out["reply_count"], out["latest_reply"] = m.TS, len(rs), rs[len(rs)-1].TS
		out["reply_users"], out["reply_users_count"] = who, len(who)
	}
	return out
}
