package slacksim_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"qabot/bot/slacksim"
)

func TestErrors(t *testing.T) {
	w := open(t, slacksim.Options{
		Channels: []slacksim.Channel{{Name: "qa", HasBot: true}, {Name: "general"}, {Name: "secret", Private: true}, {Name: "old", HasBot: true, Archived: true}},
		Scopes:   []string{"chat:write", "users:read", "channels:read"},
	})
	api := w.client()
	qa := w.ChannelID("qa")
	mine, _ := w.api("chat.postMessage", map[string]string{"channel": qa, "text": "mine"})
	theirs, err := w.Message(w.ctx, "ana", "qa", "theirs", "")
	w.must(err)
	long := strings.Repeat("x", 4001)
	for _, c := range []struct {
		name, method string
		form         map[string]string
		want         string
	}{
		{"no text", "chat.postMessage", map[string]string{"channel": qa}, "no_text"},
		{"bot not in it", "chat.postMessage", map[string]string{"channel": w.ChannelID("general"), "text": "x"}, "not_in_channel"},
		{"private and not in it", "chat.postMessage", map[string]string{"channel": w.ChannelID("secret"), "text": "x"}, "channel_not_found"},
		{"no such channel", "chat.postMessage", map[string]string{"channel": "C9", "text": "x"}, "channel_not_found"},
		{"archived", "chat.postMessage", map[string]string{"channel": w.ChannelID("old"), "text": "x"}, "is_archived"},
		{"no such thread", "chat.postMessage", map[string]string{"channel": qa, "text": "x", "thread_ts": "1.1"}, "thread_not_found"},
		{"not my message", "chat.update", map[string]string{"channel": qa, "ts": theirs, "text": "x"}, "cant_update_message"},
		{"no such message", "chat.update", map[string]string{"channel": qa, "ts": "1.1", "text": "x"}, "message_not_found"},
		{"long update", "chat.update", map[string]string{"channel": qa, "ts": mine["ts"].(string), "text": long}, "msg_too_long"},
		{"delete another's", "chat.delete", map[string]string{"channel": qa, "ts": theirs}, "cant_delete_message"},
		{"scope", "conversations.history", map[string]string{"channel": qa}, "missing_scope"},
		{"scope of a whole method", "usergroups.list", nil, "missing_scope"},
		{"bad metadata", "chat.postMessage", map[string]string{"channel": qa, "text": "x", "metadata": `{"event_type":""}`}, "invalid_metadata_format"},
		{"no such method", "chat.shout", nil, "unknown_method"},
		{"no such user", "users.info", map[string]string{"user": "U9"}, "user_not_found"},
		{"trigger from nowhere", "views.open", map[string]string{"trigger_id": "1", "view": "{}"}, "invalid_trigger_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out, _ := w.api(c.method, c.form); out["error"] != c.want || out["ok"] != false {
				t.Fatalf("answer %v, want %s", out, c.want)
			}
		})
	}
	for token, want := range map[string]string{"": "not_authed", "xoxb-other": "invalid_auth", w.AppToken(): "not_allowed_token_type"} {
		if out, _ := w.apiAs(token, "auth.test", nil); out["error"] != want {
			t.Errorf("token %q: %v, want %s", token, out, want)
		}
	}
	_, err = api.GetUserGroups()
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); !ok || e.Needed != "usergroups:read" || e.Provided == "" {
		t.Errorf("missing scope arrives as %#v, want needed and provided", err)
	}
	u, err := api.GetUserInfo(w.UserID("guest"))
	w.must(err)
	if !u.IsRestricted || u.Profile.Email != "" {
		t.Errorf("guest %+v: want restricted, and no e-mail without its scope", u)
	}
}

func TestHistoryCarriesMetadata(t *testing.T) {
	w := open(t, slacksim.Options{})
	api := w.client()
	qa := w.ChannelID("qa")
	meta := slack.SlackMetadata{EventType: "env", EventPayload: map[string]any{"rev": 3.0}}
	_, parent, err := api.PostMessage(qa, slack.MsgOptionText("parent", false), slack.MsgOptionMetadata(meta))
	w.must(err)
	_, reply, err := api.PostMessage(qa, slack.MsgOptionText("reply", false), slack.MsgOptionTS(parent), slack.MsgOptionBroadcast())
	w.must(err)
	_, _, err = api.PostMessage(qa, slack.MsgOptionText("quiet", false), slack.MsgOptionTS(parent))
	w.must(err)
	h, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: qa, IncludeAllMetadata: true})
	w.must(err)
	var got []string
	for _, m := range h.Messages {
		got = append(got, m.Text)
	}
	if !slices.Equal(got, []string{"reply", "parent"}) || h.Messages[1].Metadata.EventPayload["rev"] != 3.0 || h.Messages[1].ReplyCount != 2 {
		t.Fatalf("history %v %+v: want newest first, the broadcast but not the quiet reply, metadata and 2 replies", got, h.Messages[1])
	}
	replies, _, _, err := api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: qa, Timestamp: parent})
	w.must(err)
	if len(replies) != 3 || replies[1].Timestamp != reply {
		t.Fatalf("thread %+v: want the parent and both replies", replies)
	}
	page, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: qa, Limit: 1})
	w.must(err)
	if !page.HasMore || len(page.Messages) != 1 {
		t.Fatalf("page %+v: want one message and more to come", page)
	}
	link, err := api.GetPermalink(&slack.PermalinkParameters{Channel: qa, Ts: reply})
	w.must(err)
	if !strings.HasPrefix(link, w.url+"/archives/"+qa+"/p") || !strings.Contains(link, "thread_ts="+parent) {
		t.Fatalf("permalink %s", link)
	}
}

