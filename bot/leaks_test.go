package bot

import (
	"context"
	"strings"
	"testing"

	"qabot/bot/slacksim"
	"qabot/store"
)

func someLeaks() store.Leaks {
	return store.Leaks{Number: 9, Keys: 5_000_000, Looked: 30_000, Found: []store.Leak{
		{Pattern: "rack::attack:*", Keys: 1204, Example: "rack::attack:1:ip", Maker: "Rack::Attack"},
		{Pattern: "queues", Keys: 1, Example: "queues"},
	}}
}

// The admin channel hears of keys of nobody once in a week, however often somebody looks, and however many processes do.
func TestAdminsHearOfKeysOfNobodyOnceAWeek(t *testing.T) {
	asked := 0
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		o.Admin = "#qa"
		o.Leaks = func(context.Context) (store.Leaks, error) { asked++; return someLeaks(), nil }
	})
	for range 3 {
		watch := &leakWatch{bot: w.bot}
		for range 2 {
			if err := watch.look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.bot.sender.once(t.Context())
	said := w.slack.Messages("qa")
	if len(said) != 1 || asked != 3 {
		t.Fatalf("%d messages after %d looks, want one", len(said), asked)
	}
	for _, want := range []string{"30000", "no environment", "doctor"} {
		if !strings.Contains(said[0].Text, want) {
			t.Errorf("it does not say %q: %s", want, said[0].Text)
		}
	}
}

func TestLeaksSayWhoMakesThem(t *testing.T) {
	for language, wants := range map[string][]string{
		English:  {"about 1204 × ", "rack::attack:*", "(Rack::Attack)", "such as ", "rack::attack:1:ip", "about 1 × "},
		Japanese: {"約 1204 件", "（Rack::Attack）", "例: "},
	} {
		v := leaks(Options{Command: "/qa"}.words(language), someLeaks())
		text := wordsIn(v)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it does not say %q:\n%s", language, want, text)
			}
		}
	}
}
