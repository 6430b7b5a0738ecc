package schema

import (
	"context"
	"testing"

	"qabot/provisioner/schema/clone"
)

func TestWarmSchemasAreTakenAndMadeAnew(t *testing.T) {
	w, template := templated(t, clone.Mask{Table: "users", Column: "email", As: clone.MaskEmail})
	start := w.Server.o.Starts["shop"]
	start.Warm = 2
	w.Server.o.Installation = "test-" + string(w.id) // warm schemas are an installation's
	w.Server.o.Starts = map[string]Start{"shop": start}
	first, second := w.warmName("shop", 1), w.warmName("shop", 2)
	t.Cleanup(func() {
		for _, name := range []string{first, second} {
			w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+quote(name))
		}
	})
	warmer := &Warmer{Server: w.Server}
	round := func() {
		t.Helper()
		if err := warmer.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.jobs.Wait()
	}
	users := func(schema string) int {
		return w.count("SELECT COUNT(*) FROM " + quote(schema) + ".users WHERE email LIKE 'user-%'")
	}
	tables := func(schema string) int {
		return w.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name <> ?", schema, marksTable)
	}
	round() // the template is seen for the first time
	round()
	if users(first) != 2 || tables(second) != 0 {
		t.Fatalf("after one round: %d users, %d tables in the second", users(first), tables(second))
	}
	round()
	if users(second) != 2 {
		t.Fatalf("%d users in the second", users(second))
	}

	// A table that the template has not, to tell what was taken from what was copied.
	w.exec("CREATE TABLE " + quote(first) + ".warm_one (id INT PRIMARY KEY)")
	w.fills()
	if tables(first) != 0 || users(w.name()) != 2 || tables(w.name()) != 3 {
		t.Errorf("%d tables are left, %d users and %d tables and views came", tables(first), users(w.name()), tables(w.name()))
	}
	round()
	if users(first) != 2 {
		t.Error("what was taken is not made anew")
	}

	// What the template has become since is in none that is handed out.
	w.exec("ALTER TABLE " + template + ".users ADD phone INT")
	w.spec.Data.Epoch++
	w.fills()
	if w.count("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = ? AND table_name = 'users' AND column_name = 'phone'", w.name()) != 1 {
		t.Error("an old copy was handed out")
	}
	for range 3 {
		round()
	}
	if w.count("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema IN (?, ?) AND table_name = 'users' AND column_name = 'phone'", first, second) != 2 {
		t.Error("old copies are not made anew")
	}

	start.Warm = 1
	w.Server.o.Starts = map[string]Start{"shop": start}
	w.exec("UPDATE " + marksOf(second) + " SET value = 'somebody' WHERE name = 'installation'")
	round()
	if tables(second) != 1 {
		t.Fatal("what bears another's marks was dropped")
	}
	w.exec("UPDATE " + marksOf(second) + " SET value = '" + w.Server.o.Installation + "' WHERE name = 'installation'")
	round()
	if n := w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name IN (?, ?)", first, second); n != 1 {
		t.Errorf("%d warm schemas, want one", n)
	}
	w.mustRemove()
}
