package slacksim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"qabot/bot/slacksim"
)

func (w *world) field(method string, args map[string]string, path ...string) any {
	w.t.Helper()
	out, _ := w.api(method, args)
	if out["ok"] != true {
		return fmt.Sprint("error ", out["error"])
	}
	var v any = out
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// steer does something with the control API.
func (w *world) steer(call, body string) {
	w.t.Helper()
	if out, _ := w.control(call, json.RawMessage(body)); out["ok"] != true {
		w.t.Fatalf("control %s %s: %v", call, body, out)
	}
}

func TestPeopleChange(t *testing.T) {
	w := open(t, slacksim.Options{})
	ana := map[string]string{"user": w.UserID("ana")}
	for _, c := range []struct {
		change string
		field  string
		want   any
	}{
		{`{"user":"ana","restricted":true}`, "is_restricted", true},
		{`{"user":"ana","restricted":false,"ultra_restricted":true}`, "is_ultra_restricted", true},
		{`{"user":"ana","ultra_restricted":false,"stranger":true}`, "is_stranger", true},
		{`{"user":"@ana"}`, "team_id", "T0ELSEWHERE"},
		{`{"user":"ana","stranger":false}`, "team_id", "T0SLACKSIM"},
		{`{"user":"ana","deleted":true}`, "deleted", true},
	} {
		w.steer("user", c.change)
		if got := w.field("users.info", ana, "user", c.field); got != c.want {
			t.Errorf("after %s %s is %v, want %v", c.change, c.field, got, c.want)
		}
	}
	if _, err := w.Message(w.ctx, "ana", "qa", "hello", ""); err == nil {
		t.Error("an account that is switched off writes")
	}
	if err := w.ChangeUser(slacksim.UserChange{User: "qabot"}); err == nil {
		t.Error("the bot was changed")
	}
}

func TestGroupsChange(t *testing.T) {
	w := open(t, slacksim.Options{})
	groups := func(args map[string]string) (out []string) {
		list, _ := w.field("usergroups.list", args, "usergroups").([]any)
		for _, g := range list {
			g := g.(map[string]any)
			out = append(out, fmt.Sprint(g["handle"], g["users"], g["date_delete"] != 0.0))
		}
		return out
	}
	with := map[string]string{"include_users": "true"}
	w.steer("group", `{"handle":"leads","users":["ben"]}`)
	ben := w.UserID("ben")
	if got := groups(with); len(got) != 2 || got[1] != fmt.Sprint("leads", []string{ben}, false) {
		t.Errorf("groups %v", got)
	}
	w.steer("group", `{"handle":"leads","disabled":true}`)
	if got := groups(with); len(got) != 1 {
		t.Errorf("groups %v: want without the one that is switched off", got)
	}
	if got := groups(map[string]string{"include_users": "true", "include_disabled": "true"}); len(got) != 2 || !strings.HasSuffix(got[1], "true") {
		t.Errorf("groups %v", got)
	}
	if err := w.ChangeGroup(slacksim.GroupChange{Handle: "leads", Users: []string{"nobody"}}); err == nil {
		t.Error("nobody is in a group")
	}
}

func TestSharedChannels(t *testing.T) {
	w := open(t, slacksim.Options{Users: []slacksim.User{{Name: "ana"}, {Name: "eve", Stranger: true}}})
	conn, _ := w.dial()
	qa := map[string]string{"channel": w.ChannelID("qa")}
	w.steer("channel", `{"channel":"qa","pending":true}`)
	if got := w.field("conversations.info", qa, "channel", "is_pending_ext_shared"); got != true {
		t.Errorf("pending: %v", got)
	}
	w.steer("channel", `{"channel":"qa","pending":false,"shared":true}`)
	if got := w.field("conversations.info", qa, "channel", "is_ext_shared"); got != true {
		t.Errorf("shared: %v", got)
	}
	if _, err := w.Message(w.ctx, "eve", "qa", "@qabot down", ""); err != nil {
		t.Fatal(err)
	}
	p := w.take(conn)
	ev, _ := p["event"].(map[string]any)
	if p["is_ext_shared_channel"] != true || ev["user_team"] != "T0ELSEWHERE" {
		t.Errorf("event %v", p)
	}
}

// An app installed for an enterprise is told so with everything, and has to name the workspace.
func TestEnterprise(t *testing.T) {
	w := open(t, slacksim.Options{Enterprise: "E0ACME"})
	conn, _ := w.dial()
	if got := w.field("auth.test", nil, "enterprise_id"); got != "E0ACME" {
		t.Errorf("auth.test gives %v", got)
	}
	if got := w.field("users.info", map[string]string{"user": w.UserID("ana")}, "user", "enterprise_user", "enterprise_id"); got != "E0ACME" {
		t.Errorf("users.info gives %v", got)
	}
	if got := w.field("usergroups.list", nil); got != "error missing_argument" {
		t.Errorf("without a workspace: %v", got)
	}
	if got, _ := w.field("usergroups.list", map[string]string{"team_id": "T0SLACKSIM"}, "usergroups").([]any); len(got) != 1 {
		t.Errorf("with it: %v", got)
	}
	done := make(chan error, 1)
	go func() { _, err := w.Command(w.ctx, "ana", "qa", "list"); done <- err }()
	if p := w.take(conn); p["enterprise_id"] != "E0ACME" || p["is_enterprise_install"] != "true" {
		t.Errorf("command %v", p)
	}
	w.must(<-done)
	go func() { done <- w.Shortcut(w.ctx, "ana", "x", "", "") }()
	p := w.take(conn)
	if org, _ := p["enterprise"].(map[string]any); org["id"] != "E0ACME" || p["is_enterprise_install"] != true {
		t.Errorf("shortcut %v", p)
	}
	<-done
	w.must(func() error { _, err := w.Message(w.ctx, "ana", "@qabot", "list", ""); return err }())
	if p := w.take(conn); p["enterprise_id"] != "E0ACME" {
		t.Errorf("event %v", p)
	}
}
