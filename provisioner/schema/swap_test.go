package schema

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"qabot/store"
)

// furnished is a template with everything that does not go along when tables change their schema.
func furnished(t *testing.T) (*world, string) {
	w, template := templated(t)
	w.exec("CREATE TABLE " + template + ".orders (id INT PRIMARY KEY AUTO_INCREMENT, owner INT, CONSTRAINT fk_owner FOREIGN KEY (owner) REFERENCES " + template + ".users (id))")
	w.exec("INSERT INTO " + template + ".orders (owner) VALUES (1), (2)")
	w.exec("CREATE VIEW " + template + ".persons AS SELECT email FROM " + template + ".people")
	w.exec("CREATE TRIGGER " + template + ".lower BEFORE INSERT ON " + template + ".users FOR EACH ROW SET NEW.email = LOWER(NEW.email)")
	w.exec("CREATE PROCEDURE " + template + ".tally() SELECT COUNT(*) FROM users")
	return w, template
}

// objects lists what is no table in a schema, with whose rights it runs.
func (w *world) objects(schema string) string {
	w.t.Helper()
	all, err := column(w.t.Context(), w.db, `SELECT CONCAT(table_name, ' ', definer) FROM information_schema.views WHERE table_schema = ?
		UNION SELECT CONCAT(trigger_name, ' ', definer) FROM information_schema.triggers WHERE trigger_schema = ?
		UNION SELECT CONCAT(routine_name, ' ', definer) FROM information_schema.routines WHERE routine_schema = ? ORDER BY 1`, schema, schema, schema)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(strings.Join(all, ", "), Account(w.id)+"@%", "own")
}

const ownObjects = "lower own, people own, persons own, tally own"

func (w *world) there(schema string) bool {
	w.t.Helper()
	return w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", schema) == 1
}

// stall keeps the template's rows from being copied, until the function that it gives is called.
func (w *world) stall(template string) (release func()) {
	w.t.Helper()
	conn, err := w.db.Conn(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := conn.ExecContext(w.t.Context(), "LOCK TABLES "+template+".users WRITE"); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		conn.ExecContext(w.t.Context(), "UNLOCK TABLES")
		conn.Close()
	}
}

// insists applies until nothing has to be waited for.
func (w *world) insists() {
	w.t.Helper()
	for {
		err := w.apply()
		if err == nil {
			return
		}
		if problemOf(err) != store.Retrying {
			w.t.Fatal(err)
		}
	}
}

func (w *world) users(schema string) int {
	w.t.Helper()
	return w.count("SELECT COUNT(*) FROM " + quote(schema) + ".users")
}

