package githubsim

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

// personCookie remembers as whom a browser acts.
const personCookie = "githubsim-person"

// A view finds what a page shows. repo is nil for pages about none.
type view func(r *http.Request, repo *repository) (object, error)

// An act does what a person clicked on a page, and returns where they go next.
type act func(r *http.Request, repo *repository, by string) (to string, err error)

// pages are what people see and click, in plain HTML.
type pages struct {
	hub       *Server
	templates *template.Template
	markdown  *markdown
	mux       *http.ServeMux
}

// pageHandler serves what links in messages point to, and lets people do there what they do on GitHub.
func (s *Server) pageHandler() http.Handler {
	p := &pages{hub: s, markdown: newMarkdown(), mux: http.NewServeMux()}
	p.templates = template.Must(template.New("pages").Funcs(template.FuncMap{
		"short": func(hash string) string { return hash[:min(7, len(hash))] },
		"ref":   func(name string) template.URL { return template.URL(escapeRef(name)) },
		"style": func() (template.CSS, error) {
			text, err := pageFiles.ReadFile("pages/style.css")
			return template.CSS(text), err
		},
	}).ParseFS(pageFiles, "pages/*.html"))

	p.show("GET /{$}", "home", p.home)
	p.show("GET /{owner}/{name}", "repository", p.repository)
	p.show("GET /{owner}/{name}/tree/{branch...}", "branch", p.branch)
	p.show("GET /{owner}/{name}/commits", "branch", p.commits)
	p.show("GET /{owner}/{name}/commit/{commit}", "commit", p.commit)
	p.show("GET /{owner}/{name}/pulls", "pulls", p.pulls)
	p.show("GET /{owner}/{name}/pull/{number}", "pull", p.pull)
	p.show("GET /{owner}/{name}/deployments", "deployments", p.deployments)

	p.do("POST /{owner}/{name}/branches/new", p.createBranch, "repository", p.repository)
	p.do("POST /{owner}/{name}/branches/delete", p.deleteBranch, "repository", p.repository)
	p.do("POST /{owner}/{name}/pulls/new", p.openPull, "pulls", p.pulls)
	p.do("POST /{owner}/{name}/pull/{number}/{act}", p.actOnPull, "pull", p.pull)
	p.mux.HandleFunc("POST /person", p.choosePerson)
	return p.mux
}

// show serves a page.
func (p *pages) show(pattern, name string, look view) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { p.render(w, r, name, look, nil) })
}

// do serves a form. What GitHub refuses is told on the page that the form stood on.
func (p *pages) do(pattern string, do act, name string, look view) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		repo := p.hub.repository(r.PathValue("owner"), r.PathValue("name"))
		switch {
		case !sameSite(r):
			http.Error(w, "Only these pages may do that.", http.StatusForbidden)
		case repo == nil:
			http.NotFound(w, r)
		default:
			to, err := do(r, repo, p.person(r))
			if err != nil {
				p.render(w, r, name, look, err)
				return
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
		}
	})
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, name string, look view, failed error) {
	var repo *repository
	if owner := r.PathValue("owner"); owner != "" {
		if repo = p.hub.repository(owner, r.PathValue("name")); repo == nil {
			if moved := p.hub.formerly(owner, r.PathValue("name")); moved != nil && r.Method == http.MethodGet {
				http.Redirect(w, r, strings.Replace(r.URL.EscapedPath(), "/"+owner+"/"+r.PathValue("name"), "/"+moved.fullName(), 1), http.StatusMovedPermanently)
				return
			}
			http.NotFound(w, r)
			return
		}
	}
	data, err := look(r, repo)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	data["Me"], data["People"], data["Here"], data["Repo"] = p.person(r), p.persons(), r.URL.RequestURI(), ""
	if repo != nil {
		data["Repo"] = repo.fullName()
		p.countTabs(repo, data)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if failed != nil {
		data["Error"], data["Here"] = sentence(failed), "/"
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	if err := p.templates.ExecuteTemplate(w, name, data); err != nil {
		p.hub.opt.Log.Debug("send a page", "error", err)
	}
}

// sentence is what a person reads of a refusal.
func sentence(err error) string {
	told := (*refusal)(nil)
	if !asRefusal(err, &told) {
		return err.Error()
	}
	for _, fault := range told.Errors {
		if message, ok := fault["message"].(string); ok {
			return message
		}
		if field, ok := fault["field"].(string); ok {
			return "The " + field + " is missing or wrong."
		}
	}
	return told.Msg
}

func (p *pages) countTabs(repo *repository, data object) {
	open := 0
	for _, pull := range p.hub.Pulls(repo.owner, repo.name) {
		if !pull.Closed {
			open++
		}
	}
	data["OpenPulls"], data["DeploymentCount"] = open, len(p.hub.Deployments(repo.owner, repo.name))
}

// persons are those that a browser may act as.
func (p *pages) persons() []string {
	p.hub.people.mu.Lock()
	defer p.hub.people.mu.Unlock()
	var all []string
	for _, u := range p.hub.people.byLogin {
		all = append(all, u.Login)
	}
	if len(all) == 0 {
		all = append(all, p.hub.opt.Login)
	}
	slices.Sort(all)
	return all
}

func (p *pages) person(r *http.Request) string {
	all := p.persons()
	if c, err := r.Cookie(personCookie); err == nil {
		if login, err := url.QueryUnescape(c.Value); err == nil && slices.Contains(all, login) {
			return login
		}
	}
	if len(p.hub.opt.Users) > 0 {
		return p.hub.opt.Users[0].Login
	}
	return all[0]
}

// choosePerson lets a browser act as somebody else.
func (p *pages) choosePerson(w http.ResponseWriter, r *http.Request) {
	back := r.FormValue("back")
	if u, err := url.Parse(back); err != nil || u.Scheme != "" || u.Host != "" || strings.Contains(back, `\`) || !strings.HasPrefix(back, "/") {
		back = "/"
	}
	if !sameSite(r) || !slices.Contains(p.persons(), r.FormValue("login")) {
		http.Error(w, "Nobody has that login.", http.StatusUnprocessableEntity)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: personCookie, Value: url.QueryEscape(r.FormValue("login")), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// day is a time as people read it on the pages.
func day(t time.Time) string { return t.Format("2 January 2006, 15:04") }

var errNoSuchAct = errors.New("there is no such button")
