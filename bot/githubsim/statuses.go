package githubsim

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// MaxDescription is how many characters the description of a status may have.
const MaxDescription = 140

// maxStatuses is how many statuses one context of one commit may get.
const maxStatuses = 1000

// A Status is what a program says about a commit. The newest of each context counts.
type Status struct {
	ID                              int64
	Commit, State, Context          string
	Description, TargetURL, Creator string
	CreatedAt                       time.Time
}

func checkDescription(resource, text string) error {
	if len([]rune(text)) > MaxDescription {
		return invalid(resource, "description", "custom", fmt.Sprintf("description is too long (maximum is %d characters)", MaxDescription))
	}
	return nil
}

// checkURL refuses what no browser would open.
func checkURL(resource, field, text string) error {
	if u, err := url.Parse(text); text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return invalid(resource, field, "custom", field+" must use http(s) scheme")
	}
	return nil
}

func (s *Server) createStatus(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct {
		State, Context, Description string
		TargetURL                   string `json:"target_url"`
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	commit := r.PathValue("commit")
	if len(commit) != len(zero) { // names of refs are not enough here
		return answer{}, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+commit)
	}
	commit, err := s.resolve(r, repo, commit)
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains([]string{"error", "failure", "pending", "success"}, asked.State) {
		return answer{}, invalid("Status", "state", "custom", "State must be one of: error, failure, pending, success.")
	}
	if err := cmp.Or(checkDescription("Status", asked.Description), checkURL("Status", "target_url", asked.TargetURL)); err != nil {
		return answer{}, err
	}
	st := Status{
		ID: s.serial.Add(1), Commit: commit, State: asked.State, Context: cmp.Or(asked.Context, "default"),
		Description: asked.Description, TargetURL: asked.TargetURL, Creator: callerOf(r).login, CreatedAt: s.opt.Now().UTC(),
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	same := 0
	for _, other := range repo.book.statuses {
		if other.Commit == st.Commit && strings.EqualFold(other.Context, st.Context) {
			same++
		}
	}
	if same >= maxStatuses {
		return answer{}, invalid("Status", "", "custom", "This SHA and context has reached the maximum number of statuses.")
	}
	repo.book.statuses = append(repo.book.statuses, st)
	return answer{status: http.StatusCreated, body: l.status(repo, st)}, nil
}

// getCommitOrStatus serves a commit, and what is below it: a ref's name may hold slashes, so the mux cannot tell.
func (s *Server) getCommitOrStatus(r *http.Request, l links, repo *repository) (answer, error) {
	path := r.PathValue("commit")
	below := map[string]door{
		"status":   {"statuses:read", s.getCombinedStatus},
		"statuses": {"statuses:read", s.listStatuses},
		"pulls":    {"pull_requests:read", s.listCommitPulls},
	}
	d, name := door{"contents:read", s.getCommit}, path
	if at := strings.LastIndex(path, "/"); at > 0 {
		if found, ok := below[path[at+1:]]; ok {
			d, name = found, path[:at]
		}
	}
	r.SetPathValue("commit", name)
	if err := s.admit(callerOf(r), d.needs, repo); err != nil {
		return answer{}, err
	}
	return d.serve(r, l, repo)
}

func (s *Server) listStatuses(r *http.Request, l links, repo *repository) (answer, error) {
	commit, err := s.resolve(r, repo, r.PathValue("commit"))
	if err != nil {
		return answer{}, err
	}
	all := []object{}
	for _, st := range slices.Backward(s.Statuses(repo.owner, repo.name, commit)) {
		all = append(all, l.status(repo, st))
	}
	return pageFrom(r, all), nil
}

func (s *Server) getCombinedStatus(r *http.Request, l links, repo *repository) (answer, error) {
	commit, err := s.resolve(r, repo, r.PathValue("commit"))
	if err != nil {
		return answer{}, err
	}
	newest := newestStatuses(s.Statuses(repo.owner, repo.name, commit))
	all := []object{}
	for _, st := range newest {
		all = append(all, l.status(repo, st))
	}
	part, link := cut(r, all)
	api := l.api("/repos/%s/commits/%s", repo.fullName(), commit)
	return answer{link: link, body: object{
		"state": combined(newest), "sha": commit, "total_count": len(all), "statuses": part, "repository": l.repository(repo),
		"commit_url": api, "url": api + "/status",
	}}, nil
}

// newestStatuses keeps the newest of each context, in the order of the contexts' names.
func newestStatuses(all []Status) []Status {
	var newest []Status
	for _, st := range slices.Backward(all) {
		if !slices.ContainsFunc(newest, func(other Status) bool { return strings.EqualFold(other.Context, st.Context) }) {
			newest = append(newest, st)
		}
	}
	slices.SortFunc(newest, func(a, b Status) int { return strings.Compare(a.Context, b.Context) })
	return newest
}

// combined is one word for all contexts; no status at all is pending.
func combined(newest []Status) string {
	word := "success"
	for _, st := range newest {
		switch st.State {
		case "error", "failure":
			return "failure"
		case "pending":
			word = "pending"
		}
	}
	if len(newest) == 0 {
		word = "pending"
	}
	return word
}

// listCommitPulls lists the pull requests whose head, or whose merge, a commit is.
func (s *Server) listCommitPulls(r *http.Request, l links, repo *repository) (answer, error) {
	commit, err := s.resolve(r, repo, r.PathValue("commit"))
	if err != nil {
		return answer{}, err
	}
	all := []object{}
	for _, p := range s.Pulls(repo.owner, repo.name) {
		if p.Head == commit || p.MergeCommit == commit {
			all = append(all, l.pull(repo, p))
		}
	}
	return pageFrom(r, all), nil
}

func (l links) status(repo *repository, st Status) object {
	return object{
		"id": st.ID, "node_id": nodeID("SC", st.ID), "state": st.State, "context": st.Context,
		"description": nilIfEmpty(st.Description), "target_url": nilIfEmpty(st.TargetURL), "avatar_url": nil,
		"url":        l.api("/repos/%s/statuses/%s", repo.fullName(), st.Commit),
		"created_at": stampOrNil(st.CreatedAt), "updated_at": stampOrNil(st.CreatedAt), "creator": l.user(st.Creator),
	}
}
