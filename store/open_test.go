package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qabot/store/servers/servertest"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"
)

func TestErrorsOfOpenHideThePassword(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	ok(t, closed.Close())
	server := servertest.MySQL(t)
	for _, dsn := range []string{
		"mysql:qabot:s3cret@tcp(" + closed.Addr().String() + ")/qabot",
		"mysql:nobody:s3cret@tcp(" + server.Addr + ")/qabot",
		"mysql:qabot:s3cret@tcp(" + server.Addr + ")/",
		"mysql:qabot:s3cret@tcp(x/qabot",
		"mysql:qabot:x@s3cret@/qabot",
		"mysql:qabot:s3cret",
		"postgres://qabot:s3cret@x/qabot",
		"qabot:s3cret",
	} {
		_, err := Open(t.Context(), dsn, Options{})
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	for _, dsn := range []string{"sqlite:", "sqlite:a?b", "sqlite:" + t.TempDir()} {
		if _, err := Open(t.Context(), dsn, Options{}); err == nil {
			t.Errorf("opened %s", dsn)
		}
	}
}

func TestOpenMakesTheFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "of 100% #1", "qabot.db")
	s := database{"sqlite:" + path}.open(t, Options{})
	ok(t, s.Ping(t.Context()))
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	var mode string
	var sync int
	ok(t, s.reader().row(t.Context(), "PRAGMA journal_mode").Scan(&mode))
	ok(t, s.reader().row(t.Context(), "PRAGMA synchronous").Scan(&sync))
	if mode != "wal" || sync != 2 {
		t.Errorf("journal_mode %s, synchronous %d", mode, sync)
	}
}

func TestProcessesThatStartTogether(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				s, err := Open(t.Context(), d.dsn, Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		want(t, d.open(t, Options{}), "a", up("c1"))
	})
}

func TestOlderProgramOpensTheTablesOfANewerOne(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.open(t, Options{})
		must[int64](t)(s.reader().exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"))
		must[int64](t)(s.reader().exec(t.Context(), "ALTER TABLE environments ADD COLUMN novelty BIGINT NOT NULL DEFAULT 0"))
		want(t, d.open(t, Options{}), "a", up("c1"))
	})
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	dsn := servertest.Database(t)
	before := goleak.IgnoreCurrent()
	for _, dsn := range []string{"sqlite:" + filepath.Join(t.TempDir(), "q.db"), "mysql:" + dsn} {
		s := must[*Store](t)(Open(t.Context(), dsn, Options{}))
		want(t, s, "a", up("c1"))
		ok(t, s.Close())
	}
	goleak.VerifyNone(t, before)
}

func TestMySQLSession(t *testing.T) {
	s := database{"mysql:" + servertest.Database(t)}.open(t, Options{})
	var zone, mode string
	ok(t, s.reader().row(t.Context(), "SELECT @@session.time_zone, @@session.sql_mode").Scan(&zone, &mode))
	if zone != "+00:00" || !strings.Contains(mode, "STRICT_ALL_TABLES") {
		t.Errorf("time zone %s, mode %s", zone, mode)
	}
}

// TestDeadlockIsRepeated lets two transactions lock two rows crosswise; MySQL takes one of them back.
func TestDeadlockIsRepeated(t *testing.T) {
	s := database{"mysql:" + servertest.Database(t)}.open(t, Options{})
	want(t, s, "a", up("c1"))
	want(t, s, "b", up("c1"))
	const lock = "UPDATE environments SET writes=writes+1 WHERE id=?"
	var both, wg sync.WaitGroup
	both.Add(2)
	var mu sync.Mutex
	tries := 0
	for _, ids := range [][2]ID{{"a", "b"}, {"b", "a"}} {
		first := sync.OnceFunc(func() { both.Done(); both.Wait() })
		wg.Go(func() {
			err := s.transact(t.Context(), func(q session) error {
				mu.Lock()
				tries++
				mu.Unlock()
				if _, err := q.exec(t.Context(), lock, ids[0]); err != nil {
					return err
				}
				first()
				_, err := q.exec(t.Context(), lock, ids[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var writes int
	ok(t, s.reader().row(t.Context(), "SELECT SUM(writes) FROM environments").Scan(&writes))
	if writes != 4 || tries < 3 {
		t.Errorf("%d writes in %d tries, want 4 in 3 or more", writes, tries)
	}
}

// The store and the server that qabot works on may be of one kind, or one server: their errors look alike.
func TestErrorsOfTheStoreAreKnownAsItsOwn(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		want(t, s, "a", up("c1"))
		late, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		_, read := s.Get(late, "a")
		write := s.transact(late, func(session) error { return nil })
		for _, err := range []error{read, write} {
			if !Ours(fmt.Errorf("note: %w", err)) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}
		_, none := s.Get(t.Context(), "b")
		other := s.transact(t.Context(), func(session) error { return context.DeadlineExceeded })
		if Ours(none) || Ours(other) || other == nil {
			t.Errorf("%v, %v", none, other)
		}
	})
}

func TestPassingErrors(t *testing.T) {
	for number, want := range map[uint16]bool{1213: true, 1205: true, 1062: true, 1146: false, 1045: false} {
		if got := passing(fmt.Errorf("write: %w", &mysql.MySQLError{Number: number})); got != want {
			t.Errorf("%d: %v", number, got)
		}
	}
	for _, err := range []error{sql.ErrNoRows, context.Canceled, ErrFenced, errors.New("x")} {
		if passing(err) {
			t.Errorf("%v is repeated", err)
		}
	}
}

// TestLocalClockStaysOutOfSQL: the only place that reads this machine's clock is trust.go, whose moments no statement takes.
func TestLocalClockStaysOutOfSQL(t *testing.T) {
	files, err := filepath.Glob("*.go")
	ok(t, err)
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "trust.go" {
			continue
		}
		read++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		ok(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			sel, isSel := n.(*ast.SelectorExpr)
			if !isSel {
				return true
			}
			if pkg, isName := sel.X.(*ast.Ident); isName && pkg.Name == "time" && (sel.Sel.Name == "Now" || sel.Sel.Name == "Since" || sel.Sel.Name == "Until") {
				t.Errorf("%s uses time.%s", name, sel.Sel.Name)
			}
			return true
		})
	}
	if read < 10 {
		t.Errorf("only %d files were read", read)
	}
	onEachStore(t, func(t *testing.T, s *Store) {
		if _, err := s.reader().exec(t.Context(), "UPDATE environments SET next_at=?", now()); err == nil {
			t.Error("a statement took the local clock")
		}
	})
}
