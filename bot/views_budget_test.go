package bot

import (
	"slices"
	"testing"
	"time"

	"qabot/store"
)

// queueing makes an environment one that waits for room, with those choices.
func queueing(choices ...store.Choice) func(*store.Environment) {
	return func(e *store.Environment) {
		e.Status.Seen["schema"] = store.Observation{State: store.Held, Detail: store.Say(store.SchemaQueued, 24, 18, 1), Choices: choices, Began: noon.Add(-time.Minute)}
	}
}

func exampleChoices() []store.Choice {
	return []store.Choice{
		{ID: "qa-cart-abcdefg", Version: 4, App: "shop", Branch: "qa/cart", Owner: "U02BEN", Since: noon.Add(-3 * time.Hour), Frees: 24},
		{ID: "qa-tax-abcdefg", Version: 2, App: "shop", Branch: "qa/tax", Since: noon.Add(-time.Hour), Frees: 24},
		{ID: "qa-new-abcdefg", Version: 3, App: "shop", Branch: "qa/new", Owner: "U02BEN", Since: noon.Add(-4 * time.Minute), Frees: 24, InUse: true},
	}
}

func budgetViews(settled func(func(*store.Environment)) scene, event func(func(*store.Environment), store.Event) view) map[string]view {
	return map[string]view{
		"parent_queued": settled(queueing(exampleChoices()...)).parent(),
		"reply_held":    event(queueing(), store.Event{Code: store.EventHeld, By: "U01ANA", Detail: store.Say(store.SchemaQueued, 24, 18, 1)}),
		"answer_plan_priced": settled(nil).plan(examplePlan(store.Absent, store.Apply),
			store.Connections{Usual: 14, Most: 24, Ours: 91, Free: 18, Place: 2, Limit: 20, Server: 151, Assumed: []string{"worker"}}, "x:0"),
		"answer_top": top(catalogueOf(settled), map[store.ID]scene{"a": settled(up)}, exampleTop("a")),
	}
}

func catalogueOf(settled func(func(*store.Environment)) scene) texts { return settled(nil).texts }

func exampleTop(id store.ID) store.Top {
	return store.Top{
		Connections: store.Connections{Used: 61, Server: 151, Ours: 91, Free: 18}, Others: 40, Waiting: 1,
		Environments: []store.Use{{ID: "unknown"}, {ID: id, Connections: 21, Promised: 24, Bytes: 3 << 29, Longest: 14 * time.Minute, Waits: 2,
			Guests: []store.Guest{{Account: "sato@10.0.0.5", Open: 20 * time.Minute}}}},
	}
}

func budgetBuilders() map[string]func(prey) []view {
	return map[string]func(prey) []view{
		"top": func(p prey) (out []view) {
			for _, s := range p.scenes() {
				found := exampleTop("x")
				found.Blind, found.Environments[1].Guests[0].Account = true, p.word
				out = append(out, top(p.texts, map[store.ID]scene{"x": s}, found))
			}
			return out
		},
		"scene.held": func(p prey) (out []view) {
			choices := exampleChoices()
			for i := range choices {
				choices[i].Branch, choices[i].App = p.branch(), p.word
			}
			s := newScene(p.texts, p.app, p.env(nil), noon, "https://github.com")
			queueing(choices...)(&s.env)
			return []view{s.held(p.event(store.EventHeld)), s.parent()}
		},
	}
}

// What not everybody may look at is offered to nobody in a channel.
func TestPrivateAppsAreNotOffered(t *testing.T) {
	choices := exampleChoices()
	choices[0].App = "pay"
	s := settled(queueing(choices...))
	s.private = []string{"pay", "shop"}
	if got := s.choices(); len(got) != 2 || got[0].Branch != "qa/tax" {
		t.Errorf("offered %+v", got)
	}
	if !slices.Equal(settled(up).choices(), nil) {
		t.Error("something is offered where nothing waits")
	}
}
