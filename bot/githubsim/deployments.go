package githubsim

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Deployment is what a program says about a commit that is, or was, somewhere.
type Deployment struct {
	ID                       int64
	Ref, Commit, Task        string
	Environment, Description string
	Creator                  string
	Payload                  json.RawMessage
	Transient, Production    bool
	Statuses                 []DeploymentStatus // oldest first
	CreatedAt, UpdatedAt     time.Time
}

// A DeploymentStatus is one step in a Deployment's life.
type DeploymentStatus struct {
	ID                                  int64
	State, Description, Creator         string
	Environment, EnvironmentURL, LogURL string
	CreatedAt                           time.Time
}

func (d *Deployment) copy() Deployment {
	c := *d
	c.Statuses = slices.Clone(d.Statuses)
	return c
}

// State is that of the newest status, or "" before the first.
func (d *Deployment) State() string {
	if len(d.Statuses) == 0 {
		return ""
	}
	return d.Statuses[len(d.Statuses)-1].State
}

// deploymentIn finds the deployment that a request names. Call it under mu.
func (b *book) deploymentIn(r *http.Request) (*Deployment, error) {
	for _, d := range b.deployments {
		if strconv.FormatInt(d.ID, 10) == r.PathValue("deployment") {
			return d, nil
		}
	}
	return nil, errNotFound()
}

func (s *Server) listDeployments(r *http.Request, l links, repo *repository) (answer, error) {
	query := r.URL.Query()
	all := []object{}
	for _, d := range slices.Backward(s.Deployments(repo.owner, repo.name)) {
		fits := true
		for field, has := range map[string]string{"sha": d.Commit, "ref": d.Ref, "task": d.Task, "environment": d.Environment} {
			want := query.Get(field)
			fits = fits && (want == "" || want == "none" || want == has)
		}
		if fits {
			all = append(all, l.deployment(repo, d))
		}
	}
	return pageFrom(r, all), nil
}

func (s *Server) getDeployment(r *http.Request, l links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	d, err := repo.book.deploymentIn(r)
	if err != nil {
		return answer{}, err
	}
	return answer{body: l.deployment(repo, *d)}, nil
}

// A newDeployment is a request's wish for one.
type newDeployment struct {
	Ref, Task, Environment, Description string
	Payload                             json.RawMessage
	AutoMerge                           *bool     `json:"auto_merge"`
	RequiredContexts                    *[]string `json:"required_contexts"`
	Transient                           bool      `json:"transient_environment"`
	Production                          *bool     `json:"production_environment"`
}

