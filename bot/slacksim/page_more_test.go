package slacksim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"qabot/bot/slacksim"
)

// An edit changes what differs. Everything else is the same element as before: nothing blinks, what the pointer is on
// and what is selected stay.
func pageEdits(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{})
	ctx := w.visit(browser)
	blocks := func(step string) string {
		return `[{"type":"section","block_id":"a","text":{"type":"mrkdwn","text":"*Deploying* feature/x"}},
			{"type":"section","block_id":"b","text":{"type":"mrkdwn","text":"` + step + `"}},
			{"type":"actions","block_id":"c","elements":[{"type":"button","action_id":"stop","text":{"type":"plain_text","text":"Stop"}},
				{"type":"external_select","action_id":"pick","min_query_length":0,"placeholder":{"type":"plain_text","text":"Pick"}}]}]`
	}
	out, _ := w.api("chat.postMessage", map[string]string{"channel": w.ChannelID("qa"), "text": "x", "blocks": blocks("step 1")})
	ts, _ := out["ts"].(string)
	w.sees(ctx, "step 1")
	js[bool](w, ctx, `(() => {
		window.kept = [...document.querySelectorAll("#messages article, #messages article .block, #messages article button, #messages .avatar")];
		window.changes = 0;
		new MutationObserver((list) => { changes += list.filter((m) => m.type === "childList").length; }).observe(document.getElementById("messages"), { childList: true, subtree: true });
		return true;
	})()`)
	conn, _ := w.dial()
	go func() { // an open list stays open as well
		f := w.read(conn)
		_ = conn.WriteJSON(json.RawMessage(`{"envelope_id":"` + f.EnvelopeID + `","payload":{"options":[{"text":{"type":"plain_text","text":"feature/y"},"value":"y"}]}}`))
	}()
	js[bool](w, ctx, `document.querySelector('[data-action="pick"]').click() ?? true`)
	w.sees(ctx, "feature/y")
	js[bool](w, ctx, `getSelection().selectAllChildren(document.querySelector('[data-block="a"]')) ?? true`)
	w.api("chat.update", map[string]string{"channel": w.ChannelID("qa"), "ts": ts, "text": "x", "blocks": blocks("step 2")})
	w.sees(ctx, "step 2")
	if !js[bool](w, ctx, `kept.length > 5 && kept.every((node) => node.isConnected)`) {
		t.Error("an edit replaced elements that did not change")
	}
	if n := js[int](w, ctx, `changes`); n > 1 { // the word "(edited)" is new
		t.Errorf("an edit added or removed elements %d times", n)
	}
	if sel := js[string](w, ctx, `getSelection().toString()`); !strings.Contains(sel, "Deploying") {
		t.Errorf("selected is %q after the edit", sel)
	}
	w.sees(ctx, "feature/y")
}

func pageMenu(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{Shortcuts: []slacksim.Shortcut{{Type: "message", Name: "Deploy this branch", CallbackID: "from_message"}}})
	conn, _ := w.dial()
	ctx := w.visit(browser)
	ts, err := w.Message(w.ctx, "ben", "qa", "feature/x is ready", "")
	w.must(err)
	w.sees(ctx, "feature/x is ready")
	w.must(w.in(ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('.tool-more').click()`), chromedp.Click(chromedp.CSS(`.menu-item[data-value="from_message"]`))))
	if p := w.take(conn); p["type"] != "message_action" || p["message_ts"] != ts {
		t.Fatalf("payload %v", p)
	}
	w.must(w.in(ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('.tools [data-quick]').click()`), chromedp.WaitVisible(chromedp.CSS(".reaction-mine"))))
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(".reaction-more")), chromedp.Click(chromedp.CSS(`.emoji-choice[aria-label="rocket"]`)), chromedp.WaitVisible(chromedp.CSS(`.reaction[title*="rocket"]`))))
	if rs := w.Messages("qa")[0].Reactions; len(rs) != 2 || rs[1].Name != "rocket" {
		t.Fatalf("reactions %+v", rs)
	}
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(".reaction-mine"))))
	w.eventually("one reaction is left", func() bool { return len(w.Messages("qa")[0].Reactions) == 1 })
}

