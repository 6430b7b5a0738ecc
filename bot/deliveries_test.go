package bot

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/store"
)

func TestPending(t *testing.T) {
	attempt := func(id int64, guid, event string, status int) *github.HookDelivery {
		return &github.HookDelivery{
			ID: &id, GUID: &guid, Event: &event, StatusCode: &status, DeliveredAt: &github.Timestamp{Time: noon.Add(time.Duration(id) * time.Second)},
		}
	}
	attempts := []*github.HookDelivery{ // newest first, as GitHub lists them
		attempt(9, "again", "push", 202), attempt(8, "twice", "delete", 500), attempt(7, "other", "star", 0), attempt(6, "done", "push", 0),
		attempt(5, "lost", "pull_request", 0), attempt(4, "redirected", "push", 302), attempt(3, "fine", "push", 202),
		attempt(2, "again", "push", 503), attempt(1, "twice", "delete", 0),
	}
	for all, want := range map[bool][]int64{false: {1, 4, 5}, true: {1, 2, 3, 4, 5}} {
		var got []int64
		for _, a := range pending(attempts, all, map[string]time.Time{"done": noon}) {
			got = append(got, a.GetID())
		}
		if !slices.Equal(got, want) {
			t.Errorf("all %v: %v, want %v", all, got, want)
		}
	}
}

// withHooks has events come by webhooks, so that only what never arrived is missed.
func withHooks(o *Options, _ *slacksim.Options) { o.GitHub.Events = EventsWebhook }

// recovers looks once for what was missed, as the bot does at its start.
func (w *world) recovers() {
	w.t.Helper()
	must0(w.t, w.bot.deliveries.pass(w.t.Context()))
}

// restart stands a new bot, with the same store and settings, in the place of the old one.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	again, err := New(w.bot.opt, w.store)
	must0(w.t, err)
	w.t.Cleanup(again.slack.client.CloseIdleConnections)
	w.bot.github.close()
	w.bot.slack.client.CloseIdleConnections()
	again.narrator.budget.posts = w.bot.narrator.budget.posts
	w.bot = again
}

// While nobody listened one branch moved, one was deleted and one came. The threads say who did it, late.
func TestAway(t *testing.T) {
	w := newWorld(t, every(withApp, withHooks))
	w.run()
	w.want("feature/moved", w.commit("feature/moved", "one"))
	w.want("feature/gone", w.commit("feature/gone", "one"))
	w.drained()
	w.await("two threads", func() bool { return len(w.parents("qa")) == 2 })
	w.stop()

	w.hub.SetManner(githubsim.Manner{Lose: true}) // nobody answers
	w.commit("feature/moved", "two")
	w.deliver()
	moved := w.commitAs("feature/moved", "three", "ana@example.com")
	fresh := w.commit("qa/new", "first")
	must0(t, w.hub.DeleteBranch(t.Context(), "acme", "shop", "feature/gone", "carol"))
	w.deliver()
	w.hub.SetManner(githubsim.Manner{})

	w.bot.opt.Now = func() time.Time { return time.Now().Add(time.Hour) } // so long was it away
	w.restart()
	w.run()
	w.await("all is as on GitHub", func() bool {
		return w.env("feature/moved").Spec.Commit == moved && w.env("feature/gone").Spec.Released && w.env("qa/new").Spec.Commit == fresh
	})
	w.wantHeard("ana pushed", sha(moved), "three")
	w.wantHeard("heard of this late")
	w.wantHeard("carol", "deleted the branch")
	if a := w.env("feature/gone").Spec.Asked; a.Name != "carol" {
		t.Errorf("deleted by %q", a.Name)
	}
	if s := w.env("qa/new").Spec; s.Asked.Name != "ben" {
		t.Errorf("came by %+v", s.Asked)
	}

	// Looked for again, and delivered again by somebody's click: nothing counts twice.
	before := w.versions()
	w.recovers()
	for _, d := range w.hub.Deliveries() {
		must0(t, w.hub.Redeliver(d.GUID))
	}
	w.drained()
	w.recovers()
	w.drained()
	if after := w.versions(); !slices.Equal(before, after) {
		t.Errorf("versions %v before, %v after", before, after)
	}
}

func (w *world) versions() []int64 {
	w.t.Helper()
	all, err := w.store.List(w.t.Context())
	must0(w.t, err)
	var out []int64
	for _, e := range all {
		out = append(out, e.Spec.Version)
	}
	return out
}

