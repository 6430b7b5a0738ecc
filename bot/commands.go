package bot

import (
	"time"

	"qabot/store"
)

// Verbs of wishes that nobody types: they come from Git.
const (
	verbPush    = "push"
	verbDeleted = "deleted"
)

// asking is one request about one environment, with everything known that is needed to decide.
type asking struct {
	Verb    string // verbUp, verbDown, verbRetry, verbExtend, verbSleep, verbWake, verbPush, verbDeleted
	App     App
	Branch  string
	Commit  string // the branch's head on GitHub, empty for verbDown, verbRetry, verbDeleted
	Subject string // of the newest commit, when it came with a push
	By      string // Slack user
	Name    string // person on GitHub
	Channel string // where it was asked
	Key     string // of the letter, so that its events are kept once
	At      time.Time
	For     time.Duration // of verbExtend
}

// decision is what an asking leads to.
type decision struct {
	Answer store.Detail
	Next   *store.Spec // the wish; nil: nothing to wish
	Events []store.Event
}

// decide tells what to wish and what to answer. It is pure: the caller reads the environment before and writes Next
// afterwards only when the Spec is still the one that was looked at.
func decide(e store.Environment, a asking, now time.Time) decision {
	switch a.Verb {
	case verbUp:
		return decideUp(e, a, now)
	case verbDown:
		return decideDown(e, a, now)
	case verbRetry:
		return decideRetry(e, a, now)
	case verbExtend:
		return decideExtend(e, a, now)
	case verbSleep, verbWake:
		return decideRest(e, a, now)
	case verbPush:
		return decidePush(e, a, now)
	default:
		return decideDeleted(e, a, now)
	}
}

func decideUp(e store.Environment, a asking, now time.Time) decision {
	if unwanted(e, now) {
		return wish(bringUp(e.Spec, a), a, answerStarted, a.Branch, sha(a.Commit))
	}
	next := e.Spec
	next.ExpiresAt = later(e.Spec.ExpiresAt, a)
	if next.Owner == "" {
		next.Owner = a.By
	}
	phase := e.Phase(now)
	switch {
	case e.Spec.Commit != a.Commit:
		next.Commit = a.Commit
		return wish(again(next, a), a, answerMoved, a.Branch, sha(a.Commit), sha(e.Spec.Commit))
	case e.Spec.Asleep:
		next.Asleep = false
		return wish(again(next, a), a, answerStarted, a.Branch, sha(a.Commit))
	case phase == store.Broken:
		return wish(again(next, a), a, answerRetrying, a.Branch, sha(a.Commit))
	case phase == store.Up:
		return decision{Answer: store.Say(answerAlreadyUp, a.Branch, sha(a.Commit))}
	}
	return decision{Answer: store.Say(answerOnItsWay, a.Branch, sha(a.Commit))}
}

func decideDown(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Phase(now) == store.Removing && e.Spec.Released && !stuck(e):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	}
	next := e.Spec
	next.Released = true
	return wish(again(next, a), a, answerReleased, a.Branch)
}

func decideRetry(e store.Environment, a asking, now time.Time) decision {
	if absent(e, now) {
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	}
	switch e.Phase(now) {
	case store.Removing:
		if !stuck(e) {
			return decision{Answer: store.Say(answerLeaving, a.Branch)}
		}
		return wish(again(e.Spec, a), a, answerRetryingRemoval, a.Branch)
	case store.Up, store.Asleep:
		return decision{Answer: store.Say(answerNothingFailed, a.Branch, sha(e.Spec.Commit))}
	case store.Deploying:
		return decision{Answer: store.Say(answerOnItsWay, a.Branch, sha(e.Spec.Commit))}
	}
	return wish(again(e.Spec, a), a, answerRetrying, a.Branch, sha(e.Spec.Commit))
}

// decidePush follows a branch's head. An environment that was taken down stays down until a commit comes that it has not
// seen.
func decidePush(e store.Environment, a asking, now time.Time) decision {
	if a.Commit == "" || e.Spec.Commit == a.Commit {
		return decision{Answer: store.Say(answerDone)}
	}
	var next store.Spec
	switch {
	case !unwanted(e, now):
		next = e.Spec
		next.Commit = a.Commit
		next.ExpiresAt = later(e.Spec.ExpiresAt, a)
		next = again(next, a)
	case a.App.deploys(a.Branch):
		next = bringUp(e.Spec, a)
	default:
		return decision{Answer: store.Say(answerDone)}
	}
	d := wish(next, a, answerMoved, a.Branch, sha(a.Commit), sha(e.Spec.Commit))
	d.Events = append(d.Events, store.Event{
		Key: "pushed/" + a.Key, Code: store.EventPushed, At: a.At,
		Commit: a.Commit, Generation: next.Generation, Name: a.Name, Detail: store.Say("", a.Subject),
	})
	return d
}

func decideDeleted(e store.Environment, a asking, now time.Time) decision {
	if unwanted(e, now) {
		return decision{Answer: store.Say(answerDone)}
	}
	next := e.Spec
	next.Released = true
	return wish(again(next, a), a, answerReleased, a.Branch)
}

// bringUp makes the Spec of an environment that nobody wanted until now. Its row may be older: what makes names and data
// recognisable stays.
func bringUp(s store.Spec, a asking) store.Spec {
	s.App, s.Repo, s.Branch, s.Commit = a.App.Name, a.App.Repo, a.Branch, a.Commit
	s.Released, s.Asleep = false, false
	s.KeepDataUntil = time.Time{}
	s.ExpiresAt = time.Time{}
	s.ExpiresAt = later(s.ExpiresAt, a)
	s.Owner = a.By
	return again(s, a)
}

// again raises the generation and notes who asked.
func again(s store.Spec, a asking) store.Spec {
	s.Generation++
	s.Asked = store.Asked{Verb: a.Verb, By: a.By, Name: a.Name, Channel: a.Channel, At: a.At}
	return s
}

// later is the end that an environment gets when somebody needs it now: never earlier than the one it had.
func later(until time.Time, a asking) time.Time {
	if a.App.TTL == 0 {
		return time.Time{}
	}
	if fresh := a.At.Add(a.App.TTL); fresh.After(until) {
		return fresh
	}
	return until
}

func wish(next store.Spec, a asking, code string, args ...any) decision {
	return decision{
		Answer: store.Say(code, args...),
		Next:   &next,
		Events: []store.Event{asked(next, a)},
	}
}

// asked is the journal's word that a letter was obeyed.
func asked(next store.Spec, a asking) store.Event {
	return store.Event{
		Key: askedKey(a.Key), Code: store.EventAsked, At: a.At, Commit: next.Commit,
		Generation: next.Generation, By: a.By, Name: a.Name, Detail: store.Say(a.Verb),
	}
}

// absent tells whether there never was an environment, or nothing is left of it.
func absent(e store.Environment, now time.Time) bool {
	return e.Spec.Version == 0 || e.Phase(now) == store.Removed
}

// unwanted tells whether nobody wants an environment there, whatever may be left of the last one.
func unwanted(e store.Environment, now time.Time) bool {
	return e.Spec.Version == 0 || e.Spec.Gone(now)
}

// stuck tells whether something waits for a person.
func stuck(e store.Environment) bool {
	for _, o := range e.Status.Seen {
		if o.State == store.Failed {
			return true
		}
	}
	return false
}

// askedKey is the key of the event that says that a letter was obeyed.
func askedKey(letter string) string { return "asked/" + letter }

// sha shortens a commit for people.
func sha(commit string) string { return commit[:min(7, len(commit))] }
