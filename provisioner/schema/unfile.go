package schema

import (
	"context"
	"fmt"
	"time"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// A save that lies in a file is put back into a schema of its name while it is copied, and is then like any other; behind the copy that schema
// goes. What was cut off is dropped by whoever needs the save next, or by the Saver.

// markUnfiled says that a save's schema came out of a file, which is what is kept.
const markUnfiled = "unfiled"

// claimAgain is how long somebody waits for a save that others take out of its file.
const claimAgain = time.Second

// unfiled calls do while the save's schema is there.
func (s *Server) unfiled(ctx context.Context, o *origin, do func(context.Context) error) (err error) {
	if !o.file {
		return do(ctx)
	}
	c, err := s.claimUnfiled(ctx, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		s.renew(ctx, c, cancel)
	}()
	defer func() {
		lost := context.Cause(ctx)
		cancel(nil)
		<-renewed
		if lost != nil {
			err = fmt.Errorf("take %s out of its file: %w", o.Source, lost)
		}
		calm, end := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
		defer end()
		if lost == nil {
			if left := s.clearOurs(calm, c, o.schema, markSave, o.key()); left != nil {
				s.o.Log.Warn("drop what was taken out of a file", "schema", o.schema, "error", left)
			}
		}
		if left := s.notes.Release(calm, c); left != nil {
			s.o.Log.Warn("give back a claim", "name", c.Name, "error", left)
		}
	}()
	if err := s.unfile(ctx, c, o); err != nil {
		return err
	}
	return do(ctx)
}

func (s *Server) claimUnfiled(ctx context.Context, o *origin) (*store.Claim, error) {
	for {
		c, err := s.claimJob(ctx, o.schema)
		if c != nil || err != nil {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(claimAgain):
		}
	}
}

// unfile puts the file's data into the save's schema.
func (s *Server) unfile(ctx context.Context, c *store.Claim, o *origin) error {
	if err := s.clearOurs(ctx, c, o.schema, markSave, o.key()); err != nil {
		return fmt.Errorf("make room for %s: %w", o.Source, err)
	}
	a, err := s.aboutFile(ctx, o)
	if err != nil {
		return err
	}
	marks := []string{markSave, o.key(), markUnfiled, "yes"}
	for name, value := range a.Marks {
		marks = append(marks, name, value)
	}
	token, err := s.makeFilling(ctx, c, o.schema, marks...)
	if err != nil {
		return err
	}
	file, err := s.o.Depot.Open(ctx, o.app, o.Name)
	if err != nil {
		return fmt.Errorf("open the file of %s: %w", o.Source, err)
	}
	defer file.Close()
	db, err := s.loader()
	if err != nil {
		return err
	}
	defer db.Close()
	work := clone.Copy{Target: o.schema, Check: c.Check, Enter: enter(o.schema, token)}
	if _, err := work.Load(ctx, db, file); err != nil {
		return fmt.Errorf("load the file of %s: %w", o.Source, err)
	}
	return s.filled(ctx, c, o.schema, token)
}

// tidy drops what somebody who was cut off took out of a file.
func (v *Saver) tidy(ctx context.Context) error {
	if v.o.Depot == nil {
		return nil
	}
	names, err := column(ctx, v.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ?", pattern(savePrefix)+"%")
	if err != nil {
		return fmt.Errorf("list saves: %w", err)
	}
	for _, name := range names {
		marks, err := v.readMarks(ctx, name, markInstallation, markSave, markUnfiled)
		if err != nil || marks[markInstallation] != v.o.Installation || marks[markUnfiled] == "" {
			continue // not ours, not to be told, or the save itself
		}
		c, err := v.claimJob(ctx, name)
		if err != nil {
			return err
		}
		if c != nil {
			v.start(c, func(ctx context.Context) error { return v.clearOurs(ctx, c, name, markSave, marks[markSave]) })
		}
	}
	return nil
}
