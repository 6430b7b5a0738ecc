package githubsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) listPulls(r *http.Request, l links, repo *repository) (answer, error) {
	query := r.URL.Query()
	state := cmp.Or(query.Get("state"), "open")
	owner, branch, byHead := strings.Cut(query.Get("head"), ":") // without an owner the filter is ignored
	var found []Pull
	for _, p := range s.Pulls(repo.owner, repo.name) {
		switch {
		case state != "all" && p.Closed != (state == "closed"):
		case byHead && (p.Branch != branch || !strings.EqualFold(l.headOwner(p), owner)):
		case query.Get("base") != "" && p.Base != query.Get("base"):
		default:
			found = append(found, p)
		}
	}
	sort := cmp.Or(query.Get("sort"), "created")
	slices.SortStableFunc(found, func(a, b Pull) int {
		switch sort {
		case "updated":
			return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), a.Number-b.Number)
		case "popularity":
			return cmp.Or(a.Comments-b.Comments, a.Number-b.Number)
		}
		return a.Number - b.Number
	})
	descends := query.Get("direction") == "desc" || query.Get("direction") == "" && sort == "created"
	if descends {
		slices.Reverse(found)
	}
	body := []object{}
	for _, p := range found {
		body = append(body, l.pull(repo, p))
	}
	return pageFrom(r, body), nil
}

func (s *Server) createPull(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct {
		Title, Head, Base, Body string
		Draft                   bool
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	for field, value := range map[string]string{"title": asked.Title, "head": asked.Head, "base": asked.Base} {
		if value == "" {
			return answer{}, badPull(field, "missing_field", "")
		}
	}
	from, branch := repo, asked.Head
	if owner, name, ok := strings.Cut(asked.Head, ":"); ok {
		if branch = name; !strings.EqualFold(owner, repo.owner) {
			if from = s.forkBy(repo, owner); from == nil {
				return answer{}, badPull("head", "invalid", "")
			}
		}
	}
	p, err := s.openPull(r.Context(), repo, from, NewPull{
		Branch: branch, Base: asked.Base, Title: asked.Title, Body: asked.Body, Author: callerOf(r).login, Draft: asked.Draft,
	})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: l.pull(repo, p)}, nil
}

func (s *Server) forkBy(repo *repository, owner string) *repository {
	for _, fork := range s.repositories() {
		if fork.forkOf == repo.id && strings.EqualFold(fork.owner, owner) {
			return fork
		}
	}
	return nil
}

// getPull answers with what only the single pull request has: whether it can be merged, and its size.
func (s *Server) getPull(r *http.Request, l links, repo *repository) (answer, error) {
	p, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return answer{}, err
	}
	body := l.pull(repo, p)
	commits, err := s.git.log(r.Context(), repo.dir, 0, 250, p.Head, "^"+p.BaseHead)
	if err != nil {
		return answer{}, err
	}
	body["commits"] = len(commits)
	if p.Closed {
		return answer{body: body}, nil
	}
	tree, err := s.git.merge(r.Context(), repo.dir, p.BaseHead, p.Head)
	if err != nil {
		return answer{}, err
	}
	state := "clean"
	switch {
	case tree == "":
		state = "dirty"
	case p.Draft:
		state = "draft"
	}
	body["mergeable"], body["mergeable_state"] = tree != "", state
	return answer{body: body}, nil
}

// getIssue shows a pull request as the issue that it also is.
func (s *Server) getIssue(r *http.Request, l links, repo *repository) (answer, error) {
	p, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return answer{}, err
	}
	return answer{body: l.issue(repo, p)}, nil
}

func (s *Server) updatePull(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct {
		Title, Body, Base *string
		State             string
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return answer{}, errNotFound()
	}
	p, err := s.editPull(r.Context(), repo, number, PullEdit{
		Title: asked.Title, Body: asked.Body, Base: asked.Base, State: asked.State, By: callerOf(r).login,
	})
	if err != nil {
		return answer{}, err
	}
	return answer{body: l.pull(repo, p)}, nil
}

// isMerged answers by the status alone.
func (s *Server) isMerged(r *http.Request, _ links, repo *repository) (answer, error) {
	p, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil || !p.Merged {
		return answer{}, errNotFound()
	}
	return answer{status: http.StatusNoContent}, nil
}

func (s *Server) mergePull(r *http.Request, _ links, repo *repository) (answer, error) {
	var asked struct {
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
		Method  string `json:"merge_method"`
		SHA     string
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	method := cmp.Or(asked.Method, "merge")
	if method != "merge" && method != "squash" {
		return answer{}, notMergeable("Rebase merges are not allowed on this repository.")
	}
	p, err := s.merge(r.Context(), repo, r.PathValue("number"), merging{
		method: method, title: asked.Title, message: asked.Message, head: asked.SHA, by: callerOf(r).login,
	})
	if err != nil {
		return answer{}, err
	}
	return answer{body: object{"sha": p.MergeCommit, "merged": true, "message": "Pull Request successfully merged"}}, nil
}

func (s *Server) listLabels(r *http.Request, l links, repo *repository) (answer, error) {
	p, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return answer{}, err
	}
	return pageFrom(r, l.labels(repo, p)), nil
}

// addLabels takes {"labels": [...]} or the list alone.
func (s *Server) addLabels(r *http.Request, l links, repo *repository) (answer, error) {
	var asked labelList
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	return s.relabel(r, l, repo, PullEdit{Label: asked})
}

func (s *Server) removeLabel(r *http.Request, l links, repo *repository) (answer, error) {
	label := r.PathValue("label")
	p, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return answer{}, err
	}
	if !hasLabel(&p, label) {
		return answer{}, refuse(http.StatusNotFound, "Label does not exist")
	}
	return s.relabel(r, l, repo, PullEdit{Unlabel: []string{label}})
}

func (s *Server) relabel(r *http.Request, l links, repo *repository, e PullEdit) (answer, error) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return answer{}, errNotFound()
	}
	e.By = callerOf(r).login
	p, err := s.editPull(r.Context(), repo, number, e)
	if err != nil {
		return answer{}, err
	}
	return answer{body: l.labels(repo, p)}, nil
}

func (l links) headOwner(p Pull) string {
	if from := l.hub.byID(p.HeadRepositoryID); from != nil {
		return from.owner
	}
	return p.HeadOwner
}

func (l links) labels(repo *repository, p Pull) []object {
	all := []object{}
	for _, name := range p.Labels {
		all = append(all, l.label(repo, name))
	}
	return all
}

func (l links) label(repo *repository, name string) object {
	id := stableID(fmt.Sprintf("label/%d/%s", repo.id, strings.ToLower(name)))
	return object{
		"id": id, "node_id": nodeID("LA", id), "url": l.api("/repos/%s/labels/", repo.fullName()) + escapeRef(name),
		"name": name, "color": "ededed", "default": false, "description": nil,
	}
}
