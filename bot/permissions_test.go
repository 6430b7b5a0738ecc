package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qabot/bot/slacksim"
	"qabot/store"
)

// town has people of every standing, and channels of every ground.
func town(rules ...Rule) func(*Options, *slacksim.Options) {
	return func(o *Options, so *slacksim.Options) {
		so.Users = []slacksim.User{
			{Name: "ana"}, {Name: "ben"}, {Name: "cho"}, {Name: "guest", Restricted: true}, {Name: "solo", UltraRestricted: true},
			{Name: "eve", Stranger: true}, {Name: "beep", Bot: true},
		}
		so.Channels = []slacksim.Channel{
			{Name: "qa", HasBot: true, Members: []string{"ana", "ben", "cho", "guest", "solo", "eve"}},
			{Name: "partners", HasBot: true, Shared: true}, {Name: "invited", HasBot: true, Pending: true},
			{Name: "secret", Private: true}, {Name: "dev", HasBot: true},
		}
		so.Groups = []slacksim.Group{{Handle: "qa-leads", Users: []string{"cho"}}}
		so.Scopes = neededScopes()
		o.Permissions = rules
	}
}

func leadsDestroy() []Rule {
	return []Rule{{Who: []string{everyone}, May: []string{groupChange}}, {Who: []string{owner, "@qa-leads"}, May: []string{groupDestroy}}}
}

