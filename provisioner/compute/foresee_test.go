package compute

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/provisioner"
	"qabot/store"
)

// foreseen asks for the plan of a Spec, and proves that nothing was changed by asking.
func (w *world) foreseen(spec store.Spec) (lines []string) {
	w.Helper()
	env, err := w.store.Get(w.Context(), w.id)
	if err != nil {
		env = store.Environment{ID: w.id}
	}
	env.Spec = spec
	before, kept := len(w.region.Calls()), w.keptNow()
	q := provisioner.Questions{Apps: w.rec.Apps, Now: w.region.Now, Log: slog.New(slog.NewTextHandler(w.Output(), nil))}
	all, err := q.Plan(w.Context(), env)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range w.region.Calls()[before:] {
		if c.Changes {
			w.Errorf("to plan changed the world: %s.%s", c.Service, c.Action)
		}
	}
	if diff := cmp.Diff(kept, w.keptNow()); diff != "" {
		w.Errorf("to plan changed the store:\n%s", diff)
	}
	for _, f := range all {
		line := fmt.Sprintf("%s %s %s", f.Kind, f.Will, f.Seen.State)
		for _, d := range f.Things {
			line += "; " + strings.TrimPrefix(d.Code, "thing.named.") + " " + strings.Join(d.Args, " ")
		}
		if f.Connections > 0 {
			line += fmt.Sprintf("; %d connections", f.Connections)
		}
		lines = append(lines, strings.ReplaceAll(line, string(w.id), "ID"))
	}
	return lines
}

// keptNow is all that the store has of environments.
func (w *world) keptNow() []store.Environment {
	w.Helper()
	all, err := w.store.List(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return all
}

func TestForesee(t *testing.T) {
	w := newWorld(t)
	w.app.Environment["WEB_CONCURRENCY"] = "3"
	w.app.Roles = append(w.app.Roles, Role{Name: "admin", Service: "shop-app", Port: 3000}, Role{Name: "worker", Service: "shop-app", Container: "web"})
	w.build()
	wish := store.Spec{App: "shop", Repo: "acme/shop", Branch: "feature/login", Commit: first, Version: 1, Generation: 1}
	made := []string{
		"route/app apply absent; group ID-app; listener 6664 qa; url http://ID.qa.example.com:6664",
		"route/admin apply absent; group ID-admin; listener 6670 qa; url http://ID.qa.example.com:6670",
		"image apply absent; image shop:git-" + first + "; build shop-image",
		"migration apply absent; migration bin/migrate shop-migration",
		"service/app apply absent; service ID-app 1; definition qabot-acme-ID-app shop-app; 6 connections",
		"service/admin apply absent; service ID-admin 1; definition qabot-acme-ID-admin shop-app; 6 connections",
		"service/worker apply absent; service ID-worker 1; definition qabot-acme-ID-worker shop-app; 6 connections",
	}
	if diff := cmp.Diff(made, w.foreseen(wish)); diff != "" {
		t.Errorf("of a branch without an environment (-want +got):\n%s", diff)
	}
	w.push(first)
	env := w.untilPhase(store.Up)
	for _, f := range w.foreseen(env.Spec) {
		if !strings.Contains(f, "  ready") {
			t.Errorf("of what is as wanted: %s", f)
		}
	}
	next := env.Spec
	next.Commit, next.Generation = second, next.Generation+1
	routed := func(role string) string { // the two are made side by side, so either may have come first
		port := env.Allotted[store.Of("route", role)]
		return fmt.Sprintf("route/%[1]s  ready; group ID-%[1]s; listener %[2]d qa; url http://ID.qa.example.com:%[2]d", role, port)
	}
	changed := []string{
		routed("app"), routed("admin"),
		"image apply absent; image shop:git-" + second + "; build shop-image",
		"migration apply absent; migration bin/migrate shop-migration",
		"service/app apply stale; service ID-app 1; definition qabot-acme-ID-app shop-app; 6 connections",
		"service/admin apply stale; service ID-admin 1; definition qabot-acme-ID-admin shop-app; 6 connections",
		"service/worker apply stale; service ID-worker 1; definition qabot-acme-ID-worker shop-app; 6 connections",
	}
	if diff := cmp.Diff(changed, w.foreseen(next)); diff != "" {
		t.Errorf("of a new commit (-want +got):\n%s", diff)
	}
	back := env.Spec
	back.Commit, back.Generation = first, 9
	w.push(second)
	w.untilPhase(store.Up)
	returns := strings.Join(w.foreseen(back), "\n")
	for _, want := range []string{"image  ready", "migration apply stale", "service/app apply stale"} {
		if !strings.Contains(returns, want) {
			t.Errorf("of the commit before, without %q:\n%s", want, returns)
		}
	}
	gone := env.Spec
	gone.Released = true
	for _, f := range w.foreseen(gone) {
		if removed := strings.Contains(f, " remove "); removed != (strings.HasPrefix(f, "service") || strings.HasPrefix(f, "route")) {
			t.Errorf("of a release: %s", f)
		}
	}
}

func TestForeseeSaysWhatIsInTheWay(t *testing.T) {
	w := newWorld(t)
	w.app.FirstPort, w.app.LastPort = 6665, 6669 // ports that browsers refuse, all of them
	w.app.Roles[0].Service = "shop-gone"
	w.build()
	wish := store.Spec{App: "shop", Repo: "acme/shop", Branch: "feature/login", Commit: first, Version: 1, Generation: 1}
	env := store.Environment{ID: w.id, Spec: wish}
	q := provisioner.Questions{Apps: w.rec.Apps, Now: w.region.Now, Log: slog.New(slog.DiscardHandler)}
	all, err := q.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	got := map[store.Kind]string{}
	for _, f := range all {
		got[f.Kind] = fmt.Sprint(f.Will, f.Seen.State, f.Seen.Detail.Code)
	}
	want := map[store.Kind]string{
		"route/app": "failed" + store.PortsFull, "service/app": "failed" + store.StagingMissing, "image": "applyabsent", "migration": "absent",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
