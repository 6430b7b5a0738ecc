package bot

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"qabot/store"
)

// Kinds of letters.
const (
	letterCommand = "command" // words: a slash command, a mention, a direct message
	letterClick   = "click"   // a button
)

// place is where somebody said something and how to answer there.
type place struct {
	User        string
	Team        string `json:",omitempty"` // that the user wrote from
	Enterprise  string `json:",omitempty"` // that the app is installed for; empty: for the team alone
	Channel     string
	Way         string `json:",omitempty"` // how it was said: one of store's ways
	ResponseURL string `json:",omitempty"` // answers into it for half an hour, five times
	Ephemeral   bool   `json:",omitempty"` // what ResponseURL belongs to is seen by the user alone and may be replaced
	Command     bool   `json:",omitempty"` // a slash command, which has been acknowledged with a word
	Thread      string `json:",omitempty"` // thread to answer in
	Direct      bool   `json:",omitempty"` // a direct message: no need to whisper
	TS          string `json:",omitempty"` // message in which it was said; empty: it was pressed or typed as a command
	Home        bool   `json:",omitempty"` // App Home, which shows the answer
	Message     string `json:",omitempty"` // of which a button was pressed, when everybody sees it

	heard *hearing // what became of the command that is being dealt with; nil: nothing that the audit journal would want to know
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
		place: place{
			User: c.UserID, Team: c.TeamID, Enterprise: enterprise(c.IsEnterpriseInstall, c.EnterpriseID), Channel: c.ChannelID, Way: store.WayCommand,
			ResponseURL: c.ResponseURL, Ephemeral: true, Command: true,
		},
		Text: c.Text,
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
	p := clickedAt(c)
	if p.Channel == "" {
		p.Channel = c.Container.ChannelID
	}
	message := cmp.Or(c.Container.MessageTs, c.Message.Timestamp, c.Container.ViewID, c.View.ID)
	if c.View.Type == slack.VTHomeTab {
		p.Home, p.Way, p.ResponseURL = true, store.WayHome, ""
	} else if !p.Ephemeral {
		p.Message = message
	}
	if p.Thread = c.Container.ThreadTs; p.Thread == "" && !p.Ephemeral {
		p.Thread = c.Message.ThreadTimestamp
	}
	l, err = letter("click/"+p.User+"/"+message+"/"+a.ActionTs, slackLane(p.User), "slack", letterClick,
		clicked{place: p, Action: a.ActionID, Value: cmp.Or(a.Value, a.SelectedOption.Value)})
	return l, err == nil, err
}

// clickedAt is who pressed something and where.
func clickedAt(c slack.InteractionCallback) place {
	return place{
		User: c.User.ID, Team: cmp.Or(c.User.TeamID, c.Team.ID), Enterprise: enterprise(c.IsEnterpriseInstall, c.Enterprise.ID),
		Channel: c.Channel.ID, Way: store.WayButton, ResponseURL: c.ResponseURL, Ephemeral: c.Container.IsEphemeral,
	}
}

// enterprise is the enterprise that the app is installed for, empty when it is for a workspace alone.
func enterprise(installed bool, id string) string {
	if !installed {
		return ""
	}
	return id
}

// fromEvent keeps what is needed of a mention or a direct message. ok is false for everything else, and for what bots say.
func fromEvent(outer slackevents.EventsAPIEvent) (l store.Letter, ok bool, err error) {
	call, isCall := outer.Data.(*slackevents.EventsAPICallbackEvent)
	if !isCall {
		return store.Letter{}, false, nil
	}
	s := spoken{place: place{Team: call.TeamID, Way: store.WayMention}}
	for _, a := range call.Authorizations {
		s.Enterprise = cmp.Or(s.Enterprise, enterprise(a.IsEnterpriseInstall, a.EnterpriseID))
	}
	switch e := outer.InnerEvent.Data.(type) {
	case *slackevents.AppMentionEvent:
		if e.BotID != "" || e.User == "" || e.Edited != nil {
			return store.Letter{}, false, nil
		}
		s.Team = cmp.Or(e.UserTeam, s.Team)
		s.User, s.Channel, s.Thread, s.Direct, s.Text = e.User, e.Channel, e.ThreadTimeStamp, strings.HasPrefix(e.Channel, "D"), e.Text
		s.TS = e.TimeStamp
	case *slackevents.MessageEvent:
		if e.ChannelType != "im" || e.BotID != "" || e.SubType != "" || e.User == "" {
			return store.Letter{}, false, nil
		}
		s.Way = store.WayMessage
		s.User, s.Channel, s.Thread, s.Direct, s.Text = e.User, e.Channel, e.ThreadTimeStamp, true, e.Text
		s.TS = e.TimeStamp
	case *slackevents.AppHomeOpenedEvent:
		if e.Tab != "home" || e.User == "" {
			return store.Letter{}, false, nil
		}
		s.User, s.Way, s.Home = e.User, store.WayHome, true
		l, err = letter("event/"+call.EventID, slackLane(s.User), "slack", letterHome, visited{place: s.place})
		return l, err == nil, err
	default:
		return store.Letter{}, false, nil
	}
	l, err = letter("event/"+call.EventID, slackLane(s.User), "slack", letterCommand, s)
	return l, err == nil, err
}

var mentioned = regexp.MustCompile(`<@[^<>]*>`)

// addressed is what was said to the bot: of what stands before, between and behind mentions the last part that begins with a
// verb, or else the last that says anything. Who writes the slash command where Slack knows none means it all the same.
func (b *Bot) addressed(text string) string {
	said, sure := "", false
	for _, part := range mentioned.Split(text, -1) {
		part = strings.TrimSpace(part)
		if rest, ok := strings.CutPrefix(part, b.opt.Command); ok && (rest == "" || rest[0] == ' ') {
			part = strings.TrimSpace(rest)
		}
		first, _, _ := strings.Cut(part, " ")
		if verb := slices.Contains(verbs(), strings.ToLower(clean(first))); verb || !sure && part != "" {
			said, sure = part, sure || verb
		}
	}
	return said
}

// newReference names one fault in the log, short enough to be read out.
func newReference() string { return rand.Text()[:8] }
