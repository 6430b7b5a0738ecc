package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// pools are connections that copy, by qabot's account and by the one that the copy is for.
type pools struct{ db, owner *sql.DB }

// fill is the work of filling one environment's schema.
type fill struct {
	origin     *origin
	app        string
	home       string // the environment's own schema
	schema     string // that is filled: the same, or one beside it
	account    string
	token      string
	generation int64
	masks      []clone.Mask
}

// beside tells whether the environment keeps what it has until the copy is whole.
func (f fill) beside() bool { return f.schema != f.home }

// run fills the schema. Until it is done the environment's account has a password that nobody else knows: tasks that run still
// must not write into what is half there.
func (s *Server) run(ctx context.Context, c *store.Claim, f fill) error {
	fill := s.tryFill
	if f.beside() {
		fill = s.tryFillBeside
	}
	err := s.unfiled(ctx, f.origin, func(ctx context.Context) error { return fill(ctx, c, f) })
	if err == nil || ctx.Err() != nil || errors.Is(err, errEnded) || errors.Is(err, store.ErrFenced) || away(err) || passes(err) {
		return err // whoever looks next begins anew
	}
	problem := explainCopy(err, f.origin)
	if f.beside() {
		problem = stays(problem)
	}
	s.fail(c, f.schema, f.token, failure{Generation: f.generation, Detail: problem.Detail})
	return err
}

func (s *Server) tryFill(ctx context.Context, c *store.Claim, f fill) error {
	db, err := s.copier(s.config.User, s.config.Passwd)
	if err != nil {
		return err
	}
	defer db.Close()
	owner, password := db, ""
	if !s.o.Shared {
		password = newPassword()
		if err := s.lend(ctx, c, db, f, password); err != nil {
			return hide(err, password)
		}
		if owner, err = s.copier(f.account, password); err != nil {
			return hide(err, password)
		}
		defer owner.Close()
	}
	method, err := s.method(ctx)
	if err != nil {
		return err
	}
	began := s.o.Now()
	work := s.copyOf(c, f)
	if work.Written, err = s.written(ctx, f); err != nil {
		return hide(err, password)
	}
	took, err := s.takeWarm(ctx, f, work, pools{db, owner})
	if err != nil {
		return hide(fmt.Errorf("take a warm copy of %s: %w", f.origin.schema, err), password)
	}
	var report clone.Report
	if !took {
		if report, err = work.Run(ctx, db, owner, method); err != nil {
			return hide(fmt.Errorf("copy %s: %w", f.origin.schema, err), password)
		}
	}
	if err := s.story(ctx, c, f); err != nil {
		return fmt.Errorf("take over what is known of the data: %w", err)
	}
	s.o.Log.Info("schema filled", "from", f.origin.schema, "to", f.schema, "warm", took, "tables", report.Tables, "objects", report.Objects, "took", s.o.Now().Sub(began))
	return s.filled(ctx, c, f.schema, f.token)
}

// copyOf is the work as package clone does it.
func (s *Server) copyOf(c *store.Claim, f fill) clone.Copy {
	return clone.Copy{
		Source: f.origin.schema, Target: f.schema, Skip: ownTables(), Masks: f.masks, Invoker: s.o.Shared,
		Check: c.Check, Enter: enter(f.schema, f.token),
		Progress: func(filled, tables int) {
			// Only to be looked at: a copy does not fail for want of it.
			ctx, cancel := context.WithTimeout(s.life, store.LongestCall)
			defer cancel()
			if err := s.writeMarks(ctx, c, f.schema, markProgress, fmt.Sprintf("%d/%d", filled, tables)); err != nil {
				s.o.Log.Debug("note progress", "schema", f.schema, "error", err)
			}
		},
	}
}