func (w *world) acts() []store.Act {
	w.t.Helper()
	acts, err := w.store.Acts(w.t.Context(), store.ActQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	return acts
}

// shortActs are the acts without what differs from run to run.
func (w *world) shortActs() (out []string) {
	for _, a := range w.acts() {
		who := a.Name
		for _, name := range []string{"ana", "ben", "cho", "guest", "solo", "eve"} {
			if a.User != "" && a.User == w.slack.UserID(name) {
				who = name
			}
		}
		out = append(out, strings.Join([]string{who, a.Way, a.Verb, a.Branch, a.Outcome, a.Why}, " "))
	}
	return out
}

func (w *world) wantActs(want ...string) {
	w.t.Helper()
	w.await("acts", func() bool { return len(w.acts()) >= len(want) })
	if diff := cmp.Diff(want, w.shortActs()); diff != "" {
		w.t.Errorf("acts (-want +got):\n%s", diff)
	}
}

func (w *world) click(user, channel, ts, action string) {
	w.t.Helper()
	if err := w.slack.Click(w.t.Context(), user, channel, ts, action); err != nil {
		w.t.Fatalf("%s presses %s: %v", user, action, err)
	}
}

func (w *world) write(user, channel, text, thread string) {
	w.t.Helper()
	if _, err := w.slack.Message(w.t.Context(), user, channel, text, thread); err != nil {
		w.t.Fatalf("%s writes %q: %v", user, text, err)
	}
}

// refusedOnce waits for a whisper with all the words, and takes it off the screen.
func (w *world) refusedOnce(what, user, channel string, wanted ...string) {
	w.t.Helper()
	id, ts := w.slack.UserID(user), ""
	look := func(m slacksim.Message) {
		if m.Ephemeral == id && !slices.ContainsFunc(wanted, func(s string) bool { return !strings.Contains(m.Text, s) }) {
			ts = m.TS
		}
	}
	w.await(what, func() bool {
		for _, m := range w.slack.Messages(channel) {
			look(m)
			for _, r := range m.Replies {
				look(r)
			}
		}
		return ts != ""
	})
	if err := w.slack.Dismiss(user, channel, ts); err != nil {
		w.t.Fatal(err)
	}
}

// up brings feature/login up for somebody and sees it served.
func (w *world) up(user string) slacksim.Message {
	w.t.Helper()
	w.type_(user, "qa", "up feature/login")
	w.await("thread", func() bool { return w.env("feature/login").Thread.TS != "" })
	e := w.env("feature/login")
	w.provision("feature/login", serve(e.Spec.Commit))
	w.await("parent up", func() bool { return strings.HasPrefix(w.parents("qa")[0].Text, "✅") })
	return w.parents("qa")[0]
}

// Whoever does not belong to the workspace is refused by every way to speak, sees why and what helps, and may look.
func TestOutsidersMayOnlyLook(t *testing.T) {
	for _, c := range []struct{ user, says, code string }{
		{"guest", "You are a guest", refusedGuest},
		{"solo", "You are a guest", refusedGuest},
		{"eve", "from another organisation", refusedStranger},
	} {
		t.Run(c.user, func(t *testing.T) {
			w := newWorld(t, town())
			w.commit("feature/login", "first")
			w.run()
			parent := w.up("ana")
			version := w.env("feature/login").Spec.Version
			refused := func(how string) {
				t.Helper()
				w.refusedOnce("refusal of "+how, c.user, "qa", c.says, "<@"+w.slack.UserID("ana")+"> (the owner)")
			}
			w.type_(c.user, "qa", "sleep feature/login")
			refused("a command")
			w.write(c.user, "qa", "@qabot extend 1d", parent.TS)
			refused("a mention")
			w.click(c.user, "qa", parent.TS, actionDown)
			refused("a button")
			w.write(c.user, "@"+c.user, "down feature/login", "")
			w.await("refusal in a direct message", func() bool { return w.heard("@"+c.user, c.says) })
			if got := w.env("feature/login").Spec.Version; got != version {
				t.Errorf("version %d, want %d: something was wished", got, version)
			}
			w.wantActs("ana command up feature/login done answer.started",
				c.user+" command sleep feature/login refused "+c.code, c.user+" mention extend feature/login refused "+c.code,
				c.user+" button down feature/login refused "+c.code, c.user+" message down feature/login refused "+c.code)
			w.type_(c.user, "qa", "status feature/login")
			w.await("a look", func() bool { return w.heard("qa", "only", "Build the image") })
			w.type_(c.user, "qa", "history feature/login")
			w.await("another look", func() bool { return w.heard("qa", "only", "What became of", "was refused") })
			if n := len(w.acts()); n != 5 {
				t.Errorf("%d acts after looking, want 5", n)
			}
		})
	}
}

// In a channel that other organisations are in, or are invited to, nobody changes anything.
func TestSlackConnect(t *testing.T) {
	w := newWorld(t, town())
	w.commit("feature/login", "first")
	w.run()
	for _, channel := range []string{"partners", "invited"} {
		w.type_("ana", channel, "up feature/login")
		w.await("refusal", func() bool {
			return w.heard(channel, "only", "shared with another organisation", "Type it in #qa or a direct message to me")
		})
	}
	w.write("ana", "partners", "@qabot up feature/login", "")
	w.await("three acts", func() bool { return len(w.acts()) == 3 })
	w.type_("eve", "partners", "list")
	w.await("a look", func() bool { return w.heard("partners", "No branch has an environment") })
	if v := w.env("feature/login").Spec.Version; v != 0 {
		t.Fatalf("version %d: something was wished", v)
	}
	w.write("ana", "@ana", "up feature/login", "")
	w.await("up by direct message", func() bool { return w.env("feature/login").Spec.Version == 1 })
	w.wantActs("ana command up feature/login refused "+refusedShared, "ana command up feature/login refused "+refusedShared,
		"ana mention up feature/login refused "+refusedShared, "ana message up feature/login done answer.started")
}

// Private places that the bot is not in may have anybody in them.
func TestPlacesThatCannotBeSeen(t *testing.T) {
	w := newWorld(t, town())
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "secret", "up feature/login")
	w.await("refusal", func() bool { return w.heard("secret", "only", "I cannot see this channel", "/invite @qabot") })
	w.type_("ana", "@qabot", "up feature/login") // a command in the bot's own direct messages
	w.await("up", func() bool { return w.env("feature/login").Spec.Version == 1 })
}

