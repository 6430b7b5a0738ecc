package bot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qabot/store"
)

func TestWordsAboutData(t *testing.T) {
	apps := []App{{Name: "shop", Repo: "acme/shop"}, {Name: "crm", Repo: "acme/crm"}}
	for text, want := range map[string]command{
		`data reset qa/x`:                   {Verb: verbReset, Branch: "qa/x"},
		`data reset shop qa/x`:              {Verb: verbReset, App: "shop", Branch: "qa/x"},
		`data save qa/x "Before  Checkout"`: {Verb: verbSave, Branch: "qa/x", Save: "before checkout"},
		`data save qa/x “決済 前”`:             {Verb: verbSave, Branch: "qa/x", Save: "決済 前"},
		`data snapshot qa/x before`:         {Verb: verbSave, Branch: "qa/x", Save: "before"},
		`data load crm qa/x "a.b"`:          {Verb: verbLoad, App: "crm", Branch: "qa/x", Save: "a.b"},
		`data copy qa/y to qa/x`:            {Verb: verbCopy, Branch: "qa/x", From: "qa/y"},
		`data clone shop qa/y qa/x`:         {Verb: verbCopy, App: "shop", Branch: "qa/x", From: "qa/y"},
		`data list`:                         {Verb: verbSaves},
		`data list crm`:                     {Verb: verbSaves, App: "crm"},
		`data list qa/x`:                    {Verb: verbSaves, Branch: "qa/x"},
		`data delete "a"`:                   {Verb: verbUnsave, Save: "a"},
		`data rm shop a`:                    {Verb: verbUnsave, App: "shop", Save: "a"},
	} {
		got, wrong := parse(text, apps, false)
		if wrong != nil || got != want {
			t.Errorf("%s: %+v (%v)", text, got, wrong)
		}
	}
	for text, want := range map[string]command{
		`data reset`: {Verb: verbReset}, `data save before`: {Verb: verbSave, Save: "before"}, `data load "a b"`: {Verb: verbLoad, Save: "a b"}, `data copy qa/y`: {Verb: verbCopy, From: "qa/y"},
	} {
		got, wrong := parse(text, apps, true)
		if wrong != nil || got != want {
			t.Errorf("in a thread, %s: %+v (%v)", text, got, wrong)
		}
	}
	for text, want := range map[string]string{
		`data`: answerDataWhat, `data explode qa/x`: answerDataWhat, `data reset`: answerNoBranch, `data save qa/x`: answerSaveName, `data save qa/x "a/b"`: answerSaveName,
		`data save "a"`: answerNoBranch, `data copy qa/x`: answerCopyWhat, `data reset qa/x qa/y`: answerTooManyWords, `data delete`: answerSaveName, `data list #12`: answerTooManyWords,
	} {
		if got, wrong := parse(text, apps, false); wrong == nil || wrong.Code != want {
			t.Errorf("%s: %+v (%v), want %s", text, got, wrong, want)
		}
	}
}

func TestOtherDataIsAWish(t *testing.T) {
	e := example()
	up(&e)
	e.Spec.Data = store.Data{Epoch: 4, From: "save old"}
	a := asking{Verb: verbReset, Branch: e.Spec.Branch, At: noon, By: "U01ANA", From: place{User: "U01ANA"}}
	d := decide(e, a, noon)
	if d.Next == nil || d.Next.Data != (store.Data{Epoch: 5}) || d.Next.Generation != e.Spec.Generation+1 || d.Next.Rollout != e.Spec.Rollout || d.Answer.Code != answerResetting {
		t.Errorf("%+v", d)
	}
	a.Verb, a.Save, a.Source = verbLoad, "a b", "save a b"
	if d := decide(e, a, noon); d.Next == nil || d.Next.Data != (store.Data{Epoch: 5, From: "save a b"}) || !cmp.Equal(d.Answer.Args, []string{e.Spec.Branch, "a b"}) {
		t.Errorf("%+v", d)
	}
	if again := bringUp(*d.Next, asking{}); again.Data.From != "" {
		t.Error("what is brought up anew would begin with a save point")
	}

	ana := facts{User: "U01ANA", Person: member, Ground: ownGround}
	e.Spec.Owner = "U01ANA"
	if d := consider(e, a, nil, ana, noon); d.Asks {
		t.Errorf("one's own data is asked about: %+v", d.Answer)
	}
	a.Apart = store.Apart{Known: true, Missing: 2, Surplus: 1}
	if d := consider(e, a, nil, ana, noon); !d.Asks || d.Answer.Code != confirmApart || d.Answer.Args[4] != "a b" {
		t.Errorf("%+v", d)
	}
	a.Apart, e.Spec.Owner = store.Apart{}, "U02BEN"
	d = consider(e, a, nil, ana, noon)
	if !d.Asks || d.Answer.Code != confirmFresh {
		t.Errorf("%+v", d)
	}
	q := question{Revision: "x:1", User: "U01ANA", Until: time.Unix(5, 0), Verb: verbLoad, Save: "a | b"}
	if got, ok := questionOf(q.value()); !ok || got != q {
		t.Errorf("%+v", got)
	}
	rules := []Rule{{Who: []string{everyone}, May: []string{groupChange}}}
	if d := consider(e, a, rules, ana, noon); d.Refused == nil {
		t.Error("who may change may destroy")
	}
}

func TestOnlyWholeDataIsSaved(t *testing.T) {
	e := example()
	up(&e)
	e.Status.Seen["schema"] = store.Observation{State: store.Ready}
	a := asking{Verb: verbSave, Branch: e.Spec.Branch, Save: "x", At: noon}
	if d := decide(e, a, noon); d.Answer.Code != answerSaving || !d.Saves || d.Next != nil {
		t.Errorf("%+v", d)
	}
	a.Taken = true
	if d := decide(e, a, noon); d.Answer.Code != answerSaveTaken || d.Saves {
		t.Errorf("%+v", d)
	}
	a.Taken = false
	e.Status.Seen["schema"] = store.Observation{State: store.Working}
	if d := decide(e, a, noon); d.Answer.Code != answerNoData {
		t.Errorf("%+v", d)
	}
}
