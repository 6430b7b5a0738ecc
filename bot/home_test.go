package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// sees waits until somebody's App Home holds all the words.
func (w *world) sees(user string, wanted ...string) {
	w.t.Helper()
	var shown string
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("App Home of %s: %s", user, shown)
		}
	})
	w.await("App Home with "+strings.Join(wanted, ", "), func() bool {
		v, _ := w.slack.Home(user)
		shown = wordsOf(v.Blocks)
		for _, s := range wanted {
			if !strings.Contains(shown, s) {
				return false
			}
		}
		return true
	})
}

// App Home shows one's own environments first, follows what happens, and does what its menus say.
func TestHome(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.commit("feature/pay", "pay")
	w.run()
	if err := w.slack.OpenHome("ana", ""); err != nil {
		t.Fatal(err)
	}
	w.sees("ana", "QA environments", "No branch has an environment")

	w.type_("ana", "qa", "up feature/login")
	w.type_("ben", "qa", "up feature/pay")
	w.sees("ana", "Yours (1)", "feature/login", "Everybody else's (1)", "feature/pay", "Deploying", "thread")
	w.provision("feature/login", serve(w.env("feature/login").Spec.Commit))
	w.sees("ana", "`feature/login`", "Up 1", "|app>")

	menu := func(user, verb, branch string) error {
		e := w.env(branch)
		v, _ := w.slack.Home(user)
		return w.slack.Act(t.Context(), slacksim.Action{
			User: user, ViewID: v.ID, BlockID: fmt.Sprintf("row:0:%s:%d", e.ID, e.Spec.Version), ActionID: actionMenu, Value: verb + "|" + revision(e.ID, e.Spec.Version),
		})
	}
	if err := menu("ana", verbSleep, "feature/login"); err != nil {
		t.Fatal(err)
	}
	w.await("asleep", func() bool { return w.env("feature/login").Spec.Asleep })
	w.sees("ana", "Putting", "to sleep")

	// What destroys something asks first.
	w.provision("feature/login", func(st *store.Status) { serve(w.env("feature/login").Spec.Commit)(st); st.Asleep = true })
	w.sees("ana", "Asleep 1")
	w.await("menu of one that sleeps", func() bool { return menu("ana", verbDown, "feature/login") == nil })
	v := w.modal("ana", callbackSure)
	w.await("its name", func() bool { return strings.Contains(wordsOf(w.modal("ana", callbackSure).Blocks), "feature/login") })
	if w.env("feature/login").Spec.Released {
		t.Fatal("it was taken down before anybody said yes")
	}
	if faults := w.submit("ana", v, nil); len(faults) > 0 {
		t.Fatal(faults)
	}
	w.await("released", func() bool { return w.env("feature/login").Spec.Released })
	w.sees("ana", "Taking down")

	home, _ := w.slack.Home("ana")
	if err := w.slack.Act(t.Context(), slacksim.Action{User: "ana", ViewID: home.ID, ActionID: actionNew}); err != nil {
		t.Fatal(err)
	}
	w.modal("ana", callbackForm)
}

// many makes so many environments of somebody else's.
func (w *world) many(n int) {
	w.t.Helper()
	for i := range n {
		branch := fmt.Sprintf("many/%02d", i)
		if _, err := w.store.Want(w.t.Context(), w.id(branch), func(s *store.Spec) ([]store.Event, error) {
			s.App, s.Repo, s.Branch, s.Commit, s.Generation = "shop", testRepo, branch, commit1, 1
			s.Owner, s.ExpiresAt = "U0OTHER", time.Now().Add(time.Hour)
			return nil, nil
		}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Of a hundred environments a page at a time is shown, within Slack's hundred blocks.
func TestHomePages(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.many(45)
	w.run()
	if err := w.slack.OpenHome("ana", ""); err != nil {
		t.Fatal(err)
	}
	w.sees("ana", "Everybody else's (45)", "many/00", "many/19", "Next")
	for _, page := range []string{"many/20", "many/40"} {
		home, _ := w.slack.Home("ana")
		if err := w.slack.Act(t.Context(), slacksim.Action{User: "ana", ViewID: home.ID, ActionID: numbered(actionHome, 2)}); err != nil {
			t.Fatal(err)
		}
		w.sees("ana", page)
	}
	w.sees("ana", "many/44", "Previous")
}

// Another process goes on with the pages that people have open, without their opening them anew.
func TestHomeOutlivesTheProcess(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.many(25)
	w.run()
	if err := w.slack.OpenHome("ana", ""); err != nil {
		t.Fatal(err)
	}
	w.sees("ana", "many/00", "Next")
	home, _ := w.slack.Home("ana")
	if err := w.slack.Act(t.Context(), slacksim.Action{User: "ana", ViewID: home.ID, ActionID: numbered(actionHome, 2)}); err != nil {
		t.Fatal(err)
	}
	w.sees("ana", "many/24", "Previous")
	w.stop()
	w.bot.homes = newHomes(w.bot) // what it had in memory is gone
	w.bot.homes.gap = 0
	w.want("feature/login", w.commit("feature/login", "second"))
	w.run()
	w.sees("ana", "many/19", "many/24", "Previous") // on the page that was open, behind one more of ana's own
}
