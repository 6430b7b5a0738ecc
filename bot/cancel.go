package bot

import (
	"context"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// upLast gives the commit that was up last, since the environment was taken down last; empty when none was.
func (b *Bot) upLast(ctx context.Context, id store.ID) (commit string, err error) {
	events, err := b.store.Events(ctx, id, journalRead)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(events) {
		switch e.Code {
		case store.EventReady:
			return e.Commit, nil
		case store.EventRemoved, store.EventKept:
			return "", nil
		}
	}
	return "", nil
}

// decideCancel gives a deployment up. One that nothing came before is taken away; else the commit that was up last is
// wished for again, which still serves, and the one that was on its way is remembered, so that no push brings it back.
func decideCancel(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	case e.Phase(now) != store.Deploying, e.Spec.Asleep:
		return decision{Answer: store.Say(answerNothingToCancel, a.Branch)}
	}
	next := e.Spec
	switch woken := e.Spec.Asked.Verb == verbWake || e.Spec.Asked.Verb == verbRise; {
	case a.Back == "":
		next.Released = true
		return wish(again(next, a), a, answerCancelledFirst, a.Branch, sha(e.Spec.Commit))
	case a.Back == e.Spec.Commit && woken:
		next.Asleep = true
		next.Asked = store.Asked{Verb: verbSleep, By: a.By, Channel: a.Channel, At: a.At}
		return wish(next, a, answerToSleep, a.Branch)
	case a.Back == e.Spec.Commit:
		return decision{Answer: store.Say(answerNothingOlder, a.Branch, sha(a.Back))}
	}
	next.Commit, next.Declined = a.Back, e.Spec.Commit
	return wish(again(next, a), a, answerCancelled, a.Branch, sha(a.Back), sha(e.Spec.Commit))
}

// stops are the buttons of what is on its way. Where nothing serves yet, to cancel and to take down are the same.
func (s scene) stops() []slack.BlockElement {
	switch {
	case s.env.Spec.Asleep, s.env.Spec.Asked.Verb == verbCancel:
		return []slack.BlockElement{s.downButton()}
	case s.older() == "":
		return []slack.BlockElement{s.cancelButton()}
	}
	return []slack.BlockElement{s.cancelButton(), s.downButton()}
}

// cancelButton stops a deployment. It says what that comes to: whether something serves already.
func (s scene) cancelButton() slack.BlockElement {
	text := labelCancelFirst
	if s.older() != "" {
		text = labelCancelBack
	}
	sure := slack.NewConfirmationBlockObject(plainText(s.word(labelCancelSure), 100), plainText(s.texts.plain(s.word(text), sha(s.older())), 300),
		plainText(s.word(labelCancel), 30), plainText(s.word(labelGoOn), 30)).WithStyle(slack.StyleDanger)
	return button(actionCancel, s.value(), s.word(labelCancel)).WithStyle(slack.StyleDanger).WithConfirm(sure)
}

// older is the commit that serves while a newer one is on its way; empty when nothing does.
func (s scene) older() string {
	for _, k := range kindsOf(s.app, s.env) {
		if c := s.env.Status.Seen[k].Commit; k.Sort() == "service" && c != "" && c != s.env.Spec.Commit {
			return c
		}
	}
	return ""
}
