package shop

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// startLimit is how long migrate and seed wait for a database that is still starting.
const startLimit = 15 * time.Second

const createVersions = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version VARCHAR(190) NOT NULL PRIMARY KEY,
  applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
)`

// runMigrate applies the checkout's migrations that the schema has not seen, in the order of their names. MySQL commits
// each statement that changes a table, so a migration that fails may leave its first half behind.
func runMigrate(ctx context.Context, p *process) error {
	if err := p.db.wait(ctx, startLimit); err != nil {
		return err
	}
	if _, err := p.db.ExecContext(ctx, createVersions); err != nil {
		return fmt.Errorf("create schema_migrations: %w", err)
	}
	applied, err := p.db.rows(ctx, "SELECT version FROM schema_migrations")
	if err != nil {
		return fmt.Errorf("read schema_migrations: %w", err)
	}
	seen := map[string]bool{}
	for _, r := range applied {
		seen[r["version"]] = true
	}
	files, err := fs.Glob(p.files.FS(), "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	due := 0
	for _, file := range files {
		version := strings.TrimSuffix(strings.TrimPrefix(file, "migrations/"), ".sql")
		if seen[version] {
			continue
		}
		due++
		if err := p.migrate(ctx, file, version); err != nil {
			return err
		}
	}
	if due == 0 {
		fmt.Fprintf(p.stdout, "schema is up to date (%d migrations)\n", len(files))
	}
	return nil
}

func (p *process) migrate(ctx context.Context, file, version string) error {
	fmt.Fprintf(p.stdout, "== %s: migrating\n", version)
	start := time.Now()
	if err := p.load(ctx, file); err != nil {
		fmt.Fprintf(p.stdout, "== %s: failed (%s)\n", version, took(start))
		return err
	}
	if _, err := p.db.ExecContext(ctx, "INSERT INTO schema_migrations (version) VALUES (?)", version); err != nil {
		return fmt.Errorf("note migration %s: %w", version, err)
	}
	fmt.Fprintf(p.stdout, "== %s: migrated (%s)\n", version, took(start))
	return nil
}

// runSeed loads seeds.sql, which is written so that loading it again changes nothing.
func runSeed(ctx context.Context, p *process) error {
	if err := p.db.wait(ctx, startLimit); err != nil {
		return err
	}
	start := time.Now()
	if err := p.load(ctx, "seeds.sql"); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "seeds loaded (%s)\n", took(start))
	return nil
}

// load runs the statements of a file.
func (p *process) load(ctx context.Context, file string) error {
	text, err := fs.ReadFile(p.files.FS(), file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	for _, s := range statements(string(text)) {
		if _, err := p.db.ExecContext(ctx, s.text); err != nil {
			return fmt.Errorf("%s line %d: %w", file, s.line, err)
		}
	}
	return nil
}

// A statement is one SQL statement and the line it starts on.
type statement struct {
	text string
	line int
}

// statements splits a file. A statement ends with ; at the end of a line; lines that start with -- are comments.
func statements(text string) []statement {
	var all []statement
	var current statement
	number := 0
	flush := func() {
		if current.text = strings.TrimSpace(current.text); current.text != "" {
			all = append(all, current)
		}
		current = statement{}
	}
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		if current.line == 0 && line != "" {
			current.line = number
		}
		body, ended := strings.CutSuffix(line, ";")
		current.text += body + "\n"
		if ended {
			flush()
		}
	}
	flush()
	return all
}

func took(start time.Time) time.Duration { return time.Since(start).Round(100 * time.Microsecond) }
