package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// onEnvironment is fenced for claims of environments.
func (s *Store) onEnvironment(ctx context.Context, c *Claim, what string, do func(session) error) error {
	err := errNoEnvironment
	if c.ID != "" {
		err = s.fenced(ctx, c, do)
	}
	if err != nil {
		return fmt.Errorf("%s of %s: %w", what, c.Name, err)
	}
	return nil
}

// Note keeps what a resource must remember, in place of what it noted before. It is ErrFenced when somebody else has the claim.
func (s *Store) Note(ctx context.Context, c *Claim, k Kind, f Fact) error {
	return s.onEnvironment(ctx, c, "note "+string(k), func(q session) error {
		var was []byte
		err := q.row(ctx, "SELECT fact FROM facts WHERE environment=? AND kind=?", c.ID, k).Scan(&was)
		if errors.Is(err, sql.ErrNoRows) {
			text, err := asJSON(f)
			if err != nil {
				return err
			}
			if _, err := q.exec(ctx, "INSERT INTO facts (environment, kind, fact) VALUES (?, ?, ?)", c.ID, k, text); err != nil {
				return err
			}
			return raise(ctx, q, c.ID, 1)
		}
		if err != nil {
			return err
		}
		text, changed, err := compare(was, f)
		if err != nil {
			return err
		}
		if _, err := q.exec(ctx, "UPDATE facts SET fact=? WHERE environment=? AND kind=?", text, c.ID, k); err != nil {
			return err
		}
		return raise(ctx, q, c.ID, changed)
	})
}

// Forget removes what a resource noted. It is ErrFenced when somebody else has the claim.
func (s *Store) Forget(ctx context.Context, c *Claim, k Kind) error {
	return s.onEnvironment(ctx, c, "forget "+string(k), func(q session) error {
		n, err := q.exec(ctx, "DELETE FROM facts WHERE environment=? AND kind=?", c.ID, k)
		if err != nil {
			return err
		}
		return raise(ctx, q, c.ID, int(n))
	})
}

// Tell adds an event to the environment's journal, unless there is one of its Key. An event without a Key is always added.
// How long a deployment took, which ends with EventReady, is kept for Usual. It is ErrFenced when somebody else has the claim.
func (s *Store) Tell(ctx context.Context, c *Claim, e Event) error {
	return s.onEnvironment(ctx, c, "tell "+e.Key, func(q session) error {
		if e.Code == EventReady {
			var err error
			if e.Usual, err = measure(ctx, q, c, e); err != nil {
				return err
			}
		}
		return addEvent(ctx, q, c.ID, e)
	})
}

// addEvent numbers and adds an event. The environment's row must be locked.
func addEvent(ctx context.Context, q session, id ID, e Event) error {
	var n, there, now int64
	err := q.row(ctx, "SELECT events+1, (SELECT COUNT(*) FROM events WHERE environment=? AND event_key=?), {now} FROM environments WHERE id=?",
		id, e.Key, id).Scan(&n, &there, &now)
	if err != nil || there > 0 {
		return err
	}
	if e.Key == "" {
		e.Key = fmt.Sprintf("#%d", n)
	}
	if e.At.IsZero() {
		e.At = millis(now)
	}
	e.Environment, e.N, e.Told = id, n, false
	text, err := asJSON(e)
	if err != nil {
		return err
	}
	if _, err := q.exec(ctx, "INSERT INTO events (environment, n, event_key, event) VALUES (?, ?, ?, ?)", id, n, e.Key, text); err != nil {
		return err
	}
	_, err = q.exec(ctx, "UPDATE environments SET events=? WHERE id=?", n, id)
	if err != nil {
		return err
	}
	return raise(ctx, q, id, 1)
}

// raise says that something visible changed.
func raise(ctx context.Context, q session, id ID, by int) error {
	_, err := q.exec(ctx, "UPDATE environments SET changed=changed+? WHERE id=?", by, id)
	return err
}
