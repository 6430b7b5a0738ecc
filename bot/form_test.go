package bot

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
)

// modal waits for the form that somebody has on the screen, once it is filled.
func (w *world) modal(user, callback string) slacksim.View {
	w.t.Helper()
	var top slacksim.View
	w.await("modal "+callback, func() bool {
		all := w.slack.Views(user)
		if len(all) == 0 {
			return false
		}
		top = all[len(all)-1]
		return top.CallbackID == callback
	})
	return top
}

// suggested are the values that the form's search offers, by label.
func (w *world) suggested(user string, v slacksim.View, block, typed string) map[string]string {
	w.t.Helper()
	got, err := w.slack.Suggest(w.t.Context(), slacksim.Action{User: user, ViewID: v.ID, BlockID: block, ActionID: elementBranch}, typed)
	if err != nil {
		w.t.Fatalf("search %q: %v", typed, err)
	}
	out := map[string]string{}
	for _, s := range got {
		out[s.Text] = s.Value
	}
	return out
}

func (w *world) submit(user string, v slacksim.View, values slacksim.Values) map[string]string {
	w.t.Helper()
	faults, err := w.slack.Submit(w.t.Context(), user, v.ID, values)
	if err != nil {
		w.t.Fatalf("submit: %v", err)
	}
	return faults
}

func (w *world) openPull(n githubsim.NewPull) githubsim.Pull {
	w.t.Helper()
	p, err := w.hub.OpenPull(w.t.Context(), "acme", "shop", n)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// A form is opened by the command without a branch, searched in, and sent; its story is told where it was asked for.
func TestFormBringsUp(t *testing.T) {
	w := newWorld(t, nil)
	w.git("update-ref", "refs/heads/main", w.commit("feature/login", "first"))
	w.commit("feature/pay", "pay")
	long := "feature/" + strings.Repeat("a-long-name-", 12) + "end"
	w.commit(long, "long")
	w.commit("fix/prices", "prices")
	w.deliver()
	w.openPull(githubsim.NewPull{Branch: "fix/prices", Title: "Correct all prices", Author: "carol"})
	w.run()

	w.type_("ana", "qa", "up")
	v := w.modal("ana", callbackForm)
	block := blockBranch + ":shop"
	for typed, want := range map[string]string{
		"": "fix/prices", "login": "feature/login", "correct prices": "fix/prices", "carol": "fix/prices", "#1": "fix/prices",
		"https://github.com/acme/shop/tree/feature/pay": "feature/pay", "FEATURE/PAY": "feature/pay", "not/there": "not/there",
	} {
		if got := w.suggested("ana", v, block, typed); got[want] == "" {
			t.Errorf("search %q offers %v, want %s", typed, got, want)
		}
	}
	for _, value := range w.suggested("ana", v, block, "a-long-name") {
		if !strings.HasPrefix(value, "h:") {
			continue // as typed
		}
		if len(value) > optionRoom {
			t.Errorf("value %q is longer than %d", value, optionRoom)
		}
		if faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}, blockKeep: {elementKeep: (4 * time.Hour).String()}}); len(faults) > 0 {
			t.Fatal(faults)
		}
	}
	w.await("the long branch", func() bool { return w.env(long).Spec.Version == 1 })
	e := w.env(long)
	if e.Spec.Owner != w.slack.UserID("ana") || e.Spec.Asked.Channel != w.slack.ChannelID("qa") {
		t.Errorf("spec %+v", e.Spec)
	}
	if keep := e.Spec.ExpiresAt.Sub(e.Spec.Asked.At); keep != 4*time.Hour {
		t.Errorf("it is kept for %s, want 4h", keep)
	}
	w.await("its story", func() bool { return len(w.parents("qa")) == 1 })
	if n := len(w.slack.Views("ana")); n != 0 {
		t.Errorf("%d modals are left open", n)
	}
	if said := w.whispers("ana", "qa"); len(said) > 0 {
		t.Errorf("the command whispered, although it opened a form: %v", said)
	}
}