// Who has it takes it down at once, a group by its handle is asked first, and everybody else hears whom to ask.
func TestRulesOfDestruction(t *testing.T) {
	w := newWorld(t, town(leadsDestroy()...))
	w.commit("feature/login", "first")
	w.run()
	parent := w.up("ana")
	w.type_("ben", "qa", "down feature/login")
	w.await("refusal", func() bool {
		m := w.whisper("ben", "qa")
		return strings.Contains(m.Text, "You may not use `down` here. Nothing was changed. Ask <@"+w.slack.UserID("ana")+"> (the owner) or @qa-leads.")
	})
	w.click("ben", "qa", parent.TS, actionDown)
	w.await("refusal of the button", func() bool { return len(w.acts()) == 3 })

	w.write("cho", "qa", "@qabot down", parent.TS)
	w.await("question", func() bool {
		return strings.Contains(w.whisper("cho", "qa").Text, "somebody else's") && strings.Contains(w.whisper("cho", "qa").Text, w.slack.UserID("ana"))
	})
	question := w.whisper("cho", "qa").TS
	w.click("cho", "qa", question, actionDecline)
	w.await("kept", func() bool { return w.heard("qa", "Then `feature/login` stays") })
	if w.env("feature/login").Spec.Released {
		t.Fatal("it was taken down")
	}
	w.type_("cho", "qa", "down feature/login")
	w.await("question again", func() bool { return strings.Contains(w.whisper("cho", "qa").Text, "somebody else's") })
	w.click("cho", "qa", w.whisper("cho", "qa").TS, actionConfirm)
	w.await("down", func() bool { return w.env("feature/login").Spec.Released })
	w.wantActs("ana command up feature/login done answer.started", "ben command down feature/login refused refused.rule",
		"ben button down feature/login refused refused.rule", "cho mention down feature/login asked confirm.others",
		"cho button down feature/login nothing confirm.kept", "cho command down feature/login asked confirm.others",
		"cho button down feature/login done answer.released")

	w.type_("ana", "qa", "up feature/login")
	w.await("up again", func() bool { return !w.env("feature/login").Spec.Released })
	w.type_("ana", "qa", "down feature/login")
	w.await("down at once", func() bool { return w.env("feature/login").Spec.Released })

	w.type_("ben", "qa", "history")
	w.await("history of all", func() bool {
		return w.heard("qa", "only", "What was asked lately", "the rules do not allow it", "it was kept after all", "asked back")
	})
}

// A question is good for one state of the environment, and not for long.
func TestQuestionsGrowOld(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		town()(o, so)
		o.Now = func() time.Time { return now }
	})
	w.commit("feature/login", "first")
	w.commit("feature/other", "first")
	w.run()
	w.up("ana")
	ask := func() string {
		w.type_("ben", "qa", "down feature/login")
		seen := len(w.acts())
		w.await("question", func() bool {
			return len(w.acts()) > seen || strings.Contains(w.whisper("ben", "qa").Text, "somebody else's")
		})
		w.await("question", func() bool { return strings.Contains(w.whisper("ben", "qa").Text, "somebody else's") })
		return w.whisper("ben", "qa").TS
	}
	question := ask()
	w.type_("ana", "qa", "sleep feature/login")
	w.await("asleep", func() bool { return w.env("feature/login").Spec.Asleep })
	w.click("ben", "qa", question, actionConfirm)
	w.await("stale", func() bool { return w.heard("qa", "This changed meanwhile") })
	question = ask()
	now = now.Add(questionLasts + time.Second)
	w.click("ben", "qa", question, actionConfirm)
	w.await("late", func() bool { return w.heard("qa", "too old to be answered", "/qa down feature/login") })
	if w.env("feature/login").Spec.Released {
		t.Error("it was taken down")
	}
}

func TestQuestionsAreForOnePerson(t *testing.T) {
	e := store.Environment{ID: "x", Spec: store.Spec{Version: 3, Branch: "qa/x"}}
	q := question{Revision: revision("x", 3), User: "U1", Until: noon, Verb: verbDown}
	for _, c := range []struct {
		user string
		yes  bool
		at   time.Time
		v    int64
		want string
	}{
		{"U1", true, noon, 3, ""}, {"U2", true, noon, 3, confirmForeign}, {"U2", false, noon, 3, confirmForeign}, {"U1", false, noon, 3, confirmKept},
		{"U1", true, noon.Add(time.Second), 3, confirmLate}, {"U1", true, noon, 4, answerStale}, {"U1", false, noon.Add(time.Hour), 4, confirmKept},
	} {
		e.Spec.Version = c.v
		if got := q.answer(e, c.user, c.yes, c.at).Code; got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// When Slack cannot be asked nothing is changed, and everybody may look.
func TestSlackCannotBeAsked(t *testing.T) {
	for name, c := range map[string]struct {
		lacks string
		fault slacksim.Fault
		says  []string
	}{
		"no scope for people":    {lacks: "users:read", says: []string{"the app lacks `users:read`", "OAuth"}},
		"no scope for groups":    {lacks: "usergroups:read", says: []string{"the app lacks `usergroups:read`", "OAuth"}},
		"people do not answer":   {fault: slacksim.Fault{Method: "users.info", Status: 500, Times: 50}, says: []string{"did not answer `users.info`", "in a minute"}},
		"channels do not answer": {fault: slacksim.Fault{Method: "conversations.info", Error: "internal_error", Times: 50}, says: []string{"did not answer `conversations.info`"}},
		"too many questions":     {fault: slacksim.Fault{Method: "usergroups.list", Status: 429, RetryAfter: 30, Times: 1}, says: []string{"Slack wants me to wait", "Try again in 30s"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options, so *slacksim.Options) {
				town(Rule{Who: []string{"@qa-leads"}, May: []string{groupChange, groupDestroy}})(o, so)
				so.Scopes = slicesWithout(so.Scopes, c.lacks)
				o.Now = func() time.Time { return noon }
			})
			w.commit("feature/login", "first")
			w.run()
			if c.fault.Method != "" {
				if err := w.slack.Fail(c.fault); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				w.type_("cho", "qa", "up feature/login")
				w.refusedOnce("refusal", "cho", "qa", append(c.says, "Nothing was changed")...)
			}
			if v := w.env("feature/login").Spec.Version; v != 0 {
				t.Errorf("version %d: something was wished", v)
			}
			w.type_("cho", "qa", "list")
			w.await("a look", func() bool { return w.heard("qa", "No branch has an environment") })
		})
	}
}

