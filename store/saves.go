package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Save is data that is kept under a name: a copy of an environment's, which outlives it.
type Save struct {
	SaveWish            // written by the bot only
	Status   SaveStatus // written by the provisioner only
}

// SaveWish is what people want of it.
type SaveWish struct {
	App, Name   string // Name in lower case; unique within the app
	Environment ID     // whose data it is
	Branch      string
	By          string // Slack user
	At          time.Time
	Letter      string // in which it was asked for
	Dropped     bool   `json:",omitempty"` // nobody wants it any more
}

// SaveStatus is what was seen of it last.
type SaveStatus struct {
	Done    Outcome `json:",omitempty"` // empty: not yet
	Detail  Detail  `json:",omitzero"`  // why it failed
	Bytes   int64   `json:",omitempty"` // of the data, as the server estimates it
	Where   string  `json:",omitempty"` // bucket that it lies in; empty: it is on the server
	Keys    int     `json:",omitempty"` // of Redis, kept with it
	Keyless Detail  `json:",omitzero"`  // why no keys of Redis were kept with it
	Commit  string  `json:",omitempty"` // that was wanted when it was saved
}

// Key names it among all.
func (w SaveWish) Key() string { return w.App + "/" + w.Name }

// ErrTaken says that there is something of that name already.
var ErrTaken = errors.New("the name is taken")

// WantSave wishes for a save. It is ErrTaken where another wish has the name; the same wish again changes nothing.
func (s *Store) WantSave(ctx context.Context, w SaveWish) error {
	text, err := asJSON(w)
	if err == nil {
		err = s.transact(ctx, func(q session) error {
			there, err := collect(ctx, q, readSave, "SELECT wish, status FROM saves WHERE save_key=?", w.Key())
			switch {
			case err != nil:
				return err
			case len(there) == 0:
				_, err = q.exec(ctx, "INSERT INTO saves (save_key, wish, status) VALUES (?, ?, '{}')", w.Key(), text)
				return err
			case there[0].Letter == w.Letter:
				return nil
			}
			return ErrTaken
		})
	}
	if err != nil {
		return fmt.Errorf("want save %s: %w", w.Key(), err)
	}
	return nil
}

// DropSave wishes a save away. One that is not there is no fault.
func (s *Store) DropSave(ctx context.Context, app, name string) error {
	key := SaveWish{App: app, Name: name}.Key()
	err := s.transact(ctx, func(q session) error {
		there, err := collect(ctx, q, readSave, "SELECT wish, status FROM saves WHERE save_key=?", key)
		if err != nil || len(there) == 0 {
			return err
		}
		there[0].Dropped = true
		text, err := asJSON(there[0].SaveWish)
		if err == nil {
			_, err = q.exec(ctx, "UPDATE saves SET wish=? WHERE save_key=?", text, key)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("drop save %s: %w", key, err)
	}
	return nil
}

// Saves lists all that are there or are to be.
func (s *Store) Saves(ctx context.Context) ([]Save, error) {
	all, err := collect(ctx, s.reader(), readSave, "SELECT wish, status FROM saves ORDER BY save_key")
	if err != nil {
		return nil, fmt.Errorf("list saves: %w", err)
	}
	return all, nil
}

// SettleSave writes what became of a save, under any claim that is still held, and tells it in the journal of its environment.
func (s *Store) SettleSave(ctx context.Context, c *Claim, w SaveWish, st SaveStatus, e Event) error {
	text, err := asJSON(st)
	if err == nil {
		err = s.fenced(ctx, c, func(q session) error {
			if n, err := q.exec(ctx, "UPDATE saves SET status=? WHERE save_key=?", text, w.Key()); err != nil || n == 0 {
				return err
			}
			n, err := q.exec(ctx, "UPDATE environments SET writes=writes+1 WHERE id=?", w.Environment)
			if err != nil || n == 0 {
				return err
			}
			return addEvent(ctx, q, w.Environment, e)
		})
	}
	if err != nil {
		return fmt.Errorf("settle save %s: %w", w.Key(), err)
	}
	return nil
}

// ForgetSave takes a save that is gone off the list, under any claim that is still held.
func (s *Store) ForgetSave(ctx context.Context, c *Claim, w SaveWish) error {
	err := s.fenced(ctx, c, func(q session) error {
		_, err := q.exec(ctx, "DELETE FROM saves WHERE save_key=?", w.Key())
		return err
	})
	if err != nil {
		return fmt.Errorf("forget save %s: %w", w.Key(), err)
	}
	return nil
}

// readSave reads wish and status.
func readSave(row scanner) (save Save, err error) {
	var wish, status []byte
	if err := row.Scan(&wish, &status); err != nil {
		return save, err
	}
	if save.SaveWish, err = fromJSON[SaveWish](wish); err != nil {
		return save, err
	}
	save.Status, err = fromJSON[SaveStatus](status)
	return save, err
}

// Apart is how far two sets of data are from each other, in migrations.
type Apart struct {
	Known   bool // the framework says which have run in both
	Missing int  // have run here and not there: they run again on what comes from there
	Surplus int  // have run there and not here: the branch does not know them
}
