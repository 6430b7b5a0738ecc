package slacksim

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Options describe a workspace. The zero value gives a usable one: team "Acme", members ana and ben, a restricted
// guest, channels #qa (the bot is in it) and #general (it is not).
type Options struct {
	Team     string // workspace name, default "Acme"
	BotToken string // default "xoxb-slacksim"
	AppToken string // default "xapp-slacksim"
	BotName  string // name of the bot user, default "qabot"
	// Enterprise is the id of an enterprise ("E...") in all of whose workspaces the app is installed at once. Empty: the app
	// is installed in this one workspace.
	Enterprise string

	Users    []User    // default ana, ben, guest and sato, whose Slack is Japanese; the bot is added
	Locale   string    // of users that have none, default en-US
	Channels []Channel // default #qa and #general
	Groups   []Group   // default @qa-team with ana and ben

	Command     string // the slash command with its slash, default "/qa"
	UsageHint   string // shown by the composer, as in the app's manifest
	Description string // of the command

	Shortcuts []Shortcut

	// Scopes of the bot token. The default grants every scope that a simulated method needs; give the list of the
	// app's manifest to prove that it suffices.
	Scopes []string
	// Events that the app subscribes to; the default is those of the manifest: app_home_opened, app_mention,
	// message.im, channel_archive, channel_rename.
	Events []string

	// ConnectionLife is how long a Socket Mode connection may live, default one hour. WarnAhead before the end it is warned,
	// ten seconds unless given.
	ConnectionLife, WarnAhead time.Duration
	// EventsTwice has every event come a second time, as it does when its acknowledgement got lost on the way.
	EventsTwice bool
	// RateLimits turns on 429 answers: the tier of each method, and one posted message per second and channel.
	RateLimits bool

	// AckWithin is how long an acknowledgement may take, 3 s unless given. Tests that are not about it give more, since a busy
	// machine is no fault of the app's.
	AckWithin time.Duration
	// Acked, when set, is told of every acknowledgement how long the app took for it, on the real clock: from the envelope
	// sent to the acknowledgement received. It must not block.
	Acked func(kind string, took time.Duration)

	Now func() time.Time // default time.Now
	Log *slog.Logger     // default: nothing is logged
}

// A User is a member of the workspace, or somebody from another one who is seen in it.
type User struct {
	ID       string `json:"id"`        // given by New when empty
	Name     string `json:"name"`      // handle without @, unique
	RealName string `json:"real_name"` // default: the name in title case
	Email    string `json:"email,omitempty"`
	Title    string `json:"title,omitempty"`
	TZ       string `json:"tz,omitempty"`     // IANA name, default Europe/Berlin
	Locale   string `json:"locale,omitempty"` // language of the person's Slack, default that of Options; told with include_locale

	Bot             bool `json:"is_bot,omitempty"`
	Restricted      bool `json:"is_restricted,omitempty"`       // guest in several channels
	UltraRestricted bool `json:"is_ultra_restricted,omitempty"` // guest in one channel
	Stranger        bool `json:"is_stranger,omitempty"`         // from another workspace
	Deleted         bool `json:"deleted,omitempty"`
}

// A Channel is a public or private channel, or a direct message between a user and the bot.
type Channel struct {
	ID       string   `json:"id"`   // given by New when empty
	Name     string   `json:"name"` // without #
	Topic    string   `json:"topic,omitempty"`
	Private  bool     `json:"is_private,omitempty"`
	Archived bool     `json:"is_archived,omitempty"`
	Shared   bool     `json:"is_ext_shared,omitempty"`         // shared with another organisation
	Pending  bool     `json:"is_pending_ext_shared,omitempty"` // another organisation is invited
	HasBot   bool     `json:"is_member"`                       // the bot is a member
	Members  []string `json:"members,omitempty"`               // names or ids; nil means every user who is not deleted

	IM string `json:"im,omitempty"` // in a direct message, the id of the user; set by the workspace
}

// A Group is a user group, written @handle.
type Group struct {
	ID       string   // given by New when empty
	Handle   string   // without @
	Name     string   // default: the handle
	Users    []string // names or ids
	Disabled bool     // switched off: it is listed only with include_disabled
}

// A Shortcut is an entry that the app adds to the composer (global) or to the menu of every message (message).
type Shortcut struct {
	Type        string `json:"type"` // global or message
	Name        string `json:"name"`
	CallbackID  string `json:"callback_id"`
	Description string `json:"description,omitempty"`
}

func (o Options) withDefaults() Options {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&o.Team, "Acme")
	set(&o.BotToken, "xoxb-slacksim")
	set(&o.AppToken, "xapp-slacksim")
	set(&o.BotName, "qabot")
	set(&o.Command, "/qa")
	set(&o.Locale, "en-US")
	set(&o.UsageHint, "up <branch> | down [branch] | list | help")
	set(&o.Description, "QA environments: up, down, list, status, logs, help")
	if o.Users == nil {
		o.Users = []User{
			{Name: "ana", RealName: "Ana Silva", Title: "Backend"},
			{Name: "ben", RealName: "Ben Okafor", Title: "Product"},
			{Name: "guest", RealName: "Gwen Guest", Restricted: true},
			{Name: "sato", RealName: "佐藤 美咲", Title: "QA", TZ: "Asia/Tokyo", Locale: "ja-JP"},
		}
	}
	if o.Channels == nil {
		o.Channels = []Channel{
			{Name: "qa", Topic: "One environment per branch: type /qa up &lt;branch&gt;", HasBot: true},
			{Name: "general", Topic: "Everything else"},
		}
	}
	if o.Groups == nil && len(o.Users) > 1 {
		o.Groups = []Group{{Handle: "qa-team", Name: "QA team", Users: []string{o.Users[0].Name, o.Users[1].Name}}}
	}
	if o.Scopes == nil {
		o.Scopes = everyScope()
	}
	if o.Events == nil {
		o.Events = []string{"app_home_opened", "app_mention", "message.im", "channel_archive", "channel_rename"}
	}
	if o.ConnectionLife == 0 {
		o.ConnectionLife = time.Hour
	}
	if o.WarnAhead == 0 {
		o.WarnAhead = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Users, o.Channels, o.Groups = slices.Clone(o.Users), slices.Clone(o.Channels), slices.Clone(o.Groups)
	return o
}

// number fills in the ids, so that the same options always give the same workspace.
func (o *Options) number() {
	for i := range o.Users {
		u := &o.Users[i]
		if u.ID == "" {
			u.ID = fmt.Sprintf("U%02d%s", i+1, idTail(u.Name))
		}
		if u.RealName == "" {
			u.RealName = titleCase(u.Name)
		}
		if u.TZ == "" {
			u.TZ = "Europe/Berlin"
		}
		if u.Locale == "" {
			u.Locale = o.Locale
		}
		if u.Email == "" && !u.Bot {
			u.Email = u.Name + "@example.com"
		}
	}
	for i := range o.Channels {
		if c := &o.Channels[i]; c.ID == "" {
			c.ID = fmt.Sprintf("C%02d%s", i+1, idTail(c.Name))
		}
	}
	for i := range o.Groups {
		g := &o.Groups[i]
		if g.ID == "" {
			g.ID = fmt.Sprintf("S%02d%s", i+1, idTail(g.Handle))
		}
		if g.Name == "" {
			g.Name = g.Handle
		}
	}
}
