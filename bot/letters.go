package bot

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"qabot/store"
)

// Kinds of letters.
const (
	letterCommand = "command" // words: a slash command, a mention, a direct message
	letterClick   = "click"   // a button
	letterPush    = "push"
	letterDelete  = "delete"
)

// place is where somebody said something and how to answer there.
type place struct {
	User        string
	Channel     string
	ResponseURL string `json:",omitempty"` // answers into it for half an hour, five times
	Ephemeral   bool   `json:",omitempty"` // what ResponseURL belongs to is seen by the user alone and may be replaced
	Command     bool   `json:",omitempty"` // a slash command, which has been acknowledged with a word
	Thread      string `json:",omitempty"` // thread to answer in
	Direct      bool   `json:",omitempty"` // a direct message: no need to whisper
}

// spoken is the body of letterCommand.
type spoken struct {
	place
	Text string
}

// clicked is the body of letterClick.
type clicked struct {
	place
	Action, Value string
}

// pushed is the body of letterPush and letterDelete.
type pushed struct {
	Repo, Branch  string
	Name, Subject string
}

func letter(key, lane, source, kind string, body any) (store.Letter, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return store.Letter{}, fmt.Errorf("write letter: %w", err)
	}
	return store.Letter{Key: key, Lane: lane, Source: source, Kind: kind, Body: b}, nil
}

func slackLane(user string) string  { return "slack/" + user }
func gitHubLane(repo string) string { return "github/" + strings.ToLower(repo) }

// fromSlash keeps what is needed of a slash command. trigger_id stays the same when Slack sends it again; envelope ids do
// not.
func fromSlash(c slack.SlashCommand) (store.Letter, error) {
	return letter("slash/"+c.TriggerID, slackLane(c.UserID), "slack", letterCommand, spoken{
		place: place{User: c.UserID, Channel: c.ChannelID, ResponseURL: c.ResponseURL, Ephemeral: true, Command: true},
		Text:  c.Text,
	})
}

// fromClick keeps what is needed of a pressed button. ok is false when nothing has to be done for it: link buttons only want
// an acknowledgement.
func fromClick(c slack.InteractionCallback) (l store.Letter, ok bool, err error) {
	if c.Type != slack.InteractionTypeBlockActions || len(c.ActionCallback.BlockActions) == 0 {
		return store.Letter{}, false, nil
	}
	a := c.ActionCallback.BlockActions[0]
	if action, ours := actionOf(a.ActionID); !ours || action == actionOpen || action == actionLog {
		return store.Letter{}, false, nil
	}
	p := place{User: c.User.ID, Channel: c.Channel.ID, ResponseURL: c.ResponseURL, Ephemeral: c.Container.IsEphemeral}
	if p.Channel == "" {
		p.Channel = c.Container.ChannelID
	}
	message := c.Container.MessageTs
	if message == "" {
		message = c.Message.Timestamp
	}
	if p.Thread = c.Container.ThreadTs; p.Thread == "" && !p.Ephemeral {
		p.Thread = c.Message.ThreadTimestamp
	}
	l, err = letter("click/"+p.User+"/"+message+"/"+a.ActionTs, slackLane(p.User), "slack", letterClick,
		clicked{place: p, Action: a.ActionID, Value: a.Value})
	return l, err == nil, err
}

// fromEvent keeps what is needed of a mention or a direct message. ok is false for everything else, and for what bots say.
func fromEvent(outer slackevents.EventsAPIEvent) (l store.Letter, ok bool, err error) {
	call, isCall := outer.Data.(*slackevents.EventsAPICallbackEvent)
	if !isCall {
		return store.Letter{}, false, nil
	}
	var s spoken
	switch e := outer.InnerEvent.Data.(type) {
	case *slackevents.AppMentionEvent:
		if e.BotID != "" || e.User == "" || e.Edited != nil {
			return store.Letter{}, false, nil
		}
		s = spoken{place{User: e.User, Channel: e.Channel, Thread: e.ThreadTimeStamp, Direct: strings.HasPrefix(e.Channel, "D")}, e.Text}
	case *slackevents.MessageEvent:
		if e.ChannelType != "im" || e.BotID != "" || e.SubType != "" || e.User == "" {
			return store.Letter{}, false, nil
		}
		s = spoken{place{User: e.User, Channel: e.Channel, Thread: e.ThreadTimeStamp, Direct: true}, e.Text}
	default:
		return store.Letter{}, false, nil
	}
	l, err = letter("event/"+call.EventID, slackLane(s.User), "slack", letterCommand, s)
	return l, err == nil, err
}

// withoutMentions takes the mention of the bot from the beginning of what was said to it.
func withoutMentions(text string) string {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "<@") {
		_, rest, ok := strings.Cut(text, ">")
		if !ok {
			break
		}
		text = strings.TrimSpace(rest)
	}
	return text
}

// newReference names one fault in the log, short enough to be read out.
func newReference() string { return rand.Text()[:8] }
