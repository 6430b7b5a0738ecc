package githubsim

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// A User is somebody with an account. Email is public: commits written under it are theirs.
type User struct{ Login, Name, Email string }

// people maps e-mail addresses to accounts. Whoever committed is known from then on.
type people struct {
	mu      sync.Mutex
	byLogin map[string]User // by lower-case login
	byEmail map[string]string
}

func newPeople(users []User) *people {
	p := &people{byLogin: map[string]User{}, byEmail: map[string]string{}}
	for _, u := range users {
		p.add(u)
	}
	return p
}

// AddUser makes an account known, or changes it.
func (s *Server) AddUser(u User) { s.people.add(u) }

func (p *people) add(u User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byLogin[strings.ToLower(u.Login)] = u
	if u.Email != "" {
		p.byEmail[strings.ToLower(u.Email)] = u.Login
	}
}

// noReply ends the addresses that GitHub gives to people who hide theirs: 12345+ana@users.noreply.github.com.
const noReply = "@users.noreply.github.com"

// login is the account of a person: that of the address, else one named like the address's local part. It is "" where the
// address belongs to nobody.
func (p *people) login(who person) string {
	email := strings.ToLower(who.email)
	p.mu.Lock()
	login := p.byEmail[email]
	p.mu.Unlock()
	if login != "" {
		return login
	}
	if local, ok := strings.CutSuffix(email, noReply); ok {
		_, login, found := strings.Cut(local, "+")
		if !found {
			login = local
		}
		return login
	}
	local, _, ok := strings.Cut(who.email, "@")
	if !ok || local == "" {
		return ""
	}
	p.mu.Lock()
	_, known := p.byLogin[strings.ToLower(local)]
	p.mu.Unlock()
	if !known {
		p.add(User{Login: local, Name: who.name, Email: who.email})
	}
	return local
}

func (p *people) find(login string) (User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.byLogin[strings.ToLower(login)]
	return u, ok
}

const botSuffix = "[bot]"

func (l links) user(login string) object {
	id, kind := stableID("account/"+strings.ToLower(login)), "User"
	if strings.HasSuffix(login, botSuffix) {
		kind = "Bot"
	}
	return object{
		"login": login, "id": id, "node_id": nodeID("U", id), "type": kind, "site_admin": false, "gravatar_id": "",
		"avatar_url": "", "url": l.api("/users/%s", url.PathEscape(login)), "html_url": l.base + "/" + url.PathEscape(login),
	}
}

// userOrNil is null where an address has no account.
func (l links) userOrNil(login string) any {
	if login == "" {
		return nil
	}
	return l.user(login)
}

func (s *Server) getUser(r *http.Request, l links, _ *repository) (answer, error) {
	return s.profile(l, r.PathValue("login"))
}

// getOwnUser is refused to installations: they are nobody.
func (s *Server) getOwnUser(r *http.Request, l links, _ *repository) (answer, error) {
	if c := callerOf(r); c.installation != 0 {
		return answer{}, errNotAccessible()
	}
	return s.profile(l, s.opt.Login)
}

func (s *Server) profile(l links, login string) (answer, error) {
	u, known := s.people.find(login)
	owns := false
	for _, repo := range s.repositories() {
		owns = owns || strings.EqualFold(repo.owner, login)
	}
	own := strings.EqualFold(login, s.opt.Login) || s.opt.App != nil && login == s.opt.App.login()
	if !known && !owns && !own {
		return answer{}, errNotFound()
	}
	if !known {
		u.Login = login
	}
	body := l.user(u.Login)
	body["name"], body["email"] = nilIfEmpty(u.Name), nilIfEmpty(u.Email)
	return answer{body: body}, nil
}

func nilIfEmpty(text string) any {
	if text == "" {
		return nil
	}
	return text
}
