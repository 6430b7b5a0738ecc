//go:build dev

package slacksim_test

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"
	"fmt"
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"
	"qabot/bot/slacksim"
)

func TestDevServe(t *testing.T) {
	w := open(t, slacksim.Options{Shortcuts: []slacksim.Shortcut{{Type: "global", Name: "New QA environment", CallbackID: "qa_new", Description: "Pick a branch and start it"}, {Type: "message", Name: "QA for this PR", CallbackID: "qa_from_message"}}})
	w.ctx = context.Background()
	api := w.app(demoBot(t))
	dir := "/work/shared/reference/slack-blocks/"
	post := func(name, thread string) string {
		raw, _ := os.ReadFile(dir + name + ".json")
		s := strings.NewReplacer("<@U1>", "<@"+w.UserID("ana")+">", "<@U2>", "<@"+w.UserID("ben")+">", "<@U3>", "<@"+w.UserID("guest")+">").Replace(string(raw))
		var m struct{ Text string; Blocks json.RawMessage; ResponseType string `json:"response_type"` }
		if err := json.Unmarshal([]byte(s), &m); err != nil { t.Fatal(err) }
		form := map[string]string{"channel": w.ChannelID("qa"), "text": m.Text, "blocks": string(m.Blocks), "thread_ts": thread}
		method := "chat.postMessage"
		if m.ResponseType == "ephemeral" { method = "chat.postEphemeral"; form["user"] = w.UserID("ana") }
		out, _ := w.api(method, form)
		if out["ok"] != true { t.Fatalf("%s: %v", name, out) }
		ts, _ := out["ts"].(string)
		return ts
	}
	w.Message(w.ctx, "ana", "qa", "Morning! I put `feature/login` on an environment, could you have a look at *checkout*?", "")
	w.Message(w.ctx, "ana", "qa", "It is about https://github.com/o/shop/pull/12 :eyes:", "")
	bts, _ := w.Message(w.ctx, "ben", "qa", "@ana sure, after the stand-up in #general.\n> could you have a look at *checkout*?\nOn it.", "")
	w.React("ana", "qa", bts, "+1", true); w.React("ben", "qa", bts, "white_check_mark", true)
	p := post("up_failure", ""); post("up_failure_thread", p)
	p = post("up_success", ""); post("up_success_thread", p)
	w.Message(w.ctx, "ben", "qa", "@qabot logs", p)
	p = post("up_progress", "")
	w.api("chat.update", map[string]string{"channel": w.ChannelID("qa"), "ts": p, "text": "x", "blocks": string(find2(w.Messages("qa"), p).Blocks)})
	for _, n := range []string{"down", "list", "status", "help", "error_unknown_branch", "error_limit"} { post(n, "") }
	raw, _ := os.ReadFile(dir + "home.json")
	var v slack.HomeTabViewRequest
	if err := json.Unmarshal([]byte(strings.NewReplacer("<@U1>", "<@"+w.UserID("ana")+">", "<@U2>", "<@"+w.UserID("ben")+">", "<@U3>", "<@"+w.UserID("guest")+">").Replace(string(raw))), &v); err != nil { t.Fatal(err) }
	if _, err := api.PublishView(w.UserID("ana"), v, ""); err != nil { t.Fatal(err) }
	fmt.Println("serving", w.url)
	go http.ListenAndServe("127.0.0.1:4711", w.Handler())
	time.Sleep(time.Hour)
}
func find2(ms []slacksim.Message, ts string) slacksim.Message { for _, m := range ms { if m.TS == ts { return m } }; return slacksim.Message{} }
