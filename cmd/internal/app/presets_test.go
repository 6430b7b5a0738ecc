package app

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"qabot/store/servers/servertest"
)

// image is a folder in which commands of migrations run as they would in the app's image.
type image struct {
	testing.TB
	dir string
	env []string
}

func (i image) write(name, text string) {
	i.Helper()
	file := filepath.Join(i.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		i.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		i.Fatal(err)
	}
}

func (i image) sh(command string) (said string, err error) {
	c := exec.CommandContext(i.Context(), "sh", "-c", command)
	c.Dir, c.Env = i.dir, append([]string{"PATH=" + os.Getenv("PATH")}, i.env...)
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestRailsLoadsThenMigratesThenSeeds(t *testing.T) {
	for _, test := range []struct {
		name      string
		structure string // file of it
		failing   string // task
		want      []string
		passes    bool
	}{
		{"a structure", "db/schema.rb", "-", []string{"db:schema:load unguarded", "db:migrate"}, true},
		{"a structure in SQL", "db/structure.sql", "-", []string{"db:schema:load unguarded", "db:migrate"}, true},
		{"none yet", "db/seeds.rb", "-", []string{"db:migrate"}, true},
		{"a structure that does not load", "db/schema.rb", "db:schema:load", []string{"db:schema:load unguarded"}, false},
		{"a migration that fails", "db/schema.rb", "db:migrate", []string{"db:schema:load unguarded", "db:migrate"}, false},
	} {
		i := image{TB: t, dir: t.TempDir()}
		i.write(test.structure, "")
		i.write("bin/rails", "#!/bin/sh\necho \"$1${DISABLE_DATABASE_ENVIRONMENT_CHECK:+ unguarded}\"\n[ \"$1\" != "+test.failing+" ]\n")
		steps := Migration{Preset: "rails"}.preset()
		said, err := i.sh(steps.create)
		if got := strings.Fields(strings.ReplaceAll(said, " ", "_")); !cmp.Equal(got, strings.Fields(strings.ReplaceAll(strings.Join(test.want, "\n"), " ", "_"))) || (err == nil) != test.passes {
			t.Errorf("with %s: it ran %q, %v", test.name, said, err)
		}
	}
}

func TestPlainSQL(t *testing.T) {
	server, err := mysql.ParseDSN(servertest.MySQL(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", server.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const name = "preset_sql_test"
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	do("DROP DATABASE IF EXISTS " + name)
	do("CREATE DATABASE " + name)
	t.Cleanup(func() { db.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE IF EXISTS "+name) })
	do("DROP USER IF EXISTS preset_sql_test@'%'")
	do("CREATE USER preset_sql_test@'%' IDENTIFIED BY 'WORD234'")
	do("GRANT ALL ON " + name + ".* TO preset_sql_test@'%'")
	address := url.URL{Scheme: "mysql", User: url.UserPassword(name, "WORD234"), Host: server.Addr, Path: "/" + name, RawQuery: "charset=utf8mb4"}
	i := image{TB: t, dir: t.TempDir(), env: []string{"DATABASE_URL=" + address.String()}}
	steps := Migration{Preset: "sql"}.preset()
	run := func(want string, passes bool) {
		t.Helper()
		said, err := i.sh(steps.migrate)
		if said = strings.TrimSpace(said); (err == nil) != passes || want != "" && said != want || strings.Contains(said, "WORD234") {
			t.Errorf("it said %q, %v; want %q", said, err, want)
		}
	}
	run("there is no migrations/*.sql in "+i.dir, false)
	i.write("migrations/001_a.sql", "CREATE TABLE a (n INT);\nINSERT INTO a VALUES (1);")
	i.write("migrations/002_b.sql", "CREATE TABLE b (n INT);")
	i.write("seeds.sql", "INSERT INTO b SELECT n FROM a;")
	run("== 001_a: migrating\n== 002_b: migrating", true)
	run("", true)
	if said, err := i.sh(steps.seed); err != nil {
		t.Errorf("seed: %v: %s", err, said)
	}
	i.write("migrations/003_c.sql", "ALTER TABLE b DROP COLUMN nowhere;\nCREATE TABLE c (n INT);")
	run("", false)
	i.write("migrations/003_c.sql", "CREATE TABLE c (n INT);")
	run("== 003_c: migrating", true)
	var rows int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+name+".b JOIN "+name+".schema_migrations").Scan(&rows); err != nil || rows != 3 {
		t.Errorf("%d rows, %v; want one of seeds, with three migrations", rows, err)
	}
	i.env = []string{"DATABASE_URL=" + strings.Replace(address.String(), "WORD234", "wrong", 1)}
	run("", false) // what cannot be asked has not migrated
}

func TestPresets(t *testing.T) {
	for name, p := range presets() {
		if p.migrate == "" || strings.Contains(p.migrate, p.seed) && p.seed != "" {
			t.Errorf("%s: %+v", name, p)
		}
		for _, command := range []string{p.create, p.migrate, p.seed} {
			if out, err := exec.CommandContext(t.Context(), "sh", "-nc", command).CombinedOutput(); err != nil {
				t.Errorf("%s: sh does not read %q: %s", name, command, out)
			}
		}
	}
	for _, test := range []struct {
		m    Migration
		want preset
	}{
		{Migration{Command: "a", Seed: "b"}, preset{title: "a", migrate: "a", seed: "b"}},
		{Migration{Command: "a\nb\n"}, preset{title: "a …", migrate: "a\nb\n"}},
		{Migration{Preset: "laravel", Seed: "none"}, preset{title: "php artisan migrate --force --no-interaction", migrate: "php artisan migrate --force --no-interaction"}},
		{Migration{Preset: "django", Seed: "x"}, preset{title: "python manage.py migrate --noinput", migrate: "python manage.py migrate --noinput", seed: "x"}},
	} {
		if got := test.m.preset(); got != test.want {
			t.Errorf("%+v gives %+v", test.m, got)
		}
	}
}
