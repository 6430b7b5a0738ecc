package store

import (
	"context"
	"fmt"
	"slices"
)

// Narration names the claim under which the environment's story is told.
func Narration(id ID) string { return "narrate/" + string(id) }

// Changed lists environments of which something visible changed since SaveThread was last given their Changed value.
func (s *Store) Changed(ctx context.Context) ([]ID, error) {
	ids, err := collect(ctx, s.reader(), only[ID], "SELECT id FROM environments WHERE changed>shown ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read changed environments: %w", err)
	}
	return ids, nil
}

// Untold reads the events that the narrator has not dealt with, oldest first.
func (s *Store) Untold(ctx context.Context, id ID) ([]Event, error) {
	events, err := collect(ctx, s.reader(), readEvent, "SELECT event, told FROM events WHERE environment=? AND told=0 ORDER BY n", id)
	if err != nil {
		return nil, fmt.Errorf("read untold events of %s: %w", id, err)
	}
	return events, nil
}

// Events reads the newest events of an environment, at most limit of them, oldest first.
func (s *Store) Events(ctx context.Context, id ID, limit int) ([]Event, error) {
	events, err := collect(ctx, s.reader(), readEvent, "SELECT event, told FROM events WHERE environment=? ORDER BY n DESC LIMIT ?", id, limit)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", id, err)
	}
	slices.Reverse(events)
	return events, nil
}

// Happened finds events by their key, in whatever environments.
func (s *Store) Happened(ctx context.Context, key string) ([]Event, error) {
	events, err := collect(ctx, s.reader(), readEvent, "SELECT event, told FROM events WHERE event_key=? ORDER BY environment", key)
	if err != nil {
		return nil, fmt.Errorf("look for events %s: %w", key, err)
	}
	return events, nil
}

func readEvent(row scanner) (Event, error) {
	var text []byte
	var told bool
	if err := row.Scan(&text, &told); err != nil {
		return Event{}, err
	}
	e, err := fromJSON[Event](text)
	e.Told = told
	return e, err
}

// Told marks event n of the environment as dealt with. c is the claim of "narrate/<id>"; it is ErrFenced when somebody else has it.
func (s *Store) Told(ctx context.Context, c *Claim, id ID, n int64) error {
	return s.narrate(ctx, c, id, func(q session) error {
		_, err := q.exec(ctx, "UPDATE events SET told=1 WHERE environment=? AND n=?", id, n)
		return err
	})
}

// SaveThread keeps where the story is told, and that it tells of the environment as of that Changed value. c is the claim
// of "narrate/<id>"; it is ErrFenced when somebody else has it.
func (s *Store) SaveThread(ctx context.Context, c *Claim, id ID, t Thread, changed int64) error {
	return s.narrate(ctx, c, id, func(q session) error {
		text, err := asJSON(t)
		if err != nil {
			return err
		}
		n, err := q.exec(ctx, "UPDATE environments SET thread=?, shown=? WHERE id=?", text, changed, id)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
}

func (s *Store) narrate(ctx context.Context, c *Claim, id ID, do func(session) error) error {
	if c.Name != Narration(id) {
		return fmt.Errorf("narrate %s: the claim is of %s", id, c.Name)
	}
	if err := s.fenced(ctx, c, do); err != nil {
		return fmt.Errorf("narrate %s: %w", id, err)
	}
	return nil
}
