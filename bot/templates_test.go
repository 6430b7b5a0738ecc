package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// The admin channel hears once of a template that could not be refreshed, and again when it fails another time.
func TestAdminsHearOfATemplateThatFails(t *testing.T) {
	since := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	template := store.Template{App: "shop", Name: "qa_template_shop", From: "shop_staging", At: since.Add(-24 * time.Hour)}
	w := newWorld(t, func(o *Options, _ *slacksim.Options) {
		o.Admin = "#qa"
		o.Templates = func(context.Context) ([]store.Template, error) { return []store.Template{template}, nil }
	})
	said := func() []slacksim.Message {
		t.Helper()
		for range 2 {
			if err := (templateWatch{w.bot}).look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.bot.sender.once(t.Context())
		return w.slack.Messages("qa")
	}
	if all := said(); len(all) != 0 {
		t.Errorf("it is well, and %d messages came", len(all))
	}
	template.Failing = since
	all := said()
	if len(all) != 1 || !strings.Contains(all[0].Text, "qa_template_shop") || !strings.Contains(all[0].Text, "qabot doctor") {
		t.Fatalf("%+v", all)
	}
	template.Failing = time.Time{}
	said()
	template.Failing = since.Add(24 * time.Hour)
	if all := said(); len(all) != 2 {
		t.Errorf("%d messages after it failed twice", len(all))
	}
}

func TestDataListTellsTheAgeOfTemplates(t *testing.T) {
	for language, wants := range map[string][]string{
		English:  {"qa_template_shop", "shop_staging", "first time"},
		Japanese: {"qa_template_shop", "shop_staging", "初めて"},
	} {
		v := withTemplates(Options{Command: "/qa"}.words(language), view{}, []store.Template{
			{Name: "qa_template_shop", From: "shop_staging", At: time.Unix(1_800_000_000, 0)}, {Name: "qa_template_other", From: "other"},
		})
		text := wordsIn(v)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it does not say %q:\n%s", language, want, text)
			}
		}
	}
}
