package bot

import (
	"testing"
	"time"

	"qabot/store"
)

func TestDecideTime(t *testing.T) {
	asleep := environments()["up"]
	asleep.Spec.Asleep = true
	endless := environments()["up"]
	endless.Spec.ExpiresAt = time.Time{}
	long := environments()["up"]
	long.Spec.ExpiresAt = noon.Add(longestExtension)
	for _, c := range []struct {
		reason string
		e      store.Environment
		a      asking
		answer string
		wish   bool
		check  func(before, after store.Spec) bool
	}{
		{"an extension counts from the end", environments()["up"], asking{Verb: verbExtend, For: 24 * time.Hour}, answerExtended, true,
			func(b, n store.Spec) bool {
				return n.ExpiresAt.Equal(b.ExpiresAt.Add(24*time.Hour)) && n.Generation == b.Generation && n.Asked == b.Asked
			}},
		{"an extension ends at the longest", environments()["up"], asking{Verb: verbExtend, For: 90 * 24 * time.Hour}, answerExtended, true,
			func(_, n store.Spec) bool { return n.ExpiresAt.Equal(noon.Add(longestExtension)) }},
		{"nothing is longer than the longest", long, asking{Verb: verbExtend, For: time.Hour}, answerLongEnough, false, nil},
		{"what has no end cannot be extended", endless, asking{Verb: verbExtend, For: time.Hour}, answerNoEnd, false, nil},
		{"what is over cannot be extended", environments()["expired"], asking{Verb: verbExtend, For: time.Hour}, answerLeaving, false, nil},
		{"what is not there cannot be extended", environments()["none"], asking{Verb: verbExtend, For: time.Hour}, answerNotThere, false, nil},
		{"sleep is no new generation", environments()["failed"], asking{Verb: verbSleep}, answerToSleep, true,
			func(b, n store.Spec) bool {
				return n.Asleep && n.Generation == b.Generation && n.Asked.Verb == verbSleep
			}},
		{"what sleeps stays asleep", asleep, asking{Verb: verbSleep}, answerAsleep, false, nil},
		{"wake is a new generation", asleep, asking{Verb: verbWake}, answerWaking, true,
			func(b, n store.Spec) bool { return !n.Asleep && n.Generation == b.Generation+1 }},
		{"what is awake stays awake", environments()["up"], asking{Verb: verbWake}, answerAwake, false, nil},
		{"what is being taken down does not sleep", environments()["removing"], asking{Verb: verbSleep}, answerLeaving, false, nil},
		{"what is gone does not wake", environments()["removed"], asking{Verb: verbWake}, answerNotThere, false, nil},
	} {
		c.a.App, c.a.Branch, c.a.By, c.a.Key, c.a.At = testApp(), "qa/x", "UBEN", "k", noon
		d := decide(c.e, c.a, noon)
		if d.Answer.Code != c.answer || (d.Next != nil) != c.wish {
			t.Errorf("%s: answer %s, wish %v", c.reason, d.Answer.Code, d.Next != nil)
			continue
		}
		if c.wish && (!c.check(c.e.Spec, *d.Next) || d.Events[0].Key != askedKey("k")) {
			t.Errorf("%s: from %+v to %+v, events %+v", c.reason, c.e.Spec, *d.Next, d.Events)
		}
	}
}

func TestDuration(t *testing.T) {
	for word, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "12h": 12 * time.Hour, "2d": 48 * time.Hour, "1W": 7 * 24 * time.Hour,
		"": 0, "h": 0, "2": 0, "-1d": 0, "0h": 0, "2y": 0, "1.5h": 0, "99999w": 0,
	} {
		if got, ok := duration(word); got != want && ok || ok != (want != 0) {
			t.Errorf("%q is %s, %v; want %s", word, got, ok, want)
		}
	}
}

func TestParseExtend(t *testing.T) {
	for text, want := range map[string]command{
		"extend qa/x 2d":      {Verb: verbExtend, Branch: "qa/x", For: 48 * time.Hour},
		"extend shop qa/x 1h": {Verb: verbExtend, App: "shop", Branch: "qa/x", For: time.Hour},
		"sleep qa/x":          {Verb: verbSleep, Branch: "qa/x"},
		"history qa/x":        {Verb: verbHistory, Branch: "qa/x"},
	} {
		if got, wrong := parse(text, twoApps(), false); wrong != nil || got != want {
			t.Errorf("%s: %+v, %+v", text, got, wrong)
		}
	}
	if got, wrong := parse("extend 2d", twoApps(), true); wrong != nil || got.For != 48*time.Hour || got.Branch != "" {
		t.Errorf("in a thread: %+v, %+v", got, wrong)
	}
	for _, text := range []string{"extend", "extend qa/x", "extend qa/x soon"} {
		if _, wrong := parse(text, twoApps(), false); wrong == nil || wrong.Code != answerNoDuration {
			t.Errorf("%s: %+v", text, wrong)
		}
	}
}
