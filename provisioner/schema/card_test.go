package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What a migration did, as the thread tells it: what ran, what became different, what may hurt.
func TestCard(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	in := func(statement string) { w.exec(strings.ReplaceAll(statement, "@", quote(w.name())+".")) }
	in("CREATE TABLE @schema_migrations (version VARCHAR(190) PRIMARY KEY)")
	w.begin()
	in("CREATE TABLE @orders (id INT PRIMARY KEY, status VARCHAR(20), note TEXT)")
	in("CREATE TABLE @old (id INT PRIMARY KEY)")
	in("INSERT INTO @orders VALUES (1, 'new', ''), (2, 'new', ''), (3, 'sent', '')")
	in("INSERT INTO @schema_migrations VALUES ('20260101'), ('20260102')")
	if did := w.outcome(true); strings.Join(did.Ran, " ") != "20260101 20260102" {
		t.Errorf("the ledger's table was there, and ran %v", did.Ran)
	}
	w.spec.Commit = "c2"
	w.begin()
	in("ALTER TABLE @orders DROP COLUMN note, ADD COLUMN amount INT NOT NULL, ADD INDEX by_status (status)")
	in("ALTER TABLE @orders MODIFY status CHAR(30)")
	in("CREATE TABLE @items (id INT PRIMARY KEY, order_id INT NOT NULL, FOREIGN KEY (order_id) REFERENCES @orders (id))")
	in("DROP TABLE @old")
	in("INSERT INTO @schema_migrations VALUES ('20251231'), ('20260103')")
	did := w.outcome(true)
	var lines []string
	for _, c := range did.Changes {
		lines = append(lines, fmt.Sprintf("%s %s %s: %q => %q", c.Table, c.What, c.Name, c.Was, c.Is))
	}
	for _, d := range did.Warnings {
		lines = append(lines, fmt.Sprint(d.Code, " ", strings.Join(d.Args, " ")))
	}
	want := []string{"warn.table-gone old", "warn.not-null orders amount", "warn.column-gone orders note", "warn.rebuilt orders 3"}
	if got := lines[len(did.Changes):]; strings.Join(did.Ran, " ") != "20251231 20260103" || !slices.Equal(got, want) {
		t.Errorf("ran %v, and warns of\n%s\nwant\n%s", did.Ran, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, part := range []string{"items table ", "orders column amount", "orders index by_status", "orders column status"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, part) }) {
			t.Errorf("no %s in\n%s", part, strings.Join(lines, "\n"))
		}
	}
	if again := w.outcome(true); fmt.Sprint(again) != fmt.Sprint(did) {
		t.Errorf("asked again, it says %+v", again)
	}
}

// A migration that only adds, and writes nothing anew, hurts nobody.
func TestAnAdditionWarnsOfNothing(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	in := func(statement string) { w.exec(strings.ReplaceAll(statement, "@", quote(w.name())+".")) }
	in("CREATE TABLE @orders (id INT PRIMARY KEY)")
	in("INSERT INTO @orders VALUES (1)")
	w.begin()
	in("ALTER TABLE @orders ADD COLUMN shelf INT NOT NULL DEFAULT 0, ALGORITHM=INSTANT")
	in("CREATE INDEX by_shelf ON @orders (shelf)")
	if did := w.outcome(true); len(did.Warnings) > 0 || len(did.Changes) != 2 {
		t.Errorf("%+v", did)
	}
}

func TestFrameworksLedgers(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	for _, c := range []struct{ table, columns, rows, want string }{
		{"schema_migrations", "version VARCHAR(190) PRIMARY KEY", "('2'), ('1')", "[{1 } {2 }]"},
		{"django_migrations", "id INT PRIMARY KEY, app VARCHAR(190), name VARCHAR(190), applied DATETIME", "(2, 'shop', '0001_initial', NULL), (1, 'auth', '0001_initial', NULL)",
			"[{auth.0001_initial } {shop.0001_initial }]"},
		{"migrations", "id INT PRIMARY KEY, migration VARCHAR(190), batch INT", "(1, 'create_users', 1), (2, 'add_shelf', 2)", "[{create_users } {add_shelf }]"},
		{"migrations", "id INT PRIMARY KEY, timestamp BIGINT, name VARCHAR(190)", "(1, 20, 'Init20')", "[{Init20 }]"},
		{"knex_migrations", "id INT PRIMARY KEY, name VARCHAR(190), batch INT, migration_time DATETIME", "(1, 'a.js', 1, NULL)", "[{a.js }]"},
		{"_prisma_migrations", "id INT PRIMARY KEY, checksum VARCHAR(64), finished_at DATETIME, migration_name VARCHAR(190), rolled_back_at DATETIME",
			"(1, 'abc', NOW(), 'init', NULL), (2, 'def', NULL, 'half', NULL)", "[{init abc}]"},
		{"migrations", "id INT PRIMARY KEY, what VARCHAR(190)", "(1, 'birds')", "[]"}, // somebody's own table
	} {
		table := quote(w.name()) + "." + quote(c.table)
		w.exec("CREATE TABLE " + table + " (" + c.columns + ")")
		w.exec("INSERT INTO " + table + " VALUES " + c.rows)
		if got, err := w.applied(t.Context(), w.name()); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v (%v), want %s", c.table, got, err, c.want)
		}
		w.exec("DROP TABLE " + table)
	}
}
