package githubsim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func (s *Server) getRepository(_ *http.Request, l links, repo *repository) (answer, error) {
	return answer{body: l.ownView(repo)}, nil
}

func (s *Server) listBranches(r *http.Request, l links, repo *repository) (answer, error) {
	refs, err := s.git.refs(r.Context(), repo.dir)
	if err != nil {
		return answer{}, err
	}
	all := []object{}
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			all = append(all, l.branch(repo, name, refs[ref]))
		}
	}
	return pageFrom(r, all), nil
}

func (s *Server) getBranch(r *http.Request, l links, repo *repository) (answer, error) {
	name := r.PathValue("branch")
	refs, err := s.git.refs(r.Context(), repo.dir)
	if err != nil {
		return answer{}, err
	}
	hash, ok := refs["refs/heads/"+name]
	if !ok {
		return answer{}, refuse(http.StatusNotFound, "Branch not found")
	}
	c, err := s.git.show(r.Context(), repo.dir, hash)
	if err != nil {
		return answer{}, err
	}
	body := l.branch(repo, name, hash)
	body["commit"] = l.commit(repo, c)
	body["protection"] = object{"enabled": false}
	return answer{body: body}, nil
}

func (s *Server) getRef(r *http.Request, l links, repo *repository) (answer, error) {
	refs, err := s.git.refs(r.Context(), repo.dir)
	if err != nil {
		return answer{}, err
	}
	ref := "refs/" + r.PathValue("ref")
	hash, ok := refs[ref]
	switch {
	case len(refs) == 0:
		return answer{}, refuse(http.StatusConflict, "Git Repository is empty.")
	case !ok:
		return answer{}, errNotFound()
	}
	return answer{body: l.ref(repo, ref, hash)}, nil
}

func (s *Server) matchingRefs(r *http.Request, l links, repo *repository) (answer, error) {
	refs, err := s.git.refs(r.Context(), repo.dir)
	if err != nil {
		return answer{}, err
	}
	all := []object{}
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		if strings.HasPrefix(ref, "refs/"+r.PathValue("prefix")) {
			all = append(all, l.ref(repo, ref, refs[ref]))
		}
	}
	return pageFrom(r, all), nil
}

// shaMedia in Accept asks for a commit's hash alone.
const shaMedia = "application/vnd.github.v3.sha"

// getCommit takes a branch, a tag, a ref without "refs/", or a hash in full or abbreviated.
func (s *Server) getCommit(r *http.Request, l links, repo *repository) (answer, error) {
	hash, err := s.resolve(r, repo, r.PathValue("commit"))
	if err != nil {
		return answer{}, err
	}
	if strings.Contains(r.Header.Get("Accept"), shaMedia) {
		return answer{text: hash}, nil
	}
	c, err := s.git.show(r.Context(), repo.dir, hash)
	if err != nil {
		return answer{}, err
	}
	body := l.commit(repo, c)
	body["files"] = l.files(c)
	return answer{body: body}, nil
}

// getGitCommit takes a full hash, and answers with what git itself knows.
func (s *Server) getGitCommit(r *http.Request, l links, repo *repository) (answer, error) {
	hash := r.PathValue("commit")
	if len(hash) != len(zero) || !hashLike.MatchString(hash) {
		return answer{}, errNotFound()
	}
	found, err := s.git.commitOf(r.Context(), repo.dir, hash)
	if err != nil {
		return answer{}, err
	}
	if found == "" {
		return answer{}, errNotFound()
	}
	c, err := s.git.show(r.Context(), repo.dir, found)
	if err != nil {
		return answer{}, err
	}
	whole := l.commit(repo, c)
	body := whole["commit"].(object)
	body["sha"], body["node_id"], body["html_url"], body["parents"] = c.hash, whole["node_id"], whole["html_url"], whole["parents"]
	return answer{body: body}, nil
}

func (s *Server) listCommits(r *http.Request, l links, repo *repository) (answer, error) {
	from := r.URL.Query().Get("sha")
	if from == "" {
		from = "main"
	}
	hash, err := s.resolve(r, repo, from)
	if err != nil {
		return answer{}, err
	}
	p := pageOf(r)
	commits, err := s.git.log(r.Context(), repo.dir, p.skip(), p.size+1, hash)
	if err != nil {
		return answer{}, err
	}
	more := len(commits) > p.size
	body := []object{}
	for _, c := range commits[:min(len(commits), p.size)] {
		body = append(body, l.commit(repo, c))
	}
	return answer{body: body, link: p.link(r, more, 0)}, nil
}

var hashLike = regexp.MustCompile(`^[0-9a-f]{4,40}$`)

// resolve finds the hash that a name in a request stands for.
func (s *Server) resolve(r *http.Request, repo *repository, name string) (string, error) {
	return s.commitNamed(r.Context(), repo, name)
}

// commitNamed finds the commit that a client's name stands for. The name itself never reaches git.
func (s *Server) commitNamed(ctx context.Context, repo *repository, name string) (string, error) {
	refs, err := s.git.refs(ctx, repo.dir)
	if err != nil {
		return "", err
	}
	if len(refs) == 0 {
		return "", refuse(http.StatusConflict, "Git Repository is empty.")
	}
	found := ""
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/", ""} {
		if hash, ok := refs[prefix+name]; ok {
			found = hash
			break
		}
	}
	if found == "" && hashLike.MatchString(name) {
		found = name
	}
	if found != "" {
		if found, err = s.git.commitOf(ctx, repo.dir, found); err != nil {
			return "", err
		}
	}
	if found == "" {
		return "", refuse(http.StatusUnprocessableEntity, fmt.Sprintf("No commit found for SHA: %s", name))
	}
	return found, nil
}
