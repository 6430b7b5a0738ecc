package bot

import (
	"slices"
	"strconv"

	"qabot/store"
)

// An act is one call that tells GitHub something.
type act struct {
	tell string // the way of telling
	verb string

	commit string // of the deployment, or the one that gets a status
	id     int64  // of the deployment or comment
	pull   int
	told   hubState
	body   string
	over   bool // it says that the environment is gone, or that the commit's part is over
}

// Verbs of acts.
const (
	actDeploy      = "deploy"       // creates a deployment of commit
	actState       = "state"        // gives a deployment a status
	actForget      = "forget"       // deletes a deployment
	actLeave       = "leave"        // deletes the environment
	actStatus      = "status"       // gives a commit a status
	actComment     = "comment"      // writes a comment
	actEditComment = "edit-comment" // changes one
)

// key names what would be there twice if it were told twice; empty where telling twice changes nothing.
func (a act) key() string {
	switch a.verb {
	case actDeploy:
		return actDeploy + "/" + a.commit
	case actState:
		return actState + "/" + strconv.FormatInt(a.id, 10)
	case actStatus:
		return actStatus + "/" + a.commit
	case actComment:
		return actComment + "/" + strconv.Itoa(a.pull)
	}
	return ""
}

// deploymentsKept is how many deployments of one environment stay on GitHub while it lives.
const deploymentsKept = 10

// due gives the next thing to tell, of all that differs from what was told last. It is pure; tells are the ways that may be
// used now.
func (n news) due(r store.Report, tells []string) (act, bool) {
	for _, way := range []struct {
		tell string
		due  func(store.Report) (act, bool)
	}{
		{TellDeployments, n.dueDeployment}, {TellStatuses, n.dueStatus}, {TellComments, n.dueComment}, {TellEnvironments, n.dueEnvironment},
	} {
		if !slices.Contains(tells, way.tell) {
			continue
		}
		if a, ok := way.due(r); ok {
			a.tell = way.tell
			return a, true
		}
	}
	return act{}, false
}

// dueDeployment brings the newest commit's deployment forward first, then sets the others to rest, then deletes those that
// nobody needs.
func (n news) dueDeployment(r store.Report) (act, bool) {
	of := func(commit string) func(store.ReportedDeployment) bool {
		return func(d store.ReportedDeployment) bool { return d.Commit == commit }
	}
	i := slices.IndexFunc(r.Deployments, of(n.commit))
	if i < 0 && n.deployment.State != ghInactive {
		return act{verb: actDeploy, commit: n.commit, told: n.deployment}, true
	}
	if i >= 0 && r.Deployments[i].ID != 0 && n.differs(r.Deployments[i]) {
		return act{verb: actState, commit: n.commit, id: r.Deployments[i].ID, told: n.deployment}, true
	}
	for _, d := range r.Deployments {
		if d.ID == 0 || d.Commit == n.commit {
			continue
		}
		switch want := n.older(d); {
		case n.gone && d.State != ghInactive, !n.gone && d.State != want.State:
			return act{verb: actState, commit: d.Commit, id: d.ID, told: want}, true
		}
	}
	for i, d := range r.Deployments {
		if n.over || i < len(r.Deployments)-deploymentsKept && d.Commit != n.commit && d.State != ghSuccess {
			return act{verb: actForget, commit: d.Commit, id: d.ID}, true
		}
	}
	return act{}, false
}

// differs tells whether the wanted commit's deployment has to be told of. One that nobody wants any more rests, whatever
// was told of it in what words.
func (n news) differs(d store.ReportedDeployment) bool {
	if n.gone {
		return d.State != ghInactive
	}
	return d.Hash != n.deployment.hash()
}

// older is the state of a deployment that is not the wanted commit's. One that failed says so for good.
func (n news) older(d store.ReportedDeployment) hubState {
	switch {
	case d.Commit == n.serving:
		return n.replaced
	case !n.gone && (d.State == ghFailure || d.State == ghError):
		return hubState{State: d.State}
	}
	return n.superseded
}

// dueStatus brings the wanted commit's status forward. What older commits say is closed when they were never served, and once
// nobody wants the environment.
func (n news) dueStatus(r store.Report) (act, bool) {
	last := r.Status
	for _, o := range r.Older {
		if n.gone || o.State == ghPending {
			return n.closing(o), true
		}
	}
	switch {
	case last.Commit != "" && last.State == ghPending && (n.gone || last.Commit != n.commit), n.gone && last.State == ghSuccess:
		a := n.closing(last)
		return a, last.Hash != a.told.hash()
	case n.gone:
		return act{}, false
	case last.Commit == n.commit && last.Hash == n.status.hash():
		return act{}, false
	}
	return act{verb: actStatus, commit: n.commit, told: n.status}, true
}

// closing says of a commit that it was served once, or never.
func (n news) closing(s store.ReportedStatus) act {
	a := act{verb: actStatus, commit: s.Commit, told: n.ended, over: true}
	if s.State == ghPending {
		a.told = n.unserved
	}
	return a
}

// dueComment writes a comment on each open pull request, and keeps all that were written true until they say the end.
func (n news) dueComment(r store.Report) (act, bool) {
	hash := digest(n.comment)
	for _, c := range r.Comments {
		if c.Hash == hash || c.Over && n.gone || c.Over && !slices.Contains(n.pulls, c.Pull) {
			continue
		}
		a := act{verb: actEditComment, pull: c.Pull, id: c.ID, body: n.comment, over: n.over}
		if c.ID == 0 {
			if n.gone || !slices.Contains(n.pulls, c.Pull) {
				continue
			}
			a.verb = actComment
		}
		return a, true
	}
	if n.gone {
		return act{}, false
	}
	for _, pull := range n.pulls {
		if !slices.ContainsFunc(r.Comments, func(c store.ReportedComment) bool { return c.Pull == pull }) {
			return act{verb: actComment, pull: pull, body: n.comment}, true
		}
	}
	return act{}, false
}

// dueEnvironment deletes what GitHub keeps of the environment, once no deployment of it is left.
func (n news) dueEnvironment(r store.Report) (act, bool) {
	return act{verb: actLeave}, n.over && r.Place != "" && len(r.Deployments) == 0
}
