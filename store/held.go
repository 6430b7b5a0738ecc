package store

import (
	"context"
	"fmt"
)

// Held tells whether somebody has a claim of that name now. It claims nothing.
func (s *Store) Held(ctx context.Context, name string) (bool, error) {
	var n int
	if err := s.reader().row(ctx, "SELECT COUNT(*) FROM names WHERE name=? AND lease_until>={now}", name).Scan(&n); err != nil {
		return false, fmt.Errorf("ask who has %s: %w", name, err)
	}
	return n > 0, nil
}
