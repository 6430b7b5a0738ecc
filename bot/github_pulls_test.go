package bot

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qabot/bot/githubsim"
)

func TestPulls(t *testing.T) {
	w := newWorld(t, nil)
	ctx, gh := t.Context(), w.bot.github
	head := w.commit("feature/xü#1", "one")
	n := w.open(githubsim.NewPull{Branch: "feature/xü#1", Title: "Ünïcode `title`", Labels: []string{"QA", "bug"}, Draft: true})
	theirs := w.open(githubsim.NewPull{Branch: "feature/xü#1", Author: "mallory", Fork: true})
	w.commit("other", "two")
	other := w.open(githubsim.NewPull{Branch: "other", Author: "dependabot[bot]"})

	p, found, err := gh.pull(ctx, testRepo, n)
	want := pull{
		Number: n, Title: "Ünïcode `title`", Author: "ben", Branch: "feature/xü#1", Head: head, Base: "main", Labels: []string{"QA", "bug"},
		State: "open", Draft: true, URL: p.URL,
	}
	if err != nil || !found || !cmp.Equal(p, want) || p.URL == "" {
		t.Errorf("pull %v, %v: %s", found, err, cmp.Diff(want, p))
	}
	if !p.bears("qa") || p.bears("q") {
		t.Error("labels differ by case alone")
	}
	if p, _, err := gh.pull(ctx, testRepo, theirs); err != nil || !p.Fork || p.Author != "mallory" {
		t.Errorf("a fork: %+v, %v", p, err)
	}
	if p, _, err := gh.pull(ctx, testRepo, other); err != nil || !p.byProgram() {
		t.Errorf("of a program: %+v, %v", p, err)
	}
	if _, found, err := gh.pull(ctx, testRepo, 99); found || err != nil {
		t.Errorf("one that is not there: %v, %v", found, err)
	}
	if _, _, err := gh.pull(ctx, "acme/nothing", 1); !errors.Is(err, errHidden) {
		t.Errorf("of a repository that is not shown: %v", err)
	}

	// A branch's own, not those of a fork's branch of the same name.
	got, err := gh.pullsOf(ctx, testRepo, "feature/xü#1")
	if err != nil || len(got) != 1 || got[0].Number != n {
		t.Errorf("pulls of the branch %+v, %v", got, err)
	}
	must0(t, w.hub.Delete("mallory", "shop", "mallory"))
	if p, _, err := gh.pull(ctx, testRepo, theirs); err != nil || !p.Fork {
		t.Errorf("a fork that is gone: %+v, %v", p, err)
	}
	w.edit(n, githubsim.PullEdit{State: "closed"})
	if got, err := gh.pullsOf(ctx, testRepo, "feature/xü#1"); err != nil || len(got) != 0 {
		t.Errorf("closed: %+v, %v", got, err)
	}
	if p, _, err := gh.pull(ctx, testRepo, n); err != nil || p.State != "closed" || p.Merged {
		t.Errorf("closed: %+v, %v", p, err)
	}
	if _, err := w.hub.MergePull(ctx, "acme", "shop", other, false, "ben"); err != nil {
		t.Fatal(err)
	}
	if p, _, err := gh.pull(ctx, testRepo, other); err != nil || p.State != "closed" || !p.Merged {
		t.Errorf("merged: %+v, %v", p, err)
	}
}

func TestOpenPullsAreKeptForAMinute(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 3 {
		branch := fmt.Sprint("feature/", i)
		w.commit(branch, branch)
		w.open(githubsim.NewPull{Branch: branch})
	}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	look := func(at time.Time) []int {
		t.Helper()
		all, err := w.bot.github.openPulls(t.Context(), testRepo, at)
		must0(t, err)
		var numbers []int
		for _, p := range all {
			numbers = append(numbers, p.Number)
		}
		return numbers
	}
	if got := look(at); !cmp.Equal(got, []int{3, 2, 1}) {
		t.Errorf("pulls %v", got)
	}
	w.edit(2, githubsim.PullEdit{State: "closed"})
	if got := look(at.Add(59 * time.Second)); !cmp.Equal(got, []int{3, 2, 1}) {
		t.Errorf("within the minute %v", got)
	}
	if got := look(at.Add(time.Minute)); !cmp.Equal(got, []int{3, 1}) {
		t.Errorf("after it %v", got)
	}
}
