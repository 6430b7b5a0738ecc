package bot

import (
	"strings"
	"testing"

	"qabot/bot/slacksim"
	"qabot/store"
)

// What no row knows of is listed first; only without a dry run, and only where it is proven to be ours, a tombstone is made.
func TestGC(t *testing.T) {
	lost, copied := store.NewID("test", "shop", "qa/lost"), store.NewID("test", "shop", "qa/copied")
	said := &oracle{traces: []store.Trace{
		{Environment: lost, App: "shop", Branch: "qa/lost", What: store.Say(store.ThingTagged, "ssm parameter/qabot/test/x/DATABASE_URL")},
		{Environment: lost, App: "shop", What: store.Say(store.ThingSchema, "qa_shop_lost")},
		{Environment: lost, What: store.Say(store.ThingAccount, "qa_lost"), Doubt: store.DoubtUnmarked},
		{Environment: copied, What: store.Say(store.ThingSchema, "qa_copy"), Doubt: store.DoubtName},
		{Environment: "other-aaaaaaa", App: "till", What: store.Say(store.ThingTagged, "ecs service/x")},
	}}
	w := newWorld(t, func(o *Options, _ *slacksim.Options) { o.Questions = said })
	list := func(dry bool) string {
		t.Helper()
		text, err := w.bot.GC(t.Context(), dry)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	want := `This bears my marks, or looks as if it did, and belongs to no environment (3):
- ` + string(lost) + ` (qa/lost) is not known to me:
    ssm parameter/qabot/test/x/DATABASE_URL
    schema qa_shop_lost
- other-aaaaaaa is left alone: its app is not in the configuration
    ecs service/x
- ` + string(copied) + ` is left alone: it bears my marks, but not the name that belongs to them
    schema qa_copy
`
	if got := list(true); !strings.HasPrefix(got, want) || !strings.Contains(got, "Nothing was changed") {
		t.Errorf("a dry run says:\n%s\nwant:\n%s", got, want)
	}
	all, err := w.store.List(t.Context())
	if err != nil || len(all) > 0 {
		t.Fatalf("a dry run made %d rows (%v)", len(all), err)
	}
	if got := list(false); !strings.HasPrefix(got, want) || !strings.Contains(got, "taken away now: 1.") {
		t.Errorf("gc says:\n%s", got)
	}
	all, err = w.store.List(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != lost || !all[0].Spec.Released || all[0].Spec.App != "shop" || all[0].Spec.Branch != "qa/lost" || all[0].Phase(noon) != store.Removing {
		t.Errorf("rows after it: %+v (%v)", all, err)
	}
	acts, err := w.store.Acts(t.Context(), store.ActQuery{Environment: lost})
	if err != nil || len(acts) != 1 || acts[0].Way != store.WayShell || acts[0].Verb != verbGC {
		t.Errorf("in the audit journal: %+v (%v)", acts, err)
	}
}
