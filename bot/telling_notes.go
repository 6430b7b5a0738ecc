package bot

import (
	"slices"

	"qabot/store"
)

// note takes down that an act was carried out.
func (t *telling) note(a act) {
	r := &t.report
	switch a.verb {
	case actDeploy:
		r.Deployments = append(r.Deployments, store.ReportedDeployment{Commit: a.commit, ID: a.id})
	case actState:
		t.deployment(a.id, a.told)
	case actForget:
		t.forget(a.id)
	case actLeave:
		r.Place = ""
	case actStatus:
		t.status(store.ReportedStatus{Commit: a.commit, State: a.told.State, Hash: a.told.hash()}, a.over)
	case actComment, actEditComment:
		*t.comment(a.pull) = store.ReportedComment{Pull: a.pull, ID: a.id, Hash: digest(a.body), Over: a.over}
	}
}

// never takes down that GitHub will not take an act, now or later: it counts as told.
func (t *telling) never(a act) {
	switch a.verb {
	case actDeploy, actComment:
		a.id = 0
	}
	t.note(a)
}

func (t *telling) try(tell, key string) {
	if t.report.Trying == nil {
		t.report.Trying = map[string]string{}
	}
	t.report.Trying[tell] = key
}

// deployment takes down the state of one.
func (t *telling) deployment(id int64, s hubState) {
	for i := range t.report.Deployments {
		if d := &t.report.Deployments[i]; d.ID == id {
			d.State, d.Hash = s.State, s.hash()
		}
	}
}

func (t *telling) forget(id int64) {
	t.report.Deployments = slices.DeleteFunc(t.report.Deployments, func(d store.ReportedDeployment) bool { return d.ID == id })
}

// commentOn finds what is known of the comment on a pull request, nil when it was never looked for.
func (t *telling) commentOn(pull int) *store.ReportedComment {
	i := slices.IndexFunc(t.report.Comments, func(c store.ReportedComment) bool { return c.Pull == pull })
	if i < 0 {
		return nil
	}
	return &t.report.Comments[i]
}

func (t *telling) comment(pull int) *store.ReportedComment {
	if c := t.commentOn(pull); c != nil {
		return c
	}
	t.report.Comments = append(t.report.Comments, store.ReportedComment{Pull: pull})
	return &t.report.Comments[len(t.report.Comments)-1]
}

// olderStatuses is how many commits are remembered whose status has to be closed in the end.
const olderStatuses = 30

// status takes down the status of a commit; over says that nothing is left to be said of it, should it not be the newest.
func (t *telling) status(s store.ReportedStatus, over bool) {
	r := &t.report
	known := func(o store.ReportedStatus) bool { return o.Commit == s.Commit }
	if s.Commit != r.Status.Commit && over {
		r.Older = slices.DeleteFunc(r.Older, known)
		return
	}
	if old := r.Status; old.Commit != s.Commit && (old.State == ghPending || old.State == ghSuccess) {
		r.Older = append(r.Older, old)
		r.Older = r.Older[max(0, len(r.Older)-olderStatuses):]
	}
	r.Status, r.Older = s, slices.DeleteFunc(r.Older, known)
}
