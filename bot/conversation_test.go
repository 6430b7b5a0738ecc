package bot

import (
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// The life of an environment as people see it, with everything real but what lies behind the store.
func TestUpPushFailRetryDown(t *testing.T) {
	w := newWorld(t, nil)
	w.git("update-ref", "refs/heads/main", w.commit("feature/login", "first"))
	w.deliver()
	w.run()

	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 })
	parent := w.parents("qa")[0]
	if !strings.HasPrefix(parent.Text, "⏳ `feature/login`: Deploying") {
		t.Errorf("parent says %q", parent.Text)
	}
	w.await("acknowledgement", func() bool { return w.heard("qa", "only", "Looking at") })

	w.type_("ben", "qa", "up feature/login")
	w.await("on its way", func() bool { return strings.Contains(w.whisper("ben", "qa").Text, "on its way already") })
	if v := w.env("feature/login").Spec.Version; v != 1 {
		t.Errorf("version %d after a second up, want 1: nothing was to be wished", v)
	}

	c1 := w.env("feature/login").Spec.Commit
	w.provision("feature/login", serve(c1), store.Event{Key: "ready/1", Code: store.EventReady, At: time.Now(), Commit: c1, Took: 242 * time.Second})
	w.await("closing reply", func() bool { return w.heard("qa", "<@"+w.slack.UserID("ana")+">", "is up", "4m 2s") })
	w.await("parent up", func() bool { return strings.HasPrefix(w.parents("qa")[0].Text, "✅") })

	w.type_("ana", "qa", "up feature/login")
	w.await("already up", func() bool { return w.heard("qa", "is up already", "http://app.qa.example.com") })

	c2 := w.commit("feature/login", "drop users.age <!channel>")
	w.deliver()
	w.await("push followed", func() bool { return w.env("feature/login").Spec.Commit == c2 })
	w.await("push told", func() bool { return w.heard("qa", "pushed", "drop users.age") })

	w.provision("feature/login", func(st *store.Status) {
		serve(c1)(st)
		st.Seen["migration"] = store.Observation{State: store.Failed, Detail: store.Say(store.MigrationFailed, "migrate")}
	}, store.Event{
		Key: "failed/2", Code: store.EventFailed, At: time.Now(), Kind: "migration", Generation: 2,
		Detail: store.Say(store.MigrationFailed, "migrate"), Lines: []string{"Unknown column 'age'"}, URL: "https://logs.example.com/1",
	})
	w.await("failure told", func() bool {
		return w.heard("qa", "failed at", "Unknown column", "Still serving", c1[:7], "/qa retry feature/login")
	})
	if strings.Contains(w.transcript("qa"), "<!channel>") && !strings.Contains(w.transcript("qa"), "`drop users.age &lt;!channel&gt;`") {
		t.Error("a commit's subject could mention the channel")
	}
	failure := w.parents("qa")[0]
	reply := failure.Replies[len(failure.Replies)-1]
	if err := w.slack.Click(t.Context(), "ben", "qa", reply.TS, "qa_retry"); err != nil {
		t.Fatal(err)
	}
	w.await("retry", func() bool {
		e := w.env("feature/login")
		return e.Spec.Generation == 3 && e.Spec.Asked.Verb == verbRetry
	})
	if err := w.slack.Click(t.Context(), "ben", "qa", reply.TS, "qa_retry"); err != nil {
		t.Fatal(err)
	}
	w.await("stale click", func() bool { return w.heard("qa", "This changed meanwhile") })
	if g := w.env("feature/login").Spec.Generation; g != 3 {
		t.Errorf("generation %d after a stale click, want 3", g)
	}

	w.provision("feature/login", serve(c2))
	if _, err := w.slack.Message(t.Context(), "ana", "qa", "@qabot down", failure.TS); err != nil {
		t.Fatal(err)
	}
	w.await("released", func() bool { return w.env("feature/login").Spec.Released })
	w.provision("feature/login", all(store.Absent), store.Event{Key: "removed/4", Code: store.EventRemoved, At: time.Now(), Took: time.Minute})
	w.await("removal told", func() bool { return w.heard("qa", "is taken down; nothing of it is left") })
	w.await("parent removed", func() bool { return strings.HasPrefix(w.parents("qa")[0].Text, "🧹") })
	if n := len(w.parents("qa")); n != 1 {
		t.Errorf("%d parents, want 1", n)
	}

	w.type_("ana", "qa", "up feature/login")
	w.await("new parent", func() bool { return len(w.parents("qa")) == 2 })
}

