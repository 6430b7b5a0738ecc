package bot

import (
	"cmp"
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
	Verb    string // verbUp, verbDown, verbUndo, verbRetry, verbRedeploy, verbExtend, verbSleep, verbWake, verbCancel, verbPush, verbDeleted, verbDoze, verbRise, those of labels
	From    place  // who asks and where; no user: it comes from Git
	App     App
	Branch  string
	Commit  string // the branch's head on GitHub, empty for all but verbUp, verbRedeploy, verbPush
	Subject string // of the newest commit, when it came with a push
	By      string // Slack user
	Name    string // person on GitHub
	Channel string // where it was asked
	Key     string // of the letter, so that its events are kept once
	At      time.Time
	Missed  time.Time     // when it happened on GitHub, where it was heard of late
	Pull    int           // of verbLabelled: pull request that bears the label; zero: none
	Data    bool          // of verbDown: the data goes at once
	For     time.Duration // of verbExtend; of verbUp, how long it is kept, zero as the app says

	Edits  []store.Detail // of Commit: migrations that are not as they were when they ran
	Back   string         // of verbCancel: commit that was up last; empty: none was
	Save   string         // of verbSave, verbLoad: the name; of verbCopy: branch that the data comes from
	Source string         // of verbLoad, verbCopy: a store.Source
	Taken  bool           // of verbSave: another has the name
	Apart  store.Apart    // of verbLoad, verbCopy: how far that data is from the environment's own

	Confirmed string // revision of which the person said that it may be destroyed
}

// decision is what an asking leads to.
type decision struct {
	Answer store.Detail
	Next   *store.Spec // the wish; nil: nothing to wish
	Saves  bool        // something is done that is no wish for the environment
	Noted  bool        // Next is only something to know, and nobody's act
	Events []store.Event

	Refused *refusal // why the person may not; Answer says it too
	Asks    bool     // Answer is a question
}

// decide tells what to wish and what to answer. It is pure: the caller reads the environment before and writes Next
// afterwards only when the Spec is still the one that was looked at.
func decide(e store.Environment, a asking, now time.Time) decision {
	if d, ok := lying(e, a, now); ok {
		return d
	}
	return keeping(e.Spec, a, heldBack(e, a, claimed(e, a, decideVerb(e, a, now))), e.Keeps(now), now)
}

func decideVerb(e store.Environment, a asking, now time.Time) decision {
	switch a.Verb {
	case verbUp:
		return decideUp(e, a, now)
	case verbDown:
		return decideDown(e, a, now)
	case verbUndo:
		return decideUndo(e, a, now)
	case verbAnew, verbKeepOn:
		return decideEdited(e, a, now)
	case verbRetry:
		return decideRetry(e, a, now)
	case verbRedeploy:
		return decideRedeploy(e, a, now)
	case verbExtend:
		return decideExtend(e, a, now)
	case verbSleep, verbWake:
		return decideRest(e, a, now)
	case verbCancel:
		return decideCancel(e, a, now)
	case verbReset, verbLoad, verbCopy:
		return decideData(e, a, now)
	case verbSave:
		return decideSave(e, a, now)
	case verbDoze, verbRise:
		return decideHours(e, a, now)
	case verbPush:
		return decidePush(e, a, now)
	case verbLabelled, verbUnlabelled, verbClosed, verbMerged:
		return decideLabel(e, a, now)
	default:
		return decideDeleted(e, a, now)
	}
}

