package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"qabot/store"
)

func TestOverlaps(t *testing.T) {
	of := func(branch string, tables []string, files ...string) footprint {
		p := footprint{env: store.Environment{Spec: store.Spec{Branch: branch}}, files: map[string]string{}, tables: map[string]bool{}}
		for i := 0; i < len(files); i += 2 {
			p.files[files[i]] = files[i+1]
		}
		for _, table := range tables {
			p.tables[table] = true
		}
		return p
	}
	for _, c := range []struct {
		why  string
		a, b footprint
		want string
	}{
		{"the same version", of("a", nil, "db/migrate/20260101_add_shelf.rb", "1"), of("b", nil, "db/migrate/20260101_add_colour.rb", "2"),
			"[{radar.version [a b 20260101 db/migrate/20260101_add_colour.rb]}]"},
		{"the same file with another text", of("a", nil, "migrations/004_x.sql", "1"), of("b", nil, "migrations/004_x.sql", "2"), "[{radar.version [a b 004 migrations/004_x.sql]}]"},
		{"one branch built on the other", of("a", []string{"orders"}, "migrations/004_x.sql", "1"), of("b", []string{"orders"}, "migrations/004_x.sql", "1", "migrations/005_y.sql", "2"), "[]"},
		{"the same number in another app of Django's", of("a", nil, "shop/migrations/0004_x.py", "1"), of("b", nil, "users/migrations/0004_x.py", "2"), "[]"},
		{"Prisma's folders", of("a", nil, "prisma/migrations/20260101_a/migration.sql", "1"), of("b", nil, "prisma/migrations/20260101_b/migration.sql", "2"),
			"[{radar.version [a b 20260101 prisma/migrations/20260101_b/migration.sql]}]"},
		{"names without numbers", of("a", nil, "migrations/add.sql", "1"), of("b", nil, "migrations/drop.sql", "2"), "[]"},
		{"the same table", of("a", []string{"orders", "users"}, "migrations/004_x.sql", "1"), of("b", []string{"orders"}, "migrations/005_y.sql", "2"), "[{radar.table [a b orders]}]"},
	} {
		if got := fmt.Sprint(overlaps(c.a, c.b)); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
	events := []store.Event{
		{Code: store.EventMigrated, Ran: []string{"1"}, Changes: []store.Change{{Table: "old"}}}, {Code: store.EventRemoved},
		{Code: store.EventMigrated, Changes: []store.Change{{Table: "everything"}}},
		{Code: store.EventMigrated, Ran: []string{"4"}, Changes: []store.Change{{Table: "orders", Name: "x"}, {What: "routine", Name: "r"}}},
	}
	if got := fmt.Sprint(changedTables(events)); got != "map[orders:true]" {
		t.Errorf("tables changed: %s", got)
	}
}

// Both threads are told, and once.
func TestRadar(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("main", "begin")
	r := &radar{bot: w.bot}
	for _, branch := range []string{"qa/a", "qa/b"} {
		w.migrates(branch, "migrations/004_"+branch[3:]+".sql")
	}
	for range 2 {
		if err := r.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for branch, other := range map[string]string{"qa/a": "qa/b", "qa/b": "qa/a"} {
		events, err := w.store.Events(t.Context(), w.id(branch), 10)
		if err != nil || len(events) != 1 || events[0].Code != store.EventRadar || events[0].Detail.Args[1] != other {
			t.Errorf("%s was told %+v (%v)", branch, events, err)
		}
	}
}

// file moves a branch to a commit of main and this file, and gives it.
func (w *world) file(branch, file, text string) (commit string) {
	w.t.Helper()
	dir := w.t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	w.git("--work-tree", dir, "add", "-A")
	commit = w.git("commit-tree", w.git("write-tree"), "-p", "refs/heads/main", "-m", branch)
	w.git("update-ref", "refs/heads/"+branch, commit)
	return commit
}

// migrates makes a branch of main with one file more, whose environment has run it.
func (w *world) migrates(branch, file string) (commit string) {
	w.t.Helper()
	ctx := w.t.Context()
	commit = w.file(branch, file, "-- "+branch)
	if _, err := w.store.Want(ctx, w.id(branch), func(s *store.Spec) ([]store.Event, error) {
		*s = store.Spec{App: "shop", Repo: testRepo, Branch: branch, Commit: commit, Generation: 1}
		return nil, nil
	}); err != nil {
		w.t.Fatal(err)
	}
	c, err := w.store.Claim(ctx, w.id(branch), "test")
	if err != nil || c == nil {
		w.t.Fatalf("claim: %v", err)
	}
	if err := w.store.Note(ctx, c, "migration", store.Fact{Passed: commit}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Settle(ctx, c, c.Status, 0); err != nil {
		w.t.Fatal(err)
	}
	return commit
}
