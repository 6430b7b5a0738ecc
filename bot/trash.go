package bot

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// verbUndo brings back what was taken down, with the data that is kept of it.
const verbUndo = "undo"

// Codes of words around data that is kept. The comments name the arguments.
const (
	answerInTrash       = "answer.in-trash"        // branch, until when
	answerDiscarded     = "answer.discarded"       // branch
	answerBack          = "answer.back"            // branch, commit
	answerNothingToUndo = "answer.nothing-to-undo" // branch
	answerTooLate       = "answer.too-late"        // branch
	answerBranchGone    = "answer.branch-gone"     // branch, until when
	confirmData         = "confirm.data"           // branch, verb
	confirmOthersKept   = "confirm.others-kept"    // branch, verb, until when; the owner follows
	confirmNobodysKept  = "confirm.nobodys-kept"   // branch, verb, until when: it came up by a push

	labelKept     = "label.kept"      // no arguments: the state
	labelKeptTill = "label.kept-till" // until when
	labelUndo     = "label.undo"      // a button
	labelSureKept = "label.sure-kept" // how long the data is kept
	labelEndsKept = "label.ends-kept" // branch, end, until when the data is kept
)

// atOnce is behind down where the data is not to be kept.
const atOnce = "now"

// keeping sets how long the data outlives the environment: for the app's grace from the moment at which nobody wants it any more.
func keeping(before store.Spec, a asking, d decision, had bool, now time.Time) decision {
	if d.Next == nil {
		return d
	}
	grace, next := a.App.Grace, d.Next
	switch {
	case a.Verb == verbDown && a.Data:
		next.KeepDataUntil = time.Time{}
	case next.Released && before.Gone(now): // it counts from when it was taken down
	case grace <= 0:
		next.KeepDataUntil = time.Time{}
	case next.Released:
		next.KeepDataUntil = now.Add(grace)
	case next.ExpiresAt.IsZero():
		next.KeepDataUntil = time.Time{}
	default:
		next.KeepDataUntil = next.ExpiresAt.Add(grace)
	}
	if had && !next.Gone(now) {
		d.Events = append(d.Events, store.Event{
			Key: "restored/" + a.Key, Code: store.EventRestored, At: a.At, By: a.By, Commit: next.Commit, Generation: next.Generation,
		})
	}
	return d
}

// lying answers what cannot be done with an environment of which nothing but data is left; ok is false where it can.
func lying(e store.Environment, a asking, now time.Time) (d decision, ok bool) {
	if e.Phase(now) != store.Kept {
		return d, false
	}
	switch a.Verb {
	case verbRetry, verbRedeploy, verbExtend, verbSleep, verbWake, verbCancel, verbReset, verbSave, verbLoad, verbCopy:
	case verbDown:
		if a.Data {
			return d, false
		}
	default:
		return d, false
	}
	return decision{Answer: store.Say(answerInTrash, a.Branch, stamp(e.Spec.KeepDataUntil))}, true
}

// decideUndo wants an environment again that was taken down: what it had is there still, and what is missing is made anew.
func decideUndo(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case !e.Spec.Gone(now):
		return decision{Answer: store.Say(answerNothingToUndo, a.Branch)}
	case !now.Before(e.Spec.KeepDataUntil):
		return decision{Answer: store.Say(answerTooLate, a.Branch)}
	}
	a.Commit = cmp.Or(a.Commit, e.Spec.Commit)
	next := bringUp(e.Spec, a)
	next.Owner = cmp.Or(e.Spec.Owner, a.By)
	return wish(next, a, answerBack, a.Branch, sha(a.Commit))
}

// headAgain asks for the commit that an undo brings back. A branch that is gone is not brought back: it would be taken down again.
// Where GitHub does not tell, it is the commit that was there.
func (b *Bot) headAgain(ctx context.Context, p place, app App, e store.Environment) (commit string, answered bool, err error) {
	if !e.Spec.Gone(b.opt.Now()) {
		return "", false, nil
	}
	commit, found, err := b.github.head(ctx, app.Repo, e.Spec.Branch)
	if err != nil {
		b.log.Warn("ask for branch", "repo", app.Repo, "branch", e.Spec.Branch, "error", err)
		if errors.Is(err, context.Canceled) {
			return "", false, err
		}
		return "", false, nil
	}
	if !found {
		return "", true, b.reply(ctx, p, answer(b.texts, store.Say(answerBranchGone, e.Spec.Branch, stamp(e.Spec.KeepDataUntil))))
	}
	return commit, false, nil
}

// kept is the parent of an environment of which the data is left.
func (s scene) kept() view {
	until := stamp(s.env.Spec.KeepDataUntil)
	blocks := []slack.Block{
		s.head("wastebasket", labelKept), richText("kept", row(s.texts.rich(s.word(labelKeptTill), until)...)),
		s.actions(button(actionUndo, s.value(), s.word(labelUndo)).WithStyle(slack.StylePrimary)),
	}
	return view{Text: "🗑️ " + code(s.branch()) + ": " + s.word(labelKept), Blocks: s.blocks(blocks...)}
}

// laidAside closes a story whose data is kept: until when, and how it is had back.
func (s scene) laidAside(e store.Event) view {
	args := append([]string{s.branch()}, shorts(e.Detail.Args, 40)...)
	whom := s.waiting(e)
	parts := s.calling(whom, "wastebasket", s.closing(store.EventKept, e, args)...)
	return view{Text: mention(whom) + "🗑️ " + s.texts.flat(s.word(store.EventKept), args...), Blocks: []slack.Block{richText("kept", row(parts...))}}
}
