package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestStrays(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	row := func(id ID, state State, change func(*Spec)) Environment {
		spec := Spec{App: "shop", Branch: "b", Version: 1, Generation: 1, Released: state != Ready}
		if change != nil {
			change(&spec)
		}
		return Environment{ID: id, Spec: spec, Status: Status{Version: 1, Generation: 1, Seen: map[Kind]Observation{"schema": {State: state}}}}
	}
	envs := []Environment{
		row("live-aaaaaaa", Ready, nil),
		row("leaving-aaaaaaa", Leaving, nil),
		row("gone-aaaaaaa", Absent, nil),
		row("lately-aaaaaaa", Absent, func(s *Spec) { s.Asked.At = now.Add(-time.Minute) }),
		row("kept-aaaaaaa", Ready, func(s *Spec) { s.Released, s.KeepDataUntil = true, now.Add(time.Hour) }),
		row("bare-aaaaaaa", Ready, nil), // a row without anything in the world: the sweep over rows sees to it
	}
	schema := func(id ID, doubt string) Trace {
		return Trace{Environment: id, What: Say(ThingSchema, "qa_"+id), Doubt: doubt}
	}
	account := func(id ID) Trace {
		return Trace{Environment: id, What: Say(ThingAccount, "qa_"+id), Doubt: DoubtUnmarked}
	}
	strays := Strays([]Trace{
		schema("live-aaaaaaa", ""), account("live-aaaaaaa"),
		schema("leaving-aaaaaaa", ""), schema("lately-aaaaaaa", ""), schema("kept-aaaaaaa", ""), schema("gone-aaaaaaa", ""), account("gone-aaaaaaa"),
		schema("lost-aaaaaaa", ""), account("lost-aaaaaaa"), {Environment: "lost-aaaaaaa", App: "shop", Branch: "lost", What: Say(ThingSecret, "x")},
		account("alone-aaaaaaa"), schema("copied-aaaaaaa", DoubtName), schema("live-aaaaaaa", DoubtUnmarked),
	}, envs, now)
	var got []string
	for _, s := range strays {
		got = append(got, fmt.Sprint(s.ID, " ", s.Standing, " ", s.App, " ", s.Branch, " ", s.Doubt, " ", len(s.Things)))
	}
	want := []string{
		"lost-aaaaaaa unknown shop lost  2",
		"gone-aaaaaaa unburied shop b  1",
		"alone-aaaaaaa doubtful   doubt.unmarked 1",
		"copied-aaaaaaa doubtful   doubt.name 1",
	}
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("strays:\n%s\nwant:\n%s", a, b)
	}
}

func TestIsID(t *testing.T) {
	for _, branch := range []string{"qa/hello", "feature/checkout-with-a-very-long-name", "1", "機能", "a"} {
		if id := NewID("x", "shop", branch); !IsID(string(id)) {
			t.Errorf("%s is an ID", id)
		}
	}
	for _, s := range []string{"", "staging", "shop_staging", "-abcdefg", "../etc-abcdefg", "Login-abcdefg", "a--abcdefg", "feature-checkout-longer-abcdefg"} {
		if IsID(s) {
			t.Errorf("%s is no ID", s)
		}
	}
}
