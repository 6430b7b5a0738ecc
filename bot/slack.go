package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// messenger is the part of Slack's Web API that tells people things.
type messenger struct {
	api    *slack.Client
	client *http.Client // for response_urls

	mu         sync.Mutex
	permalinks map[string]string
	channels   map[string]string    // IDs of channels by name
	member     map[string]time.Time // channels the bot was seen to be in, and when
}

func newMessenger(api *slack.Client, client *http.Client) *messenger {
	return &messenger{api: api, client: client, permalinks: map[string]string{}, channels: map[string]string{}, member: map[string]time.Time{}}
}

// eventType marks the bot's own messages, so that one that may have been posted can be found again.
const eventType = "qabot_story"

// mark names one message of one environment's story.
type mark struct {
	env store.ID
	key string
}

func (m mark) metadata() slack.SlackMetadata {
	return slack.SlackMetadata{EventType: eventType, EventPayload: map[string]any{"env": string(m.env), "key": m.key}}
}

func (m mark) on(md slack.SlackMetadata) bool {
	return md.EventType == eventType && md.EventPayload["env"] == string(m.env) && md.EventPayload["key"] == m.key
}

func options(v view) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(v.Text, false), slack.MsgOptionBlocks(v.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
}

// post sends a message, as a reply when thread is given. Slack has no key against doing it twice: after an ambiguous error
// find looks for the mark.
func (m *messenger) post(ctx context.Context, channel, thread string, v view, k mark) (ts string, err error) {
	opts := append(options(v), slack.MsgOptionMetadata(k.metadata()))
	if thread != "" {
		opts = append(opts, slack.MsgOptionTS(thread))
	}
	_, ts, err = m.api.PostMessageContext(ctx, channel, opts...)
	if plainOnly(err) {
		opts[1] = slack.MsgOptionCompose()
		_, ts, err = m.api.PostMessageContext(ctx, channel, opts...)
	}
	if err != nil {
		return "", fmt.Errorf("post message: %w", err)
	}
	return ts, nil
}

// edit brings a message up to date; text and blocks always go together.
func (m *messenger) edit(ctx context.Context, channel, ts string, v view) error {
	opts := options(v)
	_, _, _, err := m.api.UpdateMessageContext(ctx, channel, ts, opts...)
	if plainOnly(err) {
		opts[1] = slack.MsgOptionBlocks()
		_, _, _, err = m.api.UpdateMessageContext(ctx, channel, ts, opts...)
	}
	if err != nil {
		return fmt.Errorf("edit message: %w", err)
	}
	return nil
}

// plainOnly tells whether Slack refused the blocks, so that at least the text should arrive.
func plainOnly(err error) bool {
	return slices.Contains([]string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}, codeOf(err))
}

// find looks for a message by its mark: among the replies when thread is given, else among the channel's messages since
// then. It is empty when there is none.
func (m *messenger) find(ctx context.Context, channel, thread string, since time.Time, k mark) (ts string, err error) {
	cursor := ""
	for range 10 {
		var found []slack.Message
		var next string
		if thread != "" {
			var more bool
			found, more, next, err = m.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
				ChannelID: channel, Timestamp: thread, Cursor: cursor, Limit: 200, IncludeAllMetadata: true,
			})
			if !more {
				next = ""
			}
		} else {
			var page *slack.GetConversationHistoryResponse
			page, err = m.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
				ChannelID: channel, Oldest: fmt.Sprintf("%d.000000", since.Add(-time.Minute).Unix()), Cursor: cursor, Limit: 200, IncludeAllMetadata: true,
			})
			if err == nil {
				found, next = page.Messages, page.ResponseMetaData.NextCursor
			}
		}
		if err != nil {
			return "", fmt.Errorf("look for message: %w", err)
		}
		for _, msg := range found {
			if k.on(msg.Metadata) {
				return msg.Timestamp, nil
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return "", nil
}

// direct gives the channel of direct messages with a user.
func (m *messenger) direct(ctx context.Context, user string) (channel string, err error) {
	c, _, _, err := m.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		return "", fmt.Errorf("open direct messages: %w", err)
	}
	return c.ID, nil
}

