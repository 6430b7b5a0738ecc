package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qabot/manifests"
	"qabot/store"
	"qabot/store/servers/servertest"
)

// journal puts acts into a store: two of long ago, two of an hour ago.
func journal(t *testing.T, dsn string) {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	old, fresh := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), time.Now().Add(-time.Hour)
	refused := store.Act{
		Key: "slash/1", At: old, Verb: "down", Way: store.WayCommand, User: "U1", Team: "T1", Channel: "C1", App: "shop", Repo: "acme/shop",
		Branch: "qa/x&y", Environment: "qa-x-1", Outcome: store.OutcomeRefused, Why: "refused.guest",
	}
	pushed := store.Act{
		Key: "github/2", At: old.Add(time.Minute), Verb: "push", Way: store.WayWebhook, Name: "ben\x1b[2J", App: "pay", Repo: "acme/pay", Branch: "qa/y",
		Commit: "0123456789abcdef0123456789abcdef01234567", Outcome: store.OutcomeDone, Why: "answer.moved",
	}
	if err := s.Record(t.Context(), refused); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Want(t.Context(), "qa-y-2", func(w *store.Spec) ([]store.Event, error) { return nil, nil }, pushed); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"slash/3", "slash/4"} {
		refused.Key, refused.At, refused.Branch = key, fresh.Add(time.Duration(i)*time.Minute), "qa/fresh"
		if err := s.Record(t.Context(), refused); err != nil {
			t.Fatal(err)
		}
	}
}

// configuredWith writes the example configuration with another store.
func configuredWith(t *testing.T, storeIs string) (file string) {
	t.Helper()
	text := strings.Replace(manifests.Configuration, "store: sqlite:/var/lib/qabot/qabot.db", "store: "+storeIs, 1)
	if text == manifests.Configuration {
		t.Fatal("the example has another store")
	}
	file = filepath.Join(t.TempDir(), "qabot.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const oldActs = `{"n":1,"at":"2026-01-02T03:04:05.006Z","command":"down","way":"command","outcome":"refused","why":"refused.guest","slack_user":"U1","slack_team":"T1","channel":"C1","app":"shop","repository":"acme/shop","branch":"qa/x&y","environment":"qa-x-1"}
{"n":2,"at":"2026-01-02T03:05:05.006Z","command":"push","way":"webhook","outcome":"done","why":"answer.moved","github_user":"ben\u001b[2J","app":"pay","repository":"acme/pay","branch":"qa/y","commit":"0123456789abcdef0123456789abcdef01234567","environment":"qa-y-2","version":1}
`

const oldTable = `WHEN                      WHO      COMMAND  APP   BRANCH  WAY      WHERE  OUTCOME  WHY
2026-01-02T03:04:05.006Z  U1       down     shop  qa/x&y  command  C1     refused  refused.guest
2026-01-02T03:05:05.006Z  ben[2J  push     pay   qa/y    webhook  -      done     answer.moved
`

func TestAuditPrints(t *testing.T) {
	mysql := servertest.Database(t)
	file := "sqlite:" + filepath.Join(t.TempDir(), "qabot.db")
	for _, c := range []struct {
		name, dsn, config string
		env               []string
	}{
		{"sqlite", file, configuredWith(t, file), nil},
		{"mysql", "mysql:" + mysql, configuredWith(t, "mysql"), []string{"QABOT_STORE_DSN=" + mysql}},
	} {
		t.Run(c.name, func(t *testing.T) {
			journal(t, c.dsn)
			run := func(args ...string) string {
				t.Helper()
				code, out, errors := qabot(t, c.env, append([]string{"audit", "--config", c.config}, args...)...)
				if code != 0 || errors != "" {
					t.Fatalf("qabot audit %v: exit code %d: %s", args, code, errors)
				}
				return out
			}
			if out := run("--json"); !strings.HasPrefix(out, oldActs) || strings.Count(out, "\n") != 4 {
				t.Errorf("got\n%s\nwant it to begin with\n%s", out, oldActs)
			}
			table := strings.ReplaceAll(oldTable, "ben[2J  ", "ben[2J   ")
			if out := run(); !strings.HasPrefix(squeeze(out), squeeze(table)) || strings.ContainsRune(out, 0x1b) {
				t.Errorf("got\n%s\nwant it to begin with\n%s", out, table)
			}
			for args, want := range map[string]int{
				"--since 2h": 2, "--since 1w --app shop": 2, "--since 30m": 0, "--app shop": 3, "--app pay --branch qa/y": 1, "--branch qa/fresh": 2, "--app shop --branch qa/y": 0,
			} {
				if out := run(append(strings.Fields(args), "--json")...); strings.Count(out, "\n") != want {
					t.Errorf("%s: %d acts, want %d:\n%s", args, strings.Count(out, "\n"), want, out)
				}
			}
		})
	}
}

// squeeze makes runs of spaces one.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}

// What is more than one page long comes whole and in order.
func TestAuditReadsOn(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "qabot.db")
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const many = 1100 // a page is 1000
	acts := make([]store.Act, many)
	for i := range acts {
		acts[i] = store.Act{Key: fmt.Sprint(i), At: time.Now(), Verb: "up"}
	}
	if _, err := s.Want(t.Context(), "x", func(*store.Spec) ([]store.Event, error) { return nil, nil }, acts...); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, _ := qabot(t, nil, "audit", "--json", "--config", configuredWith(t, dsn))
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != many || !strings.HasPrefix(lines[many-1], `{"n":1100,`) {
		t.Errorf("exit code %d, %d lines, the last is %s", code, len(lines), lines[len(lines)-1])
	}
}

func TestAuditSaysWhatIsMissing(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere", "qabot.db")
	for _, c := range []struct {
		args string
		says string
	}{
		{"--config " + configuredWith(t, "sqlite:"+nowhere), "there is no store at " + nowhere},
		{"--config " + configuredWith(t, "mysql"), "QABOT_STORE_DSN is not set"},
		{"--since tomorrow", "is no time such as 90m, 12h, 7d or 2w"},
		{"--since=-1d", "is no time such as"},
		{"--config nowhere.yaml", "read the configuration"},
	} {
		code, out, errors := qabot(t, nil, append([]string{"audit"}, strings.Fields(c.args)...)...)
		if code != 1 || out != "" || !strings.Contains(errors, c.says) {
			t.Errorf("qabot audit %s: exit code %d, says %q, want %q", c.args, code, errors, c.says)
		}
	}
	if _, err := os.Stat(filepath.Dir(nowhere)); !os.IsNotExist(err) {
		t.Errorf("a store was made: %v", err)
	}
}
