package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// colleagues are somebody from each corner: English, Japanese, and a language that the catalogue does not have.
func colleagues() []slacksim.User {
	return []slacksim.User{{Name: "ana"}, {Name: "sato", Locale: "ja-JP"}, {Name: "jörg", Locale: "de-DE"}}
}

// What one person sees is in that person's language, what many see in the installation's.
func TestEverybodyInTheirLanguage(t *testing.T) {
	for _, c := range []struct{ installation, thread, jörg string }{
		{English, "asked by", "An environment of its own"},
		{Japanese, "依頼:", "専用の環境を"},
	} {
		t.Run(c.installation, func(t *testing.T) {
			w := newWorld(t, func(o *Options, so *slacksim.Options) { o.Language, so.Users = c.installation, colleagues() })
			w.commit("feature/login", "first")
			w.run()
			for who, want := range map[string]string{"ana": "An environment of its own", "sato": "専用の環境を", "jörg": c.jörg} {
				for range 2 { // once when the language has to be asked for, once when it is known
					w.type_(who, "qa", "help")
					w.await(who+"'s help", func() bool { return strings.Contains(w.whisper(who, "qa").Text, want) })
				}
				if said := w.whispers(who, "qa"); len(said) != 2 {
					t.Errorf("%s was whispered %q, want the help twice and nothing else", who, said)
				}
			}
			w.type_("sato", "qa", "upp feature/login")
			w.await("a wrong word", func() bool {
				return strings.Contains(w.whisper("sato", "qa").Text, "というコマンドはありません")
			})
			w.type_("sato", "qa", "up feature/login")
			w.await("parent", func() bool { return len(w.parents("qa")) == 1 && w.heard("qa", c.thread) })
			w.type_("sato", "qa", "status feature/login")
			w.await("status", func() bool { return w.heard("qa", "only", "デプロイ中", "イメージのビルド") })

			w.provision("feature/login", all(store.Failed), store.Event{
				Key: "failed/1", Code: store.EventFailed, At: time.Now(), Kind: "image", Generation: 1, Detail: store.Say(store.BuildFailed, "BUILD"),
			})
			parent := w.parents("qa")[0]
			w.await("failure", func() bool { return len(w.parents("qa")[0].Replies) > 0 })
			reply := w.parents("qa")[0].Replies[0]
			for range 2 {
				if err := w.slack.Click(t.Context(), "sato", "qa", reply.TS, "qa_retry"); err != nil {
					t.Fatal(err)
				}
			}
			w.await("answer to the second click", func() bool { return w.heard("qa", "only", "その後に状況が変わったため") })
			if _, err := w.slack.Message(t.Context(), "ana", "qa", "@qabot status", parent.TS); err != nil {
				t.Fatal(err)
			}
			w.await("answer in the thread", func() bool { return w.heard("qa", "only", "Deploying", "Build the image") })
			if _, err := w.slack.Message(t.Context(), "sato", "@sato", "list", ""); err != nil {
				t.Fatal(err)
			}
			w.await("direct answer", func() bool { return w.heard("@sato", "環境: 1 件") })
		})
	}
}

// Without the scope to ask, everybody is spoken to in the installation's language, and Slack is not asked again and again.
func TestLanguageWithoutScope(t *testing.T) {
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		o.Language, so.Users = Japanese, colleagues()
		so.Scopes = slices.DeleteFunc(neededScopes(), func(s string) bool { return s == "users:read" })
	})
	w.run()
	w.type_("ana", "qa", "help")
	w.await("help", func() bool { return strings.Contains(w.whisper("ana", "qa").Text, "専用の環境を") })
	if language, ok := w.bot.voices.recall(w.slack.UserID("ana")); !ok || language != "" {
		t.Errorf("remembered %q, %v; want that the installation's language has to do", language, ok)
	}
}

func TestLanguageIsForgotten(t *testing.T) {
	now := noon
	w := newWorld(t, func(o *Options, so *slacksim.Options) {
		o.Now, so.Users = func() time.Time { return now }, colleagues()
	})
	id := w.slack.UserID("sato")
	if got, err := w.bot.voices.find(t.Context(), id); got != Japanese || err != nil {
		t.Fatalf("found %q, %v", got, err)
	}
	if got, err := w.bot.voices.find(t.Context(), ""); got != "" || err != nil {
		t.Errorf("nobody speaks %q, %v", got, err)
	}
	now = now.Add(voiceKept)
	if _, ok := w.bot.voices.recall(id); ok {
		t.Error("remembered for ever")
	}
	if got, err := w.bot.voices.find(t.Context(), "U0NOBODY"); got != "" || codeOf(err) != "user_not_found" {
		t.Errorf("somebody unknown speaks %q, %v", got, err)
	}
	now = now.Add(voiceDoubted - time.Second)
	if _, ok := w.bot.voices.recall("U0NOBODY"); !ok {
		t.Error("asked again at once")
	}
}