func slicesWithout(all []string, one string) (out []string) {
	for _, s := range all {
		if s != one {
			out = append(out, s)
		}
	}
	return out
}

// Answers of Slack's are good for five minutes, so who joins or leaves a group is noticed then.
func TestGroupsAreAskedForAgain(t *testing.T) {
	now := noon
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		town(leadsDestroy()...)(o, so)
		o.Now = func() time.Time { return now }
	})
	at := place{User: w.slack.UserID("ben"), Team: "T0SLACKSIM", Channel: w.slack.ChannelID("qa")}
	in := func() bool {
		f := w.bot.people.facts(t.Context(), at, true)
		return f.Person == member && f.Ground == ownGround && f.Name == "qa" && len(f.Groups) == 2
	}
	if in() {
		t.Fatal("ben is in a group already")
	}
	if err := w.slack.ChangeGroup(slacksim.GroupChange{Handle: "qa-leads", Users: []string{"ben"}}); err != nil {
		t.Fatal(err)
	}
	if now = now.Add(factsKept - time.Second); in() {
		t.Error("Slack was asked again within five minutes")
	}
	if now = now.Add(2 * time.Second); !in() {
		t.Error("after five minutes ben is in no group")
	}
	if err := w.slack.ChangeGroup(slacksim.GroupChange{Handle: "qa-leads", Disabled: ref(true)}); err != nil {
		t.Fatal(err)
	}
	if now = now.Add(factsKept); in() {
		t.Error("a group that is switched off counts")
	}
	if err := w.slack.ChangeUser(slacksim.UserChange{User: "ben", Deleted: ref(true)}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(factsKept)
	if got := w.bot.people.facts(t.Context(), at, false).Person; got != departed {
		t.Errorf("ben, whose account is switched off, is %q", got)
	}
	if got := w.bot.people.facts(t.Context(), place{User: "U0NOBODY"}, false); got.Person != stranger || got.Ground != directGround {
		t.Errorf("somebody Slack does not know: %+v", got)
	}
}

// An app that is installed for an enterprise names the workspace, and knows its people by the enterprise.
func TestEnterpriseInstallation(t *testing.T) {
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		town(leadsDestroy()...)(o, so)
		so.Enterprise = "E0ACME"
	})
	w.commit("feature/login", "first")
	w.run()
	w.up("ana")
	w.type_("cho", "qa", "down feature/login")
	w.await("question", func() bool { return strings.Contains(w.whisper("cho", "qa").Text, "somebody else's") })
	w.click("cho", "qa", w.whisper("cho", "qa").TS, actionConfirm)
	w.await("down", func() bool { return w.env("feature/login").Spec.Released })
	w.type_("eve", "qa", "up feature/login")
	w.await("refusal", func() bool { return strings.Contains(w.whisper("eve", "qa").Text, "another organisation") })
	acts := w.acts()
	if last := acts[len(acts)-1]; last.Team != "T0ELSEWHERE" || acts[0].Team != "T0SLACKSIM" {
		t.Errorf("teams of the acts: %q and %q", acts[0].Team, last.Team)
	}
}