func TestTyposAndUnknown(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up featuer/login")
	w.await("suggestion", func() bool { return w.heard("qa", "There is no branch `featuer/login`", "Did you mean") })
	m := w.whisper("ana", "qa")
	if err := w.slack.Click(t.Context(), "ana", "qa", m.TS, "qa_pick:0"); err != nil {
		t.Fatal(err)
	}
	w.await("picked", func() bool { return w.env("feature/login").Spec.Version == 1 })
	w.type_("ana", "qa", "down feature/logn")
	w.await("which exist", func() bool { return w.heard("qa", "has no environment", "/qa down feature/login") })
	w.type_("ana", "qa", "list")
	w.await("list", func() bool { return w.heard("qa", "Environments:", "feature/login", "Deploying") })
	w.type_("ana", "qa", "status feature/login")
	w.await("status", func() bool { return w.heard("qa", "Build the image", "Start admin") })
	w.type_("ana", "qa", "up feature login")
	w.await("one branch written as two words", func() bool {
		return w.heard("qa", "more than one word", "Did you mean", "feature/login")
	})
	w.type_("ana", "qa", "down")
	w.await("which of those there are", func() bool { return w.heard("qa", "Which branch?", "/qa down feature/login") })
	for typed, want := range map[string]string{
		"dwon feature/login": "/qa down", "help": "An environment of its own", "frobnicate": "Nothing was started", "": "New environment",
	} {
		ack, err := w.slack.Command(t.Context(), "ana", "qa", typed)
		if err != nil || !strings.Contains(ack.Text+string(ack.Blocks), want) {
			t.Errorf("%s: %v, answer %q, want %q in it", typed, err, ack.Text, want)
		}
	}
}

func TestOutsideTheChannel(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "general", "up feature/login")
	w.await("invitation", func() bool { return w.heard("general", "/invite @qabot") })
	im := w.env("feature/login").Spec.Asked.Channel
	w.await("story in direct messages", func() bool { return len(w.parents(im)) == 1 })
	if len(w.parents("general")) != 0 {
		t.Error("something was posted where the bot is not a member")
	}
}

func TestBranchPushedAndDeleted(t *testing.T) {
	w := newWorld(t, nil)
	w.run()
	c := w.commit("qa/a/b", "first")
	w.commit("feature/other", "not deployed by a push")
	w.deliver()
	w.await("brought up by a push", func() bool { return w.env("qa/a/b").Spec.Commit == c })
	e := w.env("qa/a/b")
	if e.Spec.Owner != "" || e.Spec.Asked.Verb != verbPush || e.Spec.Asked.Channel != w.slack.ChannelID("qa") {
		t.Errorf("spec %+v", e.Spec)
	}
	w.await("told in the app's channel", func() bool { return len(w.parents("qa")) == 1 })
	if v := w.env("feature/other").Spec.Version; v != 0 {
		t.Error("a push of another branch brought it up")
	}
	w.await("all heard", func() bool { // of events that come late none knows who deleted it
		lanes, err := w.store.Lanes(t.Context())
		return err == nil && len(lanes) == 0
	})
	w.git("update-ref", "-d", "refs/heads/qa/a/b")
	w.deliver()
	w.await("released", func() bool { return w.env("qa/a/b").Spec.Released })
	w.await("told", func() bool { return w.heard("qa", "Taking down", "ben deleted the branch") })
	if a := w.env("qa/a/b").Spec.Asked; a.Verb != verbDeleted {
		t.Errorf("asked %+v", a)
	}
}

