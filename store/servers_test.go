package store

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qabot/store/servers/servertest"
)

func TestMain(m *testing.M) {
	// Each check of the model is a hundred transactions; -rapid.checks on the command line has the last word.
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
	os.Exit(servertest.Main(m))
}

// database is an empty database; every Store opened on it is closed after the test.
type database struct{ dsn string }

func (d database) open(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), d.dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// onEach runs a case on SQLite and on MySQL, each time in a database of its own.
func onEach(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, database{"sqlite:" + filepath.Join(t.TempDir(), "qabot.db")})
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		test(t, database{"mysql:" + servertest.Database(t)})
	})
}

// onEachStore is onEach for cases that need one Store with the usual times.
func onEachStore(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	onEach(t, func(t *testing.T, d database) { test(t, d.open(t, Options{})) })
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// up is the plainest wish.
func up(commit string) func(*Spec) ([]Event, error) {
	return func(s *Spec) ([]Event, error) {
		s.Commit, s.Released = commit, false
		s.Generation++
		return nil, nil
	}
}

func down(s *Spec) ([]Event, error) { s.Released = true; return nil, nil }

func want(t testing.TB, s *Store, id ID, change func(*Spec) ([]Event, error)) Environment {
	t.Helper()
	return must[Environment](t)(s.Want(context.Background(), id, change))
}

// claim claims an environment that must be due and free.
func claim(t testing.TB, s *Store, id ID) *Claim {
	t.Helper()
	c := must[*Claim](t)(s.Claim(context.Background(), id, "worker"))
	if c == nil {
		t.Fatalf("%s is not due, or taken", id)
	}
	return c
}

func claimName(t testing.TB, s *Store, name string) *Claim {
	t.Helper()
	c := must[*Claim](t)(s.ClaimName(context.Background(), name, "worker"))
	if c == nil {
		t.Fatalf("%s is taken", name)
	}
	return c
}

// lapse lets the leases of all claims run out, as time would.
func lapse(t testing.TB, s *Store) {
	t.Helper()
	for _, table := range []string{"environments", "names"} {
		must[int64](t)(s.reader().exec(context.Background(), "UPDATE "+table+" SET lease_until={now}-1 WHERE lease_until>0"))
	}
}

// dueIn is how far ahead of the database's clock an environment's next look is.
func dueIn(t testing.TB, s *Store, id ID) time.Duration {
	t.Helper()
	var ms int64
	ok(t, s.reader().row(context.Background(), "SELECT next_at-{now} FROM environments WHERE id=?", id).Scan(&ms))
	return time.Duration(ms) * time.Millisecond
}

// clock is the database's.
func clock(t testing.TB, s *Store) time.Time {
	t.Helper()
	var ms int64
	ok(t, s.reader().row(context.Background(), "SELECT {now}").Scan(&ms))
	return millis(ms)
}

func isDue(t testing.TB, s *Store, id ID) bool {
	t.Helper()
	for _, due := range must[[]ID](t)(s.Due(context.Background(), 1000)) {
		if due == id {
			return true
		}
	}
	return false
}

func seen(states ...State) map[Kind]Observation {
	m := map[Kind]Observation{}
	for i, s := range states {
		m[Of("service", string(rune('a'+i)))] = Observation{State: s}
	}
	return m
}
