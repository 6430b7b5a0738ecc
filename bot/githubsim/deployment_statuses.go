package githubsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
)

var deploymentStates = []string{"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}

func (s *Server) listDeploymentStatuses(r *http.Request, l links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	d, err := repo.book.deploymentIn(r)
	if err != nil {
		return answer{}, err
	}
	all := []object{}
	for _, st := range slices.Backward(d.Statuses) {
		all = append(all, l.deploymentStatus(repo, *d, st))
	}
	return pageFrom(r, all), nil
}

func (s *Server) getDeploymentStatus(r *http.Request, l links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	d, err := repo.book.deploymentIn(r)
	if err != nil {
		return answer{}, err
	}
	for _, st := range d.Statuses {
		if strconv.FormatInt(st.ID, 10) == r.PathValue("status") {
			return answer{body: l.deploymentStatus(repo, *d, st)}, nil
		}
	}
	return answer{}, errNotFound()
}

func (s *Server) createDeploymentStatus(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct {
		State, Description, Environment string
		EnvironmentURL                  string `json:"environment_url"`
		LogURL                          string `json:"log_url"`
		TargetURL                       string `json:"target_url"` // what log_url was called before
		AutoInactive                    *bool  `json:"auto_inactive"`
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	const resource = "DeploymentStatus"
	if !slices.Contains(deploymentStates, asked.State) {
		return answer{}, invalid(resource, "state", "invalid", "")
	}
	logURL := cmp.Or(asked.LogURL, asked.TargetURL)
	if err := cmp.Or(
		checkDescription(resource, asked.Description), checkURL(resource, "environment_url", asked.EnvironmentURL),
		checkURL(resource, "log_url", logURL),
	); err != nil {
		return answer{}, err
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	d, err := repo.book.deploymentIn(r)
	if err != nil {
		return answer{}, err
	}
	st := DeploymentStatus{
		ID: s.serial.Add(1), State: asked.State, Description: asked.Description, Creator: callerOf(r).login,
		Environment: cmp.Or(asked.Environment, d.Environment), EnvironmentURL: asked.EnvironmentURL, LogURL: logURL,
		CreatedAt: s.opt.Now().UTC(),
	}
	d.Statuses, d.Environment, d.UpdatedAt = append(d.Statuses, st), st.Environment, st.CreatedAt
	s.needEnvironment(repo, d.Environment)
	if st.State == "success" && (asked.AutoInactive == nil || *asked.AutoInactive) {
		s.retire(repo, d, st)
	}
	return answer{status: http.StatusCreated, body: l.deploymentStatus(repo, *d, st)}, nil
}

// retire makes the older deployments of an environment inactive, but for transient and production ones. Call it under the
// book's mu.
func (s *Server) retire(repo *repository, by *Deployment, st DeploymentStatus) {
	for _, d := range repo.book.deployments {
		if d.ID >= by.ID || d.Environment != by.Environment || d.Transient || d.Production || d.State() != "success" {
			continue
		}
		d.Statuses = append(d.Statuses, DeploymentStatus{
			ID: s.serial.Add(1), State: "inactive", Creator: st.Creator, Environment: d.Environment, CreatedAt: st.CreatedAt,
		})
		d.UpdatedAt = st.CreatedAt
	}
}

func (l links) deploymentStatus(repo *repository, d Deployment, st DeploymentStatus) object {
	api := l.api("/repos/%s/deployments/%d", repo.fullName(), d.ID)
	return object{
		"id": st.ID, "node_id": nodeID("DS", st.ID), "url": api + "/statuses/" + strconv.FormatInt(st.ID, 10), "state": st.State,
		"description": st.Description, "creator": l.user(st.Creator), "environment": st.Environment,
		"environment_url": st.EnvironmentURL, "log_url": st.LogURL, "target_url": st.LogURL,
		"created_at": stampOrNil(st.CreatedAt), "updated_at": stampOrNil(st.CreatedAt),
		"deployment_url": api, "repository_url": l.api("/repos/%s", repo.fullName()),
	}
}
