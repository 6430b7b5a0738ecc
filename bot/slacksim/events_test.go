package slacksim_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"qabot/bot/slacksim"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestReactions(t *testing.T) {
	w := open(t, slacksim.Options{Events: []string{"reaction_added", "reaction_removed"}})
	conn, _ := w.dial()
	api := w.client()
	ts, err := w.Message(w.ctx, "ana", "qa", "ship it", "")
	w.must(err)
	at := slack.NewRefToMessage(w.ChannelID("qa"), ts)
	w.must(api.AddReaction("eyes", at))
	if ev := w.takeEvent(conn); ev["type"] != "reaction_added" || ev["reaction"] != "eyes" || ev["item_user"] != w.UserID("ana") {
		t.Fatalf("event %v", ev)
	}
	if err := api.AddReaction("eyes", at); err == nil || err.Error() != "already_reacted" {
		t.Errorf("the same again: %v", err)
	}
	w.must(w.React("ben", "qa", ts, "eyes", true))
	w.takeEvent(conn)
	got, err := api.GetReactions(at, slack.GetReactionsParameters{})
	w.must(err)
	if rs := got.Reactions; len(rs) != 1 || rs[0].Count != 2 || rs[0].Users[1] != w.UserID("ben") {
		t.Fatalf("reactions %+v", rs)
	}
	w.must(api.RemoveReaction("eyes", at))
	if ev := w.takeEvent(conn); ev["type"] != "reaction_removed" || ev["user"] != w.UserID("qabot") {
		t.Fatalf("event %v", ev)
	}
	if err := api.RemoveReaction("eyes", at); err == nil || err.Error() != "no_reaction" {
		t.Errorf("taken away twice: %v", err)
	}
}

// An app that listens in channels hears every message, edit and deletion there, its own too.
func TestChannelMessages(t *testing.T) {
	w := open(t, slacksim.Options{Events: []string{"message.channels", "member_joined_channel"}})
	conn, _ := w.dial()
	_, err := w.Message(w.ctx, "ana", "general", "nobody listens", "")
	w.must(err)
	yes := true
	w.must(w.ChangeChannel(slacksim.ChannelChange{Channel: "general", HasBot: &yes}))
	if ev := w.takeEvent(conn); ev["type"] != "member_joined_channel" || ev["user"] != w.UserID("qabot") {
		t.Fatalf("event %v: want the invitation, and not what was said before it", ev)
	}
	out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("general"), "text": "one"})
	ts, _ := out["ts"].(string)
	w.api("chat.update", map[string]string{"channel": w.ChannelID("general"), "ts": ts, "text": "two"})
	w.api("chat.delete", map[string]string{"channel": w.ChannelID("general"), "ts": ts})
	seen := map[any]bool{}
	for range 3 {
		ev := w.takeEvent(conn)
		if ev["channel_type"] != "channel" {
			t.Errorf("event %v", ev)
		}
		seen[ev["subtype"]] = true
	}
	if !seen[nil] || !seen["message_changed"] || !seen["message_deleted"] {
		t.Errorf("subtypes %v", seen)
	}
}

// Without its scope an event is not sent, and a command or shortcut does not exist.
func TestScopesOfEventsAndCommands(t *testing.T) {
	w := open(t, slacksim.Options{Scopes: []string{"chat:write", "app_mentions:read"}, Events: []string{"app_mention", "message.im"}})
	conn, _ := w.dial()
	_, err := w.Message(w.ctx, "ana", "@qabot", "unheard", "")
	w.must(err)
	_, err = w.Message(w.ctx, "ana", "qa", "@qabot heard", "")
	w.must(err)
	if ev := w.takeEvent(conn); ev["type"] != "app_mention" {
		t.Fatalf("event %v: want the mention, as im:history is missing", ev)
	}
	if _, err := w.Command(w.ctx, "ana", "qa", "list"); err == nil || !contains(err.Error(), "not a valid command") {
		t.Errorf("command without the scope commands: %v", err)
	}
	if err := w.Shortcut(w.ctx, "ana", "new", "", ""); err == nil {
		t.Error("a shortcut without the scope commands")
	}
	if out, _ := w.api("conversations.list", map[string]string{"types": "private_channel"}); out["error"] != "missing_scope" || out["needed"] != "channels:read,groups:read,im:read" {
		t.Errorf("conversations.list: %v", out)
	}
	public := open(t, slacksim.Options{Scopes: []string{"chat:write", "chat:write.public"}})
	if out, _ := public.api("chat.postMessage", map[string]string{"channel": public.ChannelID("general"), "text": "x"}); out["ok"] != true {
		t.Errorf("chat:write.public does not open #general: %v", out)
	}
}

