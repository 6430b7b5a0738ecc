package shop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestSeedRepositoryIsDeterministic(t *testing.T) {
	refs := func() (string, string) {
		bare := filepath.Join(t.TempDir(), "shop.git")
		run(t, "git", "init", "--quiet", "--bare", "--initial-branch=main", bare)
		if err := SeedRepository(t.Context(), bare); err != nil {
			t.Fatal(err)
		}
		return bare, run(t, "git", "--git-dir", bare, "for-each-ref", "--format=%(objectname) %(refname:short) %(subject)")
	}
	bare, first := refs()
	if _, second := refs(); first != second {
		t.Errorf("two repositories differ:\n%s\n%s", first, second)
	}
	for _, branch := range []string{"main", "qa/hello", "qa/broken-migration", "feature/login", "feature/checkout"} {
		if !strings.Contains(first, " "+branch+" ") {
			t.Errorf("no branch %s in:\n%s", branch, first)
		}
	}
	run(t, "git", "--git-dir", bare, "update-ref", "-d", "refs/heads/qa/hello")
	if err := SeedRepository(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	if now := run(t, "git", "--git-dir", bare, "for-each-ref"); strings.Contains(now, "qa/hello") {
		t.Error("seeding again brings a deleted branch back")
	}
	run(t, "git", "--git-dir", bare, "fsck", "--strict")
}

func TestEveryFileOfMainIsCommitted(t *testing.T) {
	var committed []string
	for _, c := range history() {
		files, err := chapterFiles(c)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			t.Errorf("%q brings nothing", c.subject)
		}
		if c.branch == "main" {
			committed = append(committed, files...)
		}
	}
	all, err := chapterFiles(chapter{folder: "main"})
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(all) {
		t.Errorf("main's commits bring %d files of %d", len(committed), len(all))
	}
}

func TestStatements(t *testing.T) {
	const text = "-- about\n\nCREATE TABLE a (\n  -- inside\n  b INT\n);\nINSERT INTO a VALUES ('x;y');  \n\nDELETE FROM a"
	want := []statement{{"CREATE TABLE a (\n  b INT\n)", 3}, {"INSERT INTO a VALUES ('x;y')", 7}, {"DELETE FROM a", 9}}
	if diff := cmp.Diff(want, statements(text), cmp.AllowUnexported(statement{})); diff != "" {
		t.Error(diff)
	}
}

func TestDatabaseURL(t *testing.T) {
	for _, c := range []struct{ url, name, user, password, addr, database string }{
		{"mysql://qa:p%40ss%2F@db.local:3307/qa_x", "ignored", "qa", "p@ss/", "db.local:3307", "qa_x"},
		{"mysql2://qa@db/?pool=5", "qa_y", "qa", "", "db:3306", "qa_y"},
		{"mysql://qa:p@[::1]:3306/z", "", "qa", "p", "[::1]:3306", "z"},
	} {
		got, err := parseDatabaseURL(c.url, c.name)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if got.User != c.user || got.Passwd != c.password || got.Addr != c.addr || got.DBName != c.database {
			t.Errorf("%s: %s, %s, %s, %s", c.url, got.User, got.Passwd, got.Addr, got.DBName)
		}
	}
	for _, bad := range []string{"mysql://u:p@/x", "mysql://u:p@h", "db:3306/x"} {
		if _, err := parseDatabaseURL(bad, ""); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestPrices(t *testing.T) {
	for text, want := range map[string]int{"12": 1200, "12.5": 1250, " €12,50 ": 1250, "0.05": 5} {
		if got, ok := cents(text); !ok || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "free", "-1", "1.234", "12345678"} {
		if _, ok := cents(text); ok {
			t.Errorf("%q is a price", text)
		}
	}
	if got := less("6900", "20"); got != "€55.20" {
		t.Errorf("a fifth off €69.00 is %s", got)
	}
}

func TestBrokenCheckoutsDoNotBoot(t *testing.T) {
	whole := os.DirFS("content/main")
	if _, err := readLook(whole); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]fstest.MapFS{
		"no theme":        {},
		"unknown setting": {"shop.yaml": {Data: []byte("title: x\ncolor: red\n")}},
		"no layout":       {"shop.yaml": {Data: []byte("title: x\n")}},
		"broken template": {
			"shop.yaml": {Data: []byte("title: x\n")}, "templates/layout.html": {Data: []byte(`{{define "layout"}}{{end}}`)},
			"templates/parts/a.html": {Data: []byte("a")}, "templates/home.html": {Data: []byte("{{if}}")},
		},
	} {
		if _, err := readLook(files); err == nil {
			t.Errorf("%s: boots", name)
		}
	}
}

func TestBuildFindsWhatTheDockerfileCopies(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := build(dir, &out); err == nil {
		t.Error("built without a Dockerfile")
	}
	write("Dockerfile", "# what it is\nFROM scratch\nCOPY shop.yaml templates ./\n")
	write("shop.yaml", "title: Shop\n")
	if err := build(dir, &out); err == nil || !strings.Contains(err.Error(), "templates") {
		t.Errorf("built without what it copies: %v", err)
	}
	write("templates", "")
	out.Reset()
	if err := build(dir, &out); err != nil || !strings.Contains(out.String(), "Step 2/2 : COPY") {
		t.Errorf("got %v and %q", err, out.String())
	}
}