// lend makes the account, with the password that only the job knows, through a connection that is written down: when the job is
// ended, the account is not made after that.
func (s *Server) lend(ctx context.Context, c *store.Claim, db *sql.DB, f fill, password string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "USE "+quote(f.schema)); err != nil {
		return fmt.Errorf("open %s: %w", f.schema, err)
	}
	if err := enter(f.schema, f.token)(ctx, conn); err != nil {
		return err
	}
	do := func(q string) error {
		if err := c.Check(); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, q)
		return hide(err, password)
	}
	return s.lendBy(ctx, do, f.schema, f.account, password)
}

// lendBy makes an account that has a password which its environment's tasks do not know.
func (s *Server) lendBy(ctx context.Context, do func(string) error, schema, account, password string) error {
	grant := func(name string) string {
		return "GRANT ALL PRIVILEGES ON " + quote(name) + ".* TO " + user(account)
	}
	for _, q := range []string{
		"CREATE USER IF NOT EXISTS " + user(account) + " IDENTIFIED BY " + literal(password),
		"ALTER USER " + user(account) + " IDENTIFIED BY " + literal(password),
		grant(pattern(schema)),
	} {
		if err := do(q); err != nil {
			return explain(err, "make the account that the copy is for")
		}
	}
	// A server that cannot lock has no account that is locked.
	if err := do("ALTER USER " + user(account) + " ACCOUNT UNLOCK"); err != nil && !is(err, syntax, unspecified) {
		return explain(err, "make the account that the copy is for")
	}
	opened, err := s.opens(ctx, address{account: account, password: password, name: schema})
	if err != nil || opened {
		return hide(err, password)
	}
	return explain(do(grant(schema)), "make the account that the copy is for") // one that takes names as they stand
}

// story writes down where the data came from, and what it brings along.
func (s *Server) story(ctx context.Context, c *store.Claim, f fill) error {
	if f.origin.ours {
		if err := s.takeStory(ctx, c, f.origin.schema, f.schema); err != nil {
			return err
		}
	} else if err := s.writeMarks(ctx, c, f.schema, markSeeded, s.o.Now().UTC().Format(time.RFC3339)); err != nil {
		return err // what staging has needs no seeds
	}
	return s.writeMarks(ctx, c, f.schema, markFrom, f.origin.Source.String())
}

// method is how schemas are copied on this server.
func (s *Server) method(ctx context.Context) (clone.Method, error) {
	version, err := column(ctx, s.db, "SELECT VERSION()")
	if err != nil {
		return clone.Method{}, fmt.Errorf("ask for the version: %w", err)
	}
	return clone.MethodFor(version[0]), nil
}

// copyOurs carries out a copy into a schema that nobody logs in to: what is made in it may be qabot's own.
func (s *Server) copyOurs(ctx context.Context, work clone.Copy) (clone.Report, error) {
	db, err := s.copier(s.config.User, s.config.Passwd)
	if err != nil {
		return clone.Report{}, err
	}
	defer db.Close()
	method, err := s.method(ctx)
	if err != nil {
		return clone.Report{}, err
	}
	return work.Run(ctx, db, db, method)
}

// copier opens the server for statements that take long. Each of its connections is used once, since what is set in it stays.
func (s *Server) copier(account, password string) (*sql.DB, error) {
	config := s.config.Clone()
	config.User, config.Passwd, config.DBName = account, password, ""
	config.ReadTimeout, config.WriteTimeout, config.ParseTime = 0, 0, false // rows that pass through wait for one another, as they are
	db, err := open(config)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(0)
	return db, nil
}

func always(context.Context) (bool, error) { return true, nil }

// written gives what tells whether somebody writes to the source: to what is saved nobody does, to another environment its tasks do,
// and a template tells.
func (s *Server) written(ctx context.Context, f fill) (func(context.Context) (bool, error), error) {
	switch f.origin.Sort {
	case store.FromSave:
		return nil, nil
	case store.FromEnvironment:
		return always, nil
	}
	before, err := s.stamp(ctx, f.origin.schema, nil)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (bool, error) {
		after, err := s.stamp(ctx, f.origin.schema, nil)
		return after != before, err
	}, nil
}