func TestLocales(t *testing.T) {
	w := open(t, slacksim.Options{Users: []slacksim.User{{Name: "ana"}, {Name: "jörg", Locale: "de-DE"}}})
	api := w.client()
	u, err := api.GetUserInfoContext(w.ctx, w.UserID("jörg"))
	w.must(err)
	if u.Locale != "de-DE" { // this client asks with include_locale
		t.Errorf("locale %q", u.Locale)
	}
	if out, _ := w.api("users.info", map[string]string{"user": w.UserID("jörg")}); out["user"].(map[string]any)["locale"] != nil {
		t.Error("a locale that nobody asked for")
	}
}

func TestUserGroups(t *testing.T) {
	w := open(t, slacksim.Options{})
	api := w.client()
	groups, err := api.GetUserGroups(slack.GetUserGroupsOptionIncludeUsers(true))
	w.must(err)
	if len(groups) != 1 || groups[0].Handle != "qa-team" || len(groups[0].Users) != 2 {
		t.Fatalf("groups %+v", groups)
	}
	members, err := api.GetUserGroupMembers(groups[0].ID)
	w.must(err)
	if len(members) != 2 || members[0] != w.UserID("ana") {
		t.Fatalf("members %v", members)
	}
	if _, err := api.GetUserGroupMembers("S9"); err == nil || err.Error() != "no_such_subteam" {
		t.Errorf("unknown group: %v", err)
	}
}

func TestFiles(t *testing.T) {
	w := open(t, slacksim.Options{})
	api := w.client()
	_, parent, err := api.PostMessage(w.ChannelID("qa"), slack.MsgOptionText("parent", false))
	w.must(err)
	const log = "line 1\nline 2\n"
	f, err := api.UploadFileContext(w.ctx, slack.UploadFileParameters{Filename: "build log.txt", Title: "Build", Content: log, FileSize: len(log),
		Channel: w.ChannelID("qa"), ThreadTimestamp: parent, InitialComment: "the log"})
	w.must(err)
	m := w.awaitMessage("qa", "the log")
	if m.ThreadTS != parent || len(m.Files) != 1 || m.Files[0].Title != "Build" || string(w.FileContent(f.ID)) != log {
		t.Fatalf("message %+v", m)
	}
	resp := w.fetch(m.Files[0].Path)
	if resp.header.Get("Content-Type") != "text/plain; charset=utf-8" || resp.body != log {
		t.Fatalf("download %v %q", resp.header, resp.body)
	}
	info, _, _, err := api.GetFileInfoContext(w.ctx, f.ID, 0, 0)
	w.must(err)
	if info.Size != len(log) || info.Filetype != "txt" {
		t.Errorf("info %+v", info)
	}
	if out, _ := w.api("files.completeUploadExternal", map[string]string{"files": `[{"id":"F9"}]`, "channel_id": w.ChannelID("qa")}); out["error"] != "file_not_found" {
		t.Errorf("unknown file: %v", out)
	}
	out, _ := w.api("files.getUploadURLExternal", map[string]string{"filename": "x.html", "length": "3"})
	if id, _ := out["file_id"].(string); w.fetch("/files/"+id+"/x.html").status != 404 {
		t.Error("a file was given out that nobody shared")
	}
}