func pageLinks(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{})
	ctx := w.visit(browser)
	first, err := w.Message(w.ctx, "ben", "qa", "here it began", "")
	w.must(err)
	for i := range 40 {
		_, err := w.Message(w.ctx, "ben", "qa", fmt.Sprintf("line %d", i), "")
		w.must(err)
	}
	out, _ := w.api("chat.getPermalink", map[string]string{"channel": w.ChannelID("qa"), "message_ts": first})
	w.api("chat.postEphemeral", map[string]string{"channel": w.ChannelID("general"), "user": w.UserID("ana"), "text": "x"})
	w.api("chat.postEphemeral", map[string]string{"channel": w.ChannelID("qa"), "user": w.UserID("ana"), "text": fmt.Sprintf("Started. <%s|Follow it here>", out["permalink"])})
	w.sees(ctx, "Follow it here")
	js[bool](w, ctx, `window.same = true`)
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`.msg-ephemeral a`)), chromedp.WaitVisible(chromedp.CSS(".msg-lit"))))
	lit := fmt.Sprintf(`(() => { const at = document.querySelector(".msg-lit"); const r = at.getBoundingClientRect(); return window.same === true && at.dataset.ts === %q && r.top > 0 && r.bottom < innerHeight; })()`, first)
	if !js[bool](w, ctx, lit) {
		t.Error("the link did not bring its message into sight on the same page")
	}
	// The same address typed into the browser leads there too.
	w.must(w.in(ctx, chromedp.Navigate(fmt.Sprint(out["permalink"])), chromedp.WaitVisible(chromedp.CSS(".msg-lit"))))
}

func pagePhone(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{})
	ctx := w.visit(browser)
	ts, err := w.Message(w.ctx, "ben", "qa", "parent", "")
	w.must(err)
	_, err = w.Message(w.ctx, "ben", "qa", "reply", ts)
	w.must(err)
	w.must(w.in(ctx, chromedp.EmulateViewport(390, 844), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		likes := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}, {Name: "prefers-reduced-motion", Value: "reduce"}}
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: likes})
		return err
	})))
	paper := `getComputedStyle(document.getElementById("main")).backgroundColor`
	if got := js[string](w, ctx, paper); got != "rgb(26, 29, 33)" {
		t.Errorf("paper in the dark is %s", got)
	}
	wide := `document.documentElement.scrollWidth > innerWidth`
	if js[bool](w, ctx, wide) {
		t.Error("the page is wider than the phone")
	}
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(".drawer-tool")), chromedp.Click(chromedp.CSS(`#theme`)), chromedp.Click(chromedp.CSS(`.menu-item[data-value="light"]`))))
	if got := js[string](w, ctx, paper); got != "rgb(255, 255, 255)" {
		t.Errorf("paper after the switch to light is %s", got)
	}
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`[data-channel="`+w.ChannelID("general")+`"]`))))
	w.eventually("the drawer is closed", func() bool {
		return js[bool](w, ctx, `!document.getElementById("sidebar").checkVisibility({ visibilityProperty: true })`)
	})
	w.sees(ctx, "Nothing has been said in #general yet.")
	w.must(w.in(ctx, chromedp.NavigateBack()))
	w.sees(ctx, "1 reply")
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(".reply-bar")), chromedp.WaitVisible(chromedp.CSS("#thread"))))
	if !js[bool](w, ctx, `(() => { const r = document.getElementById("thread").getBoundingClientRect(); return r.left === 0 && r.width === innerWidth && r.height === innerHeight; })()`) {
		t.Error("the thread does not cover the channel")
	}
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(".thread-back")), chromedp.WaitNotVisible(chromedp.CSS("#thread"))))
}

func pageViews(t *testing.T, browser context.Context) {
	w, conn, _ := opened(t, modal("First", "", moreBlock, noteBlock))
	ctx := w.visit(browser)
	w.must(w.in(ctx, chromedp.WaitVisible(chromedp.CSS("dialog textarea, dialog input.field")), chromedp.SendKeys(chromedp.CSS("dialog input.field"), "kept")))
	w.api("views.push", map[string]string{"trigger_id": w.press(conn), "view": modal("Second", "")})
	w.sees(ctx, "Second")
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS("dialog .dialog-foot .btn"))))
	w.sees(ctx, "First")
	w.must(w.CloseView(w.ctx, "ana", w.Views("ana")[0].ID))
	w.eventually("no modal", func() bool { return js[bool](w, ctx, `!document.querySelector("dialog")`) })

	home := `{"type":"home","blocks":[{"type":"header","text":{"type":"plain_text","text":"Environments of %s"}}]}`
	for _, name := range []string{"ana", "ben"} {
		w.api("views.publish", map[string]string{"user_id": w.UserID(name), "view": fmt.Sprintf(home, name)})
	}
	go w.take(conn) // app_home_opened
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`[data-channel="D01ANA"]`))))
	w.sees(ctx, "Environments of ana")
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS("#account")), chromedp.Click(chromedp.CSS(`.menu-item[data-value="ben"]`))))
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`[data-channel="D02BEN"]`))))
	w.sees(ctx, "Environments of ben")
}
