package githubsim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// An installation is the App's presence on an account.
type installation struct {
	id        int64
	owner     string
	all       bool // every repository of the account, also later ones
	repos     map[int64]bool
	suspended bool
	at        time.Time
}

func (in *installation) covers(repo *repository) bool {
	return strings.EqualFold(in.owner, repo.owner) && (in.all || in.repos[repo.id])
}

func (in *installation) copy() installation {
	c := *in
	c.repos = maps.Clone(in.repos)
	return c
}

func (a *access) installation(id int64) *installation {
	for _, in := range a.installations {
		if in.id == id {
			return in
		}
	}
	return nil
}

// installationOf finds what covers a repository, as it is now, or nil.
func (a *access) installationOf(repo *repository) *installation {
	return a.find(func(in *installation) bool { return in.covers(repo) })
}

func (a *access) find(fits func(*installation) bool) *installation {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, in := range a.installations {
		if fits(in) {
			found := in.copy()
			return &found
		}
	}
	return nil
}

var errNoApp = errors.New("there is no App")

// Install puts the App on an account, for the repositories of these names, or for all when none is named, and returns the
// installation's ID.
func (s *Server) Install(owner string, names ...string) (int64, error) {
	fail := func(err error) (int64, error) { return 0, fmt.Errorf("install on %s: %w", owner, err) }
	if s.opt.App == nil {
		return fail(errNoApp)
	}
	in := &installation{owner: owner, all: len(names) == 0, repos: map[int64]bool{}, at: s.opt.Now()}
	for _, name := range names {
		repo := s.repository(owner, name)
		if repo == nil {
			return fail(errNoRepository)
		}
		in.repos[repo.id] = true
	}
	if s.access.find(func(in *installation) bool { return strings.EqualFold(in.owner, owner) }) != nil {
		return fail(errors.New("it is installed there"))
	}
	s.access.mu.Lock()
	in.id = stableID(fmt.Sprintf("installation/%s/%d", strings.ToLower(owner), s.access.installed))
	s.access.installed++
	s.access.installations = append(s.access.installations, in)
	told := in.copy()
	s.access.mu.Unlock()
	s.emitInstallation(told, "created")
	return in.id, nil
}

// Uninstall takes the App from an account; its tokens end.
func (s *Server) Uninstall(owner string) error {
	return s.changeInstallation(owner, "deleted", func(in *installation) {
		s.access.installations = slices.DeleteFunc(s.access.installations, func(other *installation) bool { return other == in })
	})
}

// Suspend makes the App's tokens on an account useless until it is lifted. Webhooks end meanwhile.
func (s *Server) Suspend(owner string, suspended bool) error {
	action := "unsuspend"
	if suspended {
		action = "suspend"
	}
	return s.changeInstallation(owner, action, func(in *installation) { in.suspended = suspended })
}

func (s *Server) changeInstallation(owner, action string, change func(*installation)) error {
	s.access.mu.Lock()
	at := slices.IndexFunc(s.access.installations, func(in *installation) bool { return strings.EqualFold(in.owner, owner) })
	if at < 0 {
		s.access.mu.Unlock()
		return fmt.Errorf("change the installation on %s: there is none", owner)
	}
	in := s.access.installations[at]
	change(in)
	told := in.copy()
	s.access.mu.Unlock()
	s.emitInstallation(told, action)
	return nil
}

// Select adds repositories to an installation or takes them away, which makes it one of selected repositories.
func (s *Server) Select(owner string, added, removed []string) error {
	in := s.access.find(func(in *installation) bool { return strings.EqualFold(in.owner, owner) })
	if in == nil {
		return fmt.Errorf("select repositories of %s: the App is not installed", owner)
	}
	byName := func(names []string) (repos []*repository, err error) {
		for _, name := range names {
			repo := s.repository(owner, name)
			if repo == nil {
				return nil, fmt.Errorf("select repository %s/%s: %w", owner, name, errNoRepository)
			}
			repos = append(repos, repo)
		}
		return repos, nil
	}
	more, err := byName(added)
	if err != nil {
		return err
	}
	less, err := byName(removed)
	if err != nil {
		return err
	}
	before := s.covered(in)
	s.access.mu.Lock()
	if in = s.access.installation(in.id); in == nil {
		s.access.mu.Unlock()
		return fmt.Errorf("select repositories of %s: the App is not installed", owner)
	}
	if in.all {
		in.all = false
		for _, repo := range before {
			in.repos[repo.id] = true
		}
	}
	for _, repo := range more {
		in.repos[repo.id] = true
	}
	for _, repo := range less {
		delete(in.repos, repo.id)
	}
	told := in.copy()
	s.access.mu.Unlock()
	if len(more) > 0 {
		s.emitSelection(told, "added", more)
	}
	if len(less) > 0 {
		s.emitSelection(told, "removed", less)
	}
	return nil
}

func (s *Server) covered(in *installation) []*repository {
	return slices.DeleteFunc(s.repositories(), func(repo *repository) bool { return !in.covers(repo) })
}

func (in *installation) selection() string {
	if in.all {
		return "all"
	}
	return "selected"
}

func (l links) installation(in installation) object {
	app := l.hub.opt.App
	suspended := any(nil)
	if in.suspended {
		suspended = stamp(in.at.UTC())
	}
	return object{
		"id": in.id, "node_id": nodeID("I", in.id), "app_id": app.ID, "app_slug": app.Slug, "account": l.user(in.owner),
		"target_id": l.user(in.owner)["id"], "target_type": "User", "repository_selection": in.selection(),
		"permissions": l.hub.opt.granted(), "events": appEvents, "suspended_at": suspended, "suspended_by": nil,
		"access_tokens_url": l.api("/app/installations/%d/access_tokens", in.id),
		"repositories_url":  l.api("/installation/repositories"),
		"html_url":          fmt.Sprintf("%s/settings/installations/%d", l.base, in.id),
		"created_at":        stamp(in.at.UTC()), "updated_at": stamp(in.at.UTC()), "single_file_name": nil,
	}
}
