package bot

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"qabot/bot/slacksim"
	"qabot/store"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// strict posts a view to a simulated Slack, which refuses what the real one refuses, and holds it to the rules that Slack
// does not check.
func strict(w *slacksim.Workspace, v view) error {
	if strings.TrimSpace(v.Text) == "" || len(v.Text) > 4000 {
		return fmt.Errorf("the text has %d characters", len(v.Text))
	}
	blocks, err := json.Marshal(v.Blocks)
	if err != nil {
		return err
	}
	form := url.Values{"token": {w.BotToken()}, "channel": {w.ChannelID("qa")}, "text": {v.Text}, "blocks": {string(blocks)}}
	r := httptest.NewRequest(http.MethodPost, "/api/chat.postMessage", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+w.BotToken())
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	var said struct {
		OK     bool     `json:"ok"`
		Error  string   `json:"error"`
		Errors []string `json:"errors"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &said); err != nil {
		return fmt.Errorf("%s: %w", rec.Body, err)
	}
	if !said.OK {
		return fmt.Errorf("%s %s\n%s", said.Error, said.Errors, blocks)
	}
	return nil
}

// golden holds a view to testdata/<language>/<name>.json.
func golden(t *testing.T, language, name string, v view) {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(map[string]any{"text": v.Text, "blocks": v.Blocks}); err != nil {
		t.Fatal(err)
	}
	goldenFile(t, filepath.Join("testdata", language, name+".json"), buf.Bytes())
}

func goldenFile(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./bot -update writes it)", err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not what is said now; go test ./bot -update rewrites it\n%s", file, cmp.Diff(string(want), string(got)))
	}
}

// example is a deployment in the middle.
func example() store.Environment {
	began := noon.Add(-4 * time.Minute)
	return store.Environment{
		ID: "feature-login-abcdefg", Made: noon.Add(-26 * time.Hour), Changed: 9,
		Spec: store.Spec{
			App: "shop", Repo: testRepo, Branch: "feature/login", Commit: commit2, Version: 3, Generation: 2, Owner: "U01ANA",
			ExpiresAt: noon.Add(71 * time.Hour), Asked: store.Asked{Verb: verbUp, By: "U01ANA", Channel: "C01QA", At: began},
		},
		Status: store.Status{Version: 3, Generation: 2, Seen: map[store.Kind]store.Observation{
			"image":         {State: store.Ready, Detail: store.Say(store.ImageThere), Began: began, Ended: began.Add(102 * time.Second)},
			"schema":        {State: store.Ready, Detail: store.Say(store.SchemaThere, "qa_feature_login"), Began: began, Ended: began.Add(2 * time.Second)},
			"keyspace":      {State: store.Ready, Detail: store.Say(store.KeyspaceThere, "feature-login:", 3), Began: began, Ended: began.Add(time.Second)},
			"route/app":     {State: store.Ready, Detail: store.Say(store.RouteThere)},
			"route/admin":   {State: store.Ready, Detail: store.Say(store.RouteThere)},
			"migration":     {State: store.Working, Detail: store.Say(store.MigrationRunning, "migrate"), Began: began.Add(3 * time.Minute)},
			"service/app":   {State: store.Absent},
			"service/admin": {State: store.Absent},
		}},
	}
}

func settled(change func(*store.Environment)) scene { return settledIn(English, change) }

func settledIn(language string, change func(*store.Environment)) scene {
	e := example()
	if change != nil {
		change(&e)
	}
	return newScene(Options{Command: "/qa"}.words(language), testApp(), e, noon, "https://github.com")
}

func up(e *store.Environment) {
	for k, o := range e.Status.Seen {
		o.State, o.Detail = store.Ready, store.Detail{}
		if k.Sort() == "service" {
			o.Detail = store.Say(store.TasksRunning, 1, 1)
			o.URL = "https://feature-login-" + k.Role() + ".qa.example.com"
			o.Began, o.Ended = noon.Add(-time.Minute), noon.Add(-time.Second)
		}
		e.Status.Seen[k] = o
	}
	e.Status.Commit, e.Status.Serving, e.Used = commit2, commit2, noon.Add(-4*time.Minute)
}

func failed(e *store.Environment) {
	o := e.Status.Seen["migration"]
	o.State, o.Ended, o.Detail, o.URL = store.Failed, noon.Add(-time.Second), store.Say(store.MigrationFailed, "migrate"), "https://logs.example.com/x"
	e.Status.Seen["migration"] = o
	e.Status.Serving, e.Used = commit1, noon.Add(-3*time.Hour)
}

func removing(e *store.Environment) {
	e.Spec.Released, e.Spec.Asked = true, store.Asked{Verb: verbDown, By: "U02BEN", At: noon.Add(-time.Minute)}
	for k := range e.Status.Seen {
		e.Status.Seen[k] = store.Observation{State: store.Ready}
	}
	e.Status.Seen["service/app"] = store.Observation{State: store.Leaving, Detail: store.Say(store.ServiceDraining), Began: noon.Add(-30 * time.Second)}
	e.Status.Seen["service/admin"] = store.Observation{State: store.Absent}
}

func removed(e *store.Environment) {
	removing(e)
	for k := range e.Status.Seen {
		e.Status.Seen[k] = store.Observation{State: store.Absent, Ended: noon.Add(-2 * time.Second)}
	}
}

// inTrash is an environment of which the data is left.
func inTrash(e *store.Environment) {
	removed(e)
	e.Spec.KeepDataUntil = noon.Add(24 * time.Hour)
	e.Status.Seen["schema"] = store.Observation{State: store.Ready, Detail: store.Say(store.SchemaThere, "qa_shop_x")}
}

// goldenViews are examples of every message, in one language.
func goldenViews(t *testing.T, language string) map[string]view {
	settled := func(change func(*store.Environment)) scene { return settledIn(language, change) }
	texts := settled(nil).texts
	event := func(change func(*store.Environment), e store.Event) view {
		v, ok := settled(change).reply(e)
		if !ok {
			t.Fatalf("no reply for %s", e.Code)
		}
		return v
	}
	views := map[string]view{
		"parent_deploying": settled(nil).parent(),
		"parent_up":        settled(up).parent(),
		"parent_failed":    settled(failed).parent(),
		"parent_removing":  settled(removing).parent(),
		"parent_removed":   settled(removed).parent(),
		"parent_pushed": settled(func(e *store.Environment) {
			e.Spec.Asked = store.Asked{Verb: verbPush, Name: "ben", At: noon.Add(-time.Minute)}
			e.Status.Generation, e.Status.Version = 1, 2
		}).parent(),
		"parent_expired": settled(func(e *store.Environment) { removing(e); e.Spec.Released = false; e.Spec.ExpiresAt = noon }).parent(),
		"parent_moved":   settled(nil).movedOn("https://acme.slack.com/archives/C01QA/p1"),
		"reply_ready":    event(up, store.Event{Code: store.EventReady, Commit: commit2, Took: 242 * time.Second}),
		"reply_failed": event(failed, store.Event{
			Code: store.EventFailed, Kind: "migration", Generation: 2, Detail: store.Say(store.MigrationFailed, "migrate"),
			Lines: []string{"running 0042_totals", "\x1b[31mERROR 1054: Unknown column 'age'\x1b[0m", "exit status 1"}, URL: "https://logs.example.com/x",
		}),
		"reply_failed_start": event(failed, store.Event{
			Code: store.EventFailed, Kind: "service/app", Generation: 2, Detail: store.Say(store.TaskExited, "web", 1),
			Lines: []string{"Essential container in task exited (exit code 1)", "Mysql2::Error::ConnectionError: Too many connections"}, URL: "https://logs.example.com/x",
		}),
		"reply_failed_health": event(failed, store.Event{Code: store.EventFailed, Kind: "service/app", Generation: 2, Detail: store.Say(store.TaskSick, "/health", 503)}),
		"parent_asleep":       settled(func(e *store.Environment) { up(e); e.Spec.Asleep = true }).parent(),
		"reply_asleep":        event(up, store.Event{Code: store.EventAsleep, By: "U01ANA"}),
		"reply_extended":      event(up, store.Event{Code: store.EventExtended, By: "U01ANA", Detail: store.Say("", noon.Format(time.RFC3339))}),
		"reply_expiring":      event(up, store.Event{Code: store.EventExpiring, By: "U01ANA", Detail: store.Say("", noon.Add(2*time.Hour).Format(time.RFC3339))}),
		"answer_history": settled(up).history([]store.Event{
			{Code: store.EventAsked, At: noon, By: "U01ANA", Detail: store.Say(verbUp)}, {Code: store.EventPushed, At: noon, Name: "ben", Commit: commit2, Detail: store.Say("", "<!here>")},
			{Code: store.EventMigrated, At: noon, Commit: commit2, Took: time.Minute}, {Code: store.EventFailed, At: noon, Kind: "service/app", By: "U01ANA"},
			{Code: store.EventReady, At: noon, Commit: commit2}, {Code: store.EventOver, At: noon}, {Code: store.EventRemoved, At: noon},
		}, someActs()),
		"answer_lately": lately(texts, someActs(), true),
		"answer_refused": refusal{
			Why: store.Say(refusedRule, verbDown, "feature/login"), Who: []string{"U01ANA", "@qa-leads", "S0123"}, Where: []string{"#qa", "C0123", direct},
		}.view(texts, "U01ANA"),
		"parent_kept": settled(inTrash).parent(),
		"reply_kept":  event(inTrash, store.Event{Code: store.EventKept, Took: time.Minute, Detail: store.Say("", stamp(noon.Add(24*time.Hour)))}),
		"reply_migrated_card": event(up, store.Event{
			Code: store.EventMigrated, Commit: commit2, Took: 8 * time.Second, Ran: []string{"20260102_add_shelf", "20260103_drop_note"},
			Changes: []store.Change{
				{Table: "items", What: "table", Is: "id int(11) not null, order_id int(11) not null"},
				{Table: "orders", What: "column", Name: "note", Was: "text"},
				{Table: "orders", What: "column", Name: "status", Was: "varchar(20)", Is: "char(30)"},
				{Table: "orders", What: "index", Name: "by_status", Is: "(status)"},
				{Table: "orders", What: "foreign key", Name: "fk_user", Is: "(user_id) -> users(id) on delete cascade"},
			},
			Warnings: []store.Detail{store.Say(store.WarnColumnGone, "orders", "note"), store.Say(store.WarnNotNull, "orders", "amount"),
				store.Say(store.WarnRebuilt, "orders", 3), store.Say(store.WarnTableGone, "old"), store.Say(store.WarnRebuiltMany, "events", 100000)},
		}),
		"reply_restored": event(up, store.Event{Code: store.EventRestored}),
		"reply_removed":  event(removed, store.Event{Code: store.EventRemoved, Took: time.Minute}),
		"reply_migrated": event(up, store.Event{Code: store.EventMigrated, Commit: commit2, Took: 3 * time.Second, Detail: store.Say("", "seeded"), Changes: []store.Change{
			{Table: "orders", What: "table", Is: "CREATE TABLE orders"}, {Table: "users", What: "column", Name: "age", Was: "int"},
			{Table: "users", What: "column", Name: "name", Was: "varchar(50)", Is: "varchar(100)"},
		}}),
		"reply_migrated_nothing": event(up, store.Event{Code: store.EventMigrated, Commit: commit2, Took: time.Second}),
		"reply_pushed":           event(nil, store.Event{Code: store.EventPushed, Name: "ben", Commit: commit2, Detail: store.Say("", "drop <!here> *users.age*")}),
		"reply_trouble":          event(nil, store.Event{Code: store.EventTrouble, Detail: store.Say(store.Unreachable, "MySQL")}),
		"reply_drift":            event(up, store.Event{Code: store.EventDrift, Kind: "service/app", Detail: store.Detail{Args: []string{store.DriftCount, store.DriftCapacity}}}),
		"reply_lost":             event(up, store.Event{Code: store.EventLost, Kind: "redis"}),
		"reply_unsaved":          event(up, store.Event{Code: store.EventUnsaved, By: "U01ANA", Detail: store.Say("", "before checkout"), Answer: store.Say(store.SchemaNotCopiedKept, "environment feature/login")}),
		"reply_over":             event(nil, store.Event{Code: store.EventOver, Detail: store.Say(store.Unreachable, "MySQL, Redis")}),
		"answer_no_branch": answer(texts, store.Say(answerNoSuchBranch, "featuer/login", testRepo)).add(choices(texts, texts.of("answer.meant").Say,
			[]choice{{verbUp, "shop", "feature/login", "x:0", "feature/login", 0}})...),
		"answer_list":   list(texts, []scene{settled(nil), settled(up)}, listing{}, "U01ANA", func(store.Thread) string { return "https://acme.slack.com/archives/C01QA/p1" }),
		"answer_status": settled(failed).status(known{}, "https://acme.slack.com/archives/C01QA/p1"),
		"answer_help":   help(texts, "", twoApps()),
		"answer_none":   list(texts, nil, listing{}, "U01ANA", nil),
	}
	maps.Copy(views, questionViews(settled, event))
	maps.Copy(views, budgetViews(settled, event))
	maps.Copy(views, gitHubViews(settled, event))
	return views
}

func TestGoldenViews(t *testing.T) {
	w := slacksim.New(slacksim.Options{})
	defer w.Close()
	for _, language := range Languages() {
		views := goldenViews(t, language)
		for name, v := range views {
			golden(t, language, name, v)
		}
		seen := maps.Clone(views)
		maps.Copy(seen, galleryOf(t).views(Options{Command: "/qa"}.words(language)))
		for name, v := range seen {
			if err := strict(w, v); err != nil {
				t.Errorf("%s, %s: %v", name, language, err)
			}
			for _, cut := range cutShort(v) {
				t.Errorf("%s, %s: there is no room for %q", name, language, cut)
			}
		}
		files, err := os.ReadDir(filepath.Join("testdata", language))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if _, ok := views[strings.TrimSuffix(f.Name(), ".json")]; !ok {
				t.Errorf("testdata/%s/%s is no view's", language, f.Name())
			}
		}
		texts := catalogue(language)
		for _, verb := range verbs() {
			if err := strict(w, help(texts, verb, nil)); err != nil {
				t.Errorf("help %s, %s: %v", verb, language, err)
			}
		}
		for code := range texts.phrases {
			if err := strict(w, answer(texts, store.Say(code, "a", "b", "c"))); err != nil {
				t.Errorf("%s, %s: %v", code, language, err)
			}
		}
	}
}

// cutShort gives the texts of buttons, titles and options that had to be cut, which a view of ordinary names has none of.
func cutShort(v view) (cut []string) {
	everyObject(v.Blocks, func(o map[string]any) {
		if s, _ := o["text"].(string); o["type"] == slack.PlainTextType && strings.HasSuffix(s, "…") {
			cut = append(cut, s)
		}
	})
	return cut
}

// everyObject visits every object of what blocks are in JSON.
func everyObject(blocks any, visit func(map[string]any)) {
	b, err := json.Marshal(blocks)
	if err != nil {
		panic(err) // blocks are of our own types
	}
	var all any
	if err := json.Unmarshal(b, &all); err != nil {
		panic(err)
	}
	var walk func(any)
	walk = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, y := range x {
				walk(y)
			}
		case map[string]any:
			visit(x)
			for _, y := range x {
				walk(y)
			}
		}
	}
	walk(all)
}

func TestHashLeavesGrowingTimeOut(t *testing.T) {
	a, b := settled(nil), settled(nil)
	b.now = b.now.Add(time.Minute)
	if a.state() != b.state() {
		t.Error("the state of a view changes with time alone")
	}
	if a.parent().hash() == b.parent().hash() {
		t.Error("the parent does not show how long it has been taking")
	}
	if settled(nil).state() == settled(up).state() {
		t.Error("deploying and up look alike")
	}
}

// Whatever is in the store, Slack takes the messages, and nothing in them mentions anybody but people of the workspace.
func TestViewsWithinLimits(t *testing.T) {
	w := slacksim.New(slacksim.Options{})
	defer w.Close()
	nasty := rapid.OneOf(
		rapid.SampledFrom([]string{"", "<!channel>", "<@U01ANA>", "`*_~|>", "a|b\nc", strings.Repeat("x", 5000), strings.Repeat("日本", 300), "https://x.example.com/" + strings.Repeat("y", 4000)}),
		rapid.String(),
	)
	sorted := rapid.SampledFrom(append(slices.Sorted(maps.Keys(english().phrases)), ""))
	rapid.Check(t, func(t *rapid.T) {
		e := example()
		e.Spec.Branch, e.Spec.Commit = nasty.Draw(t, "branch"), nasty.Draw(t, "commit")
		e.Spec.Asked.Name, e.Spec.Asked.By = nasty.Draw(t, "name"), rapid.SampledFrom([]string{"", "U01ANA"}).Draw(t, "by")
		e.Spec.Asked.Verb = rapid.SampledFrom([]string{verbUp, verbPush, verbDeleted}).Draw(t, "verb")
		e.Spec.Released = rapid.Bool().Draw(t, "released")
		kinds := rapid.SliceOfN(rapid.StringMatching(`(image|schema|service/[a-z]{1,7}|odd)`), 1, 30).Draw(t, "kinds")
		for _, k := range kinds {
			e.Status.Seen[store.Kind(k)] = store.Observation{
				State:  store.State(rapid.IntRange(0, 7).Draw(t, "state")),
				Detail: store.Say(sorted.Draw(t, "code"), nasty.Draw(t, "arg"), nasty.Draw(t, "arg")),
				URL:    nasty.Draw(t, "url"), Began: noon.Add(-time.Hour),
			}
		}
		s := newScene(Options{Command: "/qa"}.words(rapid.SampledFrom(Languages()).Draw(t, "language")), testApp(), e, noon, "https://github.com")
		views := []view{s.parent(), s.status(known{}, ""), list(s.texts, []scene{s, s}, listing{}, "U01ANA", func(store.Thread) string { return "" })}
		ev := store.Event{
			Kind: "service/app", Commit: e.Spec.Commit, Name: nasty.Draw(t, "pusher"), URL: nasty.Draw(t, "log"), Took: time.Hour,
			Detail:  store.Say(sorted.Draw(t, "code"), nasty.Draw(t, "arg"), nasty.Draw(t, "arg")),
			Lines:   rapid.SliceOfN(nasty, 0, 40).Draw(t, "lines"),
			Changes: []store.Change{{Table: nasty.Draw(t, "table"), What: "column", Name: "x", Was: nasty.Draw(t, "was"), Is: nasty.Draw(t, "is")}},
		}
		for _, code := range []string{store.EventPushed, store.EventMigrated, store.EventReady, store.EventFailed, store.EventRemoved, store.EventTrouble, store.EventOver, store.EventDrift, store.EventHeld} {
			ev.Code = code
			v, ok := s.reply(ev)
			if !ok {
				t.Fatalf("%s is not told", code)
			}
			views = append(views, v)
		}
		for _, v := range views {
			if err := strict(w, v); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(v.Text, "<!") || strings.Contains(strings.ReplaceAll(v.Text, "<@U01ANA> ", ""), "<@") {
				t.Fatalf("the text mentions: %s", v.Text)
			}
		}
	})
}
