package githubsim

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// An environment is where deployments go. The first deployment to it makes it, and it stays until it is deleted.
type environment struct {
	id        int64
	createdAt time.Time
}

// needEnvironment makes an environment if it is not there. Call it under the book's mu.
func (s *Server) needEnvironment(repo *repository, name string) {
	if _, ok := repo.book.environments[name]; !ok {
		repo.book.environments[name] = environment{s.serial.Add(1), s.opt.Now().UTC()}
	}
}

// Environments returns the names of a repository's environments.
func (s *Server) Environments(owner, name string) []string {
	repo := s.repository(owner, name)
	if repo == nil {
		return nil
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	return slices.Sorted(maps.Keys(repo.book.environments))
}

func (s *Server) listEnvironments(r *http.Request, l links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	all := []object{}
	for _, name := range slices.Sorted(maps.Keys(repo.book.environments)) {
		all = append(all, l.environment(repo, name, repo.book.environments[name]))
	}
	part, link := cut(r, all)
	return answer{link: link, body: object{"total_count": len(all), "environments": part}}, nil
}

func (s *Server) getEnvironment(r *http.Request, l links, repo *repository) (answer, error) {
	name := r.PathValue("environment")
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	env, ok := repo.book.environments[name]
	if !ok {
		return answer{}, errNotFound()
	}
	return answer{body: l.environment(repo, name, env)}, nil
}

// deleteEnvironment takes away the name; the deployments stay.
func (s *Server) deleteEnvironment(r *http.Request, _ links, repo *repository) (answer, error) {
	name := r.PathValue("environment")
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	if _, ok := repo.book.environments[name]; !ok {
		return answer{}, errNotFound()
	}
	delete(repo.book.environments, name)
	return answer{status: http.StatusNoContent}, nil
}

func (l links) environment(repo *repository, name string, env environment) object {
	return object{
		"id": env.id, "node_id": nodeID("EN", env.id), "name": name, "protection_rules": []object{}, "deployment_branch_policy": nil,
		"url":        l.api("/repos/%s/environments/%s", repo.fullName(), url.PathEscape(name)),
		"html_url":   l.base + "/" + repo.fullName() + "/deployments",
		"created_at": stampOrNil(env.createdAt), "updated_at": stampOrNil(env.createdAt),
	}
}