// A parent that somebody deleted, and a channel that was archived, do not silence the story.
func TestThreadLost(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("parent", func() bool { return len(w.parents("qa")) == 1 && w.env("feature/login").Thread.TS != "" })
	if err := w.slack.ChangeChannel(slacksim.ChannelChange{Channel: "qa", Archived: ref(true)}); err != nil {
		t.Fatal(err)
	}
	c := w.env("feature/login").Spec.Commit
	w.provision("feature/login", serve(c), store.Event{Key: "ready/1", Code: store.EventReady, At: time.Now()})
	w.await("told in direct messages", func() bool {
		im := w.env("feature/login").Thread.Channel
		return im != w.slack.ChannelID("qa") && w.heard(im, "is up at")
	})
}

// The answer to a post is lost: the message is there, and must not come twice.
func TestPostedWithoutKnowing(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.run()
	if err := w.slack.Fail(slacksim.Fault{Method: "chat.postMessage", DropAfter: true}); err != nil {
		t.Fatal(err)
	}
	w.type_("ana", "qa", "up feature/login")
	w.await("thread known", func() bool { return w.env("feature/login").Thread.TS != "" })
	if n := len(w.parents("qa")); n != 1 {
		t.Fatalf("%d parents, want 1\n%s", n, w.transcript("qa"))
	}
	if err := w.slack.Fail(slacksim.Fault{Method: "chat.postMessage", DropAfter: true}); err != nil {
		t.Fatal(err)
	}
	w.provision("feature/login", all(store.Working), store.Event{Key: "t/1", Code: store.EventTrouble, At: time.Now(), Detail: store.Say(store.Unreachable, "MySQL")})
	w.await("told", func() bool {
		left, err := w.store.Untold(t.Context(), w.id("feature/login"))
		return err == nil && len(left) == 0
	})
	if n := strings.Count(w.transcript("qa"), "has to wait"); n != 2 { // once in the text, once in the blocks
		t.Errorf("said %d times\n%s", n/2, w.transcript("qa"))
	}
}

// With two apps of one repository a branch may be either's; and people may write to the bot alone, or mention it.
func TestTwoAppsAndDirectMessages(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		pay := testApp()
		pay.Name, pay.Deploys = "pay", nil
		o.Apps = append(o.Apps, pay)
	})
	w.commit("feature/login", "first")
	w.run()
	w.type_("ana", "qa", "up feature/login")
	w.await("question", func() bool { return w.heard("qa", "in several apps", "shop", "pay") })
	if err := w.slack.Click(t.Context(), "ana", "qa", w.whisper("ana", "qa").TS, "qa_pick:1"); err != nil {
		t.Fatal(err)
	}
	pay := store.NewID(testInstall, "pay", "feature/login")
	w.await("picked", func() bool { e, err := w.store.Get(t.Context(), pay); return err == nil && e.Spec.App == "pay" })

	if _, err := w.slack.Message(t.Context(), "ben", "@qabot", "up shop “feature/login”", ""); err != nil {
		t.Fatal(err)
	}
	w.await("up by direct message", func() bool { return w.env("feature/login").Spec.Version == 1 })
	im := w.env("feature/login").Spec.Asked.Channel
	w.await("story in direct messages", func() bool { return w.heard(im, "Deploying") && w.heard(im, "Bringing up") })

	if _, err := w.slack.Message(t.Context(), "ana", "qa", "@qabot down shop feature/login", ""); err != nil {
		t.Fatal(err)
	}
	w.await("question", func() bool { return w.heard("qa", "only", "somebody else's", "Take down") })
	if err := w.slack.Click(t.Context(), "ana", "qa", w.whisper("ana", "qa").TS, actionConfirm); err != nil {
		t.Fatal(err)
	}
	w.await("down by mention", func() bool { return w.env("feature/login").Spec.Released })
	if _, err := w.slack.Message(t.Context(), "ana", "qa", "@qabot retry", "1.000001"); err == nil {
		w.await("unknown thread", func() bool { return w.heard("qa", "which branch this thread is about") })
	}
}
