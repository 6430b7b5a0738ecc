package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/store"
	"qabot/store/servers/servertest"
)

func (w *world) begin() (seed bool) {
	w.t.Helper()
	w.claimed(true, func(c *store.Claim) {
		var err error
		if seed, err = w.Begin(w.t.Context(), c); err != nil {
			w.t.Fatalf("begin: %v", err)
		}
	})
	return seed
}

func (w *world) finish(passed bool) (changes []store.Change) { return w.outcome(passed).Changes }

func (w *world) outcome(passed bool) (did store.Migrated) {
	w.t.Helper()
	w.claimed(true, func(c *store.Claim) {
		var err error
		if did, err = w.Finish(w.t.Context(), c, passed); err != nil {
			w.t.Fatalf("finish: %v", err)
		}
	})
	return did
}

func (w *world) migrated() bool {
	w.t.Helper()
	env := store.Environment{ID: w.id, Spec: w.spec}
	done, err := w.Migrated(w.t.Context(), []store.Environment{{ID: newID("none"), Spec: w.spec}, env})
	if err != nil {
		w.t.Fatal(err)
	}
	if done[0] {
		w.t.Error("an environment without a schema is said to have migrated")
	}
	return done[1]
}

func TestLedger(t *testing.T) {
	w := newWorld(t, "", nil)
	if w.migrated() {
		t.Error("migrated before there is a schema")
	}
	w.mustApply()
	if w.migrated() {
		t.Error("migrated before anything ran")
	}
	w.claimed(true, func(c *store.Claim) {
		for _, what := range []string{"new data", "the same run, asked again,"} {
			if seed, err := w.Begin(t.Context(), c); err != nil || !seed {
				t.Errorf("%s wants no seeds (%v)", what, err)
			}
			w.exec("CREATE TABLE IF NOT EXISTS " + quote(w.name()) + ".orders (id DATE PRIMARY KEY)")
		}
	})
	first := w.finish(true)
	want := []store.Change{{Table: "orders", What: "table", Is: "id date not null"}}
	if d := cmp.Diff(want, first); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if !w.migrated() {
		t.Error("a run that passed is not in the ledger")
	}
	w.exec("CREATE TABLE " + quote(w.name()) + ".later (id INT PRIMARY KEY)")
	if d := cmp.Diff(first, w.finish(true)); d != "" {
		t.Errorf("asked again, the answer differs: -first +again\n%s", d)
	}

	w.spec.Commit = "c2"
	if w.migrated() {
		t.Error("another commit is said to have migrated")
	}
	if w.begin() {
		t.Error("seeds are wanted twice")
	}
	w.exec("ALTER TABLE " + quote(w.name()) + ".orders ADD total INT")
	if got := w.finish(false); len(got) != 1 || got[0].Name != "total" {
		t.Errorf("a failed run changed %+v, want the column that it left behind", got)
	}
	if w.migrated() {
		t.Error("a failed run is in the ledger as passed")
	}
	w.begin() // retried in a new generation: what the first try left is where this one begins
	if got := w.finish(true); len(got) != 0 {
		t.Errorf("the retry changed %+v, want nothing", got)
	}
	if !w.migrated() {
		t.Error("the retry passed and is not in the ledger")
	}
	w.spec.Commit = "c1"
	if !w.migrated() {
		t.Error("a rollback would migrate again")
	}
	w.spec.Data.Epoch++
	if w.migrated() {
		t.Error("data that is not wanted any more counts as migrated")
	}
	w.mustApply()
	if w.migrated() {
		t.Error("fresh data counts as migrated")
	}
	if !w.begin() {
		t.Error("fresh data asks for no seeds")
	}
}

// TestSeedsUntilTheyAreIn asks for seeds until a run with them passed.
func TestSeedsUntilTheyAreIn(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	for i := range 3 {
		w.spec.Commit = fmt.Sprint("c", i)
		if !w.begin() {
			t.Fatalf("run %d asks for no seeds, although none ever passed", i)
		}
		w.finish(i == 2)
	}
	w.spec.Commit = "last"
	if w.begin() {
		t.Error("seeds are wanted again")
	}
}

