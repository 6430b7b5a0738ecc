package slacksim

import (
	"slices"
	"strings"
	"time"
)

// Identities of the one team and the one app that live here.
const (
	teamID = "T0SLACKSIM"
	appID  = "A0SLACKSIM"
	botID  = "B0SLACKSIM"

	elsewhereID = "T0ELSEWHERE" // another organisation's workspace
)

// directory knows who and where: users, channels and groups, by id or by name.
type directory struct {
	domain   string
	org      string // enterprise that the app is installed for
	users    []*User
	channels []*Channel
	groups   []Group
	bot      *User
}

func newDirectory(o Options) directory {
	d := directory{domain: strings.ToLower(idTail(o.Team)), groups: o.Groups, org: o.Enterprise}
	for i := range o.Users {
		d.users = append(d.users, &o.Users[i])
	}
	d.bot = &User{ID: "U0" + idTail(o.BotName), Name: o.BotName, RealName: o.BotName, Bot: true, TZ: "Europe/Berlin", Locale: "en-US"}
	d.users = append(d.users, d.bot)
	for i := range o.Channels {
		d.channels = append(d.channels, &o.Channels[i])
	}
	for _, u := range d.users {
		if !u.Bot && !u.Deleted {
			d.channels = append(d.channels, &Channel{ID: "D" + u.ID[1:], IM: u.ID, HasBot: true, Members: []string{u.ID}})
		}
	}
	return d
}

// user finds somebody by id, name or @name.
func (d *directory) user(key string) *User {
	key = strings.TrimPrefix(key, "@")
	for _, u := range d.users {
		if u.ID == key || u.Name == key {
			return u
		}
	}
	return nil
}

// channel finds a channel by id, name or #name. A direct message is found by its id, or by "@name" of its user.
func (d *directory) channel(key string) *Channel {
	if name, ok := strings.CutPrefix(key, "@"); ok {
		if u := d.user(name); u != nil {
			return d.im(u.ID)
		}
		return nil
	}
	name := strings.TrimPrefix(key, "#")
	for _, c := range d.channels {
		if c.ID == key || c.IM == "" && c.Name == name {
			return c
		}
	}
	return nil
}

func (d *directory) im(userID string) *Channel {
	for _, c := range d.channels {
		if c.IM == userID {
			return c
		}
	}
	return nil
}

// isMember says whether a user sees a channel.
func (d *directory) isMember(c *Channel, u *User) bool {
	if u == d.bot {
		return c.HasBot
	}
	if u.Deleted {
		return false
	}
	if c.Members == nil {
		return !u.UltraRestricted
	}
	return slices.Contains(c.Members, u.ID) || slices.Contains(c.Members, u.Name)
}

func (d *directory) members(c *Channel) []string {
	ids := []string{}
	for _, u := range d.users {
		if d.isMember(c, u) || c.IM != "" && u == d.bot {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func (d *directory) groupUsers(g Group) []string {
	ids := []string{}
	for _, key := range g.Users {
		if u := d.user(key); u != nil && !u.Deleted {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func (d *directory) wireUser(u *User, withEmail bool) map[string]any {
	profile := map[string]any{
		"real_name": u.RealName, "real_name_normalized": u.RealName, "display_name": u.Name,
		"display_name_normalized": u.Name, "title": u.Title, "team": teamID,
	}
	if withEmail && u.Email != "" {
		profile["email"] = u.Email
	}
	if u == d.bot {
		profile["bot_id"], profile["api_app_id"] = botID, appID
	}
	loc, err := time.LoadLocation(u.TZ)
	if err != nil {
		loc = time.UTC
	}
	zone, offset := time.Unix(0, 0).In(loc).Zone()
	out := map[string]any{
		"id": u.ID, "team_id": homeOf(u), "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted, "profile": profile,
		"is_bot": u.Bot, "is_restricted": u.Restricted || u.UltraRestricted, "is_ultra_restricted": u.UltraRestricted,
		"is_stranger": u.Stranger, "is_admin": false, "is_owner": false, "is_app_user": false,
		"tz": u.TZ, "tz_label": zone, "tz_offset": offset, "updated": 0,
	}
	if d.org != "" && !u.Stranger {
		out["enterprise_user"] = map[string]any{"id": u.ID, "enterprise_id": d.org, "enterprise_name": d.domain, "teams": []string{teamID},
			"is_admin": false, "is_owner": false}
	}
	return out
}

// homeOf is the workspace that somebody belongs to.
func homeOf(u *User) string {
	if u.Stranger {
		return elsewhereID
	}
	return teamID
}

func (d *directory) wireChannel(c *Channel) map[string]any {
	if c.IM != "" {
		return map[string]any{"id": c.ID, "is_im": true, "user": c.IM, "is_user_deleted": false, "is_archived": false,
			"is_open": true, "created": 0, "priority": 0}
	}
	members, pending := len(d.members(c)), []string{}
	if c.Pending {
		pending = append(pending, elsewhereID)
	}
	return map[string]any{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": !c.Private, "is_group": c.Private,
		"is_im": false, "is_mpim": false, "is_private": c.Private, "is_archived": c.Archived, "is_general": c.Name == "general",
		"is_ext_shared": c.Shared, "is_pending_ext_shared": c.Pending, "pending_shared": pending, "is_shared": c.Shared, "is_org_shared": false, "is_member": c.HasBot,
		"num_members": members, "created": 0, "creator": d.users[0].ID, "context_team_id": teamID,
		"topic":   map[string]any{"value": c.Topic, "creator": "", "last_set": 0},
		"purpose": map[string]any{"value": "", "creator": "", "last_set": 0},
	}
}