func decideUp(e store.Environment, a asking, now time.Time) decision {
	if unwanted(e, now) {
		return wish(bringUp(e.Spec, a), a, answerStarted, a.Branch, sha(a.Commit))
	}
	next := awake(e.Spec)
	next.ExpiresAt, next.Declined = later(e.Spec.ExpiresAt, a), ""
	if next.Owner == "" {
		next.Owner = a.By
	}
	phase := e.Phase(now)
	switch {
	case e.Spec.Commit != a.Commit:
		next.Commit = a.Commit
		return wish(again(next, a), a, answerMoved, a.Branch, sha(a.Commit), sha(e.Spec.Commit))
	case e.Spec.Asleep:
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
	case e.Phase(now) == store.Removing && e.Spec.Released && !stuck(e) && !(a.Data && e.Keeps(now)):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	}
	next := e.Spec
	next.Released = true
	code := answerReleased
	if a.Data {
		code = answerDiscarded
	}
	return wish(again(next, a), a, code, a.Branch)
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
	next := e.Spec
	if next.Dozing {
		next = awake(next) // whoever tries again wants to see it
	}
	return wish(again(next, a), a, answerRetrying, a.Branch, sha(e.Spec.Commit))
}

// decidePush follows a branch's head. An environment that was taken down stays down until a commit comes that it has not
// seen.
func decidePush(e store.Environment, a asking, now time.Time) decision {
	live := !unwanted(e, now)
	if a.Commit == "" || e.Spec.Commit == a.Commit || live && e.Spec.Declined == a.Commit {
		return decision{Answer: store.Say(answerDone)}
	}
	var next store.Spec
	switch {
	case live:
		next = e.Spec
		if next.Dozing {
			next = awake(next) // somebody is at work; who put it to sleep himself is left in peace
		}
		next.Commit, next.Declined = a.Commit, ""
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
	d.Events = append(d.Events, missed(next, a)...)
	return d
}

func decideDeleted(e store.Environment, a asking, now time.Time) decision {
	if unwanted(e, now) {
		return decision{Answer: store.Say(answerDone)}
	}
	next := e.Spec
	next.Released, next.Pull = true, store.Pull{}
	d := wish(again(next, a), a, answerReleased, a.Branch)
	d.Events = append(d.Events, missed(*d.Next, a)...)
	return d
}

// bringUp makes the Spec of an environment that nobody wanted until now. Its row may be older: what makes names and data
// recognisable stays.
func bringUp(s store.Spec, a asking) store.Spec {
	s.App, s.Repo, s.Branch, s.Commit = a.App.Name, a.App.Repo, a.Branch, a.Commit
	s.Released, s.Declined = false, ""
	s = awake(s)
	s.ExpiresAt = time.Time{}
	s.ExpiresAt = later(s.ExpiresAt, a)
	s.Owner = a.By
	s.Pull.Made = false
	s.Data.From = "" // what is made anew begins as the app's data does
	return again(s, a)
}

// awake is a Spec that sleeps no longer.
func awake(s store.Spec) store.Spec {
	s.Asleep, s.Dozing = false, false
	return s
}

// again raises the generation and notes who asked.
func again(s store.Spec, a asking) store.Spec {
	s.Generation++
	s.Asked = store.Asked{Verb: a.Verb, By: a.By, Name: a.Name, Channel: a.Channel, Message: a.From.said(), At: a.At}
	return s
}

// later is the end that an environment gets when somebody needs it now: never earlier than the one it had.
func later(until time.Time, a asking) time.Time {
	keep := a.App.TTL
	if a.Verb == verbUp {
		keep = cmp.Or(a.For, keep)
	}
	if keep == 0 {
		return time.Time{}
	}
	if fresh := a.At.Add(keep); fresh.After(until) {
		return fresh
	}
	return until
}

func wish(next store.Spec, a asking, code string, args ...any) decision {
	said := store.Say(code, args...)
	return decision{Answer: said, Next: &next, Events: []store.Event{asked(next, a, said)}}
}

// asked is the journal's word that a letter was obeyed, and how it is answered.
func asked(next store.Spec, a asking, said store.Detail) store.Event {
	return store.Event{
		Key: askedKey(a.Key), Code: store.EventAsked, At: a.At, Commit: next.Commit,
		Generation: next.Generation, By: a.By, Name: a.Name, Detail: store.Say(a.Verb), Answer: said,
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
