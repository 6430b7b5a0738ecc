package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// Mark reads into value, a pointer, what SetMark kept under a name; found is false when it never did.
func (s *Store) Mark(ctx context.Context, name string, value any) (found bool, err error) {
	var text []byte
	err = s.reader().row(ctx, "SELECT value FROM marks WHERE name=?", name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		return false, fmt.Errorf("read mark %s: %w", name, err)
	}
	return true, nil
}

// SetMark keeps a value as JSON under a name, under any claim that is still held.
func (s *Store) SetMark(ctx context.Context, c *Claim, name string, value any) error {
	text, err := asJSON(value)
	if err == nil {
		err = s.fenced(ctx, c, func(q session) error {
			n, err := q.exec(ctx, "UPDATE marks SET value=? WHERE name=?", text, name)
			if err == nil && n == 0 {
				_, err = q.exec(ctx, "INSERT INTO marks (name, value) VALUES (?, ?)", name, text)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("set mark %s: %w", name, err)
	}
	return nil
}
