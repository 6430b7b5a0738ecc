package schema

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

var everyDay = [7]bool{true, true, true, true, true, true, true}

// kept is a world whose template is made from a live schema every day at four.
type kept struct {
	*world
	live, template string
	clock          time.Time
	refresher      *Refresher
}

func newKept(t *testing.T) *kept {
	t.Helper()
	tail := newID("kept").Underscored()
	k := &kept{live: "shop_staging_" + tail, template: "qa_template_" + tail, clock: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
	k.world = newWorld(t, "", func(o *Options) {
		o.Installation, o.Now = "test-"+tail, func() time.Time { return k.clock }
		o.Starts = map[string]Start{"shop": {
			From: "template " + k.template, Refresh: Refresh{From: k.live, When: Daily{At: 4 * time.Hour, Days: everyDay}},
			Masks: []clone.Mask{{Table: "users", Column: "email", As: clone.MaskEmail}},
		}}
	})
	k.refresher = &Refresher{Server: k.Server}
	t.Cleanup(func() {
		for _, name := range []string{k.live, k.template, k.template + "_a", k.template + "_b", k.warmName("shop", 1)} {
			k.exec0("DROP DATABASE IF EXISTS " + quote(name))
		}
	})
	k.exec("CREATE DATABASE " + k.live + " CHARACTER SET utf8mb4")
	k.exec("CREATE TABLE " + k.live + ".users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(90))")
	k.exec("CREATE TABLE " + k.live + ".orders (id INT PRIMARY KEY AUTO_INCREMENT, user_id INT, FOREIGN KEY (user_id) REFERENCES " + k.live + ".users (id))")
	k.exec("CREATE VIEW " + k.live + ".people AS SELECT email FROM " + k.live + ".users")
	k.exec("INSERT INTO " + k.live + ".users (email) VALUES ('ana@acme.jp'), ('ben@acme.jp')")
	k.exec("INSERT INTO " + k.live + ".orders (user_id) VALUES (1), (2)")
	return k
}

func (k *kept) round() {
	k.t.Helper()
	if err := k.refresher.Once(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
	k.jobs.Wait()
}

// users counts the masked ones; any other fails the test.
func (k *kept) users(schema string) int {
	k.t.Helper()
	if n := k.count("SELECT COUNT(*) FROM " + quote(schema) + ".users WHERE email NOT LIKE 'user-%@example.invalid'"); n != 0 {
		k.t.Errorf("%d users of %s can be recognised", n, schema)
	}
	return k.count("SELECT COUNT(*) FROM " + quote(schema) + ".users")
}

func (k *kept) schemas() string {
	k.t.Helper()
	return k.text("SELECT COALESCE(GROUP_CONCAT(RIGHT(schema_name, 2) ORDER BY schema_name), '') FROM information_schema.schemata WHERE schema_name IN ('" + k.template + "_a', '" + k.template + "_b')")
}

func (k *kept) current() string {
	k.t.Helper()
	return k.text("SELECT COALESCE(MAX(value), '') FROM " + marksOf(k.template) + " WHERE name = 'current'")
}

func (k *kept) finding(what string) store.Finding {
	for _, f := range k.Examine(k.t.Context()) {
		if f.What == what {
			return f
		}
	}
	return store.Finding{}
}

func TestATemplateIsMadeAndKeptFromALiveSchema(t *testing.T) {
	k := newKept(t)
	start := k.o.Starts["shop"]
	start.Warm = 1
	k.o.Starts["shop"] = start
	warmer := &Warmer{Server: k.Server}
	warms := func() {
		t.Helper()
		for range 3 {
			if err := warmer.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			k.jobs.Wait()
		}
	}
	err := k.apply()
	var p *store.Problem
	if !errors.As(err, &p) || p.Code != store.SchemaMaking || !p.Passes() {
		t.Errorf("before there is a template: %v", err)
	}
	if f := k.finding("template of shop"); f.Verdict != store.Good || !strings.Contains(f.Said, "the first time") {
		t.Errorf("%+v", f)
	}
	k.round()
	if k.current() != k.template+"_a" || k.users(k.template+"_a") != 2 {
		t.Fatalf("the template is %q\n%s", k.current(), k.log)
	}
	if !strings.Contains(k.log.String(), "template refreshed") || !strings.Contains(k.log.String(), "loaded=") {
		t.Error("the log does not tell of it")
	}
	warms()
	k.fills()
	if k.users(k.name()) != 2 || k.count("SELECT COUNT(*) FROM "+quote(k.name())+".people") != 2 || !strings.Contains(k.log.String(), "schema taken") {
		t.Errorf("%d users came", k.users(k.name()))
	}
	if f := k.finding("template of shop"); f.Verdict != store.Good || !strings.Contains(f.Said, k.template+" is "+k.live+" of 2026-11-27 09:00 UTC, 0s old") {
		t.Errorf("%+v", f)
	}
	if f := k.finding("data of shop"); f.Verdict != store.Good {
		t.Errorf("%+v", f)
	}

	// What is new in the live schema comes with the next refresh, and not before.
	k.exec("INSERT INTO " + k.live + ".users (email) VALUES ('cai@acme.jp')")
	k.clock = time.Date(2026, 11, 28, 3, 59, 0, 0, time.UTC)
	k.round()
	if k.current() != k.template+"_a" || k.schemas() != "_a" {
		t.Errorf("%s, %s before its time", k.current(), k.schemas())
	}
	warms()
	k.clock = time.Date(2026, 11, 28, 4, 1, 0, 0, time.UTC)
	k.round()
	if k.current() != k.template+"_b" || k.users(k.template+"_b") != 3 || k.schemas() != "_a,_b" {
		t.Fatalf("%s, %s\n%s", k.current(), k.schemas(), k.log)
	}
	k.spec.Data.Epoch++
	k.fills()
	if n := k.users(k.name()); n != 3 {
		t.Errorf("%d users after data reset, want those of the new template", n)
	}
	warms()
	if n := k.users(k.warmName("shop", 1)); n != 3 {
		t.Errorf("%d users are kept ready", n)
	}
	k.clock = k.clock.Add(30 * time.Minute)
	k.round()
	if k.schemas() != "_a,_b" {
		t.Errorf("%s: somebody may be copying from the one before", k.schemas())
	}
	k.clock = k.clock.Add(time.Hour)
	k.round()
	if k.schemas() != "_b" || k.current() != k.template+"_b" {
		t.Errorf("%s are there", k.schemas())
	}
	traces, err := k.Traces(t.Context(), []string{"shop"})
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range traces {
		if strings.HasPrefix(trace.What.Args[0], k.template) {
			t.Errorf("a template is taken for a trace: %+v", trace)
		}
	}

	// A rule counts at once.
	start.Masks = append(start.Masks, clone.Mask{Table: "orders", Column: "user_id", As: clone.MaskNull})
	k.o.Starts["shop"] = start
	k.round()
	if n := k.count("SELECT COUNT(*) FROM " + quote(k.current()) + ".orders WHERE user_id IS NOT NULL"); n != 0 || k.current() != k.template+"_a" {
		t.Errorf("%d orders are not masked in %s", n, k.current())
	}
	k.mustRemove()
}

// Somebody drops the schema with the data, and nothing tells of it but that it is gone.
func TestACopyThatWasDroppedIsMadeAgain(t *testing.T) {
	k := newKept(t)
	k.round()
	k.clock = k.clock.Add(24 * time.Hour)
	k.round()
	if k.current() != k.template+"_b" || k.schemas() != "_a,_b" {
		t.Fatalf("the template is %q of %s\n%s", k.current(), k.schemas(), k.log)
	}
	k.exec("DROP DATABASE " + k.current())
	var p *store.Problem
	if err := k.apply(); !errors.As(err, &p) || p.Code != store.SchemaMaking {
		t.Errorf("without its data: %v", err)
	}
	k.round()
	if k.current() != k.template+"_a" || k.users(k.current()) != 2 {
		t.Fatalf("the template is %q of %s\n%s", k.current(), k.schemas(), k.log)
	}
	k.fills()
	if n := k.users(k.name()); n != 2 {
		t.Errorf("%d users came, want 2", n)
	}
}

func TestOneRefreshesAndWhoDiesIsFollowed(t *testing.T) {
	k := newKept(t)
	c, err := k.claimJob(t.Context(), k.template)
	if err != nil {
		t.Fatal(err)
	}
	k.round()
	if n := k.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE ?", pattern(k.template)+"%"); n != 0 {
		t.Fatalf("%d schemas were made while another worker had the claim", n)
	}
	if err := k.store.Release(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	// Another one died with half a copy.
	slot := k.template + "_a"
	c, err = k.claimJob(t.Context(), k.template)
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	if err := k.refresher.own(t.Context(), c, "shop", k.template); err != nil {
		t.Fatal(err)
	}
	k.exec("CREATE DATABASE " + slot)
	if err := k.markAs(t.Context(), c, slot, markInstallation, k.o.Installation, markTemplate, k.template, markFilling, "DEAD 999999 "); err != nil {
		t.Fatal(err)
	}
	k.exec("CREATE TABLE " + slot + ".users (id INT PRIMARY KEY, email TEXT)")
	if err := k.apply(); problemOf(err) != store.SchemaMaking {
		t.Errorf("half a template: %v", err)
	}
	if err := k.store.Release(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	k.round()
	if k.current() != slot || k.users(slot) != 2 {
		t.Fatalf("the template is %q\n%s", k.current(), k.log)
	}
	// The one that was thought dead changes nothing any more, even if it has not noticed yet.
	if c, err = k.claimJob(t.Context(), k.template); err != nil || c == nil {
		t.Fatal(c, err)
	}
	k.exec("CREATE DATABASE " + k.template + "_b")
	if err := k.markAs(t.Context(), c, k.template+"_b", markFilling, "ended DEAD 999999 "); err != nil {
		t.Fatal(err)
	}
	if err := k.refresher.switchTo(t.Context(), c, k.template, k.template+"_b", "DEAD", k.clock, k.o.Starts["shop"]); !errors.Is(err, errEnded) || k.current() != slot {
		t.Errorf("%v: the template is %s", err, k.current())
	}
	if err := k.refresher.clear(t.Context(), c, k.template, slot); !errors.Is(err, errEnded) || k.users(slot) != 2 {
		t.Errorf("%v: what became the template meanwhile was dropped", err)
	}
}

func TestATemplateOfOthersIsLeftAlone(t *testing.T) {
	k := newKept(t)
	k.exec("CREATE DATABASE " + k.template)
	k.exec("CREATE TABLE " + k.template + ".precious (id INT)")
	k.round()
	k.round()
	if n := k.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema LIKE ?", pattern(k.template)+"%"); n != 1 || strings.Count(k.log.String(), store.Foreign) != 1 {
		t.Errorf("%d tables\n%s", n, k.log)
	}
	if f := k.finding("template of shop"); f.Verdict != store.Bad || !strings.Contains(f.Said, "not of qabot's making") || !strings.Contains(f.Fix, "qa_template_shop") {
		t.Errorf("%+v", f)
	}
	k.exec("DROP TABLE " + k.template + ".precious")
	k.exec("CREATE DATABASE " + k.template + "_a")
	k.exec("CREATE TABLE " + k.template + "_a.precious (id INT)")
	k.clock = k.clock.Add(troubleRests)
	k.round()
	if n := k.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?", k.template+"_a"); n != 1 || k.current() != "" {
		t.Errorf("%d tables where the data would lie; the template is %q", n, k.current())
	}
	k.protected[k.template] = true
	if err := k.refresher.own(t.Context(), nil, "shop", k.template); problemOf(err) != store.Foreign {
		t.Errorf("a protected name: %v", err)
	}
}

func TestARefreshThatFailsIsToldAndTriedAgain(t *testing.T) {
	k := newKept(t)
	k.exec("CREATE TABLE " + k.live + ".old (id INT) ENGINE=MyISAM")
	k.round()
	if k.current() != "" || !strings.Contains(k.log.String(), "knows no snapshots") {
		t.Fatalf("the template is %q\n%s", k.current(), k.log)
	}
	if f := k.finding("template of shop"); f.Verdict != store.Bad || !strings.Contains(f.Said, "old (MyISAM)") {
		t.Errorf("%+v", f)
	}
	k.exec("DROP TABLE " + k.live + ".old")
	if f := k.finding("template of shop"); f.Verdict != store.Bad || !strings.Contains(f.Said, "failed at 2026-11-27 09:00 UTC") {
		t.Errorf("%+v", f)
	}
	k.round()
	if k.current() != "" {
		t.Error("it was tried again at once")
	}
	first := k.clock
	k.exec("CREATE TABLE " + k.live + ".old (id INT) ENGINE=MyISAM")
	k.clock = k.clock.Add(troubleRests)
	k.round()
	if all, err := k.Templates(t.Context()); err != nil || len(all) != 1 || !all[0].Failing.Equal(first) || !all[0].At.IsZero() {
		t.Errorf("%+v (%v), want it to fail since %s", all, err, first)
	}
	k.exec("DROP TABLE " + k.live + ".old")
	k.clock = k.clock.Add(troubleRests)
	k.round()
	if k.users(k.current()) != 2 {
		t.Error("it was not tried again")
	}
	if all, err := k.Templates(t.Context()); err != nil || len(all) != 1 || !all[0].Failing.IsZero() || !all[0].At.Equal(k.clock) || all[0].From != k.live {
		t.Errorf("%+v (%v)", all, err)
	}
	if f := k.finding("template of shop"); f.Verdict != store.Good {
		t.Errorf("%+v", f)
	}
	other := next(k.template, k.current())
	k.exec("CREATE DATABASE " + other)
	k.exec("CREATE TABLE " + other + ".of_others (id INT)")
	k.clock = k.clock.Add(24 * time.Hour)
	k.round()
	if all, err := k.Templates(t.Context()); err != nil || len(all) != 1 || !all[0].Failing.Equal(k.clock) || k.count("SELECT COUNT(*) FROM "+other+".of_others") != 0 {
		t.Errorf("the next copy's name is another's: %+v (%v)", all, err)
	}
	k.exec("DROP DATABASE " + k.live)
	if f := k.finding("template of shop"); f.Verdict != store.Bad || !strings.Contains(f.Fix, "GRANT SELECT, SHOW VIEW") {
		t.Errorf("%+v", f)
	}
	k.exec("CREATE DATABASE " + k.live)
}

func TestTheNewestMomentOfEachDay(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	saturdays := [7]bool{time.Saturday: true}
	for _, c := range []struct {
		why       string
		daily     Daily
		now, want string
	}{
		{"the day has come", Daily{4 * time.Hour, everyDay, nil}, "2026-11-27T04:00:00Z", "2026-11-27T04:00:00Z"},
		{"not yet", Daily{4 * time.Hour, everyDay, nil}, "2026-11-27T03:59:59Z", "2026-11-26T04:00:00Z"},
		{"in Japan it is tomorrow", Daily{4 * time.Hour, everyDay, tokyo}, "2026-11-26T19:30:00Z", "2026-11-26T19:00:00Z"},
		{"once a week", Daily{4 * time.Hour, saturdays, nil}, "2026-11-27T10:00:00Z", "2026-11-21T04:00:00Z"},
		{"a week ago to the minute", Daily{4 * time.Hour, saturdays, nil}, "2026-11-28T03:00:00Z", "2026-11-21T04:00:00Z"},
		{"clocks were put back", Daily{4 * time.Hour, everyDay, berlin}, "2026-10-25T03:30:00Z", "2026-10-25T03:00:00Z"},
		{"clocks were put forward", Daily{4*time.Hour + 30*time.Minute, everyDay, berlin}, "2026-03-29T02:45:00Z", "2026-03-29T02:30:00Z"},
		{"on no day", Daily{}, "2026-11-27T10:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.daily.Last(now).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func TestWhoMayRead(t *testing.T) {
	w := newWorld(t, "", nil)
	account := "read_" + w.id.Underscored()
	t.Cleanup(func() { w.db.ExecContext(context.Background(), "DROP USER "+account) })
	w.exec("CREATE USER " + account)
	lines := func() []string {
		all, err := column(t.Context(), w.db, "SHOW GRANTS FOR "+account)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, c := range []struct {
		grant string
		may   bool
	}{
		{"GRANT SHOW VIEW, TRIGGER ON `shop\\_staging`.* TO ", false},
		{"GRANT ALL ON `qa\\_%`.* TO ", false},
		{"GRANT SELECT ON `shop\\_stagings`.* TO ", false},
		{"GRANT SELECT, EVENT ON `shop\\_staging`.* TO ", true},
	} {
		w.exec(c.grant + account)
		if all := lines(); mayRead(all, "shop_staging") != c.may {
			t.Errorf("after %s: want %v of\n%s", c.grant, c.may, strings.Join(all, "\n"))
		}
	}
	for on, may := range map[string]bool{"*.*": true, "`shop_%`.*": true, "`shop\\_staging`.`t`": false, "`%`.*": true, "`x`.*": false} {
		if mayRead([]string{"GRANT SHOW VIEW, SELECT ON " + on + " TO `qabot`@`%`"}, "shop_staging") != may {
			t.Errorf("%s: want %v", on, may)
		}
	}
}