// What was pushed or proposed after the form was opened is found all the same, without a wait for the next list.
func TestFormFindsWhatIsNew(t *testing.T) {
	var ahead atomic.Int64
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	w.git("update-ref", "refs/heads/main", w.commit("feature/login", "first"))
	w.run()
	w.type_("ana", "qa", "up")
	v := w.modal("ana", callbackForm)
	block := blockBranch + ":shop"
	w.await("the list", func() bool { return w.suggested("ana", v, block, "login")["feature/login"] != "" })
	w.commit("feature/pay", "pay")
	w.deliver()
	w.openPull(githubsim.NewPull{Branch: "feature/pay", Title: "Pay by invoice", Author: "ben"})
	ahead.Store(int64(listRenewed))
	if got := w.suggested("ana", v, block, "invoice"); got["feature/pay"] == "" {
		t.Errorf("the search offers %v", got)
	}
}

// What is wrong with a form is said in the form, and nothing is started.
func TestFormFaults(t *testing.T) {
	w := newWorld(t, nil)
	w.git("update-ref", "refs/heads/main", w.commit("feature/login", "first"))
	w.commit("feature/login", "second")
	w.commit("feature/gone", "gone soon")
	w.deliver()
	w.openPull(githubsim.NewPull{Branch: "feature/login", Title: "From a fork", Author: "mallory", Fork: true})
	w.run()
	w.type_("ana", "qa", "up")
	v := w.modal("ana", callbackForm)
	block := blockBranch + ":shop"
	w.await("the list", func() bool { return w.suggested("ana", v, block, "gone")["feature/gone"] != "" })
	w.git("update-ref", "-d", "refs/heads/feature/gone")
	for _, c := range []struct{ reason, typed, block, want string }{
		{"a branch that was deleted", "feature/gone", block, "There is no branch feature/gone in acme/shop"},
		{"a branch that never was", "feature/nowhere", block, "There is no branch feature/nowhere"},
		{"a fork", "#1", block, "#1 comes from a fork"},
		{"a pull request that never was", "#77", block, "There is no pull request #77"},
	} {
		offered := w.suggested("ana", v, block, c.typed)
		if len(offered) == 0 {
			t.Errorf("%s: nothing is offered", c.reason)
			continue
		}
		for label, value := range offered {
			if label != c.typed && c.reason != "a fork" && len(offered) > 1 {
				continue
			}
			faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}})
			if !strings.Contains(faults[c.block], c.want) {
				t.Errorf("%s: faults %v, want %q", c.reason, faults, c.want)
			}
		}
	}
	value, where := w.suggested("ana", v, block, "feature/login")["feature/login"], blockWhere+":"+w.slack.ChannelID("qa")
	faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}, where: {elementWhere: "general"}})
	if !strings.Contains(faults[where], "I am not in that channel") {
		t.Errorf("a channel without the bot: %v", faults)
	}
	if all, err := w.store.List(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%d environments were started, %v", len(all), err)
	}
	if faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}, where: {elementWhere: nil}}); len(faults) > 0 {
		t.Fatal(faults)
	}
	told := w.modal("ana", callbackTold)
	if !strings.Contains(wordsOf(told.Blocks), "In a direct message you hear") {
		t.Errorf("the form says %s", wordsOf(told.Blocks))
	}
	w.await("story in direct messages", func() bool {
		e := w.env("feature/login")
		return e.Spec.Version == 1 && len(w.parents(e.Spec.Asked.Channel)) == 1 && e.Spec.Asked.Channel != w.slack.ChannelID("qa")
	})
}

// With several apps the choice of the app leads to that app's branches.
func TestFormOfSeveralApps(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		pay := testApp()
		pay.Name, pay.Repo, pay.Deploys, pay.Channel = "pay", "acme/pay", nil, ""
		o.Apps = append(o.Apps, pay)
	})
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up")
	v := w.modal("ana", callbackForm)
	if err := w.slack.Act(t.Context(), slacksim.Action{User: "ana", ViewID: v.ID, BlockID: blockApp, ActionID: elementApp, Value: "pay"}); err != nil {
		t.Fatal(err)
	}
	w.await("the other app's branches", func() bool {
		return strings.Contains(string(w.modal("ana", callbackForm).Blocks), `"branch:pay"`)
	})
	if got := w.suggested("ana", v, blockBranch+":pay", "login"); len(got) != 1 || got["login"] == "" { // as typed
		t.Errorf("branches of the other app: %v", got)
	}
	if err := w.slack.Act(t.Context(), slacksim.Action{User: "ana", ViewID: v.ID, BlockID: blockApp, ActionID: elementApp, Value: "shop"}); err != nil {
		t.Fatal(err)
	}
	block := blockBranch + ":shop"
	w.await("the app's branches", func() bool { return strings.Contains(string(w.modal("ana", callbackForm).Blocks), `"branch:shop"`) })
	value := w.suggested("ana", v, block, "login")["feature/login"]
	if faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}}); len(faults) > 0 {
		t.Fatal(faults)
	}
	w.await("up", func() bool { return w.env("feature/login").Spec.Version == 1 })
}

