package schema

import (
	"context"
	"fmt"
	"time"

	"qabot/provisioner"
	"qabot/store"
)

// Cleaner drops data that was replaced, a table at a time, while its environment goes on with what it has now.
type Cleaner struct {
	*Server
	Every time.Duration
}

// Run looks for it until the context ends.
func (w *Cleaner) Run(ctx context.Context) error {
	return provisioner.Every(ctx, w.Every, w.o.Log, "look for data that was replaced", w.Once)
}

// Once starts the work on every schema of it that nobody is at.
func (w *Cleaner) Once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	names, err := column(ctx, w.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ?", pattern(pastPrefix)+"%")
	if err != nil {
		return fmt.Errorf("list schemas of data that was replaced: %w", err)
	}
	for _, name := range names {
		if over, err := w.over(ctx, name); !over || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		c, err := w.claimJob(ctx, name)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		w.start(c, func(ctx context.Context) error {
			if over, err := w.over(ctx, name); !over || err != nil {
				return err
			}
			return w.dropWhole(ctx, c, name)
		})
	}
	return nil
}

// over tells whether a schema is of this installation, and its data was replaced. One without marks belongs to a swap that is not over.
func (s *Server) over(ctx context.Context, name string) (bool, error) {
	marks, err := s.readMarks(ctx, name, markInstallation, markPast)
	if is(err, tableGone, unknownTable, unknownSchema, unknownColumn, unspecified) || refused(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read marks of %s: %w", name, err)
	}
	return marks[markInstallation] == s.o.Installation && marks[markPast] != "", nil
}