func TestLedgerOfForeignSchema(t *testing.T) {
	w := newWorld(t, "", nil)
	w.exec("CREATE DATABASE " + quote(w.name()))
	w.marks("installation", "other", "environment", string(w.id), markMigrated("c1"), "then")
	if w.migrated() {
		t.Error("the ledger of another installation counts")
	}
	w.claimed(true, func(c *store.Claim) {
		_, err := w.Begin(t.Context(), c)
		w.wantForeign("begin", err)
		_, err = w.Finish(t.Context(), c, true)
		w.wantForeign("finish", err)
	})
}

func TestFinishWithoutBegin(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.claimed(true, func(c *store.Claim) {
		if _, err := w.Finish(t.Context(), c, true); err == nil {
			t.Error("a run that was never begun came to its end")
		}
	})
}

func TestRead(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	q := func(statement string) { w.exec(strings.ReplaceAll(statement, "@", quote(w.name())+".")) }
	q("CREATE TABLE @users (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET ascii NOT NULL DEFAULT 'x', age INT, note TEXT, blank VARCHAR(5) NOT NULL DEFAULT ''," +
		" seen TIMESTAMP NULL, doubled INT AS (age * 2) VIRTUAL, UNIQUE KEY by_name (name(5), age), FULLTEXT KEY words (note), CONSTRAINT grown CHECK (age > 17)) COLLATE utf8mb4_bin")
	q("CREATE TABLE @orders (id INT PRIMARY KEY, a INT, b INT, KEY ab (a, b), KEY (b))")
	q("CREATE TABLE @parents (a INT, b INT, PRIMARY KEY (a, b))")
	q("ALTER TABLE @orders ADD CONSTRAINT to_user FOREIGN KEY (b) REFERENCES @users (id) ON DELETE CASCADE, ADD CONSTRAINT to_parent FOREIGN KEY (a, b) REFERENCES @parents (a, b)")
	q("CREATE VIEW @adults AS SELECT id FROM @users")
	q("CREATE TRIGGER @stamp BEFORE INSERT ON @users FOR EACH ROW SET NEW.age = 1")
	q("CREATE FUNCTION @one() RETURNS INT DETERMINISTIC RETURN 1")
	got, err := w.read(t.Context(), w.name())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []item{
		{"users", "table", "", "InnoDB utf8mb4_bin"},
		{"users", "column", "name", "varchar(20) ascii_general_ci not null default 'x'"},
		{"users", "column", "blank", "varchar(5) utf8mb4_bin not null default ''"},
		{"users", "column", "seen", "timestamp"},
		{"users", "index", "by_name", "unique (name(5), age)"},
		{"users", "index", "words", "fulltext (note)"},
		{"orders", "index", "ab", "(a, b)"},
		{"orders", "foreign key", "to_user", "(b) -> users(id) on delete cascade"},
		{"orders", "foreign key", "to_parent", "(a, b) -> parents(a, b)"},
		{"users", "check", "grown", "`age` > 17"},
	} {
		if strings.Contains(servertest.MySQL(t).Version, "MariaDB") && !slices.Contains(got, want) {
			t.Errorf("%+v is missing", want)
		}
	}
	sorts := map[string]int{}
	for _, i := range got {
		sorts[i.What]++
		if i.Table == marksTable {
			t.Errorf("the marker table is in it: %+v", i)
		}
	}
	want := map[string]int{"table": 3, "column": 12, "index": 7, "foreign key": 2, "check": 1, "view": 1, "trigger": 1, "routine": 1}
	delete(sorts, "index") // servers differ in which keys they add for foreign keys
	delete(want, "index")
	if d := cmp.Diff(want, sorts); d != "" {
		t.Errorf("counts: -want +got\n%s\n%+v", d, got)
	}
	again, err := w.read(t.Context(), w.name())
	if err != nil || len(diff(got, again)) != 0 {
		t.Errorf("read twice it differs: %+v, %v", diff(got, again), err)
	}
	q("ALTER TABLE @users ADD phone VARCHAR(32)")
	q("DROP TRIGGER @stamp")
	q("CREATE TRIGGER @stamp BEFORE INSERT ON @users FOR EACH ROW SET NEW.age = 2")
	after, err := w.read(t.Context(), w.name())
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(got, after); len(d) != 2 || d[0].Name != "phone" || d[1].What != "trigger" || d[1].Was == d[1].Is {
		t.Errorf("changes: %+v, want the column and the trigger", d)
	}
}
