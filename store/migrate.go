package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date. Of several processes that start together one does it and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(s.log)}
	if s.kind.name == goose.DialectMySQL {
		locker, err := lock.NewMySQLTableLocker(
			lock.WithTableLogger(s.log),
			lock.WithTableLockTimeout(200*time.Millisecond, 5*60*5),
		)
		if err != nil {
			return fmt.Errorf("make lock: %w", err)
		}
		options = append(options, goose.WithLocker(locker))
	}
	provider, err := goose.NewProvider(s.kind.name, s.db, files, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for try := 1; ; try++ {
		pending, err := provider.HasPending(ctx)
		if err == nil && !pending {
			return nil
		}
		if err == nil {
			_, err = provider.Up(ctx)
		}
		if err == nil || try == migrateTries {
			return err
		}
		// SQLite has no lock around all migrations: another process may have been faster with this one.
	}
}

// migrateTries is more than there will be processes at one SQLite file.
const migrateTries = 5
