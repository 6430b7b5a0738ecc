package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"qabot/store"
)

// pause is between two tables that are dropped: each takes the server's dictionary for itself, and there is other work.
const pause = 20 * time.Millisecond

// Remove drops the schema, its account and its parameter, as far as the context's time reaches; the next call goes on.
func (r *Resource) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return reach(r.remove(ctx, c))
}

func (r *Resource) remove(ctx context.Context, c *store.Claim) error {
	a, v, err := r.before(ctx, c)
	if err != nil {
		return err
	}
	for _, beside := range []*sight{v.next, v.past} {
		if r.clearable(c.Environment, beside) {
			if err := r.clearBeside(ctx, c, beside); err != nil {
				return err
			}
		}
	}
	switch r.whose(c.Environment, v) {
	case unmarked:
		return foreign(a.name)
	case stranger:
		if c.Facts[Kind].Ref == "" {
			return nil // nor is the account of that name ours
		}
	case ours:
		if v.marks[markFilling] != "" {
			if err := r.stopFilling(ctx, c, a.name); err != nil {
				return err
			}
		}
		if err := r.purge(ctx, c, a.name, a.account); err != nil {
			return err
		}
	case unfinished:
		if err := r.dropSchema(ctx, c, a.name); err != nil {
			return err
		}
	}
	if err := r.dropAccount(ctx, c, a.account); err != nil {
		return err
	}
	return r.abandon(ctx, c)
}

// purge drops a schema that bears our marks. The marks go last, with the schema itself.
func (r *Resource) purge(ctx context.Context, c *store.Claim, name, account string) error {
	if err := r.expel(ctx, c, account); err != nil {
		return err
	}
	// From here on nobody takes what is left for the data that somebody wants.
	if err := r.writeMarks(ctx, c, name, markLeaving, r.o.Now().UTC().Format(time.RFC3339)); err != nil {
		return explain(err, "mark the schema as leaving")
	}
	return r.dropWhole(ctx, c, name)
}

// dropWhole drops a schema, a table at a time. The marks go last, with the schema itself.
func (s *Server) dropWhole(ctx context.Context, c *store.Claim, name string) error {
	tables, err := column(ctx, s.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE' AND table_name <> ? ORDER BY table_name", name, marksTable)
	if err != nil {
		return fmt.Errorf("list tables of %s: %w", name, err)
	}
	for i, table := range tables {
		if err := s.do(ctx, c, "DROP TABLE IF EXISTS "+quote(name)+"."+quote(table)); err != nil {
			return explain(s.blocked(ctx, name, err), "drop table")
		}
		if i == len(tables)-1 {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("drop tables of %s, %d are left: %w", name, len(tables)-i-1, ctx.Err())
		case <-time.After(pause):
		}
	}
	return s.dropSchema(ctx, c, name)
}

func (s *Server) dropSchema(ctx context.Context, c *store.Claim, name string) error {
	if err := s.do(ctx, c, "DROP DATABASE "+quote(name)); err != nil && !is(err, schemaGone, unknownSchema) {
		return explain(s.blocked(ctx, name, err), "drop database")
	}
	return nil
}

// expel ends the account's sessions and keeps new ones out: an open transaction would keep its tables.
func (r *Resource) expel(ctx context.Context, c *store.Claim, account string) error {
	ended, err := kill(ctx, c, r.db, account)
	if err != nil && !is(err, killDenied) {
		return explain(err, "end the account's sessions")
	}
	if ended == 0 {
		// There are none, or they are hidden from us, or not ours to end.
		if err := r.expelItself(ctx, c, account); err != nil {
			return err
		}
	}
	err = r.do(ctx, c, "ALTER USER "+user(account)+" ACCOUNT LOCK")
	if is(err, syntax, unspecified, accountFailed) {
		return nil // it cannot be locked or is not there; it is dropped all the same
	}
	return explain(err, "lock the account")
}

// expelItself logs in as the account, which may end its own sessions where we may not. One that cannot log in has none left
// that we could end; what holds on to a table makes the drop wait for a later pass.
func (r *Resource) expelItself(ctx context.Context, c *store.Claim, account string) error {
	kept, err := r.vault.Look(ctx, []store.ID{c.ID}, Parameter)
	if err != nil {
		return fmt.Errorf("look for the password: %w", err)
	}
	password := passwordIn(kept[c.ID])
	if password == "" {
		return nil
	}
	err = r.as(ctx, account, password, func(conn *sql.Conn) error {
		_, err := kill(ctx, c, conn, account)
		return err
	})
	if errors.Is(err, store.ErrFenced) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		r.o.Log.Debug("end an account's sessions", "account", account, "error", hide(err, password))
	}
	return nil
}

type session interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// kill ends the account's sessions, all but the one it speaks through, and counts them.
func kill(ctx context.Context, c *store.Claim, on session, account string) (ended int, err error) {
	ids, err := column(ctx, on, "SELECT id FROM information_schema.processlist WHERE user = ? AND id <> CONNECTION_ID()", account)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := c.Check(); err != nil {
			return ended, err
		}
		if _, err := on.ExecContext(ctx, "KILL "+id); err != nil && !is(err, unknownThread) {
			return ended, err
		}
		ended++
	}
	return ended, nil
}