func (s *Server) createDeployment(r *http.Request, l links, repo *repository) (answer, error) {
	var asked newDeployment
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	if asked.Ref == "" {
		return answer{}, invalid("Deployment", "ref", "missing_field", "")
	}
	if err := checkDescription("Deployment", asked.Description); err != nil {
		return answer{}, err
	}
	commit, err := s.resolve(r, repo, asked.Ref)
	if told := (*refusal)(nil); err != nil && asRefusal(err, &told) && told.status == http.StatusUnprocessableEntity {
		return answer{}, refuse(http.StatusUnprocessableEntity, "No ref found for: "+asked.Ref)
	} else if err != nil {
		return answer{}, err
	}
	if asked.AutoMerge == nil || *asked.AutoMerge {
		merged, err := s.mergeForDeployment(r.Context(), repo, asked.Ref, commit, callerOf(r).login)
		if err != nil {
			return answer{}, err
		}
		if merged != "" {
			return answer{status: http.StatusAccepted, body: object{"message": merged}}, nil
		}
	}
	if err := s.checkContexts(repo, asked.Ref, commit, asked.RequiredContexts); err != nil {
		return answer{}, err
	}
	now := s.opt.Now().UTC()
	d := &Deployment{
		ID: s.serial.Add(1), Ref: asked.Ref, Commit: commit, Task: cmp.Or(asked.Task, "deploy"),
		Environment: cmp.Or(asked.Environment, "production"), Description: asked.Description, Creator: callerOf(r).login,
		Payload: asked.Payload, Transient: asked.Transient, CreatedAt: now, UpdatedAt: now,
	}
	d.Production = d.Environment == "production"
	if asked.Production != nil {
		d.Production = *asked.Production
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	repo.book.deployments = append(repo.book.deployments, d)
	s.needEnvironment(repo, d.Environment)
	return answer{status: http.StatusCreated, body: l.deployment(repo, *d)}, nil
}

// mergeForDeployment brings a branch up to main before it is deployed, as GitHub does unless it is told not to, and returns
// what it says about that; "" when there was nothing to merge.
func (s *Server) mergeForDeployment(ctx context.Context, repo *repository, ref, commit, by string) (string, error) {
	base, err := s.tip(ctx, repo, "main")
	if err != nil || base == "" {
		return "", err
	}
	if up, err := s.git.isAncestor(ctx, repo.dir, base, commit); err != nil || up {
		return "", err
	}
	conflict := refuse(http.StatusConflict, fmt.Sprintf("Conflict merging main into %s.", ref))
	if head, err := s.tip(ctx, repo, ref); err != nil {
		return "", err
	} else if head != commit { // nothing that can be moved
		return "", conflict
	}
	tree, err := s.git.merge(ctx, repo.dir, commit, base)
	if err != nil {
		return "", err
	}
	if tree == "" {
		return "", conflict
	}
	hash, err := s.git.commitTree(ctx, repo.dir, tree, "Merge main into "+ref, s.person(by), commit, base)
	if err != nil {
		return "", err
	}
	if s.git.moveRef(ctx, repo.dir, "refs/heads/"+ref, hash, commit) != nil {
		return "", conflict
	}
	return fmt.Sprintf("Auto-merged main into %s on deployment.", ref), s.sync(ctx, repo, by)
}

// checkContexts refuses a commit whose required statuses are not all successful; nil requires every status there is.
func (s *Server) checkContexts(repo *repository, ref, commit string, required *[]string) error {
	newest := newestStatuses(s.Statuses(repo.owner, repo.name, commit))
	contexts := []object{}
	failed := false
	needed := []string{}
	if required != nil {
		needed = *required
	} else {
		for _, st := range newest {
			needed = append(needed, st.Context)
		}
	}
	for _, need := range needed {
		state := "pending"
		for _, st := range newest {
			if strings.EqualFold(st.Context, need) {
				state = st.State
			}
		}
		failed = failed || state != "success"
		contexts = append(contexts, object{"context": need, "state": state})
	}
	if !failed {
		return nil
	}
	told := refuse(http.StatusConflict, fmt.Sprintf("Conflict: Commit status checks failed for %s.", ref))
	told.Errors = []object{{"contexts": contexts, "resource": "Deployment", "field": "required_contexts", "code": "invalid"}}
	return told
}

// deleteDeployment takes one away; one that is active must be the only one of its environment.
func (s *Server) deleteDeployment(r *http.Request, _ links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	d, err := repo.book.deploymentIn(r)
	if err != nil {
		return answer{}, err
	}
	others := slices.ContainsFunc(repo.book.deployments, func(other *Deployment) bool {
		return other != d && other.Environment == d.Environment
	})
	if d.State() == "success" && others {
		return answer{}, refuse(http.StatusUnprocessableEntity,
			"We cannot delete an active deployment unless it is the only deployment in a given environment.")
	}
	repo.book.deployments = slices.DeleteFunc(repo.book.deployments, func(other *Deployment) bool { return other == d })
	return answer{status: http.StatusNoContent}, nil
}

func (l links) deployment(repo *repository, d Deployment) object {
	api := l.api("/repos/%s/deployments/%d", repo.fullName(), d.ID)
	payload := any(object{})
	if len(d.Payload) > 0 {
		payload = d.Payload
	}
	return object{
		"id": d.ID, "node_id": nodeID("DE", d.ID), "url": api, "ref": d.Ref, "sha": d.Commit, "task": d.Task, "payload": payload,
		"environment": d.Environment, "original_environment": d.Environment, "description": nilIfEmpty(d.Description),
		"creator": l.user(d.Creator), "transient_environment": d.Transient, "production_environment": d.Production,
		"created_at": stampOrNil(d.CreatedAt), "updated_at": stampOrNil(d.UpdatedAt),
		"statuses_url": api + "/statuses", "repository_url": l.api("/repos/%s", repo.fullName()),
	}
}
