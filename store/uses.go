package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Times of use.
const (
	InUse = time.Hour        // for so long after it was used an environment counts as in use
	Quiet = 15 * time.Minute // after so long without use nobody is at it any more
)

// Idle tells since when nobody used an environment nor asked anything of it.
func Idle(asked Asked, used time.Time) time.Time {
	if used.After(asked.At) {
		return used
	}
	return asked.At
}

// Use keeps when people last used environments; it only goes forward. It is ErrFenced when somebody else has the claim, which
// is that of whoever looks at all environments.
func (s *Store) Use(ctx context.Context, c *Claim, last map[ID]time.Time) error {
	if len(last) == 0 {
		return nil
	}
	err := s.fenced(ctx, c, func(q session) error {
		known, err := uses(ctx, q, "")
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(last)) {
			was, there := known[id]
			switch at := last[id].UnixMilli(); {
			case there && was.UnixMilli() < at:
				_, err = q.exec(ctx, "UPDATE uses SET used=? WHERE environment=?", at, id)
			case !there:
				_, err = q.exec(ctx, "INSERT INTO uses (environment, used) VALUES (?, ?)", id, at)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep when environments were used: %w", err)
	}
	return nil
}

func uses(ctx context.Context, q session, where string, args ...any) (map[ID]time.Time, error) {
	used := map[ID]time.Time{}
	_, err := collect(ctx, q, func(row scanner) (id ID, err error) {
		var at int64
		err = row.Scan(&id, &at)
		used[id] = millis(at)
		return id, err
	}, "SELECT environment, used FROM uses"+where, args...)
	return used, err
}
