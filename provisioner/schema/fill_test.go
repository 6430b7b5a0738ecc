package schema

import (
	"context"
	"errors"
	"strings"
	"testing"

	"qabot/provisioner/resourcetest"
	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// templated makes a world whose schemas begin as copies of a template.
func templated(t *testing.T, masks ...clone.Mask) (w *world, template string) {
	template = "staging_copy_" + newID("template").Underscored()
	w = newWorld(t, "", func(o *Options) {
		o.Starts = map[string]Start{"shop": {From: "template " + template, Masks: masks}}
	})
	w.exec("CREATE DATABASE " + template + " CHARACTER SET utf8mb4")
	t.Cleanup(func() { w.db.ExecContext(context.Background(), "DROP DATABASE "+template) })
	w.exec("CREATE TABLE " + template + ".users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(90))")
	w.exec("INSERT INTO " + template + ".users (email) VALUES ('ana@acme.jp'), ('ben@acme.jp')")
	w.exec("CREATE VIEW " + template + ".people AS SELECT email FROM " + template + ".users")
	return w, template
}

// migrates has a migration of the commit run and end well.
func (w *world) migrates() {
	w.t.Helper()
	w.claimed(true, func(c *store.Claim) {
		if _, err := w.Begin(w.t.Context(), c); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Finish(w.t.Context(), c, true); err != nil {
			w.t.Fatal(err)
		}
	})
}

// fills applies until the schema is whole.
func (w *world) fills() {
	w.t.Helper()
	if err := w.apply(); err != nil {
		w.t.Fatalf("apply: %v", err)
	}
	w.jobs.Wait()
	w.mustApply()
}

// gives raises the epoch: other data is wished for.
func (w *world) gives(from string) {
	w.spec.Data = store.Data{Epoch: w.spec.Data.Epoch + 1, From: from}
}

func (w *world) text(query string) (v string) {
	w.t.Helper()
	if err := w.db.QueryRowContext(w.t.Context(), query).Scan(&v); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return v
}

func TestASchemaBeginsAsACopyOfATemplate(t *testing.T) {
	w, _ := templated(t, clone.Mask{Table: "users", Column: "email", As: clone.MaskEmail})
	w.fills()
	db := w.tasks()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM people WHERE email LIKE 'user-%@example.invalid'").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d masked people (%v)", n, err)
	}
	if by := w.text("SELECT definer FROM information_schema.views WHERE table_schema = '" + w.name() + "'"); !strings.HasPrefix(by, Account(w.id)) {
		t.Errorf("the view runs with the rights of %s", by)
	}
	w.claimed(true, func(c *store.Claim) {
		if seed, err := w.Begin(t.Context(), c); err != nil || seed {
			t.Errorf("seeds are put into staging's data: %v (%v)", seed, err)
		}
		if done, err := w.Migrated(t.Context(), []store.Environment{c.Environment}); err != nil || done[0] {
			t.Errorf("migrations are thought to have run on a template: %v (%v)", done, err)
		}
	})
	w.mustRemove()
	if n := w.things(); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

