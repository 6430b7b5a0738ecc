package slacksim

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

func (w *Workspace) conversationsInfo(a args) (map[string]any, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, err
	}
	if err := w.needScope(scopeOf(c, "read")); err != nil && c.IM == "" {
		return nil, err
	}
	out := w.dir.wireChannel(c)
	if a.flag("include_locale") {
		out["locale"] = "en-US"
	}
	return map[string]any{"channel": out}, nil
}

// scopeOf names the scope for one kind of channel: channels:read, groups:history, im:history.
func scopeOf(c *Channel, verb string) string {
	switch {
	case c.IM != "":
		return "im:" + verb
	case c.Private:
		return "groups:" + verb
	}
	return "channels:" + verb
}

func (w *Workspace) conversationsList(a args) (map[string]any, error) {
	types := strings.Split(a.str("types"), ",")
	if !a.has("types") {
		types = []string{"public_channel"}
	}
	scopes := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}
	for _, kind := range types {
		scope, ok := scopes[kind]
		if !ok {
			return nil, refuse("invalid_types")
		}
		if err := w.needScope(scope); err != nil {
			return nil, err
		}
	}
	var out []map[string]any
	for _, c := range w.dir.channels {
		kind := map[string]string{"channels:read": "public_channel", "groups:read": "private_channel", "im:read": "im"}[scopeOf(c, "read")]
		if !slices.Contains(types, kind) || c.Private && !c.HasBot || c.Archived && a.flag("exclude_archived") {
			continue
		}
		out = append(out, w.dir.wireChannel(c))
	}
	rows, next, err := paged(out, a, 100)
	if err != nil {
		return nil, err
	}
	return map[string]any{"channels": rows, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

func (w *Workspace) conversationsMembers(a args) (map[string]any, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, err
	}
	if err := w.needScope(scopeOf(c, "read")); err != nil {
		return nil, err
	}
	rows, next, err := paged(w.dir.members(c), a, 100)
	if err != nil {
		return nil, err
	}
	return map[string]any{"members": rows, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

// conversationsHistory gives newest first: top-level messages and broadcasts.
func (w *Workspace) conversationsHistory(a args) (map[string]any, error) {
	c, err := w.readable(a)
	if err != nil {
		return nil, err
	}
	var found []*Message
	for _, m := range slices.Backward(w.messages[c.ID]) {
		if m.Ephemeral == "" && (m.ThreadTS == "" || m.Broadcast) && between(m.TS, a) {
			found = append(found, m)
		}
	}
	return w.messagePage(found, a)
}

// conversationsReplies gives a parent and its replies, oldest first.
func (w *Workspace) conversationsReplies(a args) (map[string]any, error) {
	c, err := w.readable(a)
	if err != nil {
		return nil, err
	}
	parent := w.find(c.ID, a.str("ts"))
	if parent == nil {
		return nil, refuse("thread_not_found")
	}
	if parent.ThreadTS != "" {
		return w.messagePage([]*Message{parent}, a)
	}
	found := []*Message{parent}
	for _, m := range w.replies(c.ID, parent.TS) {
		if between(m.TS, a) {
			found = append(found, m)
		}
	}
	return w.messagePage(found, a)
}

func (w *Workspace) readable(a args) (*Channel, error) {
	c, err := w.visibleChannel(a)
	if err != nil {
		return nil, err
	}
	if err := w.needScope(scopeOf(c, "history")); err != nil {
		return nil, err
	}
	if !c.HasBot {
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

// between applies oldest, latest and inclusive. Timestamps of equal length compare as text.
func between(ts string, a args) bool {
	oldest, latest := a.str("oldest"), a.str("latest")
	if a.flag("inclusive") {
		return (!a.has("oldest") || oldest == "0" || ts >= oldest) && (!a.has("latest") || ts <= latest)
	}
	return (!a.has("oldest") || oldest == "0" || ts > oldest) && (!a.has("latest") || ts < latest)
}

func (w *Workspace) messagePage(found []*Message, a args) (map[string]any, error) {
	rows, next, err := paged(found, a, 100)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, m := range rows {
		out = append(out, w.wire(m, a.flag("include_all_metadata")))
	}
	return map[string]any{"messages": out, "has_more": next != "", "pin_count": 0,
		"response_metadata": map[string]any{"next_cursor": next}}, nil
}

func (w *Workspace) conversationsOpen(a args) (map[string]any, error) {
	if a.has("channel") {
		c, err := w.visibleChannel(a)
		if err != nil {
			return nil, err
		}
		return map[string]any{"channel": map[string]any{"id": c.ID}, "no_op": true, "already_open": true}, nil
	}
	if !a.has("users") {
		return nil, refuse("users_list_not_supplied")
	}
	if strings.Contains(a.str("users"), ",") {
		if err := w.needScope("mpim:write"); err != nil {
			return nil, err
		}
		return nil, refuse("not_enough_users") // this workspace has no group messages
	}
	u := w.dir.user(a.str("users"))
	switch {
	case u == nil:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	case u.Bot:
		return nil, refuse("cannot_dm_bot")
	}
	out := map[string]any{"id": w.dir.im(u.ID).ID}
	if a.flag("return_im") {
		out = w.dir.wireChannel(w.dir.im(u.ID))
	}
	return map[string]any{"channel": out, "no_op": true, "already_open": true}, nil
}

func (w *Workspace) usersInfo(a args) (map[string]any, error) {
	u := w.dir.user(a.str("user"))
	if u == nil || u.ID != a.str("user") {
		return nil, refuse("user_not_found")
	}
	return map[string]any{"user": w.wireUser(u, a)}, nil
}

// wireUser is a user with what the token and the call ask for beyond the usual.
func (w *Workspace) wireUser(u *User, a args) map[string]any {
	out := w.dir.wireUser(u, w.seesEmail())
	if a.flag("include_locale") {
		out["locale"] = u.Locale
	}
	return out
}

func (w *Workspace) seesEmail() bool { return slices.Contains(w.opts.Scopes, "users:read.email") }

func (w *Workspace) usersList(a args) (map[string]any, error) {
	var out []map[string]any
	for _, u := range w.dir.users {
		out = append(out, w.wireUser(u, a))
	}
	rows, next, err := paged(out, a, 200)
	if err != nil {
		return nil, err
	}
	return map[string]any{"members": rows, "cache_ts": w.now().Unix(), "response_metadata": map[string]any{"next_cursor": next}}, nil
}

func (w *Workspace) usersLookupByEmail(a args) (map[string]any, error) {
	for _, u := range w.dir.users {
		if u.Email != "" && strings.EqualFold(u.Email, a.str("email")) && !u.Deleted {
			return map[string]any{"user": w.dir.wireUser(u, true)}, nil
		}
	}
	return nil, refuse("users_not_found")
}

func (w *Workspace) usergroupsList(a args) (map[string]any, error) {
	if w.dir.org != "" && a.str("team_id") != teamID {
		return nil, refuse("missing_argument") // a token for an enterprise has to say which workspace
	}
	out := []map[string]any{}
	for _, g := range w.dir.groups {
		deleted := 0
		if g.Disabled {
			if deleted = 1; !a.flag("include_disabled") {
				continue
			}
		}
		row := map[string]any{"id": g.ID, "team_id": teamID, "is_usergroup": true, "handle": g.Handle, "name": g.Name,
			"description": "", "is_external": false, "date_create": 0, "date_update": 0, "date_delete": deleted,
			"user_count": len(g.Users), "prefs": map[string]any{"channels": []string{}, "groups": []string{}}}
		if a.flag("include_users") {
			row["users"] = w.dir.groupUsers(g)
		}
		out = append(out, row)
	}
	return map[string]any{"usergroups": out}, nil
}

func (w *Workspace) usergroupsUsersList(a args) (map[string]any, error) {
	for _, g := range w.dir.groups {
		if g.ID == a.str("usergroup") {
			return map[string]any{"users": w.dir.groupUsers(g)}, nil
		}
	}
	return nil, refuse("no_such_subteam")
}

// paged cuts out the page that limit and cursor ask for.
func paged[T any](all []T, a args, def int) (rows []T, next string, err error) {
	start := 0
	if a.has("cursor") {
		raw, err := base64.StdEncoding.DecodeString(a.str("cursor"))
		n, err2 := strconv.Atoi(strings.TrimPrefix(string(raw), "at:"))
		if err != nil || err2 != nil || n < 0 || n > len(all) {
			return nil, "", refuse("invalid_cursor")
		}
		start = n
	}
	limit := a.number("limit", def)
	if limit == 0 {
		limit = def
	}
	if limit < 0 || limit > 1000 {
		return nil, "", refuse("invalid_limit")
	}
	end := min(start+limit, len(all))
	if end < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("at:" + strconv.Itoa(end)))
	}
	if rows = all[start:end]; rows == nil {
		rows = []T{}
	}
	return rows, next, nil
}
