package schema

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qabot/store"
)

// A schema that is being filled says so in its marks. The connections that fill it are written there before they change anything, by
// a statement that takes hold only while the mark is this job's: whoever takes the mark away first, and ends the connections it
// names then, knows that nothing of the job reaches the schema any more.
const (
	markFilling  = "filling"      // the job's token, and the IDs of its connections; or whole
	markProgress = "filling-done" // tables that are filled, and all
	markFailed   = "filling-failed"
	markFrom     = "from" // store.Source that the data came from
)

// whole is what the mark says of a copy that is whole and proven, and is not yet in its place.
const whole = "whole"

// whole tells whether all of the data is there, to be put in its place or to be finished there.
func (v sight) whole() bool { return v.marks[markFilling] == whole }

// errEnded says that somebody has ended this job.
var errEnded = errors.New("the filling of the schema was ended by somebody else")

// newToken names a job. It is followed by a space in the mark.
func newToken() string { return rand.Text() }

// makeFilling makes a schema that is being filled, and gives the job's token: marks, names and values by turns, tell what it is for.
func (s *Server) makeFilling(ctx context.Context, c *store.Claim, schema string, marks ...string) (token string, err error) {
	token = newToken()
	if err := s.do(ctx, c, "CREATE DATABASE "+quote(schema)+" CHARACTER SET utf8mb4"); err != nil {
		return "", explain(err, "create database")
	}
	marks = append(marks, markInstallation, s.o.Installation, markFilling, token+" ", markMade, s.o.Now().UTC().Format(time.RFC3339))
	return token, s.markAs(ctx, c, schema, marks...)
}

// enter writes a connection into the mark, from the connection itself.
func enter(schema, token string) func(context.Context, *sql.Conn) error {
	return func(ctx context.Context, conn *sql.Conn) error {
		done, err := conn.ExecContext(ctx, "UPDATE "+marksOf(schema)+" SET value = CONCAT(value, CONNECTION_ID(), ' ') WHERE name = '"+markFilling+"' AND value LIKE '"+token+" %'")
		if err != nil {
			return fmt.Errorf("note a connection that fills %s: %w", schema, err)
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return errors.Join(errEnded, err)
		}
		return nil
	}
}

// filled takes the mark away: from then on the schema is whole.
func (s *Server) filled(ctx context.Context, c *store.Claim, schema, token string) error {
	if err := c.Check(); err != nil {
		return err
	}
	done, err := s.db.ExecContext(ctx, "DELETE FROM "+marksOf(schema)+" WHERE name = '"+markFilling+"' AND value LIKE '"+token+" %'")
	if err != nil {
		return fmt.Errorf("mark %s as filled: %w", schema, err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errEnded, err)
	}
	return nil
}

// proven says of a copy that is made beside an environment's schema that it may take its place.
func (s *Server) proven(ctx context.Context, c *store.Claim, schema, token string) error {
	if err := c.Check(); err != nil {
		return err
	}
	done, err := s.db.ExecContext(ctx, "UPDATE "+marksOf(schema)+" SET value = '"+whole+"' WHERE name = '"+markFilling+"' AND value LIKE '"+token+" %'")
	if err != nil {
		return fmt.Errorf("mark %s as whole: %w", schema, err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errEnded, err)
	}
	return nil
}

// failure is why a schema could not be filled, as its marks keep it.
type failure struct {
	Generation int64
	Detail     store.Detail
}

// failedOf reads it; ok is false where nothing failed.
func failedOf(marks map[string]string) (f failure, ok bool) {
	text := marks[markFailed]
	if text == "" || json.Unmarshal([]byte(text), &f) != nil {
		return failure{}, false
	}
	return f, true
}

func (s *Server) fail(c *store.Claim, schema, token string, f failure) {
	ctx, cancel := context.WithTimeout(context.Background(), store.LongestCall)
	defer cancel()
	text, err := json.Marshal(f)
	if err == nil {
		err = s.do(ctx, c, "INSERT INTO "+marksOf(schema)+" (name, value) SELECT ?, ? FROM "+marksOf(schema)+" WHERE name = '"+markFilling+"' AND value LIKE '"+token+" %'", markFailed, string(text))
	}
	if err != nil {
		s.o.Log.Warn("note why a schema was not filled", "schema", schema, "error", err)
	}
}

const lookAgain = 20 * time.Millisecond

// stopFilling ends a job of a schema, whoever's it is, and returns when nothing of it reaches the schema any more.
func (s *Server) stopFilling(ctx context.Context, c *store.Claim, schema string) error {
	err := s.do(ctx, c, "UPDATE "+marksOf(schema)+" SET value = CONCAT('ended ', value) WHERE name = '"+markFilling+"' AND value NOT LIKE 'ended %' AND value <> '"+whole+"'")
	if err != nil {
		return explain(err, "end the filling of a schema")
	}
	marks, err := s.readMarks(ctx, schema, markFilling)
	if err != nil {
		return fmt.Errorf("read marks of %s: %w", schema, err)
	}
	var ids []string
	for _, word := range strings.Fields(marks[markFilling]) {
		if strings.Trim(word, "0123456789") == "" {
			ids = append(ids, word)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	// An ID may be somebody else's since the server was started again: it counts only where the schema is in use.
	alive := "SELECT id FROM information_schema.processlist WHERE id IN (" + strings.Join(ids, ", ") + ") AND db = ? AND user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1)"
	for {
		there, err := column(ctx, s.db, alive, schema)
		if err != nil {
			return fmt.Errorf("look for connections that fill %s: %w", schema, err)
		}
		if len(there) == 0 {
			return nil
		}
		for _, id := range there {
			if err := s.do(ctx, c, "KILL "+id); err != nil && !is(err, unknownThread) {
				return explain(err, "end a connection that fills a schema")
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("end the filling of %s, %d connections go on: %w", schema, len(there), ctx.Err())
		case <-time.After(lookAgain):
		}
	}
}
