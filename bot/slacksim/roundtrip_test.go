package slacksim_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"qabot/bot/slacksim"
)

func mrkdwn(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, false)
}
func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, true, false)
}

// demoBot is a small app: /qa answers and posts a parent, Cancel edits it and replies, Form opens a modal.
func demoBot(t *testing.T) func(*slack.Client, *socketmode.Client, socketmode.Event) {
	check := func(err error) {
		if err != nil {
			t.Errorf("bot: %v", err)
		}
	}
	return func(api *slack.Client, sm *socketmode.Client, e socketmode.Event) {
		switch e.Type {
		case socketmode.EventTypeSlashCommand:
			cmd := e.Data.(slack.SlashCommand)
			check(sm.Ack(*e.Request, map[string]any{"text": "Starting " + cmd.Text}))
			_, _, err := api.PostMessage(cmd.ChannelID, slack.MsgOptionText("working on "+cmd.Text, false), slack.MsgOptionBlocks(
				slack.NewSectionBlock(mrkdwn("*working* on "+cmd.Text), nil, nil),
				slack.NewActionBlock("act",
					slack.NewButtonBlockElement("cancel", "env:1", plain("Cancel")).WithStyle(slack.StyleDanger),
					slack.NewButtonBlockElement("form", "up", plain("Form")))))
			check(err)
		case socketmode.EventTypeInteractive:
			check(demoInteraction(api, sm, e))
		case socketmode.EventTypeEventsAPI:
			check(sm.Ack(*e.Request))
			if m, ok := e.Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(*slackevents.AppMentionEvent); ok {
				_, _, err := api.PostMessage(m.Channel, slack.MsgOptionText("heard "+m.Text, false), slack.MsgOptionTS(m.ThreadTimeStamp))
				check(err)
			}
		}
	}
}

func demoInteraction(api *slack.Client, sm *socketmode.Client, e socketmode.Event) error {
	cb := e.Data.(slack.InteractionCallback)
	switch cb.Type {
	case slack.InteractionTypeViewSubmission:
		branch := cb.View.State.Values["branch"]["branch"]
		if branch.SelectedOption.Value == "bad" {
			return sm.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"branch": "no such branch"}))
		}
		return sm.Ack(*e.Request)
	case slack.InteractionTypeBlockSuggestion:
		return sm.Ack(*e.Request, slack.OptionsResponse{Options: []*slack.OptionBlockObject{
			slack.NewOptionBlockObject("good", plain("feature/"+cb.Value), nil), slack.NewOptionBlockObject("bad", plain("bad"), nil)}})
	}
	if err := sm.Ack(*e.Request); err != nil {
		return err
	}
	if cb.ActionCallback.BlockActions[0].ActionID == "form" {
		_, err := api.OpenView(cb.TriggerID, slack.ModalViewRequest{Type: slack.VTModal, Title: plain("New"), Submit: plain("Start"),
			Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("branch", plain("Branch"), nil,
				slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plain("Search"), "branch"))}}})
		return err
	}
	if _, _, _, err := api.UpdateMessage(cb.Channel.ID, cb.Message.Timestamp, slack.MsgOptionText("cancelled by "+cb.User.ID, false)); err != nil {
		return err
	}
	if _, _, err := api.PostMessage(cb.Channel.ID, slack.MsgOptionText("bye", false), slack.MsgOptionTS(cb.Message.Timestamp)); err != nil {
		return err
	}
	return slack.PostWebhook(cb.ResponseURL, &slack.WebhookMessage{Text: "only for you"})
}

// find gives the first message, replies included, whose text starts so.
func find(ms []slacksim.Message, prefix string) (slacksim.Message, bool) {
	for _, m := range ms {
		if strings.HasPrefix(m.Text, prefix) {
			return m, true
		}
		if r, ok := find(m.Replies, prefix); ok {
			return r, true
		}
	}
	return slacksim.Message{}, false
}

func (w *world) awaitMessage(channel, prefix string) slacksim.Message {
	w.t.Helper()
	var got slacksim.Message
	w.eventually("a message that starts with "+prefix, func() bool {
		m, ok := find(w.Messages(channel), prefix)
		got = m
		return ok
	})
	return got
}

