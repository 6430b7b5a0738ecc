package schema

import (
	"context"
	"errors"
	"testing"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// exec0 is for cleaning up, when the test's context is over.
func (w *world) exec0(statement string) {
	w.t.Helper()
	if _, err := w.db.ExecContext(context.Background(), statement); err != nil {
		w.t.Error(err)
	}
}

func resourceClaim(w *world) *store.Claim {
	w.t.Helper()
	return resourcetest.Claim(w.t, w.store, w.id, w.spec)
}

func (w *world) wantForeign(what string, err error) {
	w.t.Helper()
	var p *store.Problem
	if !errors.As(err, &p) || p.Code != store.Foreign {
		w.t.Errorf("%s: %v, want the problem that it is foreign", what, err)
	}
}

func TestNamesakesAreNotTouched(t *testing.T) {
	for _, is := range []struct {
		why  string
		make func(w *world)
	}{
		{"empty, and nobody noted that it would be made", func(*world) {}},
		{"with a table of its own", func(w *world) { w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT)") }},
		{"with marks of another installation", func(w *world) { w.marks("installation", "other", "environment", string(w.id)) }},
		{"with marks of another environment", func(w *world) { w.marks("installation", "test", "environment", "other") }},
		{"with a table of the marks' name", func(w *world) { w.exec("CREATE TABLE " + marksOf(w.name()) + " (id INT)") }},
	} {
		t.Run(is.why, func(t *testing.T) {
			w := newWorld(t, "", nil)
			w.exec("CREATE DATABASE " + quote(w.name()))
			is.make(w)
			before := w.inventory()
			if o := w.want(true, store.Failed); o.Detail.Code != store.Foreign || o.Detail.Args[1] != w.name() {
				t.Errorf("observed %+v, want foreign", o.Detail)
			}
			w.wantForeign("apply", w.apply())
			w.want(false, store.Absent)
			if err := w.remove(); err != nil {
				t.Errorf("remove: %v", err)
			}
			w.want(false, store.Absent)
			if after := w.inventory(); after != before {
				t.Errorf("there was %s, now %s", before, after)
			}
		})
	}
}

// marks makes a marker table by hand.
func (w *world) marks(pairs ...string) {
	w.t.Helper()
	w.exec("CREATE TABLE " + marksOf(w.name()) + " (name VARCHAR(191) PRIMARY KEY, value LONGTEXT)")
	for i := 0; i < len(pairs); i += 2 {
		w.exec("INSERT INTO "+marksOf(w.name())+" VALUES (?, ?)", pairs[i], pairs[i+1])
	}
}

func (w *world) inventory() (all string) {
	w.t.Helper()
	names, err := column(w.t.Context(), w.db, "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_schema = ? ORDER BY 1", w.name())
	if err != nil {
		w.t.Fatal(err)
	}
	there := w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", w.name())
	for _, name := range names {
		all += name + " "
	}
	if there == 0 {
		all = "gone"
	}
	return all
}

// TestNamesakeThatCameBetween makes the namesake after the look and before CREATE DATABASE.
func TestNamesakeThatCameBetween(t *testing.T) {
	w := newWorld(t, "", nil)
	w.claimed(true, func(c *store.Claim) {
		calls := 0
		c.Hook = func() error {
			if calls++; calls == 2 {
				w.exec("CREATE DATABASE " + quote(w.name()))
			}
			return nil
		}
		w.wantForeign("apply", w.Resource("shop").Apply(t.Context(), c, store.Observation{}))
	})
	w.wantForeign("apply again", w.apply()) // the intent of the first try must not make it ours
	w.want(false, store.Absent)
	if w.vault.get(w.id) != "" {
		t.Error("a parameter is left")
	}
	if w.inventory() == "gone" {
		t.Error("the namesake was dropped")
	}
}

func TestMarksTakenAwayBeforeRemoval(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT)")
	w.exec("DROP TABLE " + marksOf(w.name()))
	if o := w.want(false, store.Held); o.Detail.Code != store.Foreign {
		t.Errorf("observed %+v, want foreign", o.Detail)
	}
	w.wantForeign("remove", w.remove())
	if w.inventory() == "gone" {
		t.Error("tables without marks were dropped")
	}
	w.exec("DROP DATABASE " + quote(w.name())) // as a person would
	w.mustRemoveSoon()
}

func (w *world) mustRemoveSoon() {
	w.t.Helper()
	w.want(false, store.Stale)
	w.mustRemove()
	if n := w.things(); n != 0 {
		w.t.Errorf("%d things are left", n)
	}
}

func TestProtectedNames(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.protected[w.name()] = true
	w.wantForeign("apply", w.apply())
	w.wantForeign("remove", w.remove())
	delete(w.protected, w.name())

	s, err := Open(Options{DSN: "root@tcp(127.0.0.1:1)/QABot", Installation: "test", Protected: []string{"Staging"}}, w.vault, w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, name := range []string{"mysql", "sys", "information_schema", "performance_schema", "qabot", "staging"} {
		w.wantForeign(name, s.Resource("shop").guard(address{name: name, account: "qa_x"}))
	}
	w.wantForeign("the bot's own account", s.Resource("shop").guard(address{name: "qa_x", account: "root"}))
	w.wantForeign("a name of no environment", s.Resource("shop").guard(address{name: "other", account: "qa_x"}))
}