func TestDataStaysInUseUntilOtherDataIsReady(t *testing.T) {
	w, template := furnished(t)
	next, past := nextName("shop", w.id), pastName("shop", w.id)
	w.fills()
	w.migrates()
	if got := w.objects(w.name()); got != ownObjects {
		t.Fatalf("at first: %s", got)
	}
	w.exec("INSERT INTO " + quote(w.name()) + ".users (email) VALUES ('mine@acme.jp')")
	tasks := w.tasks()
	wanted := func(when string, n int) {
		t.Helper()
		var got int
		if err := tasks.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM persons").Scan(&got); err != nil || got != n {
			t.Fatalf("%s: %d users, want %d (%v)", when, got, n, err)
		}
	}

	release := w.stall(template)
	w.gives("")
	w.want(true, store.Stale)
	w.insists()
	if o := w.want(true, store.Working); o.Detail.Code != store.SchemaCreating && o.Detail.Code != store.SchemaFilling {
		t.Errorf("it says %+v", o.Detail)
	}
	wanted("while other data is made ready", 3)
	if _, err := tasks.ExecContext(t.Context(), "INSERT INTO users (email) VALUES ('LATE@acme.jp')"); err != nil {
		t.Errorf("tasks cannot write: %v", err)
	}
	first := w.text("SELECT value FROM " + marksOf(next) + " WHERE name = 'filling'")

	// What fills is the environment's, for whoever looks.
	traces, err := w.Traces(t.Context(), []string{"shop"})
	if err != nil || !slices.ContainsFunc(traces, func(tr store.Trace) bool {
		return tr.What.Args[0] == next && tr.Environment == w.id && tr.App == "shop" && tr.Doubt == ""
	}) {
		t.Errorf("traces: %+v (%v)", traces, err)
	}
	if err := (&Cleaner{Server: w.Server}).Once(t.Context()); err != nil || !w.there(next) {
		t.Errorf("what is being filled was taken away (%v)", err)
	}

	// It is put to sleep, and then other data is wished for once more.
	w.spec.Asleep = true
	w.insists()
	if again := w.text("SELECT value FROM " + marksOf(next) + " WHERE name = 'filling'"); strings.Fields(again)[0] != strings.Fields(first)[0] {
		t.Error("a job at work was begun anew")
	}
	w.spec.Asleep = false
	w.gives("")
	w.insists()
	if again := w.text("SELECT value FROM " + marksOf(next) + " WHERE name = 'filling'"); strings.Fields(again)[0] == strings.Fields(first)[0] {
		t.Error("what is wished for no more goes on")
	}
	wanted("after a second wish", 4)
	release()
	w.jobs.Wait()
	w.want(true, store.Stale)
	wanted("once other data is ready", 4)
	w.mustApply()

	wanted("at last", 2)
	if got := w.objects(w.name()); got != ownObjects {
		t.Errorf("at last: %s", got)
	}
	if _, err := w.db.ExecContext(t.Context(), "INSERT INTO "+quote(w.name())+".orders (owner) VALUES (99)"); number(err) != 1452 {
		t.Errorf("foreign keys hold no more: %v", err)
	}
	if _, err := tasks.ExecContext(t.Context(), "INSERT INTO users (email) VALUES ('UP@acme.jp')"); err != nil || w.count("SELECT COUNT(*) FROM "+quote(w.name())+".users WHERE BINARY email = 'up@acme.jp'") != 1 {
		t.Errorf("the trigger does nothing (%v)", err)
	}
	if w.there(next) || w.users(past) != 4 {
		t.Errorf("the new schema is there: %v; %d users in what was before", w.there(next), w.users(past))
	}
	w.exec("UPDATE " + marksOf(past) + " SET value = 'somebody' WHERE name = 'installation'")
	cleaner := &Cleaner{Server: w.Server}
	clean := func() {
		t.Helper()
		if err := cleaner.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.jobs.Wait()
	}
	if clean(); !w.there(past) {
		t.Fatal("what bears another's marks was dropped")
	}
	w.exec("UPDATE " + marksOf(past) + " SET value = 'test' WHERE name = 'installation'")
	if clean(); w.there(past) {
		t.Error("what was before is still there")
	}
	w.claimed(true, func(c *store.Claim) {
		if done, err := w.Migrated(t.Context(), []store.Environment{c.Environment}); err != nil || done[0] {
			t.Errorf("what ran on the data before is thought to have run on this: %v (%v)", done, err)
		}
	})

	// Nothing needs no copy.
	w.gives(store.FromEmpty)
	w.mustApply()
	if n := w.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?", w.name()); n != 1 || w.users(past) != 3 || w.objects(w.name()) != "" {
		t.Errorf("%d tables, want the marks alone; %d users in what was before; %q", n, w.users(past), w.objects(w.name()))
	}

	// Taken down while it is filled: all three go.
	release = w.stall(template)
	w.gives("")
	w.insists()
	for w.remove() != nil { // the first tries may meet the job as it begins
	}
	release()
	w.jobs.Wait()
	w.mustRemove()
	if n := w.things(); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