// A form that could not be opened in time is offered by a button, once.
func TestFormTooLate(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	if err := w.slack.Fail(slacksim.Fault{Method: "views.open", Error: "expired_trigger_id"}); err != nil {
		t.Fatal(err)
	}
	w.run()
	w.type_("ana", "qa", "up")
	w.await("an offer", func() bool { return w.heard("qa", "only", "Which branch?") })
	if err := w.slack.Click(t.Context(), "ana", "qa", w.whisper("ana", "qa").TS, actionNew); err != nil {
		t.Fatal(err)
	}
	w.modal("ana", callbackForm)
}

// Shortcuts open the same form; that of a message has in it what the message speaks of.
func TestShortcuts(t *testing.T) {
	w := newWorld(t, nil)
	w.git("update-ref", "refs/heads/main", w.commit("feature/login", "first"))
	w.commit("feature/login", "second")
	w.deliver()
	w.openPull(githubsim.NewPull{Branch: "feature/login", Title: "Log in", Author: "carol"})
	w.run()
	if err := w.slack.Shortcut(t.Context(), "ben", callbackNew, "", ""); err != nil {
		t.Fatal(err)
	}
	w.await("the app's channel", func() bool {
		return strings.Contains(string(w.modal("ben", callbackForm).Blocks), `"initial_conversation":"`+w.slack.ChannelID("qa")+`"`)
	})
	for _, c := range []struct{ reason, said, want string }{
		{"a link to a pull request", "please look at https://github.com/acme/shop/pull/1, thanks", "feature/login"},
		{"a link to a branch", "see https://github.com/acme/shop/tree/feature/login.", "feature/login"},
		{"a number", "who tests #1?", "feature/login"},
		{"a name", "`feature/login` is ready", "feature/login"},
		{"nothing", "main is broken", "I found no branch"},
		{"somebody else's", "https://github.com/other/thing/pull/1", "I found no branch"},
		{"a number that is none", "number #99 it was", "There is no pull request #99"},
	} {
		ts, err := w.slack.Message(t.Context(), "ben", "qa", c.said, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.slack.Shortcut(t.Context(), "ana", callbackMessage, "qa", ts); err != nil {
			t.Fatal(err)
		}
		w.await(c.reason, func() bool {
			v := w.modal("ana", callbackForm)
			return strings.Contains(string(v.Blocks)+wordsOf(v.Blocks), c.want) && !strings.Contains(wordsOf(v.Blocks), "Looking for")
		})
		if err := w.slack.CloseView(t.Context(), "ana", w.modal("ana", callbackForm).ID); err != nil {
			t.Fatal(err)
		}
	}
	ts, err := w.slack.Message(t.Context(), "ben", "qa", "https://github.com/acme/shop/pull/1", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.slack.Shortcut(t.Context(), "ana", callbackMessage, "qa", ts); err != nil {
		t.Fatal(err)
	}
	w.await("filled", func() bool {
		return strings.Contains(string(w.modal("ana", callbackForm).Blocks), `"initial_option":{"text":{"type":"plain_text","text":"feature/login"`) ||
			strings.Contains(string(w.modal("ana", callbackForm).Blocks), `feature/login`)
	})
	if faults := w.submit("ana", w.modal("ana", callbackForm), nil); len(faults) > 0 {
		t.Fatal(faults)
	}
	w.await("up", func() bool { return w.env("feature/login").Spec.Version == 1 })
}