// What people ask for is in the journal even where it came to nothing.
func TestEveryAskingIsAnAct(t *testing.T) {
	w := newWorld(t, town())
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up nothing/here")
	w.await("no branch", func() bool { return w.heard("qa", "There is no branch") })
	w.type_("ana", "qa", "down nothing/here")
	w.await("no environment", func() bool { return w.heard("qa", "has no environment") })
	w.type_("ana", "qa", "up feature/login")
	w.await("up", func() bool { return w.env("feature/login").Spec.Version == 1 })
	w.type_("ben", "qa", "up feature/login")
	w.await("on its way", func() bool { return w.heard("qa", "on its way") })
	c2 := w.commit("feature/login", "second")
	w.deliver()
	w.await("pushed", func() bool { return w.env("feature/login").Spec.Commit == c2 })
	w.wantActs("ana command up nothing/here nothing answer.no-such-branch", "ana command down nothing/here nothing answer.not-there",
		"ana command up feature/login done answer.started", "ben command up feature/login nothing answer.on-its-way",
		"ben webhook push feature/login done answer.moved")
	push := w.acts()[4]
	if push.User != "" || push.Commit != c2 || push.App != "shop" || push.Repo != testRepo || push.Environment != w.id("feature/login") || push.Version != 2 {
		t.Errorf("act of the push: %+v", push)
	}
	w.type_("ben", "qa", "history nothing/here")
	w.await("history of what never was", func() bool { return w.heard("qa", "there was no such branch", "What became of") })
}

