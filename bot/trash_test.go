package bot

import (
	"testing"
	"time"

	"qabot/store"
)

// Data outlives its environment by the app's grace, whoever ends it and however.
func TestHowLongDataIsKept(t *testing.T) {
	app := testApp()
	app.TTL, app.Grace = 72*time.Hour, 24*time.Hour
	seen := map[store.Kind]store.Observation{"schema": {State: store.Ready}, "service/app": {State: store.Ready}}
	up := store.Environment{ID: "x", Spec: store.Spec{App: "shop", Branch: "qa/x", Commit: commit1, Version: 1, Generation: 1, Owner: "UANA", ExpiresAt: noon.Add(time.Hour)},
		Status: store.Status{Version: 1, Generation: 1, Seen: seen}}
	left := up
	left.Spec.Released, left.Spec.KeepDataUntil = true, noon.Add(5*time.Hour)
	left.Status.Seen = map[store.Kind]store.Observation{"schema": {State: store.Ready}, "service/app": {State: store.Absent}}
	late := left
	late.Spec.KeepDataUntil = noon
	expired := up
	expired.Spec.ExpiresAt, expired.Spec.KeepDataUntil = noon, noon.Add(24*time.Hour)
	expired.Status.Seen = left.Status.Seen
	rows := []struct {
		why      string
		e        store.Environment
		a        asking
		code     string
		gone     bool
		kept     time.Duration // after noon; below zero: no wish
		restored bool
	}{
		{"up", up, asking{Verb: verbUp, Commit: commit2, By: "UANA"}, answerMoved, false, 96 * time.Hour, false},
		{"down", up, asking{Verb: verbDown, By: "UANA"}, answerReleased, true, 24 * time.Hour, false},
		{"down now", up, asking{Verb: verbDown, By: "UANA", Data: true}, answerDiscarded, true, 0, false},
		{"deleted", up, asking{Verb: verbDeleted}, answerReleased, true, 24 * time.Hour, false},
		{"down again", left, asking{Verb: verbDown, By: "UANA"}, answerInTrash, true, -1, false},
		{"down now, afterwards", left, asking{Verb: verbDown, By: "UANA", Data: true}, answerDiscarded, true, 0, false},
		{"retry", left, asking{Verb: verbRetry, By: "UANA"}, answerInTrash, true, -1, false},
		{"extend", left, asking{Verb: verbExtend, By: "UANA", For: time.Hour}, answerInTrash, true, -1, false},
		{"undo", left, asking{Verb: verbUndo, By: "UBEN"}, answerBack, false, 96 * time.Hour, true},
		{"up instead", left, asking{Verb: verbUp, Commit: commit2, By: "UBEN"}, answerStarted, false, 96 * time.Hour, true},
		{"undo after its time was over", expired, asking{Verb: verbUndo, By: "UBEN"}, answerBack, false, 96 * time.Hour, true},
		{"undo, too late", late, asking{Verb: verbUndo, By: "UBEN"}, answerTooLate, true, -1, false},
		{"up, too late", late, asking{Verb: verbUp, Commit: commit2, By: "UBEN"}, answerStarted, false, 96 * time.Hour, false},
		{"undo of what is up", up, asking{Verb: verbUndo, By: "UANA"}, answerNothingToUndo, false, -1, false},
		{"undo of what never was", store.Environment{}, asking{Verb: verbUndo, By: "UANA"}, answerNotThere, false, -1, false},
	}
	for _, c := range rows {
		c.a.App, c.a.Branch, c.a.Key, c.a.At = app, "qa/x", "k", noon
		d := decide(c.e, c.a, noon)
		if d.Answer.Code != c.code {
			t.Errorf("%s: answered %s, want %s", c.why, d.Answer.Code, c.code)
		}
		if (d.Next != nil) != (c.kept >= 0) {
			t.Errorf("%s: the wish is %+v", c.why, d.Next)
			continue
		}
		if d.Next == nil {
			continue
		}
		if got := d.Next.KeepDataUntil; d.Next.Gone(noon) != c.gone || c.kept == 0 && !got.IsZero() || c.kept > 0 && !got.Equal(noon.Add(c.kept)) {
			t.Errorf("%s: gone %v, data kept until %s", c.why, d.Next.Gone(noon), got)
		}
		if _, told := last(d.Events, ofCode(store.EventRestored)); told != c.restored {
			t.Errorf("%s: told that the data comes back: %v", c.why, told)
		}
	}
	if d := decide(left, asking{Verb: verbUndo, By: "UBEN", App: app, Branch: "qa/x", At: noon}, noon); d.Next.Owner != "UANA" || d.Next.Commit != commit1 {
		t.Errorf("an undo without a word from GitHub wishes for %+v", d.Next)
	}
}

// Data goes at once only after a question, which even the owner is asked.
func TestDataIsAskedFor(t *testing.T) {
	e := store.Environment{ID: "x", Spec: store.Spec{App: "shop", Branch: "qa/x", Version: 1, Owner: "UANA"}}
	a := asking{Verb: verbDown, App: testApp(), Branch: "qa/x", By: "UANA", From: place{User: "UANA"}, Data: true, At: noon}
	f := facts{User: "UANA", Person: member, Ground: ownGround}
	if d := consider(e, a, nil, f, noon); !d.Asks || d.Answer.Code != confirmData {
		t.Errorf("answered %+v", d.Answer)
	}
	q, ok := questionOf(question{Revision: "x:1", User: "UANA", Until: noon, Verb: verbDown, Data: true}.value())
	if !ok || !q.Data || q.Verb != verbDown {
		t.Errorf("the question reads %+v", q)
	}
	if d := q.answer(e, "UANA", true, noon.Add(time.Hour)); d.Args[0] != "qa/x now" {
		t.Errorf("who answers late is told to type %v", d.Args)
	}
	a.Confirmed = "x:1"
	if d := consider(e, a, nil, f, noon); d.Asks || d.Next == nil || !d.Next.KeepDataUntil.IsZero() {
		t.Errorf("after a yes: %+v", d)
	}
	for words, want := range map[string]bool{"down qa/x now": true, "down qa/x --data": true, "down qa/x": false, "down now": false} {
		if c, wrong := parse(words, []App{testApp()}, false); wrong != nil || c.Data != want {
			t.Errorf("%s: %+v %v", words, c, wrong)
		}
	}
	if c, wrong := parse("down now", []App{testApp()}, true); wrong != nil || !c.Data || c.Branch != "" {
		t.Errorf("in a thread, down now is %+v %v", c, wrong)
	}
}
