package store

import (
	"context"
	"fmt"
	"time"
)

// HomeLook is somebody's last look at the app's own page.
type HomeLook struct {
	User string
	Page int
	Ago  time.Duration
}

// LookedHome keeps that somebody looks at the app's own page now.
func (s *Store) LookedHome(ctx context.Context, user string, page int) error {
	err := s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, "UPDATE homes SET page=?, looked={now} WHERE person=?", page, user)
		if err == nil && n == 0 {
			_, err = q.exec(ctx, "INSERT INTO homes (person, page, looked) VALUES (?, ?, {now})", user, page)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the look at a home: %w", err)
	}
	return nil
}

// HomeLooks gives the looks that are not longer ago than that, the latest first, at most so many.
func (s *Store) HomeLooks(ctx context.Context, within time.Duration, most int) ([]HomeLook, error) {
	looks, err := collect(ctx, s.reader(), func(row scanner) (l HomeLook, err error) {
		var ago int64
		err = row.Scan(&l.User, &l.Page, &ago)
		l.Ago = time.Duration(ago) * time.Millisecond
		return l, err
	}, "SELECT person, page, {now}-looked FROM homes WHERE looked>={now}-? ORDER BY looked DESC, person LIMIT ?", within.Milliseconds(), most)
	if err != nil {
		return nil, fmt.Errorf("read looks at homes: %w", err)
	}
	return looks, nil
}
