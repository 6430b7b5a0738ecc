package schema

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qabot/store"
)

// The marker table tells our schema from a namesake, and a finished one from an unfinished one. It also holds the story of
// the schema's migrations.
const (
	marksTable = "qabot_marks"

	markInstallation = "installation"
	markEnvironment  = "environment"
	markEpoch        = "epoch"
	markMade         = "made-at"
	markLeaving      = "leaving" // since when it is being dropped; half of it may be gone
	markSeeded       = "seeded"
	markRun          = "run"
	markSave         = "save" // what a saved schema is called, and of which app; see saves.go
)

func markMigrated(commit string) string { return "migrated/" + commit }

func marksOf(schema string) string { return quote(schema) + "." + quote(marksTable) }

// readMarks gives the marks of those names that are there.
func (s *Server) readMarks(ctx context.Context, schema string, names ...string) (map[string]string, error) {
	query := "SELECT name, value FROM " + marksOf(schema) + " WHERE name IN (?" + strings.Repeat(",?", len(names)-1) + ")"
	rows, err := s.db.QueryContext(ctx, query, anys(names)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	marks := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		marks[name] = value
	}
	return marks, rows.Err()
}

// writeMarks sets marks, all or none of them: it is one statement. Pairs are name, value, name, value.
func (s *Server) writeMarks(ctx context.Context, c *store.Claim, schema string, pairs ...string) error {
	rows := strings.TrimPrefix(strings.Repeat(", (?, ?)", len(pairs)/2), ", ")
	return s.do(ctx, c, "REPLACE INTO "+marksOf(schema)+" (name, value) VALUES "+rows, anys(pairs)...)
}

// mark makes the marker table and writes whose schema it is, and more where there is more to say. The table alone, without rows, marks nothing.
func (s *Server) mark(ctx context.Context, c *store.Claim, schema string, more ...string) error {
	return s.markAs(ctx, c, schema, append(more,
		markInstallation, s.o.Installation,
		markEnvironment, string(c.ID),
		markEpoch, strconv.FormatInt(c.Spec.Data.Epoch, 10),
		markMade, s.o.Now().UTC().Format(time.RFC3339))...)
}

func (s *Server) markAs(ctx context.Context, c *store.Claim, schema string, pairs ...string) error {
	err := s.do(ctx, c, "CREATE TABLE IF NOT EXISTS "+marksOf(schema)+
		" (name VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, value LONGTEXT CHARACTER SET utf8mb4)")
	if err != nil {
		return explain(err, "create the marker table")
	}
	return explain(s.writeMarks(ctx, c, schema, pairs...), "mark the schema")
}

// ownedNow reads the schema's marks anew and fails unless they are the environment's and the schema is not on its way out.
func (s *Server) ownedNow(ctx context.Context, c *store.Claim, more ...string) (schema string, marks map[string]string, err error) {
	schema = Name(c.Spec.App, c.ID)
	marks, err = s.readMarks(ctx, schema, append(more, markInstallation, markEnvironment, markLeaving, markFilling)...)
	if err != nil {
		return "", nil, fmt.Errorf("read marks of %s: %w", schema, err)
	}
	if marks[markInstallation] != s.o.Installation || marks[markEnvironment] != string(c.ID) {
		return "", nil, store.NewProblem(errors.New("its marks are not ours"), store.Foreign, "schema", schema)
	}
	if marks[markLeaving] != "" || marks[markFilling] != "" {
		return "", nil, fmt.Errorf("schema %s is being dropped or filled", schema)
	}
	return schema, marks, nil
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = v
	}
	return all
}
