package githubsim

import (
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (p *pages) pulls(r *http.Request, repo *repository) (object, error) {
	refs, err := p.hub.git.refs(r.Context(), repo.dir)
	if err != nil {
		return nil, err
	}
	state := "open"
	if r.URL.Query().Get("state") == "closed" {
		state = "closed"
	}
	open := map[string]int{}
	var rows []object
	for _, pull := range slices.Backward(p.hub.Pulls(repo.owner, repo.name)) {
		if !pull.Closed && pull.HeadRepositoryID == repo.id {
			open[pull.Branch] = pull.Number
		}
		if pull.Closed == (state == "closed") {
			rows = append(rows, p.pullRow(repo, pull))
		}
	}
	var ready, bases []string
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		branch, ok := strings.CutPrefix(ref, "refs/heads/")
		if !ok {
			continue
		}
		bases = append(bases, branch)
		can, err := p.canOpen(r, repo, refs, branch, open[branch])
		if err != nil {
			return nil, err
		}
		if can {
			ready = append(ready, branch)
		}
	}
	return object{
		"Title": "Pull requests", "Tab": "pulls", "State": state, "Pulls": rows, "Ready": ready, "Bases": bases,
		"Chosen": r.FormValue("branch"),
	}, nil
}

// standsAs is one word for where a pull request stands.
func standsAs(pull Pull) string {
	switch {
	case pull.Merged:
		return "merged"
	case pull.Closed:
		return "closed"
	case pull.Draft:
		return "draft"
	}
	return "open"
}

func (p *pages) pullRow(repo *repository, pull Pull) object {
	from := pull.Branch
	if pull.HeadRepositoryID != repo.id {
		from = links{"", p.hub}.headOwner(pull) + ":" + pull.Branch
	}
	return object{
		"Number": pull.Number, "Title": pull.Title, "Author": pull.Author, "State": standsAs(pull), "Labels": pull.Labels,
		"From": from, "Fork": pull.HeadRepositoryID != repo.id, "Base": pull.Base, "At": day(pull.CreatedAt),
		"Comments": pull.Comments, "Standing": p.standing(repo, pull.Head), "Open": !pull.Closed, "MergeCommit": pull.MergeCommit,
	}
}

func (p *pages) pull(r *http.Request, repo *repository) (object, error) {
	pull, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return nil, err
	}
	row := p.pullRow(repo, pull)
	row["Body"], row["Ended"], row["Mergeable"] = template.HTML(""), "", false
	if pull.Body != "" {
		row["Body"] = p.markdown.render(pull.Body)
	}
	switch {
	case pull.Merged:
		row["Ended"] = fmt.Sprintf("merged by %s %s", pull.MergedBy, day(pull.MergedAt))
	case pull.Closed:
		row["Ended"] = "closed " + day(pull.ClosedAt)
	default:
		tree, err := p.hub.git.merge(r.Context(), repo.dir, pull.BaseHead, pull.Head)
		if err != nil {
			return nil, err
		}
		row["Mergeable"] = tree != ""
	}
	if row["BranchLives"], err = p.branchLives(r, pull); err != nil {
		return nil, err
	}
	commits, err := p.log(r, repo, 250, pull.Head, "^"+pull.BaseHead)
	if err != nil {
		return nil, err
	}
	hashes := []string{pull.MergeCommit}
	for _, c := range commits {
		hashes = append(hashes, c["Hash"].(string))
	}
	deployments := slices.DeleteFunc(p.hub.Deployments(repo.owner, repo.name), func(d Deployment) bool {
		return !slices.Contains(hashes, d.Commit)
	})
	return object{
		"Title": pull.Title, "Tab": "pulls", "Pull": row, "Comments": p.commentRows(repo, pull.Number), "Commits": commits,
		"Checks": p.checks(repo, pull.Head), "Deployments": deploymentRows(deployments),
	}, nil
}

func (p *pages) commentRows(repo *repository, number int) []object {
	var all []object
	for _, c := range p.hub.Comments(repo.owner, repo.name, number) {
		row := object{"ID": c.ID, "Author": c.Author, "At": day(c.CreatedAt), "Body": p.markdown.render(c.Body), "Edited": ""}
		if c.UpdatedAt.After(c.CreatedAt) {
			row["Edited"] = day(c.UpdatedAt)
		}
		all = append(all, row)
	}
	return all
}

func (p *pages) branchLives(r *http.Request, pull Pull) (bool, error) {
	from := p.hub.byID(pull.HeadRepositoryID)
	if from == nil {
		return false, nil
	}
	tip, err := p.hub.tip(r.Context(), from, pull.Branch)
	return tip != "", err
}

func (p *pages) openPull(r *http.Request, repo *repository, by string) (string, error) {
	pull, err := p.hub.openNewPull(r.Context(), repo.owner, repo.name, NewPull{
		Branch: r.PostFormValue("branch"), Base: r.PostFormValue("base"), Title: strings.TrimSpace(r.PostFormValue("title")), Body: r.PostFormValue("body"),
		Author: by, Draft: r.PostFormValue("draft") != "", Fork: r.PostFormValue("fork") != "",
		Labels: words(r.PostFormValue("labels")),
	})
	return fmt.Sprintf("/%s/pull/%d", repo.fullName(), pull.Number), err
}

// words are names with commas between them.
func words(text string) []string {
	var all []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	return all
}

func (p *pages) actOnPull(r *http.Request, repo *repository, by string) (string, error) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return "", errNotFound()
	}
	here, ctx := fmt.Sprintf("/%s/pull/%d", repo.fullName(), number), r.Context()
	yes, no := true, false
	switch what := r.PathValue("act"); what {
	case "comment":
		_, err = p.hub.comment(repo, r.PathValue("number"), r.PostFormValue("body"), by)
	case "label":
		_, err = p.hub.editPull(ctx, repo, number, PullEdit{Label: words(r.PostFormValue("label")), By: by})
	case "unlabel":
		_, err = p.hub.editPull(ctx, repo, number, PullEdit{Unlabel: []string{r.PostFormValue("label")}, By: by})
	case "close":
		_, err = p.hub.editPull(ctx, repo, number, PullEdit{State: "closed", By: by})
	case "reopen":
		_, err = p.hub.editPull(ctx, repo, number, PullEdit{State: "open", By: by})
	case "draft":
		_, err = p.hub.editPull(ctx, repo, number, PullEdit{Draft: &yes, By: by})
	case "ready":
		_, err = p.hub.editPull(ctx, repo, number, PullEdit{Draft: &no, By: by})
	case "merge", "squash":
		_, err = p.hub.merge(ctx, repo, r.PathValue("number"), merging{method: what, by: by})
	case "delete-branch":
		err = p.deleteHead(r, repo, by)
	default:
		err = errNoSuchAct
	}
	return here, err
}

func (p *pages) deleteHead(r *http.Request, repo *repository, by string) error {
	pull, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return err
	}
	from := p.hub.byID(pull.HeadRepositoryID)
	if from == nil {
		return errNoRepository
	}
	return p.hub.dropRef(r.Context(), from, "refs/heads/"+pull.Branch, by)
}