// What GitHub sent before qabot came is nobody's business, and what it knows is not fetched again.
func TestFirstLookAtDeliveries(t *testing.T) {
	w := newWorld(t, every(withApp, withHooks))
	w.hub.SetManner(githubsim.Manner{Lose: true})
	w.commit("qa/x", "one")
	w.deliver()
	w.recovers()
	if letters := inbox(w.t, w.store); len(letters) != 0 {
		t.Fatalf("letters %+v", letters)
	}
	w.commit("qa/y", "one")
	w.deliver()
	w.bot.deliveries = newDeliveries(w.bot)
	w.recovers()
	events := func() (out []string) {
		for _, l := range inbox(w.t, w.store) {
			p, err := read[pushed](l)
			must0(t, err)
			out = append(out, l.Kind+" "+p.Branch)
		}
		return out
	}
	// The list is looked at a little further back than the last look, since what was sent then may have been listed late.
	if got := events(); !slices.Contains(got, "push qa/y") {
		t.Errorf("letters %q", got)
	}
	asked := w.bot.github.answers.allowance()
	w.recovers()
	if now := w.bot.github.answers.allowance(); now != asked {
		t.Error("what is known was asked for again")
	}
}

// Where GitHub is told to call nobody, its list alone brings the events.
func TestPollingReadsTheList(t *testing.T) {
	w := newWorld(t, every(withApp, func(o *Options, _ *slacksim.Options) { o.GitHub.Events = EventsPolling }))
	w.recovers()
	w.hub.SetWebhook("http://127.0.0.1:9/", "x")
	w.commit("qa/x", "one")
	w.deliver()
	w.recovers()
	kinds := map[string]int{}
	for _, l := range inbox(w.t, w.store) {
		kinds[l.Kind]++
		var p pushed
		must0(t, json.Unmarshal(l.Body, &p))
		if !p.Missed.IsZero() {
			t.Errorf("%s is late although it was just sent: %s", l.Kind, l.Body)
		}
	}
	if kinds[letterPush] == 0 {
		t.Errorf("letters %v", kinds)
	}
	if w.bot.deliveries.every() != w.bot.opt.Compare {
		t.Errorf("the list is looked at every %s", w.bot.deliveries.every())
	}
}

// GitHub in trouble loses nothing: the next look begins where the last good one ended.
func TestDeliveriesInTrouble(t *testing.T) {
	w := newWorld(t, every(withApp, withHooks))
	w.recovers()
	w.hub.SetManner(githubsim.Manner{Lose: true})
	w.commit("qa/x", "one")
	w.deliver()
	for reason, fault := range map[string]githubsim.Fault{
		"the list fails": {Path: "/app/hook/deliveries", Status: 502}, "a payload fails": {Path: "/app/hook/deliveries/", Status: 502},
		"too much was asked": {Path: "/app/hook", Limit: githubsim.SecondaryLimit},
	} {
		w.bot.github.close()
		gh, err := newGitHub("", w.bot.opt.GitHub.App, w.bot.opt.GitHub.APIURL) // forget the rate limit that the client remembers
		must0(t, err)
		w.bot.github = gh
		w.hub.Fail(fault)
		if err := w.bot.deliveries.pass(t.Context()); err == nil {
			t.Errorf("%s: no error", reason)
		}
	}
	w.hub.Fail()
	w.bot.github.close()
	gh, err := newGitHub("", w.bot.opt.GitHub.App, w.bot.opt.GitHub.APIURL)
	must0(t, err)
	w.bot.github = gh
	w.recovers()
	if !slices.ContainsFunc(inbox(w.t, w.store), func(l store.Letter) bool { return strings.Contains(string(l.Body), "qa/x") }) {
		t.Error("what was missed in the trouble was never found")
	}
}

// Lost, doubled, turned round and held back: in the end every environment is where its branch is.
func TestBranchesInTheEnd(t *testing.T) {
	w := newWorld(t, nil)
	w.look()
	w.run()
	for i, m := range []githubsim.Manner{{Lose: true}, {Copies: 2}, {Reverse: true}, {Copies: 1, Reverse: true}} {
		names := []string{"qa/a", "qa/b", "qa/c"}
		for j := range names {
			names[j] += string(rune('0' + i))
			w.commit(names[j], "one")
		}
		w.drained()
		w.hub.SetManner(githubsim.Manner{Hold: true})
		w.git("update-ref", "-d", "refs/heads/"+names[0])
		must0(t, w.hub.Sync(t.Context()))
		w.commit(names[1], "two")
		must0(t, w.hub.Sync(t.Context()))
		w.git("update-ref", "-d", "refs/heads/"+names[1])
		must0(t, w.hub.Sync(t.Context()))
		w.commit(names[1], "three") // deleted and made again
		w.commit(names[2], "two")
		must0(t, w.hub.Sync(t.Context()))
		w.commit(names[2], "three")
		must0(t, w.hub.Sync(t.Context()))
		w.hub.SetManner(m)
		w.drained()
		w.look()
		for j, name := range names {
			e := w.env(name)
			head := w.git("for-each-ref", "--format=%(objectname)", "refs/heads/"+name)
			if want := j > 0; w.wanted(name) != want || want && e.Spec.Commit != head {
				t.Errorf("%+v: %s: %+v, head %s", m, name, e.Spec, head)
			}
			if j == 0 && e.Spec.Version != 2 {
				t.Errorf("%+v: %s was taken down %d times", m, name, e.Spec.Version-1)
			}
		}
		w.hub.SetManner(githubsim.Manner{})
	}
}
