package githubsim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

type endpoint func(r *http.Request, l links, repo *repository) (answer, error)

// A door is what an endpoint needs, and the endpoint.
type door struct {
	needs string
	serve endpoint
}

func (s *Server) repositoryDoors() map[string]door {
	return map[string]door{
		"GET ":                               {"metadata:read", s.getRepository},
		"GET /installation":                  {needsApp, s.getRepositoryInstallation},
		"GET /branches":                      {"contents:read", s.listBranches},
		"GET /branches/{branch...}":          {"contents:read", s.getBranch},
		"GET /git/ref/{ref...}":              {"contents:read", s.getRef},
		"GET /git/matching-refs/{prefix...}": {"contents:read", s.matchingRefs},
		"GET /git/commits/{commit}":          {"contents:read", s.getGitCommit},
		"GET /git/trees/{tree}":              {"contents:read", s.getTree},
		"POST /git/refs":                     {"contents:write", s.postRef},
		"PATCH /git/refs/{ref...}":           {"contents:write", s.patchRef},
		"DELETE /git/refs/{ref...}":          {"contents:write", s.deleteRefAsked},
		"GET /commits":                       {"contents:read", s.listCommits},
		"GET /commits/{commit...}":           {"metadata:read", s.getCommitOrStatus},

		"GET /pulls":                {"pull_requests:read", s.listPulls},
		"POST /pulls":               {"pull_requests:write", s.createPull},
		"GET /pulls/{number}":       {"pull_requests:read", s.getPull},
		"PATCH /pulls/{number}":     {"pull_requests:write", s.updatePull},
		"GET /pulls/{number}/merge": {"pull_requests:read", s.isMerged},
		"PUT /pulls/{number}/merge": {"contents:write", s.mergePull},

		"GET /issues/{number}":                   {"issues:read|pull_requests:read", s.getIssue},
		"GET /issues/{number}/{list}":            {"issues:read|pull_requests:read", s.listOfIssue},
		"POST /issues/{number}/labels":           {"issues:write|pull_requests:write", s.addLabels},
		"DELETE /issues/{number}/labels/{label}": {"issues:write|pull_requests:write", s.removeLabel},
		"POST /issues/{number}/comments":         {"issues:write|pull_requests:write", s.createComment},
		"GET /issues/comments/{comment}":         {"issues:read|pull_requests:read", s.getComment},
		"PATCH /issues/comments/{comment}":       {"issues:write|pull_requests:write", s.editComment},
		"DELETE /issues/comments/{comment}":      {"issues:write|pull_requests:write", s.deleteComment},

		"GET /deployments":                                {"deployments:read", s.listDeployments},
		"POST /deployments":                               {"deployments:write", s.createDeployment},
		"GET /deployments/{deployment}":                   {"deployments:read", s.getDeployment},
		"DELETE /deployments/{deployment}":                {"deployments:write", s.deleteDeployment},
		"GET /deployments/{deployment}/statuses":          {"deployments:read", s.listDeploymentStatuses},
		"POST /deployments/{deployment}/statuses":         {"deployments:write", s.createDeploymentStatus},
		"GET /deployments/{deployment}/statuses/{status}": {"deployments:read", s.getDeploymentStatus},
		"GET /environments":                               {"actions:read", s.listEnvironments},
		"GET /environments/{environment...}":              {"actions:read", s.getEnvironment},
		"DELETE /environments/{environment...}":           {"administration:write", s.deleteEnvironment},
		"POST /statuses/{commit}":                         {"statuses:write", s.createStatus},
	}
}

func (s *Server) otherDoors() map[string]door {
	doors := map[string]door{
		"GET /users/{login}":             {needsNothing, s.getUser},
		"GET /user":                      {needsNothing, s.getOwnUser},
		"GET /installation/repositories": {needsInstallation, s.listInstallationRepositories},
	}
	if s.opt.App != nil {
		for pattern, serve := range map[string]endpoint{
			"GET /app":                              s.getApp,
			"GET /app/installations":                s.listInstallations,
			"GET /app/installations/{installation}": s.getInstallation,
			"POST /app/installations/{installation}/access_tokens": s.createToken,
			"GET /app/hook/config":                                 s.getHookConfig,
			"GET /app/hook/deliveries":                             s.listDeliveries,
			"GET /app/hook/deliveries/{delivery}":                  s.getDelivery,
			"POST /app/hook/deliveries/{delivery}/attempts":        s.redeliver,
		} {
			doors[pattern] = door{needsApp, serve}
		}
	}
	return doors
}

func (s *Server) apiHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rate_limit", s.rest.getRateLimit)
	for pattern, d := range s.otherDoors() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := s.serve(r, d, nil)
			s.rest.answer(w, r, result, err)
		})
	}
	for pattern, d := range s.repositoryDoors() {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /repos/{owner}/{name}"+path, func(w http.ResponseWriter, r *http.Request) {
			result, err := s.serveRepository(r, d)
			s.rest.answer(w, r, result, err)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.rest.answer(w, r, answer{}, errNotFound()) })
	return s.guard(s.byNumber(mux))
}

// byNumber lets /repositories/<id>/... stand for /repos/<owner>/<name>/...: redirects point there.
func (s *Server) byNumber(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/repositories/")
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		number, rest, _ := strings.Cut(rest, "/")
		id, err := strconv.ParseInt(number, 10, 64)
		repo := s.byID(id)
		if err != nil || repo == nil {
			s.rest.answer(w, r, answer{}, errNotFound())
			return
		}
		escaped := strings.TrimSuffix("/repos/"+repo.fullName()+"/"+rest, "/")
		path, err := url.PathUnescape(escaped)
		if err != nil {
			s.rest.answer(w, r, answer{}, errNotFound())
			return
		}
		again := r.Clone(r.Context())
		again.URL.Path, again.URL.RawPath = path, escaped
		next.ServeHTTP(w, again)
	})
}

func (s *Server) serveRepository(r *http.Request, d door) (answer, error) {
	owner, name := r.PathValue("owner"), r.PathValue("name")
	repo := s.repository(owner, name)
	if repo != nil {
		return s.serve(r, d, repo)
	}
	if repo = s.formerly(owner, name); repo == nil {
		return answer{}, errNotFound()
	}
	if err := s.admit(callerOf(r), d.needs, repo); err != nil {
		return answer{}, err
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/repos/"), "/")
	_, rest, _ = strings.Cut(rest, "/")
	to := links{baseOf(r), s}.api("/repositories/%d", repo.id)
	if rest != "" {
		to += "/" + rest
	}
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	status := http.StatusTemporaryRedirect
	if r.Method == http.MethodGet {
		status = http.StatusMovedPermanently
	}
	body := object{"message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest"}
	return answer{status: status, location: to, body: body}, nil
}

func (s *Server) serve(r *http.Request, d door, repo *repository) (answer, error) {
	if err := s.admit(callerOf(r), d.needs, repo); err != nil {
		return answer{}, err
	}
	return d.serve(r, links{baseOf(r), s}, repo)
}