func TestRateLimits(t *testing.T) {
	c := newClock()
	w := open(t, slacksim.Options{RateLimits: true, Now: c.now})
	post := func() (map[string]any, *http.Response) {
		return w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x"})
	}
	for range 5 {
		if out, _ := post(); out["ok"] != true {
			t.Fatalf("a short burst is refused: %v", out)
		}
	}
	out, resp := post()
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" || out["error"] != "ratelimited" {
		t.Fatalf("sixth post in a second: %s %v %v", resp.Status, resp.Header, out)
	}
	c.move(time.Second)
	if out, _ := post(); out["ok"] != true {
		t.Fatalf("a second later: %v", out)
	}
	refused := 0
	for range 25 {
		if out, _ := w.api("users.list", nil); out["error"] == "ratelimited" {
			refused++
		}
	}
	if refused != 5 {
		t.Fatalf("%d of 25 calls of a tier 2 method refused, want 5", refused)
	}
}

func TestFaults(t *testing.T) {
	w := open(t, slacksim.Options{})
	api := w.client()
	qa := w.ChannelID("qa")
	post := func() error {
		_, _, err := api.PostMessage(qa, slack.MsgOptionText("x", false))
		return err
	}
	w.must(w.Fail(slacksim.Fault{Method: "chat.postMessage", Status: 503}))
	w.must(w.Fail(slacksim.Fault{Method: "chat.postMessage", RetryAfter: 7}))
	w.must(w.Fail(slacksim.Fault{Method: "chat.postMessage", Error: "fatal_error"}))
	w.must(w.Fail(slacksim.Fault{Method: "chat.postMessage", DropAfter: true}))
	if e, ok := errors.AsType[slack.StatusCodeError](post()); !ok || e.Code != 503 {
		t.Errorf("first: %v, want 503", e)
	}
	if e, ok := errors.AsType[*slack.RateLimitedError](post()); !ok || e.RetryAfter != 7*time.Second {
		t.Errorf("second: %v, want 429 with 7 s", e)
	}
	if err := post(); err == nil || err.Error() != "fatal_error" {
		t.Errorf("third: %v, want fatal_error", err)
	}
	if n := len(w.Messages("qa")); n != 0 {
		t.Errorf("%d messages, want none so far", n)
	}
	if err := post(); err == nil || len(w.Messages("qa")) != 1 {
		t.Errorf("fourth: %v and %d messages, want a lost answer and the effect", err, len(w.Messages("qa")))
	}
	w.must(post())
	out, resp := w.control("fault", map[string]any{"method": "chat.shout"})
	if resp.StatusCode != http.StatusBadRequest || out["error"] != `no method "chat.shout"` {
		t.Errorf("fault on an unknown method: %s %v", resp.Status, out)
	}
}

func TestControlRefusesWrongInput(t *testing.T) {
	w := open(t, slacksim.Options{})
	for _, c := range []struct {
		call string
		body any
		want string
	}{
		{"command", map[string]any{"user": "zoe", "channel": "qa"}, `no user "zoe"`},
		{"message", map[string]any{"user": "ana", "channel": "#none", "text": "x"}, `no channel "#none"`},
		{"message", map[string]any{"user": "ana", "channel": "qa", "txt": "x"}, `unknown field "txt"`},
		{"click", map[string]any{"user": "ana", "channel": "qa", "ts": "1.1"}, "sees no message 1.1"},
		{"command", map[string]any{"user": "qabot", "channel": "qa"}, "qabot cannot type"},
		{"disconnect", map[string]any{"reason": "boredom"}, `no disconnect reason "boredom"`},
	} {
		out, resp := w.control(c.call, c.body)
		if text, _ := out["error"].(string); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, c.want) {
			t.Errorf("%s %v: %s %v, want 400 and %q", c.call, c.body, resp.Status, out, c.want)
		}
	}
	ts, err := w.Message(w.ctx, "ana", "qa", "parent", "")
	w.must(err)
	out, _ := w.control("command", map[string]any{"user": "ana", "channel": "qa", "text": "list", "thread_ts": ts})
	if out["ok"] != false || out["shown"] != "/qa is not supported in threads. Sorry!" {
		t.Errorf("command in a thread: %v", out)
	}
}
