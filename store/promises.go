package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Promise is an environment's share of the database's connections, or its place among those that wait for one. The zero
// value never asked, or gave its share back.
type Promise struct {
	N           int64 // order of asking, from 1
	Connections int
	Granted     bool
}

// Promised is a Promise with the environment that it belongs to.
type Promised struct {
	ID ID
	Promise
	Spec Spec
	Used time.Time // as of the Environment
}

// Load is what one role of an app may ask of the database.
type Load struct {
	Role      string
	Tasks     int  // while it is awake
	Processes int  // of each task
	Pool      int  // connections of each process
	Replace   bool // the old task stops before the new one starts: never both
	Assumed   bool // nothing told, so the pool is the usual one
}

// Promises lists what was promised, and behind that who waits, both in order of asking.
func (s *Store) Promises(ctx context.Context) ([]Promised, error) {
	all, err := promises(ctx, s.reader())
	if err != nil {
		return nil, fmt.Errorf("read promises: %w", err)
	}
	return all, nil
}

func promises(ctx context.Context, q session) ([]Promised, error) {
	return collect(ctx, q, func(row scanner) (p Promised, err error) {
		var spec []byte
		var used sql.NullInt64
		if err := row.Scan(&p.ID, &p.N, &p.Connections, &p.Granted, &spec, &used); err != nil {
			return p, err
		}
		if used.Valid {
			p.Used = millis(used.Int64)
		}
		p.Spec, err = fromJSON[Spec](spec)
		return p, err
	}, `SELECT p.environment, p.n, p.connections, p.granted, e.spec, u.used FROM promises p JOIN environments e ON e.id=p.environment
		LEFT JOIN uses u ON u.environment=p.environment
		ORDER BY p.granted DESC, p.n`)
}

// Ask asks for connections. An environment that was promised some gets more or fewer without a question. Any other gets them
// when admit, who is shown the promises of all others, says so; else it waits, and keeps its place when it asks again. Of
// several that ask at once, in whatever process, each is decided when the one before is. admit may be called again, and must
// not use the Store.
//
// What was promised is given back by Settle, when the environment was seen to rest. It is ErrFenced when somebody else has the claim.
func (s *Store) Ask(ctx context.Context, c *Claim, connections int, admit func(others []Promised) bool) (Promise, error) {
	var p Promise
	changed := false
	err := s.onEnvironment(ctx, c, "ask for connections", func(q session) error {
		changed = false
		n, err := nextNumber(ctx, q, "promises") // which also makes all others wait that decide
		if err != nil {
			return err
		}
		all, err := promises(ctx, q)
		if err != nil {
			return err
		}
		was := Promise{}
		others := slices.DeleteFunc(all, func(o Promised) bool {
			if o.ID == c.ID {
				was = o.Promise
			}
			return o.ID == c.ID
		})
		p = Promise{N: was.N, Connections: connections, Granted: was.Granted}
		if was.N == 0 {
			p.N = n
		}
		p.Granted = p.Granted || admit(others)
		if p == was {
			return nil
		}
		changed = true
		return keepPromise(ctx, q, c.ID, p, was.N != 0)
	})
	if changed {
		s.wakeWaiting(ctx, c.ID)
	}
	return p, err
}

func keepPromise(ctx context.Context, q session, id ID, p Promise, there bool) (err error) {
	if there {
		_, err = q.exec(ctx, "UPDATE promises SET connections=?, granted=? WHERE environment=?", p.Connections, p.Granted, id)
	} else {
		_, err = q.exec(ctx, "INSERT INTO promises (environment, n, connections, granted) VALUES (?, ?, ?, ?)", id, p.N, p.Connections, p.Granted)
	}
	if err != nil {
		return err
	}
	return raise(ctx, q, id, 1)
}

// giveBack takes a promise from an environment that rests; gave is false when it had none.
func giveBack(ctx context.Context, q session, id ID) (gave bool, err error) {
	n, err := q.exec(ctx, "DELETE FROM promises WHERE environment=?", id)
	return n > 0, err
}

// wokenAtOnce bounds how many of those that wait are made to look again when something changed.
const wokenAtOnce = 10

// wakeWaiting makes those that wait look again, all but one. It is no part of the transaction that changed something, where
// it would wait for their rows; whom it does not reach looks again by itself.
func (s *Store) wakeWaiting(ctx context.Context, but ID) {
	waiting, err := collect(ctx, s.reader(), only[ID], "SELECT environment FROM promises WHERE granted=0 AND environment<>? ORDER BY n LIMIT ?", but, wokenAtOnce)
	for _, id := range waiting {
		err = errors.Join(err, s.Wake(ctx, id))
	}
	if err != nil {
		s.log.Debug("wake those that wait for connections", "error", err)
	}
}

// rests tells whether what a pass saw opens no connections any more: nobody wants tasks, and there are none.
func rests(spec Spec, st Status, now time.Time) bool {
	gone, services := spec.Gone(now), 0
	if !gone && !st.Asleep {
		return false
	}
	for k, o := range st.Seen {
		if k.Sort() != "service" {
			continue
		}
		if services++; o.State != Absent && (gone || o.State != Ready) {
			return false
		}
	}
	return services > 0 // of an app that is no longer configured nothing is seen
}