func TestExpiryIsAnAct(t *testing.T) {
	now := noon
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		o.Now, o.KeepActs = func() time.Time { return now }, 100*time.Hour
	})
	end := noon.Add(time.Hour)
	if _, err := w.store.Want(t.Context(), w.id("qa/x"), func(s *store.Spec) ([]store.Event, error) {
		s.App, s.Repo, s.Branch, s.ExpiresAt = "shop", testRepo, "qa/x", end
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	r := newAuditor(w.bot)
	for range 3 {
		r.look(t.Context())
		now = now.Add(40 * time.Minute)
	}
	w.wantActs(" expiry down qa/x done label.expired")
	if at := w.acts()[0].At; !at.Equal(end) {
		t.Errorf("at %s, want %s", at, end)
	}
	newAuditor(w.bot).look(t.Context()) // another process
	if n := len(w.acts()); n != 1 {
		t.Errorf("%d acts, want 1", n)
	}
	now = now.Add(101 * time.Hour)
	newAuditor(w.bot).look(t.Context())
	if n := len(w.acts()); n != 0 {
		t.Errorf("%d acts after they were to be kept, want 0: %v", n, w.shortActs())
	}
}

// A form that somebody may not send says so in the form, with names in words, and stays open.
func TestFormsAreRefused(t *testing.T) {
	w := newWorld(t, town(Rule{Who: []string{owner, "@qa-leads"}, May: []string{groupChange, groupDestroy}}))
	w.commit("feature/login", "first")
	w.run()
	w.up("ana")
	for _, c := range []struct{ user, says, code string }{
		{"ben", "You may not use up here. Nothing was changed. Ask @ana (the owner) or @qa-leads.", refusedRule},
		{"guest", "guests may only look. Nothing was changed. Ask @ana (the owner) or @qa-leads.", refusedGuest},
		{"eve", "from another organisation", refusedStranger},
	} {
		w.type_(c.user, "qa", "up")
		v := w.modal(c.user, callbackForm)
		block := blockBranch + ":shop"
		w.await("the list", func() bool { return w.suggested(c.user, v, block, "login")["feature/login"] != "" })
		value := w.suggested(c.user, v, block, "login")["feature/login"]
		faults := w.submit(c.user, v, slacksim.Values{block: {elementBranch: value}})
		if !strings.Contains(faults[block], c.says) {
			t.Errorf("%s: faults %v, want %q", c.user, faults, c.says)
		}
		if n := len(w.slack.Views(c.user)); n != 1 {
			t.Errorf("%s: %d forms are open", c.user, n)
		}
	}
	if v := w.env("feature/login").Spec.Version; v != 1 {
		t.Errorf("version %d: something was wished", v)
	}
	w.wantActs("ana command up feature/login done answer.started", "ben modal up feature/login refused refused.rule",
		"guest modal up feature/login refused refused.guest", "eve modal up feature/login refused refused.stranger")
}

// App Home shows everything that may be looked at, and answers with the refusal where something may not be done.
func TestHomeIsRefused(t *testing.T) {
	w := newWorld(t, town())
	w.commit("feature/login", "first")
	w.run()
	w.up("ana")
	if err := w.slack.OpenHome("guest", ""); err != nil {
		t.Fatal(err)
	}
	w.sees("guest", "feature/login")
	menu := func(verb string) {
		t.Helper()
		e := w.env("feature/login")
		w.await("menu", func() bool {
			v, _ := w.slack.Home("guest")
			return w.slack.Act(t.Context(), slacksim.Action{
				User: "guest", ViewID: v.ID, BlockID: fmt.Sprintf("row:0:%s:%d", e.ID, e.Spec.Version), ActionID: actionMenu, Value: verb + "|" + revision(e.ID, e.Spec.Version),
			}) == nil
		})
	}
	menu(verbSleep)
	w.sees("guest", "You are a guest in this workspace")
	menu(verbDown)
	if faults := w.submit("guest", w.modal("guest", callbackSure), nil); len(faults) > 0 {
		t.Fatal(faults)
	}
	if v := w.modal("guest", callbackTold); !strings.Contains(wordsOf(v.Blocks), "You are a guest in this workspace") {
		t.Errorf("the view says %s", wordsOf(v.Blocks))
	}
	if v := w.env("feature/login").Spec.Version; v != 1 {
		t.Errorf("version %d: something was wished", v)
	}
	w.wantActs("ana command up feature/login done answer.started", "guest home sleep feature/login refused refused.guest",
		"guest home down feature/login refused refused.guest")
}

// What a rule keeps from somebody's eyes is in none of the places where environments are shown.
func TestLookingMayBeRestricted(t *testing.T) {
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		town()(o, so)
		hidden := testApp()
		hidden.Name, hidden.Deploys = "pay", nil
		hidden.Permissions = []Rule{{Who: []string{"@qa-leads"}, May: []string{groupLook, groupChange, groupDestroy}}}
		o.Apps, o.Questions = append(o.Apps, hidden), &oracle{}
	})
	w.commit("feature/login", "first")
	w.commit("feature/secret", "first")
	w.run()
	w.type_("cho", "qa", "up pay feature/secret")
	w.type_("ana", "qa", "up shop feature/login")
	pay := store.NewID(testInstall, "pay", "feature/secret")
	w.await("up", func() bool {
		e, err := w.store.Get(t.Context(), pay)
		return err == nil && e.Spec.Version == 1 && w.env("feature/login").Spec.Version == 1
	})
	w.write("ana", "@ana", "list", "")
	w.await("list", func() bool { return w.heard("@ana", "Environments: 1", "feature/login") })
	w.write("ana", "@ana", "list pay", "")
	w.await("refusal of the list", func() bool { return w.heard("@ana", "You may not use `list` here", "Ask @qa-leads") })
	w.write("ana", "@ana", "status feature/secret", "")
	w.await("refusal of the status", func() bool { return w.heard("@ana", "You may not use `status` here") })
	w.write("ana", "@ana", "history feature/secret", "")
	w.await("refusal of the history", func() bool { return w.heard("@ana", "You may not use `history` here") })
	w.write("ana", "@ana", "history", "")
	w.await("history of the rest", func() bool { return w.heard("@ana", "What was asked lately", "shop feature/login") })
	if w.heard("@ana", "What was asked lately", "pay feature/secret") {
		t.Error("the history of all shows what may not be looked at")
	}
	w.write("ana", "@ana", "top", "")
	w.await("top of the rest", func() bool { return w.heard("@ana", "The database now", "feature/login") })
	if w.heard("@ana", "The database now", "feature/secret") {
		t.Error("the top of all shows what may not be looked at")
	}
	w.write("ana", "@ana", "top pay", "")
	w.await("refusal of the top", func() bool { return w.heard("@ana", "You may not use `top` here") })
	if err := w.slack.OpenHome("ana", ""); err != nil {
		t.Fatal(err)
	}
	w.sees("ana", "feature/login")
	if v, _ := w.slack.Home("ana"); strings.Contains(wordsOf(v.Blocks), "feature/secret") {
		t.Error("App Home shows what may not be looked at")
	}
	w.write("cho", "@cho", "list", "")
	w.await("list for the group", func() bool { return w.heard("@cho", "Environments: 2") })
	for _, s := range w.shortActs() {
		if strings.Contains(s, "refused") && !strings.HasSuffix(s, refusedRule) {
			t.Error(s)
		}
	}
}

