package schema

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// Data that replaces other data is made ready in a schema beside the environment's own, which stays as it is and in use. Once it is
// whole and proven, the account's sessions are ended and all tables change places in one statement; what was there before is
// dropped later. Each step shows in the marks, which go with the tables:
//
//	next: filling <token>   a job is at it, or was
//	next: filling whole     it may take its place
//	own:  past              its time is over: nobody but us gets in any more, and the tables are about to go
//	own:  filling whole     the tables are in their place, and what is no table is made
//
// What was begun of it is finished, whatever is wished for meanwhile; unless the server refuses that, such as to the account a view into
// another schema: then the next data takes its place like any other.

const (
	markObjects = "objects" // how views, routines, triggers and events were made, to be made again
	markPast    = "past"    // since when the data is not wanted any more
)

// swaps tells whether the server takes tables from one schema into another. The embedded one says that it does, and loses them.
func (s *Server) swaps(ctx context.Context) (bool, error) {
	said, err := column(ctx, s.db, "SELECT @@version_comment")
	if err != nil {
		return false, fmt.Errorf("ask for the sort of the server: %w", err)
	}
	return len(said) == 1 && !strings.EqualFold(said[0], "dolt"), nil
}

// keeps tells whether a schema has data that stays until other data is ready.
func (r *Resource) keeps(ctx context.Context, v sight) (bool, error) {
	switch {
	case v.whole():
		return true, nil
	case v.marks[markLeaving] != "", v.marks[markFilling] != "":
		return false, nil
	}
	return r.swaps(ctx)
}

// replace gives an environment that has data other data. in tells that there is nothing more to do but to let its tasks in.
func (r *Resource) replace(ctx context.Context, c *store.Claim, a address, v sight) (in bool, err error) {
	// The move has emptied next: where it bears marks while this is not finished, that was given up for a newer wish.
	if v.whole() && (v.meant(c.Environment) || !r.of(c.Environment, v.next)) {
		err := r.finish(ctx, c, a, v.next)
		if v.meant(c.Environment) || !refused(err) {
			return true, err
		}
		r.o.Log.Warn("data in its place cannot be finished, and other data is wished for", "schema", a.name, "error", err)
	}
	ready := r.of(c.Environment, v.next) && v.next.whole()
	if ready && (v.marks[markPast] != "" || v.next.meant(c.Environment)) {
		return true, r.swap(ctx, c, a, v)
	}
	// Before anything is taken away: is there something to put in its place?
	o, err := r.source(ctx, c.Environment)
	if err != nil {
		return false, err
	}
	if r.of(c.Environment, v.next) {
		if working, err := r.halt(ctx, c, a.name, v.next); working || err != nil {
			return false, err
		}
	}
	if o != nil {
		f := r.fillOf(c, a, o)
		f.schema = v.next.name
		return false, r.employ(ctx, c, f, func() error { return r.anew(ctx, c, v.next, markFilling, f.token+" ") })
	}
	if err := r.anew(ctx, c, v.next, markFilling, whole); err != nil {
		return false, err
	}
	if a, v, err = r.before(ctx, c); err != nil {
		return false, err
	}
	return true, r.swap(ctx, c, a, v)
}

// anew makes a schema beside an environment's own, in the place of one that nobody needs any more.
func (r *Resource) anew(ctx context.Context, c *store.Claim, v *sight, marks ...string) error {
	if err := r.clearBeside(ctx, c, v); err != nil {
		return err
	}
	err := r.do(ctx, c, "CREATE DATABASE "+quote(v.name)+" CHARACTER SET utf8mb4")
	if is(err, schemaExists) {
		return foreign(v.name)
	}
	if err != nil {
		return explain(err, "create database")
	}
	return r.mark(ctx, c, v.name, marks...)
}

// clearable tells whether a schema beside an environment's own may be dropped: it bears its marks, or nothing is in it, since it was
// not finished.
func (s *Server) clearable(env store.Environment, v *sight) bool {
	return v.there && !v.sealed && (s.of(env, v) || len(v.marks) == 0 && v.tables == 0)
}

// clearBeside drops a schema beside an environment's own, as far as the context's time reaches.
func (r *Resource) clearBeside(ctx context.Context, c *store.Claim, v *sight) error {
	if !v.there {
		return nil
	}
	if !r.clearable(c.Environment, v) {
		return foreign(v.name)
	}
	if v.marks[markFilling] != "" {
		if err := r.stopFilling(ctx, c, v.name); err != nil {
			return err
		}
	}
	return r.dropWhole(ctx, c, v.name)
}

// tryFillBeside copies data, and proves that all that belongs to it can be made: by qabot's own account, since nobody else gets in
// there. Then it makes the tables ready to be moved.
func (s *Server) tryFillBeside(ctx context.Context, c *store.Claim, f fill) error {
	db, err := s.copier(s.config.User, s.config.Passwd)
	if err != nil {
		return err
	}
	defer db.Close()
	method, err := s.method(ctx)
	if err != nil {
		return err
	}
	began := s.o.Now()
	work := s.copyOf(c, f)
	work.TablesOnly, work.For = true, f.home
	if work.Written, err = s.written(ctx, f); err != nil {
		return err
	}
	took, err := s.takeWarm(ctx, f, work, pools{db, db})
	if err != nil {
		return fmt.Errorf("take a warm copy of %s: %w", f.origin.schema, err)
	}
	var report clone.Report
	if !took {
		if report, err = work.Run(ctx, db, db, method); err != nil {
			return fmt.Errorf("copy %s: %w", f.origin.schema, err)
		}
	}
	work.TablesOnly, work.ObjectsOnly = false, true
	made, err := work.Run(ctx, db, db, clone.Method{})
	if err != nil {
		return fmt.Errorf("copy %s: %w", f.origin.schema, err)
	}
	if err := work.Unmake(ctx, db); err != nil {
		return fmt.Errorf("make %s ready to be moved: %w", f.schema, err)
	}
	if err := s.story(ctx, c, f); err != nil {
		return fmt.Errorf("take over what is known of the data: %w", err)
	}
	text, err := json.Marshal(made.Made)
	if err != nil {
		return err
	}
	if err := s.writeMarks(ctx, c, f.schema, markObjects, string(text)); err != nil {
		return fmt.Errorf("keep how views and the like are made: %w", err)
	}
	s.o.Log.Info("data made ready", "from", f.origin.schema, "for", f.home, "warm", took, "tables", report.Tables, "objects", made.Objects, "took", s.o.Now().Sub(began))
	return s.proven(ctx, c, f.schema, f.token)
}