func TestDataOfAnotherEnvironmentBringsItsStory(t *testing.T) {
	w, _ := templated(t)
	w.fills()
	w.migrates()
	w.exec("INSERT INTO " + quote(w.name()) + ".users (email) VALUES ('cai@acme.jp')")
	source := w.id
	w.id = store.NewID("test", "shop", "other")
	t.Cleanup(func() { w.id = source; w.clear() })
	t.Cleanup(w.clear)
	w.Server.o.Starts = nil
	w.spec.Data.From = "environment " + "feature/login"
	if err := w.apply(); problemOf(err) != store.SchemaNoSource {
		t.Errorf("a branch without an environment: %v", err)
	}
	// The source was made under a serial number, not under its branch: give it the name that is looked for.
	named := Name("shop", store.NewID("test", "shop", "feature/login"))
	w.exec("CREATE DATABASE " + quote(named))
	t.Cleanup(func() { w.db.ExecContext(context.Background(), "DROP DATABASE "+quote(named)) })
	if err := w.apply(); problemOf(err) != store.SchemaNoSource {
		t.Errorf("a schema without marks: %v", err)
	}
	for _, table := range []string{"users", marksTable} {
		w.exec("CREATE TABLE " + quote(named) + "." + table + " LIKE " + quote(Name("shop", source)) + "." + table)
		w.exec("INSERT INTO " + quote(named) + "." + table + " SELECT * FROM " + quote(Name("shop", source)) + "." + table)
	}
	w.fills()
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 3 {
		t.Errorf("%d users, want those of the other environment", n)
	}
	w.claimed(true, func(c *store.Claim) {
		if done, err := w.Migrated(t.Context(), []store.Environment{c.Environment}); err != nil || !done[0] {
			t.Errorf("what ran on the data is forgotten: %v (%v)", done, err)
		}
	})
	w.mustRemove()
}

func problemOf(err error) string {
	var p *store.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestWhatCannotBeFilledFailsAndTakesNothingAway(t *testing.T) {
	w, template := templated(t)
	w.fills()
	w.exec("INSERT INTO " + quote(w.name()) + ".users (email) VALUES ('mine@acme.jp')")
	w.spec.Data = store.Data{Epoch: 1, From: "save nothing of that name"}
	w.want(true, store.Stale)
	if err := w.apply(); problemOf(err) != store.SchemaNoSource {
		t.Errorf("%v", err)
	}
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 3 {
		t.Fatalf("%d users: data was taken away with nothing to put in its place", n)
	}

	w.spec.Data.From = "template " + template
	w.Server.o.Starts = map[string]Start{"shop": {Masks: []clone.Mask{{Table: "users", Column: "mail", As: clone.MaskNull}}}}
	w.spec.Generation++
	if err := w.apply(); err != nil {
		t.Fatal(err)
	}
	w.jobs.Wait()
	env, err := w.store.Get(t.Context(), w.id) // every claim of a test is a new generation, which would try again
	if err != nil {
		t.Fatal(err)
	}
	if o := w.observe(env); o.State != store.Failed || o.Detail.Code != store.SchemaUnmaskedKept || o.Detail.Args[0] != "users.mail" {
		t.Errorf("%+v", o)
	}
	if n := w.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'users'", nextName("shop", w.id)); n != 0 {
		t.Error("there is a table, although not every mask could be put on")
	}
	var n int
	if err := w.tasks().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM people").Scan(&n); err != nil || n != 3 {
		t.Errorf("the data does not stay as it was: %d (%v)", n, err)
	}
	w.spec.Generation++
	w.Server.o.Starts = nil
	w.want(true, store.Stale)
	w.fills()
	w.mustRemove()
}

// A job hangs in the middle of the rows when a newer wish comes.
func TestAnEndedJobReachesNothingAnyMore(t *testing.T) {
	w, template := templated(t)
	conn, err := w.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES "+template+".users WRITE"); err != nil {
		t.Fatal(err)
	}
	if err := w.apply(); err != nil {
		t.Fatal(err)
	}
	w.want(true, store.Working)
	first := w.text("SELECT value FROM " + marksOf(w.name()) + " WHERE name = '" + markFilling + "'")
	if err := w.apply(); err != nil {
		t.Fatal(err)
	}
	if again := w.text("SELECT value FROM " + marksOf(w.name()) + " WHERE name = '" + markFilling + "'"); strings.Fields(again)[0] != strings.Fields(first)[0] {
		t.Error("a job at work was begun anew")
	}
	if err := w.tasks().PingContext(t.Context()); err == nil {
		t.Error("tasks may write into what is half there")
	}

	w.spec.Data.Epoch++
	for {
		if err := w.apply(); err == nil {
			break
		} else if problemOf(err) != store.Retrying {
			t.Fatal(err)
		}
	}
	token := strings.Fields(first)[0]
	if err := func() error {
		late, err := w.db.Conn(t.Context())
		if err != nil {
			return err
		}
		defer late.Close()
		return enter(w.name(), token)(t.Context(), late)
	}(); !errors.Is(err, errEnded) {
		t.Errorf("a connection of the ended job gets in: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	w.jobs.Wait()
	w.mustApply()
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 2 {
		t.Errorf("%d users", n)
	}

	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES "+template+".users WRITE"); err != nil {
		t.Fatal(err)
	}
	w.spec.Data.Epoch++
	if err := w.apply(); err != nil {
		t.Fatal(err)
	}
	for w.remove() != nil { // the first tries may meet the job as it begins
	}
	w.jobs.Wait()
	if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	if err := w.remove(); err != nil {
		t.Fatal(err)
	}
	w.want(false, store.Absent)
	if n := w.things(); n != 0 {
		t.Errorf("%d things are left of what was taken down while it was filled", n)
	}
}

