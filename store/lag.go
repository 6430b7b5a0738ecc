package store

import (
	"context"
	"fmt"
	"time"
)

// Lag is how long the environment that has waited longest for a worker is overdue; zero when none is.
func (s *Store) Lag(ctx context.Context) (time.Duration, error) {
	var ms int64
	err := s.reader().row(ctx, "SELECT COALESCE(MAX({now}-next_at), 0) FROM environments WHERE next_at>0 AND next_at<={now} AND lease_until<{now}").Scan(&ms)
	if err != nil {
		return 0, fmt.Errorf("read the oldest due environment: %w", err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}
