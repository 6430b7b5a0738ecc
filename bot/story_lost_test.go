package bot

import (
	"fmt"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// told is a story that has begun in #qa, with ana asking.
func told(t *testing.T, change func(*Options, *slacksim.Options)) *world {
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		so.Users = []slacksim.User{{Name: "ana"}, {Name: "ben"}}
		so.Channels = []slacksim.Channel{{Name: "qa", HasBot: true}, {Name: "home", HasBot: true}}
		o.Apps[0].Channel = "home"
		if change != nil {
			change(o, so)
		}
	})
	w.want("feature/x", w.commit("feature/x", "1"))
	w.narrate(w.bot.narrator, "feature/x")
	if n := len(w.parents("qa")); n != 1 {
		t.Fatalf("%d parents, want 1", n)
	}
	return w
}

func (w *world) change(c slacksim.ChannelChange) {
	w.t.Helper()
	if err := w.slack.ChangeChannel(c); err != nil {
		w.t.Fatal(err)
	}
}

// ready lets the deployment end, which the closing reply and the parent tell.
func (w *world) ready() {
	w.t.Helper()
	c := w.env("feature/x").Spec.Commit
	w.provision("feature/x", serve(c), store.Event{Key: fmt.Sprint("r", w.tick), Code: store.EventReady, At: time.Now(), Commit: c})
}

// told tells whether the end is told in a channel: by one parent and one reply.
func (w *world) endTold(channel string) bool {
	for _, p := range w.parents(channel) {
		if len(p.Text) > 0 && p.Text[:3] == "✅" && len(p.Replies) == 1 {
			return true
		}
	}
	return false
}

// Whatever becomes of the thread, the story of an environment that lives on is told: in a new parent, or where the people
// are who asked for it.
func TestStoriesSurviveTheirThread(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(w *world, parent slacksim.Message)
		told string // channel in which the end is told
		new  bool   // by a new parent
	}{
		"nothing happened": {func(*world, slacksim.Message) {}, "qa", false},
		"parent deleted": {func(w *world, m slacksim.Message) {
			if _, _, err := w.bot.slackAPI.DeleteMessageContext(w.t.Context(), m.Channel, m.TS); err != nil {
				w.t.Fatal(err)
			}
		}, "qa", true},
		"channel archived": {func(w *world, _ slacksim.Message) {
			w.change(slacksim.ChannelChange{Channel: "qa", Archived: ref(true)})
		}, "@ana", true},
		"bot removed": {func(w *world, _ slacksim.Message) {
			w.change(slacksim.ChannelChange{Channel: "qa", HasBot: ref(false)})
		}, "@ana", true},
		"bot removed from a private channel": {func(w *world, _ slacksim.Message) {
			w.change(slacksim.ChannelChange{Channel: "qa", HasBot: ref(false), Private: ref(true)})
		}, "@ana", true},
		"channel renamed": {func(w *world, _ slacksim.Message) {
			w.change(slacksim.ChannelChange{Channel: "qa", Name: ref("quality")})
		}, "quality", false},
		"channel archived, and who asked has left": {func(w *world, _ slacksim.Message) {
			w.change(slacksim.ChannelChange{Channel: "qa", Archived: ref(true)})
			w.fail(slacksim.Fault{Method: "conversations.open", Error: "user_disabled", Times: -1})
		}, "home", true},
	} {
		for _, doubt := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in doubt %v", name, doubt), func(t *testing.T) {
				w := told(t, nil)
				n := w.bot.narrator
				if doubt {
					n = newNarrator(w.bot) // another process, which does not know what the first one said
				}
				parent := w.parents("qa")[0]
				c.lose(w, parent)
				w.ready()
				w.narrate(n, "feature/x")
				if !w.endTold(c.told) {
					t.Errorf("the end is not told in %s:\n%s%s%s", c.told, w.transcript("qa"), w.transcript(c.told), w.transcript("home"))
				}
				if now := w.env("feature/x").Thread; (now.TS != parent.TS) != c.new {
					t.Errorf("told in %+v", now)
				}
				// It lives on there: the next event comes into the same thread.
				w.provision("feature/x", serve(w.env("feature/x").Spec.Commit), store.Event{Key: "e", Code: store.EventTrouble, At: time.Now(), Detail: store.Say(store.Unreachable, "MySQL")})
				w.narrate(n, "feature/x")
				ps := w.parents(c.told)
				if last := ps[len(ps)-1]; len(last.Replies) != 2 {
					t.Errorf("%d replies after another event, want 2\n%s", len(last.Replies), w.transcript(c.told))
				}
			})
		}
	}
}

// Where nobody can be told, nothing is kept waiting; once there is a place again the story is told there.
func TestStoryWithoutAPlace(t *testing.T) {
	w := told(t, func(o *Options, _ *slacksim.Options) { o.Apps[0].Channel = "nowhere" })
	w.change(slacksim.ChannelChange{Channel: "qa", Archived: ref(true)})
	w.fail(slacksim.Fault{Method: "conversations.open", Error: "user_disabled", Times: -1})
	w.ready()
	w.narrate(w.bot.narrator, "feature/x")
	if left, err := w.store.Changed(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left to tell: %v, %v", left, err)
	}
	w.change(slacksim.ChannelChange{Channel: "qa", Archived: ref(false)})
	w.provision("feature/x", all(store.Working))
	w.narrate(w.bot.narrator, "feature/x")
	if n := len(w.parents("qa")); n != 2 {
		t.Errorf("%d parents, want the one before and a new one\n%s", n, w.transcript("qa"))
	}
}

// The channel in which branches are told keeps being found after it was renamed.
func TestHomeRenamed(t *testing.T) {
	w := told(t, nil)
	home := w.bot.home(t.Context(), w.bot.opt.Apps[0])
	w.change(slacksim.ChannelChange{Channel: "home", Name: ref("elsewhere")})
	if got := w.bot.home(t.Context(), w.bot.opt.Apps[0]); got == "" || got != home {
		t.Errorf("home is %q, want %q", got, home)
	}
}