func TestDoctorNamesWhatLooksPersonal(t *testing.T) {
	w, template := templated(t, clone.Mask{Table: "users", Column: "email", As: clone.MaskEmail}, clone.Mask{Table: "firms", Column: "tel", As: clone.MaskKeep})
	found := func() store.Finding {
		all := w.Examine(t.Context())
		return all[len(all)-1]
	}
	w.exec("CREATE TABLE " + template + ".firms (id INT PRIMARY KEY, tel TEXT, email_count INT, shipping INT, hotel INT)")
	if f := found(); f.Verdict != store.Good {
		t.Errorf("%+v", f)
	}
	w.exec("ALTER TABLE " + template + ".firms ADD contact_email TEXT, ADD firstName TEXT, ADD last_sign_in_ip TEXT")
	if f := found(); f.Verdict != store.Bad || !strings.Contains(f.Said, "firms.contact_email, firms.firstName, firms.last_sign_in_ip") || !strings.Contains(f.Fix, "firms.contact_email") {
		t.Errorf("%+v", f)
	}
	w.Server.o.Starts = map[string]Start{"shop": {From: "template gone_away"}}
	if f := found(); f.Verdict != store.Bad || !strings.Contains(f.Said, "gone_away") {
		t.Errorf("%+v", f)
	}
}

func TestSharedAccountsSeeWhatTheirCallersMay(t *testing.T) {
	w, template := templated(t)
	w.Server.o.Shared = true
	w.exec("CREATE FUNCTION " + template + ".twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n")
	w.fills()
	if n := w.count(`SELECT (SELECT COUNT(*) FROM information_schema.views WHERE table_schema = ? AND security_type = 'INVOKER')
		+ (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = ? AND security_type = 'INVOKER')`, w.name(), w.name()); n != 2 {
		t.Errorf("%d of 2 run with their callers' rights", n)
	}
	if n := w.count("SELECT COUNT(*) FROM mysql.user WHERE user = ?", Account(w.id)); n != 0 {
		t.Error("there is an account, although all share one")
	}
	w.mustRemove()
}

func TestSuiteWithATemplate(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w, _ := templated(t)
		return resourcetest.Subject{
			Resource: w.Resource("shop"), Store: w.store, Spec: w.spec, ID: w.id,
			Advance: func(*testing.T) { w.jobs.Wait() },
			Count:   func(*testing.T) int { return w.things() },
			Made:    3,
		}
	})
}

// A worker that died left a schema half filled, and its claim ran out.
func TestADeadJobIsBegunAnew(t *testing.T) {
	w, _ := templated(t)
	w.fills()
	w.exec("DELETE FROM " + quote(w.name()) + ".users WHERE id = 1")
	w.exec("INSERT INTO " + marksOf(w.name()) + " VALUES ('filling', 'DEAD 999999 ')")
	w.want(true, store.Stale)
	w.fills()
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 2 {
		t.Errorf("%d users: half a copy was handed out", n)
	}
	w.mustRemove()
}
