package githubsim

import (
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
)

//go:embed pages.html
var pagesHTML string

// pageHandler serves what links in messages point to: the repositories, one repository, a branch, a commit.
func (s *Server) pageHandler() http.Handler {
	pages := template.Must(template.New("pages").Funcs(template.FuncMap{
		"short": func(hash string) string { return hash[:min(7, len(hash))] },
		"ref":   func(name string) template.URL { return template.URL(escapeRef(name)) },
	}).Parse(pagesHTML))
	mux := http.NewServeMux()
	handle := func(pattern, name string, look func(*http.Request, *repository) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			var repo *repository
			if r.PathValue("owner") != "" {
				if repo = s.repository(r.PathValue("owner"), r.PathValue("name")); repo == nil {
					http.NotFound(w, r)
					return
				}
			}
			data, err := look(r, repo)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := pages.ExecuteTemplate(w, name, data); err != nil {
				s.opt.Log.Debug("send a page", "error", err)
			}
		})
	}
	handle("GET /{$}", "home", s.homePage)
	handle("GET /{owner}/{name}", "repository", s.repositoryPage)
	handle("GET /{owner}/{name}/tree/{branch...}", "branch", s.branchPage)
	handle("GET /{owner}/{name}/commit/{commit}", "commit", s.commitPage)
	return mux
}

func (s *Server) homePage(*http.Request, *repository) (any, error) {
	var names []string
	for _, repo := range s.repositories() {
		names = append(names, repo.fullName())
	}
	return object{"Title": "Repositories", "Names": names}, nil
}

func (s *Server) repositoryPage(r *http.Request, repo *repository) (any, error) {
	refs, err := s.git.refs(r.Context(), repo.dir)
	if err != nil {
		return nil, err
	}
	var branches []object
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			branches = append(branches, object{"Name": name, "Hash": refs[ref]})
		}
	}
	return object{
		"Title": repo.fullName(), "Repo": repo.fullName(), "Branches": branches,
		"Clone": baseOf(r) + "/" + repo.fullName() + ".git",
	}, nil
}

func (s *Server) branchPage(r *http.Request, repo *repository) (any, error) {
	branch := r.PathValue("branch")
	refs, err := s.git.refs(r.Context(), repo.dir)
	if err != nil {
		return nil, err
	}
	hash, ok := refs["refs/heads/"+branch]
	if !ok {
		return nil, errNotFound()
	}
	commits, err := s.git.log(r.Context(), repo.dir, 0, 30, hash)
	if err != nil {
		return nil, err
	}
	return object{"Title": branch, "Repo": repo.fullName(), "Branch": branch, "Commits": rows(commits)}, nil
}

func (s *Server) commitPage(r *http.Request, repo *repository) (any, error) {
	hash, err := s.resolve(r, repo, r.PathValue("commit"))
	if err != nil {
		return nil, err
	}
	c, err := s.git.show(r.Context(), repo.dir, hash)
	if err != nil {
		return nil, err
	}
	diff, err := s.git.diff(r.Context(), repo.dir, c)
	if err != nil {
		return nil, err
	}
	var lines []object
	for line := range strings.Lines(diff) {
		lines = append(lines, object{"Text": line, "Sort": sortOf(line)})
	}
	return object{"Title": c.title(), "Repo": repo.fullName(), "Commit": rows([]commit{c})[0], "Lines": lines}, nil
}

func rows(commits []commit) []object {
	var all []object
	for _, c := range commits {
		all = append(all, object{
			"Hash": c.hash, "Subject": c.title(), "Message": c.message, "Author": c.author.name,
			"At": c.author.at.Format("2 January 2006, 15:04"),
		})
	}
	return all
}

func sortOf(line string) string {
	switch {
	case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "diff "):
		return "file"
	case strings.HasPrefix(line, "+"):
		return "more"
	case strings.HasPrefix(line, "-"):
		return "less"
	}
	return ""
}