func TestCommandPostClickUpdateThread(t *testing.T) {
	w := open(t, slacksim.Options{})
	w.app(demoBot(t))

	ack, err := w.Command(w.ctx, "ana", "#qa", "up feature/x & <y> @ben #qa https://a.example/b")
	w.must(err)
	want := "Starting up feature/x &amp; &lt;y&gt; <@U02BEN|ben> <#C01QA|qa> <https://a.example/b>"
	if ack.Text != want || ack.ResponseType != "ephemeral" {
		t.Fatalf("ack %+v, want text %q", ack, want)
	}
	if m := w.awaitMessage("qa", "Starting"); m.Ephemeral != w.UserID("ana") {
		t.Fatalf("the acknowledgement is seen by %q, want ana alone", m.Ephemeral)
	}
	parent := w.awaitMessage("qa", "working")
	w.must(w.Click(w.ctx, "ben", "qa", parent.TS, "cancel"))
	edited := w.awaitMessage("qa", "cancelled by "+w.UserID("ben"))
	if edited.TS != parent.TS || edited.Edits != 1 || len(edited.History) != 1 || edited.Blocks != nil {
		t.Fatalf("edited %+v: want the same ts, one edit, its history, and no blocks", edited)
	}
	if m := w.awaitMessage("qa", "bye"); m.ThreadTS != parent.TS {
		t.Fatalf("reply in thread %q, want %q", m.ThreadTS, parent.TS)
	}
	if m := w.awaitMessage("qa", "only for you"); m.Ephemeral != w.UserID("ben") {
		t.Fatalf("response_url answer seen by %q, want ben alone", m.Ephemeral)
	}
}

func TestMentionInThread(t *testing.T) {
	w := open(t, slacksim.Options{})
	api := w.app(demoBot(t))
	_, ts, err := api.PostMessage(w.ChannelID("qa"), slack.MsgOptionText("parent", false))
	w.must(err)
	_, err = w.Message(w.ctx, "ana", "qa", "@qabot retry", ts)
	w.must(err)
	if m := w.awaitMessage("qa", "heard <@U0QABOT> retry"); m.ThreadTS != ts {
		t.Fatalf("answer in thread %q, want %q", m.ThreadTS, ts)
	}
}

func TestModal(t *testing.T) {
	w := open(t, slacksim.Options{})
	w.app(demoBot(t))
	_, err := w.Command(w.ctx, "ana", "qa", "up x")
	w.must(err)
	w.must(w.Click(w.ctx, "ana", "qa", w.awaitMessage("qa", "working").TS, "form"))
	w.eventually("a modal", func() bool { return len(w.Views("ana")) == 1 })
	view := w.Views("ana")[0].ID

	faults, err := w.Submit(w.ctx, "ana", view, nil)
	w.must(err)
	if faults["branch"] == "" {
		t.Fatal("an empty required field was let through")
	}
	options, err := w.Suggest(w.ctx, slacksim.Action{User: "ana", ViewID: view, ActionID: "branch"}, "pay")
	w.must(err)
	if len(options) != 2 || options[0].Text != "feature/pay" {
		t.Fatalf("options %+v", options)
	}
	faults, err = w.Submit(w.ctx, "ana", view, slacksim.Values{"branch": {"branch": "bad"}})
	w.must(err)
	if faults["branch"] != "no such branch" || len(w.Views("ana")) != 1 {
		t.Fatalf("faults %v, %d views: want the app's fault and the modal still open", faults, len(w.Views("ana")))
	}
	faults, err = w.Submit(w.ctx, "ana", view, slacksim.Values{"branch": {"branch": "good"}})
	w.must(err)
	if len(faults) > 0 || len(w.Views("ana")) != 0 {
		t.Fatalf("faults %v, %d views: want the modal closed", faults, len(w.Views("ana")))
	}
}

func TestNobodyThere(t *testing.T) {
	w := open(t, slacksim.Options{})
	_, err := w.Command(w.ctx, "ana", "qa", "list")
	var f *slacksim.Failure
	if !errors.As(err, &f) || f.Code != "dispatch_failed" || !strings.Contains(f.Text, "/qa failed with the error “dispatch_failed”") {
		t.Fatalf("got %v, want the line that Slack shows", err)
	}
}
