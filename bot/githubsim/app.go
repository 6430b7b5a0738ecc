package githubsim

import (
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// TokenLife is how long an installation's token is good.
const TokenLife = time.Hour

// An App is a GitHub App. It acts as <Slug>[bot].
type App struct {
	ID   int64
	Slug string
	Key  *rsa.PublicKey // of the private key that signs its JSON web tokens
}

func (a *App) login() string { return a.Slug + botSuffix }

// appEvents are what the App is told about.
var appEvents = []string{"create", "delete", "issue_comment", "pull_request", "push", "repository"}

// fullPermissions are what nil Permissions stand for where they are listed.
var fullPermissions = Permissions{
	"actions": "read", "administration": "write", "contents": "write", "deployments": "write", "issues": "write",
	"metadata": "read", "pull_requests": "write", "statuses": "write",
}

func (o Options) granted() Permissions {
	granted := fullPermissions
	if o.Permissions != nil {
		granted = o.Permissions
	}
	granted = maps.Clone(granted)
	granted["metadata"] = "read"
	return granted
}

func (s *Server) getApp(_ *http.Request, l links, _ *repository) (answer, error) {
	app := s.opt.App
	s.access.mu.Lock()
	count := len(s.access.installations)
	s.access.mu.Unlock()
	return answer{body: object{
		"id": app.ID, "slug": app.Slug, "name": app.Slug, "node_id": nodeID("A", app.ID), "owner": l.user(app.Slug),
		"html_url": l.base + "/apps/" + app.Slug, "permissions": s.opt.granted(), "events": appEvents, "installations_count": count,
	}}, nil
}

func (s *Server) listInstallations(r *http.Request, l links, _ *repository) (answer, error) {
	s.access.mu.Lock()
	all := []object{}
	for _, in := range s.access.installations {
		all = append(all, l.installation(*in))
	}
	s.access.mu.Unlock()
	return pageFrom(r, all), nil
}

func (s *Server) getInstallation(r *http.Request, l links, _ *repository) (answer, error) {
	in := s.installationIn(r)
	if in == nil {
		return answer{}, errNotFound()
	}
	return answer{body: l.installation(*in)}, nil
}

func (s *Server) getRepositoryInstallation(_ *http.Request, l links, repo *repository) (answer, error) {
	in := s.access.installationOf(repo)
	if in == nil {
		return answer{}, errNotFound()
	}
	return answer{body: l.installation(*in)}, nil
}

func (s *Server) installationIn(r *http.Request) *installation {
	id, err := strconv.ParseInt(r.PathValue("installation"), 10, 64)
	if err != nil {
		return nil
	}
	return s.access.find(func(in *installation) bool { return in.id == id })
}

// createToken gives a token for an installation, or for a part of it.
func (s *Server) createToken(r *http.Request, l links, _ *repository) (answer, error) {
	in := s.installationIn(r)
	if in == nil {
		return answer{}, errNotFound()
	}
	if in.suspended {
		return answer{}, refuse(http.StatusForbidden, "This installation has been suspended")
	}
	var asked struct {
		Permissions   Permissions
		Repositories  []string
		RepositoryIDs []int64 `json:"repository_ids"`
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	g := grant{installation: in.id, may: s.opt.granted(), expires: s.opt.Now().Add(TokenLife)}
	for scope, level := range asked.Permissions {
		if !slices.Contains(levels[1:], level) || !g.may.allow(scope+":"+level) {
			return answer{}, refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
	}
	if asked.Permissions != nil {
		g.may = maps.Clone(asked.Permissions)
		g.may["metadata"] = "read"
	}
	body := object{"expires_at": stamp(g.expires.UTC()), "permissions": g.may, "repository_selection": in.selection()}
	if asked.Repositories != nil || asked.RepositoryIDs != nil {
		listed := []object{}
		g.repos = map[int64]bool{}
		for _, repo := range s.covered(in) {
			if slices.Contains(asked.Repositories, repo.name) || slices.Contains(asked.RepositoryIDs, repo.id) {
				g.repos[repo.id] = true
				listed = append(listed, l.repository(repo))
			}
		}
		if len(listed) != len(asked.Repositories)+len(asked.RepositoryIDs) {
			return answer{}, refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
		}
		body["repositories"], body["repository_selection"] = listed, "selected"
	}
	token := "ghs_" + rand.Text()
	s.access.mu.Lock()
	maps.DeleteFunc(s.access.tokens, func(_ string, old grant) bool { return !s.opt.Now().Before(old.expires) })
	s.access.tokens[token] = g
	s.access.mu.Unlock()
	body["token"] = token
	return answer{status: http.StatusCreated, body: body}, nil
}

func (s *Server) listInstallationRepositories(r *http.Request, l links, _ *repository) (answer, error) {
	c := callerOf(r)
	all := []object{}
	for _, repo := range s.repositories() {
		if s.visible(c, repo) {
			all = append(all, l.ownView(repo))
		}
	}
	in := s.access.find(func(in *installation) bool { return in.id == c.installation })
	if in == nil {
		return answer{}, errNotFound()
	}
	part, link := cut(r, all)
	return answer{link: link, body: object{
		"total_count": len(all), "repository_selection": in.selection(), "repositories": part,
	}}, nil
}
