package clone

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Quote makes an identifier of any name.
func Quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literal makes a string literal of any text. Sessions fix sql_mode, so the backslash always escapes.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(s) + "'"
}

// Numbers of errors.
const (
	lockTimeout = 1205
	deadlock    = 1213
)

func number(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// sqlMode keeps rows whose AUTO_INCREMENT column holds 0, and takes every date that the source has.
const sqlMode = "NO_AUTO_VALUE_ON_ZERO"

// session opens a connection that copies. At any stricter isolation INSERT..SELECT would lock the source's rows until its end.
func (r *run) session(ctx context.Context, db *sql.DB, schema string) (*sql.Conn, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	settings := []string{
		"USE " + Quote(schema),
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"SET SESSION foreign_key_checks=0, unique_checks=0, sql_mode='" + sqlMode + "', time_zone='+00:00', lock_wait_timeout=3",
	}
	for _, q := range settings {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			conn.Close()
			return nil, fmt.Errorf("%s: %w", q, err)
		}
	}
	for _, q := range r.method.Session {
		// They only make it faster: a server that lacks one does without.
		if _, err := conn.ExecContext(ctx, q); err != nil && number(err) == 0 {
			conn.Close()
			return nil, fmt.Errorf("%s: %w", q, err)
		}
	}
	if r.Enter != nil && schema == r.Target {
		if err := r.Enter(ctx, conn); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// tries of one statement: each commits by itself, so one that lost a deadlock is simply said again.
const tries = 20

// do changes something by one statement.
func (r *run) do(ctx context.Context, conn *sql.Conn, statement string) (err error) {
	for range tries {
		if err := r.check(); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, statement)
		if n := number(err); n != deadlock && n != lockTimeout {
			return err
		}
	}
	return err
}

func (r *run) check() error {
	if r.Check == nil {
		return nil
	}
	return r.Check()
}

// rows reads a query's rows as texts by column, NULL as the empty one.
func rows(ctx context.Context, conn *sql.Conn, query string, args ...any) ([]map[string]string, error) {
	found, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	var all []map[string]string
	for found.Next() {
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]string{}
		for i, c := range columns {
			row[strings.ToLower(c)] = cells[i].String
		}
		all = append(all, row)
	}
	return all, found.Err()
}
