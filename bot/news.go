package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"qabot/store"
)

// Ways of telling GitHub, by their names in the configuration.
const (
	TellDeployments  = "deployments"  // a deployment for each commit, with statuses
	TellStatuses     = "statuses"     // a status of the commit
	TellComments     = "comments"     // a comment on the branch's pull requests
	TellEnvironments = "environments" // what GitHub keeps of a deployment's environment is deleted in the end
)

// Tells lists the ways of telling GitHub.
func Tells() []string {
	return []string{TellDeployments, TellStatuses, TellComments, TellEnvironments}
}

// States of deployments and of commit statuses, in GitHub's words.
const (
	ghQueued     = "queued"
	ghInProgress = "in_progress"
	ghSuccess    = "success"
	ghFailure    = "failure"
	ghError      = "error"
	ghInactive   = "inactive"
	ghPending    = "pending"
)

// news is what GitHub should know of an environment now. It follows from the environment alone: no time that grows is in it.
type news struct {
	place   string // the environment's name on GitHub
	context string // of the commit status
	commit  string // that is wanted
	serving string // that people get at the URLs; empty: none, or not one alone
	gone    bool   // nobody wants it
	over    bool   // and nothing is left of it

	deployment hubState // of commit
	replaced   hubState // of an older commit that is served until the newer one is
	superseded hubState // of an older commit that is not
	status     hubState // of commit, while it is wanted
	unserved   hubState // of a commit that was never served, and never will be
	ended      hubState // of a commit that was served, now that nobody wants the environment

	comment string
	pulls   []int // open pull requests of the branch
}

// hubState is a state as GitHub is told it.
type hubState struct{ State, Line, URL, Log string }

// hash tells whether two states read alike.
func (t hubState) hash() string { return digest(t.State, t.Line, t.URL, t.Log) }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// placeOf is what an environment is called on GitHub.
func placeOf(id store.ID) string { return "qa/" + string(id) }

// news tells what GitHub should know. events are the newest of its journal, thread is where Slack tells its story.
func (s scene) news(events []store.Event, thread string) news {
	e := s.env
	phase := e.Phase(s.now)
	n := news{
		place: placeOf(e.ID), context: "qa/" + e.Spec.App, commit: e.Spec.Commit,
		gone: e.Spec.Gone(s.now), over: phase.Over(),
		comment: s.comment(events, thread),
	}
	if !n.gone && phase != store.Asleep {
		n.serving = e.Status.Serving
	}
	url := ""
	if n.serving != "" {
		url = s.front()
	}
	state, line, log := s.standing(phase), s.standingLine(phase), thread
	if l := firstFailed(checklist(s.texts, s.app, e, false)); l != nil && phase == store.Broken && webLink(l.URL) {
		log = l.URL
	}
	n.deployment = hubState{State: state, Line: line, Log: log}
	n.status = hubState{State: commitState(state), Line: line, URL: log}
	if state == ghQueued {
		n.status.Line = s.oneLine(reportDeploying) // pending either way: not worth a call
	}
	if state == ghSuccess {
		n.deployment.URL, n.status.URL = url, url
	}
	if phase == store.Asleep {
		n.status.State = ghPending
		if e.Status.Serving == e.Spec.Commit {
			n.status.State = ghSuccess
		}
	}
	n.superseded = hubState{State: ghInactive, Line: s.oneLine(reportSuperseded)}
	n.replaced = hubState{State: ghSuccess, Line: s.oneLine(reportReplaced), URL: url, Log: thread}
	n.unserved = hubState{State: ghError, Line: s.oneLine(reportSuperseded)}
	if n.gone {
		n.deployment = hubState{State: ghInactive, Line: line, Log: thread}
		n.superseded = n.deployment
		n.unserved = hubState{State: ghError, Line: s.oneLine(reportNeverServed), URL: thread}
		n.ended = hubState{State: ghSuccess, Line: s.oneLine(reportServedOnce), URL: thread}
	}
	return n
}

// standing is the state of the wanted commit's deployment.
func (s scene) standing(phase store.Phase) string {
	switch phase {
	case store.Up:
		if s.env.Status.Serving == s.env.Spec.Commit {
			return ghSuccess // not before it is what people get
		}
	case store.Broken:
		if s.theirs() {
			return ghFailure
		}
		return ghError
	case store.Asleep, store.Removing, store.Kept, store.Removed:
		return ghInactive
	}
	if s.env.Status.Version != s.env.Spec.Version {
		return ghQueued
	}
	return ghInProgress
}

// theirs tells whether what failed is the branch's own doing, so that a push can cure it.
func (s scene) theirs() bool {
	for _, o := range s.env.Status.Seen {
		own := []string{store.BuildFailed, store.BuildTimeout, store.BuildNoImage, store.BuildNoFile, store.MigrationFailed, store.MigrationTimeout, store.MigrationExited, store.RolloutFailed, store.TaskExited,
			store.TaskEnded, store.TaskKilled, store.TaskNoMemory, store.TaskSick, store.TaskSilent, store.TaskUnfit}
		if o.State == store.Failed && !slices.Contains(own, o.Detail.Code) {
			return false
		}
	}
	return true
}

// standingLine says the state in a few words.
func (s scene) standingLine(phase store.Phase) string {
	switch phase {
	case store.Up:
		if s.standing(phase) == ghSuccess {
			return s.oneLine(reportUp)
		}
		if doubt := doubtful(s.proofsNow()); doubt != "" {
			return s.oneLine(doubt, s.branch(), sha(s.env.Spec.Commit))
		}
	case store.Asleep:
		return s.oneLine(reportAsleep)
	case store.Broken:
		if l := firstFailed(checklist(s.texts, s.app, s.env, false)); l != nil {
			return s.oneLine(reportFailed, l.label, s.texts.plain(s.word(l.Detail.Code), shorts(l.Detail.Args, 60)...))
		}
		return s.word(labelFailed)
	case store.Removing:
		return s.oneLine(reportRemoving)
	case store.Kept, store.Removed:
		return s.oneLine(reportRemoved)
	}
	if s.env.Status.Version != s.env.Spec.Version {
		return s.oneLine(reportQueued)
	}
	return s.oneLine(reportDeploying)
}

// longestLine is how long GitHub lets the description of a status be.
const longestLine = 140

func (s scene) oneLine(code string, args ...string) string {
	said := strings.Map(printable, s.texts.plain(s.word(code), args...))
	return short(strings.Join(strings.Fields(said), " "), longestLine)
}

// front is the address that people open first.
func (s scene) front() string {
	if urls := s.urls(); len(urls) > 0 {
		return urls[0].url
	}
	return ""
}

// commitState is what a deployment's state means for the commit.
func commitState(state string) string {
	switch state {
	case ghSuccess, ghFailure, ghError:
		return state
	}
	return ghPending
}