// TestDeathAtEveryStatementOfASwap lets a worker die right after each statement in turn, while it copies and while it swaps, and
// lets another go on. At no moment is there neither the old data nor the new.
func TestDeathAtEveryStatementOfASwap(t *testing.T) {
	w, template := templated(t)
	w.exec("CREATE TRIGGER " + template + ".lower BEFORE INSERT ON " + template + ".users FOR EACH ROW SET NEW.email = LOWER(NEW.email)")
	w.fills()
	for n := 1; ; n++ {
		w.gives("")
		w.exec("INSERT INTO " + quote(w.name()) + ".users (email) VALUES ('mine@acme.jp')")
		r := &reaper{left: n, after: true}
		mortal := w.mortal(r)
		for range 3 {
			if r.isDead() {
				break
			}
			w.claimed(true, func(c *store.Claim) { mortal.Resource("shop").Apply(t.Context(), c, store.Observation{}) })
			mortal.jobs.Wait()
		}
		if users := w.users(w.name()); users != 3 && users != 2 {
			t.Fatalf("cut after statement %d: %d users", n, users)
		}
		for range 6 {
			if w.look(true).State == store.Ready {
				break
			}
			if err := w.apply(); err != nil && problemOf(err) != store.Retrying {
				t.Fatalf("cut after statement %d, gone on with: %v", n, err)
			}
			w.jobs.Wait()
		}
		w.want(true, store.Ready)
		if users, objects := w.users(w.name()), w.objects(w.name()); users != 2 || objects != "lower own, people own" || w.there(nextName("shop", w.id)) {
			t.Fatalf("cut after statement %d, gone on with: %d users, %s", n, users, objects)
		}
		if err := w.tasks().PingContext(t.Context()); err != nil {
			t.Fatalf("cut after statement %d, gone on with: tasks cannot log in: %v", n, err)
		}
		if !r.isDead() {
			if n < 25 {
				t.Fatalf("only %d changes were seen: the test looks at nothing", n-1)
			}
			break
		}
	}
	w.mustRemove()
	if n := w.things(); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

// What is called like ours and bears no marks of ours is not taken for data that was made ready, and keeps a copy from being made there.
func TestANamesakeBesideIsLeftAlone(t *testing.T) {
	w, _ := templated(t)
	w.fills()
	next := nextName("shop", w.id)
	w.exec("CREATE DATABASE " + quote(next))
	w.exec("CREATE TABLE " + quote(next) + ".users (id INT)")
	w.want(true, store.Ready)
	w.gives("")
	if err := w.apply(); problemOf(err) != store.Foreign {
		t.Errorf("%v", err)
	}
	w.want(true, store.Stale)
	if w.users(w.name()) != 2 {
		t.Error("data was taken away")
	}
	w.mustRemove()
	if !w.there(next) {
		t.Error("somebody's schema was dropped")
	}
}

// A transaction of somebody else delays the swap; he is named, and it goes on afterwards.
func TestOpenTransactionDelaysTheSwap(t *testing.T) {
	w, _ := templated(t)
	w.fills()
	other, err := w.db.BeginTx(t.Context(), &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	if _, err := other.ExecContext(t.Context(), "SELECT * FROM "+quote(w.name())+".users"); err != nil {
		t.Fatal(err)
	}
	w.gives("")
	w.insists()
	w.jobs.Wait()
	if err := w.apply(); problemOf(err) != store.SchemaBlocked && number(err) != lockTimeout {
		t.Errorf("%v", err)
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.mustApply()
	w.mustRemove()
}

func TestWhatCannotBeFinishedMakesWayForOtherData(t *testing.T) {
	w, template := furnished(t)
	w.fills()
	other := "billing_" + newID("abroad").Underscored()
	w.exec("CREATE DATABASE " + other)
	t.Cleanup(func() { w.exec0("DROP DATABASE " + other) })
	w.exec("CREATE TABLE " + other + ".bills (id INT)")
	w.exec("CREATE VIEW " + template + ".bills AS SELECT id FROM " + other + ".bills") // qabot's account may read it, and the environment's not
	w.gives("")
	w.insists()
	w.jobs.Wait()
	for range 2 {
		if err := w.apply(); problemOf(err) != store.SchemaRefused {
			t.Fatalf("a view into another schema: %v", err)
		}
	}
	w.exec("DROP VIEW " + template + ".bills")
	w.gives("")
	w.insists()
	w.jobs.Wait()
	w.insists()
	if o := w.want(true, store.Ready); w.objects(w.name()) != ownObjects || w.users(w.name()) != 2 {
		t.Errorf("%+v, with %s", o, w.objects(w.name()))
	}
	w.gives("empty")
	w.insists()
	w.want(true, store.Ready)
	w.mustRemove()
}