// A rule that holds in some places only is kept by the form: what counts is where its story is told.
func TestFormsAreRefusedElsewhere(t *testing.T) {
	w := newWorld(t, town(Rule{Who: []string{everyone}, May: []string{groupChange, groupDestroy}, Where: []string{"#qa"}}))
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up")
	v, block, where := w.modal("ana", callbackForm), blockBranch+":shop", blockWhere+":"+w.slack.ChannelID("qa")
	w.await("the list", func() bool { return w.suggested("ana", v, block, "login")["feature/login"] != "" })
	value := w.suggested("ana", v, block, "login")["feature/login"]
	for _, elsewhere := range []any{nil, "dev"} {
		faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}, where: {elementWhere: elsewhere}})
		if got := faults[where]; got != "From there nothing may be brought up. Choose #qa." {
			t.Errorf("%v: faults %v", elsewhere, faults)
		}
	}
	if v := w.env("feature/login").Spec.Version; v != 0 {
		t.Errorf("version %d: something was wished", v)
	}
	if faults := w.submit("ana", v, slacksim.Values{block: {elementBranch: value}, where: {elementWhere: "qa"}}); len(faults) > 0 {
		t.Fatal(faults)
	}
	w.await("the wish", func() bool { return w.env("feature/login").Spec.Version == 1 })
	w.wantActs("ana modal up feature/login refused refused.place", "ana modal up feature/login refused refused.place", "ana modal up feature/login done answer.started")
}

// What is suggested names nothing that may not be looked at: no branch, no environment, no pull request, in no form.
func TestSuggestionsHideWhatIsHidden(t *testing.T) {
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		town()(o, so)
		hidden := testApp()
		hidden.Name, hidden.Repo, hidden.Deploys = "pay", "acme/pay", nil
		hidden.Permissions = []Rule{{Who: []string{"@qa-leads"}, May: []string{groupLook, groupChange, groupDestroy}}}
		o.Apps = append([]App{hidden}, o.Apps...)
	})
	w.commit("feature/login", "first")
	shop := w.bare
	w.bare = w.hub.Path("acme", "pay")
	w.commit("feature/secret", "first")
	w.commit("feature/login", "first")
	w.bare = shop
	w.run()
	w.type_("cho", "qa", "up pay feature/secret")
	pay := store.NewID(testInstall, "pay", "feature/secret")
	w.await("up", func() bool { e, err := w.store.Get(t.Context(), pay); return err == nil && e.Spec.Version == 1 })
	said := func(words string, until ...string) {
		t.Helper()
		w.write("ana", "@ana", words, "")
		w.await("an answer to "+words, func() bool { return w.heard("@ana", until...) })
	}
	said("up feature/secre", "There is no branch", "feature/secre", "acme/shop")
	said("down feature/secre", "feature/secre", "has no environment")
	said("up feature secret", "is more than one word")
	said("down", "Which branch?")
	said("up feature/login", "Bringing up", "feature/login") // of the two the one that ana may see
	w.type_("ana", "qa", "up")
	v := w.modal("ana", callbackForm)
	if words := wordsOf(v.Blocks); strings.Contains(words, "pay") {
		t.Errorf("the form says %s", words)
	}
	w.await("the list", func() bool { return w.suggested("ana", v, blockBranch+":shop", "feature")["feature/login"] != "" })
	_, err := w.slack.Suggest(t.Context(), slacksim.Action{User: "ana", ViewID: v.ID, BlockID: blockBranch + ":pay", ActionID: elementBranch}, "feature")
	if err == nil {
		t.Error("the form searches in what is hidden")
	}
	if said := w.transcript("@ana"); strings.Contains(said, "feature/secret") || strings.Contains(said, "acme/pay") {
		t.Errorf("ana read of what is hidden\n%s", said)
	}
	w.type_("cho", "qa", "up")
	if words := string(w.modal("cho", callbackForm).Blocks); !strings.Contains(words, `"pay"`) {
		t.Errorf("the form of the group has no app pay: %s", words)
	}
}
