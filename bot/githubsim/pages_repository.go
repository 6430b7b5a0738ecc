package githubsim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func (p *pages) home(r *http.Request, _ *repository) (object, error) {
	var all []object
	for _, repo := range p.hub.repositories() {
		refs, err := p.hub.git.refs(r.Context(), repo.dir)
		if err != nil {
			return nil, err
		}
		branches, open := 0, 0
		for ref := range refs {
			if strings.HasPrefix(ref, "refs/heads/") {
				branches++
			}
		}
		for _, pull := range p.hub.Pulls(repo.owner, repo.name) {
			if !pull.Closed {
				open++
			}
		}
		row := object{"Name": repo.fullName(), "Branches": branches, "Pulls": open, "Fork": ""}
		if from := p.hub.byID(repo.forkOf); from != nil {
			row["Fork"] = from.fullName()
		}
		all = append(all, row)
	}
	return object{"Title": "Repositories", "Repositories": all}, nil
}

func (p *pages) repository(r *http.Request, repo *repository) (object, error) {
	refs, err := p.hub.git.refs(r.Context(), repo.dir)
	if err != nil {
		return nil, err
	}
	pulls := map[string]int{}
	for _, pull := range p.hub.Pulls(repo.owner, repo.name) {
		if !pull.Closed && pull.HeadRepositoryID == repo.id {
			pulls[pull.Branch] = pull.Number
		}
	}
	var branches []object
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		name, ok := strings.CutPrefix(ref, "refs/heads/")
		if !ok {
			continue
		}
		c, err := p.hub.git.show(r.Context(), repo.dir, refs[ref])
		if err != nil {
			return nil, err
		}
		row := p.row(repo, c)
		row["Name"], row["Pull"], row["Default"] = name, pulls[name], name == "main"
		if row["CanOpen"], err = p.canOpen(r, repo, refs, name, pulls[name]); err != nil {
			return nil, err
		}
		branches = append(branches, row)
	}
	return object{
		"Title": "Branches", "Tab": "branches", "Branches": branches, "Clone": baseOf(r) + "/" + repo.fullName() + ".git",
	}, nil
}

// canOpen reports whether a pull request could be opened from a branch into main.
func (p *pages) canOpen(r *http.Request, repo *repository, refs map[string]string, branch string, pull int) (bool, error) {
	head, main := refs["refs/heads/"+branch], refs["refs/heads/main"]
	if pull != 0 || branch == "main" || main == "" {
		return false, nil
	}
	merged, err := p.hub.git.isAncestor(r.Context(), repo.dir, head, main)
	return !merged, err
}

func (p *pages) branch(r *http.Request, repo *repository) (object, error) {
	branch := r.PathValue("branch")
	tip, err := p.hub.tip(r.Context(), repo, branch)
	if err != nil {
		return nil, err
	}
	if tip == "" {
		return nil, errNotFound()
	}
	rows, err := p.log(r, repo, 30, tip)
	return object{"Title": branch, "Tab": "branches", "Commits": rows}, err
}

func (p *pages) commits(r *http.Request, repo *repository) (object, error) {
	tip, err := p.hub.tip(r.Context(), repo, "main")
	if err != nil || tip == "" {
		return object{"Title": "main", "Tab": "commits"}, err
	}
	rows, err := p.log(r, repo, 30, tip)
	return object{"Title": "main", "Tab": "commits", "Commits": rows}, err
}

func (p *pages) commit(r *http.Request, repo *repository) (object, error) {
	hash, err := p.hub.resolve(r, repo, r.PathValue("commit"))
	if err != nil {
		return nil, err
	}
	c, err := p.hub.git.show(r.Context(), repo.dir, hash)
	if err != nil {
		return nil, err
	}
	diff, err := p.hub.git.diff(r.Context(), repo.dir, c)
	if err != nil {
		return nil, err
	}
	var lines []object
	for line := range strings.Lines(diff) {
		lines = append(lines, object{"Text": line, "Sort": sortOf(line)})
	}
	row := p.row(repo, c)
	_, row["Story"], _ = strings.Cut(c.message, "\n\n")
	return object{
		"Title": c.title(), "Tab": "commits", "Commit": row, "Lines": lines, "Checks": p.checks(repo, hash),
	}, nil
}

func (p *pages) log(r *http.Request, repo *repository, limit int, revisions ...string) ([]object, error) {
	commits, err := p.hub.git.log(r.Context(), repo.dir, 0, limit, revisions...)
	if err != nil {
		return nil, err
	}
	var rows []object
	for _, c := range commits {
		rows = append(rows, p.row(repo, c))
	}
	return rows, nil
}

func (p *pages) row(repo *repository, c commit) object {
	return object{
		"Hash": c.hash, "Subject": c.title(), "Author": c.author.name, "At": day(c.author.at), "Standing": p.standing(repo, c.hash),
	}
}

// standing is the combined status of a commit, "" where nobody said anything.
func (p *pages) standing(repo *repository, hash string) string {
	newest := newestStatuses(p.hub.Statuses(repo.owner, repo.name, hash))
	if len(newest) == 0 {
		return ""
	}
	return combined(newest)
}

func (p *pages) checks(repo *repository, hash string) []object {
	var all []object
	for _, st := range newestStatuses(p.hub.Statuses(repo.owner, repo.name, hash)) {
		all = append(all, object{"Context": st.Context, "State": st.State, "Description": st.Description, "URL": st.TargetURL})
	}
	return all
}

func (p *pages) deployments(_ *http.Request, repo *repository) (object, error) {
	all := p.hub.Deployments(repo.owner, repo.name)
	return object{"Title": "Deployments", "Tab": "deployments", "Deployments": deploymentRows(all)}, nil
}

// deploymentRows shows deployments, newest first.
func deploymentRows(all []Deployment) []object {
	var rows []object
	for _, d := range slices.Backward(all) {
		row := object{
			"Environment": d.Environment, "State": "pending", "Description": d.Description, "Hash": d.Commit, "Creator": d.Creator,
			"At": day(d.CreatedAt), "URL": "", "LogURL": "",
		}
		var steps []object
		for _, st := range d.Statuses {
			steps = append(steps, object{"State": st.State, "Description": st.Description, "At": day(st.CreatedAt)})
			row["State"], row["Description"], row["LogURL"] = st.State, st.Description, st.LogURL
			if row["URL"] = st.EnvironmentURL; st.State == "inactive" {
				row["URL"] = ""
			}
		}
		row["Steps"] = steps
		rows = append(rows, row)
	}
	return rows
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

func (p *pages) createBranch(r *http.Request, repo *repository, by string) (string, error) {
	branch := strings.TrimSpace(r.PostFormValue("branch"))
	err := p.hub.CreateBranch(r.Context(), repo.owner, repo.name, branch, r.PostFormValue("from"), by)
	return "/" + repo.fullName(), err
}

func (p *pages) deleteBranch(r *http.Request, repo *repository, by string) (string, error) {
	return "/" + repo.fullName(), p.hub.DeleteBranch(r.Context(), repo.owner, repo.name, r.PostFormValue("branch"), by)
}