// inChannel tells whether the bot may post there. What cannot be found out counts as yes: posting will tell.
func (m *messenger) inChannel(ctx context.Context, channel string, now time.Time) bool {
	m.mu.Lock()
	seen, ok := m.member[channel]
	m.mu.Unlock()
	if ok && now.Sub(seen) < 5*time.Minute {
		return true
	}
	info, err := m.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	switch code := codeOf(err); {
	case code == "channel_not_found":
		return false
	case err != nil:
		return true
	case !info.IsMember && !info.IsIM:
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.member[channel] = now
	return true
}

// channelID gives the ID of a channel from its name or ID. Names are looked up once.
func (m *messenger) channelID(ctx context.Context, nameOrID string) (string, error) {
	name := strings.TrimPrefix(nameOrID, "#")
	if name == "" || isID(name) {
		return name, nil
	}
	m.mu.Lock()
	id := m.channels[name]
	m.mu.Unlock()
	if id != "" {
		return id, nil
	}
	cursor := ""
	for range 50 {
		page, next, err := m.api.GetConversationsContext(ctx, &slack.GetConversationsParameters{
			Cursor: cursor, Limit: 200, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"},
		})
		if err != nil {
			return "", fmt.Errorf("look up channel %s: %w", name, err)
		}
		for _, c := range page {
			if c.Name == name {
				m.mu.Lock()
				m.channels[name] = c.ID
				m.mu.Unlock()
				return c.ID, nil
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return "", fmt.Errorf("look up channel %s: it does not exist, or is private and the bot is not in it", name)
}

// isID tells a channel's ID from a name: names have no capital letters.
func isID(s string) bool {
	return len(s) >= 3 && strings.ContainsAny(s[:1], "CGD") && strings.ToUpper(s) == s
}

// permalink gives the address of a message, empty when Slack does not tell.
func (m *messenger) permalink(ctx context.Context, t store.Thread) string {
	if t.TS == "" {
		return ""
	}
	key := t.Channel + "/" + t.TS
	m.mu.Lock()
	known, ok := m.permalinks[key]
	m.mu.Unlock()
	if ok {
		return known
	}
	address, err := m.api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: t.Channel, Ts: t.TS})
	if err != nil || !webLink(address) {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.permalinks) > 1000 {
		clear(m.permalinks)
	}
	m.permalinks[key] = address
	return address
}

// codeOf is Slack's word for an error, empty where Slack gave none.
func codeOf(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	return ""
}

// limited says for how long Slack wants to be left alone.
func limited(err error) (time.Duration, bool) {
	var limit *slack.RateLimitedError
	if errors.As(err, &limit) {
		return max(limit.RetryAfter, time.Second), true
	}
	if code := codeOf(err); code == "ratelimited" || code == "rate_limited" {
		return 5 * time.Second, true
	}
	return 0, false
}

// closed tells whether the channel cannot be written to by the bot.
func closed(err error) bool {
	code := codeOf(err)
	return strings.HasPrefix(code, "restricted_action") || slices.Contains([]string{
		"not_in_channel", "channel_not_found", "is_archived", "is_inactive", "no_permission", "channel_is_limited_access",
	}, code)
}

// shut is closed, or that nobody is behind a direct message any more.
func shut(err error) bool {
	return closed(err) || slices.Contains([]string{
		"user_not_found", "user_disabled", "user_not_visible", "users_not_found", "cannot_dm_bot", "messages_tab_disabled",
	}, codeOf(err))
}

// deleted tells whether the message that was to be edited or answered is no longer there.
func deleted(err error) bool {
	return slices.Contains([]string{
		"message_not_found", "thread_not_found", "cannot_reply_to_message", "cant_update_message", "edit_window_closed",
	}, codeOf(err))
}

// needed is the scope that Slack says the app lacks.
func needed(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Needed
	}
	return ""
}
