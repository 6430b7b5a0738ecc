package slacksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apiError is an answer with ok:false. Extra fields go beside the code.
type apiError struct {
	code  string
	extra map[string]any
}

func (e *apiError) Error() string { return e.code }

func refuse(code string) *apiError { return &apiError{code: code} }

// method is one entry of the Web API. Its function is called with the lock held.
type method struct {
	tier  int    // calls per minute: 1: 1, 2: 20, 3: 50, 4: 100
	scope string // needed by the token; "a|b" means one of them; decided by the method itself when empty
	app   bool   // takes the app-level token
	call  func(*Workspace, args) (map[string]any, error)
}

func methods() map[string]method {
	return map[string]method{
		"auth.test":             {tier: 5, call: (*Workspace).authTest},
		"apps.connections.open": {tier: 3, app: true, call: (*Workspace).connectionsOpen},

		"chat.postMessage":   {tier: 5, scope: "chat:write", call: (*Workspace).chatPostMessage},
		"chat.postEphemeral": {tier: 4, scope: "chat:write", call: (*Workspace).chatPostEphemeral},
		"chat.update":        {tier: 3, scope: "chat:write", call: (*Workspace).chatUpdate},
		"chat.delete":        {tier: 3, scope: "chat:write", call: (*Workspace).chatDelete},
		"chat.getPermalink":  {tier: 5, call: (*Workspace).chatGetPermalink},

		"conversations.info":    {tier: 3, scope: "channels:read|groups:read|im:read", call: (*Workspace).conversationsInfo},
		"conversations.list":    {tier: 2, scope: "channels:read|groups:read|im:read", call: (*Workspace).conversationsList},
		"conversations.members": {tier: 4, scope: "channels:read|groups:read|im:read", call: (*Workspace).conversationsMembers},
		"conversations.history": {tier: 3, call: (*Workspace).conversationsHistory},
		"conversations.replies": {tier: 3, call: (*Workspace).conversationsReplies},
		"conversations.open":    {tier: 3, scope: "im:write", call: (*Workspace).conversationsOpen},

		"users.info":            {tier: 4, scope: "users:read", call: (*Workspace).usersInfo},
		"users.list":            {tier: 2, scope: "users:read", call: (*Workspace).usersList},
		"users.lookupByEmail":   {tier: 3, scope: "users:read.email", call: (*Workspace).usersLookupByEmail},
		"usergroups.list":       {tier: 2, scope: "usergroups:read", call: (*Workspace).usergroupsList},
		"usergroups.users.list": {tier: 2, scope: "usergroups:read", call: (*Workspace).usergroupsUsersList},

		"reactions.add":    {tier: 3, scope: "reactions:write", call: (*Workspace).reactionsAdd},
		"reactions.remove": {tier: 2, scope: "reactions:write", call: (*Workspace).reactionsRemove},
		"reactions.get":    {tier: 3, scope: "reactions:read", call: (*Workspace).reactionsGet},

		"files.getUploadURLExternal":   {tier: 4, scope: "files:write", call: (*Workspace).filesGetUploadURL},
		"files.completeUploadExternal": {tier: 4, scope: "files:write", call: (*Workspace).filesComplete},
		"files.info":                   {tier: 4, scope: "files:read", call: (*Workspace).filesInfo},

		"views.open":    {tier: 4, call: (*Workspace).viewsOpen},
		"views.push":    {tier: 4, call: (*Workspace).viewsPush},
		"views.update":  {tier: 4, call: (*Workspace).viewsUpdate},
		"views.publish": {tier: 4, call: (*Workspace).viewsPublish},
	}
}

func everyScope() []string {
	return []string{"commands", "chat:write", "app_mentions:read", "channels:read", "channels:history", "groups:read", "groups:history",
		"im:read", "im:history", "im:write", "users:read", "users:read.email", "usergroups:read", "reactions:read", "reactions:write", "files:read", "files:write"}
}

func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	fault := w.takeFault(name)
	if fault.before(rw, r) {
		return
	}
	a, err := readArgs(r)
	var out map[string]any
	if err == nil {
		a.base = baseURL(r)
		out, err = w.callMethod(rw.Header(), name, a)
	}
	if fault.after(rw) {
		return
	}
	w.answer(rw, name, out, err)
}

func (w *Workspace) callMethod(header http.Header, name string, a args) (map[string]any, error) {
	m, ok := methods()[name]
	if !ok {
		return nil, refuse("unknown_method")
	}
	if err := w.authorise(header, m, a); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if wait := w.buckets.take("method "+name, perMinute(m.tier), w.now()); wait > 0 {
		return nil, tooFast(wait)
	}
	w.base = a.base
	return m.call(w, a)
}

func (w *Workspace) authorise(header http.Header, m method, a args) error {
	want, other := w.opts.BotToken, w.opts.AppToken
	if m.app {
		want, other = other, want
		a.token = a.headerToken // this method ignores a token in the body
	}
	switch a.token {
	case want:
	case "":
		return refuse("not_authed")
	case other:
		return refuse("not_allowed_token_type")
	default:
		return refuse("invalid_auth")
	}
	if m.app {
		return nil
	}
	header.Set("X-OAuth-Scopes", strings.Join(w.opts.Scopes, ","))
	if m.scope == "" {
		return nil
	}
	header.Set("X-Accepted-OAuth-Scopes", strings.ReplaceAll(m.scope, "|", ","))
	return w.needScope(m.scope)
}

// needScope refuses unless the token has one of the scopes in "a|b"; "" needs none.
func (w *Workspace) needScope(scope string) error {
	if scope == "" {
		return nil
	}
	needed := strings.Split(scope, "|")
	if slices.ContainsFunc(needed, func(s string) bool { return slices.Contains(w.opts.Scopes, s) }) {
		return nil
	}
	return &apiError{code: "missing_scope", extra: map[string]any{
		"needed": strings.Join(needed, ","), "provided": strings.Join(w.opts.Scopes, ","),
	}}
}

func tooFast(wait time.Duration) *apiError {
	return &apiError{code: "ratelimited", extra: map[string]any{"wait": wait}}
}

func (w *Workspace) answer(rw http.ResponseWriter, name string, out map[string]any, err error) {
	status := http.StatusOK
	if err == nil {
		if out == nil {
			out = map[string]any{}
		}
		out["ok"] = true
	} else {
		e, ok := err.(*apiError)
		if !ok {
			e = refuse("internal_error")
			w.log.Error("web api", "method", name, "err", err)
		}
		out = map[string]any{"ok": false, "error": e.code}
		for k, v := range e.extra {
			if wait, ok := v.(time.Duration); ok {
				status = http.StatusTooManyRequests
				rw.Header().Set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
				continue
			}
			out[k] = v
		}
		w.log.Debug("web api refused", "method", name, "err", e.code)
	}
	writeJSON(rw, status, out)
}

func writeJSON(rw http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(rw, fmt.Sprintf("encode answer: %v", err), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(body, '\n')) // a reader that has gone needs no answer
}

func (w *Workspace) authTest(args) (map[string]any, error) {
	out := map[string]any{
		"url": "https://" + w.dir.domain + ".slack.com/", "team": w.opts.Team, "team_id": teamID,
		"user": w.dir.bot.Name, "user_id": w.dir.bot.ID, "bot_id": botID, "is_enterprise_install": w.dir.org != "",
	}
	if w.dir.org != "" {
		out["enterprise_id"] = w.dir.org
	}
	return out, nil
}

func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
