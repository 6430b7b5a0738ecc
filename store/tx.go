package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// session carries out statements, in a transaction or outside of one. {now} in a statement is the database's clock.
type session struct {
	conn interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	now string
}

func (q session) text(query string) string { return strings.ReplaceAll(query, "{now}", q.now) }

// exec tells how many rows the statement found, changed or not.
func (q session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := q.conn.ExecContext(ctx, q.text(query), args...)
	if err != nil {
		return 0, ours(err)
	}
	return result.RowsAffected()
}

func (q session) row(ctx context.Context, query string, args ...any) scanner {
	return single{q.conn.QueryRowContext(ctx, q.text(query), args...)}
}

// scanner is a row that can be read.
type scanner interface{ Scan(dest ...any) error }

// single is the row of a query that finds one, or none.
type single struct{ row *sql.Row }

func (r single) Scan(dest ...any) error {
	return ours(r.row.Scan(dest...))
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q session, read func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.conn.QueryContext(ctx, q.text(query), args...)
	if err != nil {
		return nil, ours(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, ours(rows.Err())
}

// only reads rows of a single column.
func only[T any](row scanner) (v T, err error) { return v, row.Scan(&v) }

func (s *Store) reader() session { return session{s.db, s.kind.now} }

// transact runs do in a transaction, and again from the start when the database took it back or another was faster.
func (s *Store) transact(ctx context.Context, do func(session) error) error {
	began := now()
	for try := 1; ; try++ {
		err := s.once(ctx, do)
		if err == nil || try == transactTries || began.ago() > LongestCall || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(min(try, 10)) * 5 * time.Millisecond)):
		}
	}
}

const transactTries = 30

func (s *Store) once(ctx context.Context, do func(session) error) error {
	tx, err := s.db.BeginTx(ctx, s.kind.txOpts)
	if err != nil {
		return fmt.Errorf("begin: %w", ours(err))
	}
	// Explicitly, whatever went wrong: MySQL's 1205 undoes the last statement alone. After Commit it does nothing.
	defer func() { _ = tx.Rollback() }()
	if err := do(session{tx, s.kind.now}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", ours(err))
	}
	return nil
}

// fault is an error that the store's database gave.
type fault struct{ error }

// Unwrap gives the database's own error.
func (f *fault) Unwrap() error { return f.error }

// ours marks an error as the database's; that there is no such row is none.
func ours(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return &fault{err}
}

// Ours tells whether it was the store that failed, and not a server that qabot was at work on: both may be of one kind, and give
// the same errors.
func Ours(err error) bool {
	_, ours := errors.AsType[*fault](err)
	return ours
}

// passing tells errors after which a transaction has changed nothing and may well succeed when repeated: deadlocks, lock
// time-outs, and a row that somebody else made after we had looked for it.
func passing(err error) bool {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == 1213 || my.Number == 1205 || my.Number == 1062
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()&0xff == sqlite3.SQLITE_BUSY ||
			lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
	}
	return false
}

// asJSON is text, not bytes: MySQL refuses bytes in a JSON column. The types of this package always have a JSON form.
func asJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// fromJSON reads a JSON column.
func fromJSON[T any](text []byte) (v T, err error) { return v, json.Unmarshal(text, &v) }

// millis reads a time column.
func millis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
