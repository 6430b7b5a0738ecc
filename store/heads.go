package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Heads gives a list of branches with their commits, as SaveHeads kept it; nil when it never did.
func (s *Store) Heads(ctx context.Context, list string) (map[string]string, error) {
	var text []byte
	err := s.reader().row(ctx, "SELECT seen FROM heads WHERE list=?", list).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	return fromJSON[map[string]string](text)
}

// SaveHeads keeps a list of branches with their commits, under any claim that is still held.
func (s *Store) SaveHeads(ctx context.Context, c *Claim, list string, heads map[string]string) error {
	text, err := asJSON(heads)
	if err != nil {
		return err
	}
	if err := s.fenced(ctx, c, func(q session) error {
		n, err := q.exec(ctx, "UPDATE heads SET seen=? WHERE list=?", text, list)
		if err == nil && n == 0 {
			_, err = q.exec(ctx, "INSERT INTO heads (list, seen) VALUES (?, ?)", list, text)
		}
		return err
	}); err != nil {
		return fmt.Errorf("save heads: %w", err)
	}
	return nil
}
