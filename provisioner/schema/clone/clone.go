package clone

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"sync"
)

// Copy is one schema to be copied into another, which is there and has none of its tables.
type Copy struct {
	Source, Target string
	Skip           []string // tables of the source that stay behind
	Masks          []Mask
	Workers        int // connections that copy side by side; 0: two

	Invoker bool // views and routines run with the rights of whoever calls them, not with their maker's

	// AtOnce copies rows as they all were at one moment, of a source that is written to: see stream.go.
	AtOnce bool

	TablesOnly  bool // leave views, triggers, routines and events for later
	ObjectsOnly bool // the tables are there already, and filled

	For string // schema that Report.Made is for, where that is not the target

	// Written tells, once the rows are there, whether somebody may have written to the source meanwhile: then foreign keys are made
	// to hold all the same. nil: nobody writes to it.
	Written func(ctx context.Context) (bool, error)

	Check    func() error                                 // may be nil: asked before each change; an error ends the copy
	Enter    func(ctx context.Context, c *sql.Conn) error // may be nil: called with each connection before it changes anything in the target
	Progress func(filled, tables int)                     // may be nil; called by one connection at a time
}

// Report is what was copied.
type Report struct {
	Tables, Objects int
	Bytes           int64    // of the source, as the server estimates it
	Made            []Object // in the order in which they could be made

	// With AtOnce.
	Loaded  bool     // by LOAD DATA; else by INSERT
	Changed []string // tables that the server had something to say about as it took the rows
}

// Unfit says that something of the source cannot be copied: somebody has to change it, or the rule that speaks of it.
type Unfit struct {
	What, Why string
	Mask      bool // it is a rule that cannot be kept
	Cause     error
}

func (u *Unfit) Error() string {
	if u.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", u.What, u.Why, u.Cause)
	}
	return u.What + ": " + u.Why
}

// Unwrap gives the cause.
func (u *Unfit) Unwrap() error { return u.Cause }

type run struct {
	Copy
	Report
	method Method
	salt   string
	db     *sql.DB

	mu     sync.Mutex
	filled int
}

// Run copies. Rows are copied through db, by an account that reads the source; objects are made through owner, since they run
// with the rights of whoever made them. Both must keep no idle connections: those are set up for copying.
func (c Copy) Run(ctx context.Context, db, owner *sql.DB, m Method) (Report, error) {
	if c.Workers < 1 {
		c.Workers = usualWorkers
	}
	r := &run{Copy: c, method: m, salt: rand.Text(), db: db}
	from, err := r.session(ctx, db, c.Source)
	if err != nil {
		return Report{}, fmt.Errorf("open %s: %w", c.Source, err)
	}
	defer from.Close()
	if !c.ObjectsOnly {
		if err := r.copyTables(ctx, from); err != nil {
			return Report{}, err
		}
	}
	if c.TablesOnly {
		return r.Report, nil
	}
	to, err := r.session(ctx, owner, c.Target)
	if err != nil {
		return Report{}, fmt.Errorf("open %s: %w", c.Target, err)
	}
	defer to.Close()
	return r.Report, r.objects(ctx, from, to)
}

func (r *run) copyTables(ctx context.Context, from *sql.Conn) error {
	tables, err := r.read(ctx, from)
	if err != nil {
		return err
	}
	r.Tables = len(tables)
	for _, t := range tables {
		r.Bytes += t.bytes
	}
	// One after the other: with foreign keys, tables that are made side by side wait for each other's locks.
	to, err := r.session(ctx, r.db, r.Target)
	if err != nil {
		return fmt.Errorf("open %s: %w", r.Target, err)
	}
	defer to.Close()
	for _, t := range tables {
		if err := r.do(ctx, to, t.ddl); err != nil {
			return fmt.Errorf("create table %s: %w", t.name, err)
		}
		if !r.method.Analyze {
			continue
		}
		if err := r.do(ctx, to, "ANALYZE NO_WRITE_TO_BINLOG TABLE "+Quote(t.name)); err != nil {
			return fmt.Errorf("analyze table %s: %w", t.name, err)
		}
	}
	fill := r.load
	if r.AtOnce {
		fill = func(ctx context.Context, to *sql.Conn, tables []*table) error { return r.stream(ctx, from, to, tables) }
	}
	if err := fill(ctx, to, tables); err != nil {
		return err
	}
	if err := r.relate(ctx, to, tables); err != nil || r.AtOnce || r.Written == nil {
		return err
	}
	if written, err := r.Written(ctx); err != nil || !written {
		return err
	}
	return r.mend(ctx, to, tables)
}

// step is one statement of one table.
type step struct {
	table     *table
	statement string
}

// load fills the tables, the largest first, over several connections; the first of them is there.
func (r *run) load(ctx context.Context, first *sql.Conn, tables []*table) error {
	var steps []step
	for _, t := range tables {
		statements := t.statements(r.Source, r.method.Chunk)
		t.left = len(statements)
		for _, s := range statements {
			steps = append(steps, step{t, s})
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan step, len(steps))
	for _, s := range steps {
		queue <- s
	}
	close(queue)
	var workers sync.WaitGroup
	for i := range min(r.Workers, max(1, len(steps))) {
		workers.Go(func() {
			conn := first
			if i > 0 {
				var err error
				if conn, err = r.session(ctx, r.db, r.Target); err != nil {
					cancel(err)
					return
				}
				defer conn.Close()
			}
			for s := range queue {
				if ctx.Err() != nil {
					return
				}
				if err := r.fill(ctx, conn, s); err != nil {
					cancel(fmt.Errorf("fill table %s: %w", s.table.name, err))
					return
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// fill carries out one statement, and adds the table's keys after the last of them.
func (r *run) fill(ctx context.Context, conn *sql.Conn, s step) error {
	if err := r.do(ctx, conn, s.statement); err != nil {
		return err
	}
	r.mu.Lock()
	s.table.left--
	last := s.table.left == 0
	r.mu.Unlock()
	if !last {
		return nil
	}
	return r.finish(ctx, conn, s.table)
}

// relate adds the foreign keys that were put off. It needs no rows to be read, since nobody checks them, but the locks of both
// tables: beside other keys that are added it would wait for them.
func (r *run) relate(ctx context.Context, conn *sql.Conn, tables []*table) error {
	for _, t := range tables {
		add := adding(t.name, t.foreign)
		if add == "" {
			continue
		}
		if err := r.do(ctx, conn, add); err != nil {
			return fmt.Errorf("add foreign keys of %s: %w", t.name, err)
		}
	}
	return nil
}

// finish adds the keys of a table that has all its rows.
func (r *run) finish(ctx context.Context, conn *sql.Conn, t *table) error {
	if add := adding(t.name, t.keys); add != "" {
		if err := r.do(ctx, conn, add); err != nil {
			return fmt.Errorf("add keys: %w", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filled++
	if r.Progress != nil {
		r.Progress(r.filled, r.Tables)
	}
	return nil
}
