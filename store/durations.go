package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What is usual is the median of the newest deployments, once there are enough of them for it to mean something.
const (
	usualOf   = 20
	usualFrom = 3
)

// Usual is how long a stage of an app's deployments usually takes, or with an empty kind a deployment as a whole. It is
// zero while too few are known.
func (s *Store) Usual(ctx context.Context, app string, k Kind) (time.Duration, error) {
	d, err := usual(ctx, s.reader(), app, k)
	if err != nil {
		return 0, fmt.Errorf("read usual time of %s: %w", app, err)
	}
	return d, nil
}

func usual(ctx context.Context, q session, app string, k Kind) (time.Duration, error) {
	took, err := collect(ctx, q, only[int64], "SELECT took FROM durations WHERE app=? AND kind=? ORDER BY ended DESC LIMIT ?", app, k, usualOf)
	if err != nil || len(took) < usualFrom {
		return 0, err
	}
	slices.Sort(took)
	return time.Duration(took[len(took)/2]) * time.Millisecond, nil
}

// measure keeps how long a deployment took that ended with e, and gives what was usual before it. Both happen once, with
// the event itself: that one is not in the journal yet.
func measure(ctx context.Context, q session, c *Claim, e Event) (before time.Duration, err error) {
	var there int
	if err := q.row(ctx, "SELECT COUNT(*) FROM events WHERE environment=? AND event_key=?", c.ID, e.Key).Scan(&there); err != nil || there > 0 {
		return 0, err
	}
	if before, err = usual(ctx, q, c.Spec.App, ""); err != nil {
		return 0, err
	}
	if len(e.Stages) == 0 {
		return before, nil
	}
	took := map[Kind]time.Duration{"": e.Took}
	for k, d := range e.Stages {
		took[k] = d
	}
	for k, d := range took {
		if err := keepDuration(ctx, q, c, k, d); err != nil {
			return 0, err
		}
	}
	return before, nil
}

// keepDuration adds one, and drops those that are too old to count.
func keepDuration(ctx context.Context, q session, c *Claim, k Kind, took time.Duration) error {
	app := c.Spec.App
	if _, err := q.exec(ctx, "DELETE FROM durations WHERE app=? AND kind=? AND ended={now} AND environment=?", app, k, c.ID); err != nil {
		return err
	}
	if _, err := q.exec(ctx, "INSERT INTO durations (app, kind, ended, environment, took) VALUES (?, ?, {now}, ?, ?)", app, k, c.ID, took.Milliseconds()); err != nil {
		return err
	}
	var oldest int64
	err := q.row(ctx, "SELECT ended FROM durations WHERE app=? AND kind=? ORDER BY ended DESC LIMIT 1 OFFSET ?", app, k, usualOf).Scan(&oldest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = q.exec(ctx, "DELETE FROM durations WHERE app=? AND kind=? AND ended<=?", app, k, oldest)
	}
	return err
}
