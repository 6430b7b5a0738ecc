package slacksim

import "slices"

// UserChange says what becomes of somebody; what is nil stays.
type UserChange struct {
	User            string  `json:"user"`
	Restricted      *bool   `json:"restricted,omitempty"`
	UltraRestricted *bool   `json:"ultra_restricted,omitempty"`
	Stranger        *bool   `json:"stranger,omitempty"`
	Deleted         *bool   `json:"deleted,omitempty"`
	Locale          *string `json:"locale,omitempty"`
}

// ChangeUser makes a member a guest or a stranger, or the other way round, or switches an account off. What is open on
// somebody's screen stays.
func (w *Workspace) ChangeUser(ch UserChange) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.dir.user(ch.User)
	if u == nil || u == w.dir.bot {
		return badRequest("no user %q", ch.User)
	}
	for _, f := range []struct{ to, from *bool }{
		{&u.Restricted, ch.Restricted}, {&u.UltraRestricted, ch.UltraRestricted}, {&u.Stranger, ch.Stranger}, {&u.Deleted, ch.Deleted},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if ch.Locale != nil {
		u.Locale = *ch.Locale
	}
	w.feed.send(feedEvent{Type: "channels"})
	return nil
}

// GroupChange says what becomes of a user group; what is nil stays. A handle that is not there yet makes a group.
type GroupChange struct {
	Handle   string   `json:"handle"`
	Users    []string `json:"users,omitempty"` // names or ids
	Disabled *bool    `json:"disabled,omitempty"`
}

// ChangeGroup puts other people into a user group, makes one, or switches one off and on.
func (w *Workspace) ChangeGroup(ch GroupChange) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ch.Handle == "" {
		return badRequest("handle is empty")
	}
	for _, key := range ch.Users {
		if w.dir.user(key) == nil {
			return badRequest("no user %q", key)
		}
	}
	i := slices.IndexFunc(w.dir.groups, func(g Group) bool { return g.Handle == ch.Handle })
	if i < 0 {
		i = len(w.dir.groups)
		w.dir.groups = append(w.dir.groups, Group{ID: w.newID("S0"), Handle: ch.Handle, Name: ch.Handle})
	}
	g := &w.dir.groups[i]
	if ch.Users != nil {
		g.Users = slices.Clone(ch.Users)
	}
	if ch.Disabled != nil {
		g.Disabled = *ch.Disabled
	}
	w.feed.send(feedEvent{Type: "channels"})
	return nil
}
