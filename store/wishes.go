package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Want changes the wish for an environment, makes its row if there is none, and leaves it due now: all in one transaction
// that is durable when Want returns.
//
// change gets the present Spec, the zero value where there is no row yet, and gives events for the journal. It may be called
// again when the transaction is repeated, so it must do nothing else; above all it must not use the Store, which on SQLite
// would wait for itself. Want raises the Version; raising the Generation is change's business. An error of change changes nothing and is returned as it is.
//
// acts are what the wish follows from: they are in the audit journal when the wish is, and only then.
func (s *Store) Want(ctx context.Context, id ID, change func(*Spec) ([]Event, error), acts ...Act) (Environment, error) {
	if id == "" {
		return Environment{}, errors.New("want: an environment needs an ID")
	}
	var env Environment
	var refused error
	err := s.transact(ctx, func(q session) error {
		refused = nil
		spec, err := lockSpec(ctx, q, id)
		if err != nil {
			return err
		}
		version := spec.Version + 1
		events, err := change(&spec)
		if err != nil {
			refused = err
			return errRefused
		}
		spec.Version = version
		text, err := asJSON(spec)
		if err != nil {
			return err
		}
		if _, err := q.exec(ctx, "UPDATE environments SET spec=? WHERE id=?", text, id); err != nil {
			return err
		}
		for _, e := range events {
			if err := addEvent(ctx, q, id, e); err != nil {
				return err
			}
		}
		for _, a := range acts {
			a.Environment, a.Version = id, version
			if err := addAct(ctx, q, a); err != nil {
				return err
			}
		}
		env, err = get(ctx, q, id)
		return err
	})
	if refused != nil {
		return Environment{}, refused
	}
	if err != nil {
		return Environment{}, fmt.Errorf("want %s: %w", id, err)
	}
	return env, nil
}

// errRefused rolls a transaction back; what the caller gets is the reason.
var errRefused = errors.New("refused")

// lockSpec raises the wishes of an environment, which locks its row, and reads the present Spec.
func lockSpec(ctx context.Context, q session, id ID) (Spec, error) {
	n, err := q.exec(ctx, "UPDATE environments SET wishes=wishes+1, changed=changed+1, next_at=0, idle_since=0 WHERE id=?", id)
	if err != nil {
		return Spec{}, err
	}
	if n == 0 {
		_, err := q.exec(ctx, "INSERT INTO environments (id, spec, status, thread, made, wishes, changed) VALUES (?, '{}', '{}', '{}', {now}, 1, 1)", id)
		return Spec{}, err
	}
	var text []byte
	if err := q.row(ctx, "SELECT spec FROM environments WHERE id=?", id).Scan(&text); err != nil {
		return Spec{}, err
	}
	return fromJSON[Spec](text)
}

// Wake makes an environment due now without changing its wish. A pass that is running goes on and is followed by another one.
func (s *Store) Wake(ctx context.Context, id ID) error {
	return s.transact(ctx, func(q session) error {
		n, err := q.exec(ctx, "UPDATE environments SET wishes=wishes+1, next_at=0 WHERE id=?", id)
		if err != nil {
			return fmt.Errorf("wake %s: %w", id, err)
		}
		if n == 0 {
			return fmt.Errorf("wake %s: %w", id, ErrNotFound)
		}
		return nil
	})
}

// Get reads an environment, or ErrNotFound.
func (s *Store) Get(ctx context.Context, id ID) (Environment, error) {
	env, err := get(ctx, s.reader(), id)
	if err != nil {
		return Environment{}, fmt.Errorf("get %s: %w", id, err)
	}
	return env, nil
}

// List reads all environments, those removed long ago too, oldest first.
func (s *Store) List(ctx context.Context) ([]Environment, error) {
	q := s.reader()
	envs, err := collect(ctx, q, readEnvironment, "SELECT "+environmentColumns+" FROM environments ORDER BY made, id")
	if err == nil {
		err = furnish(ctx, q, envs, "")
	}
	if err != nil {
		return nil, fmt.Errorf("list environments: %w", err)
	}
	return envs, nil
}

func get(ctx context.Context, q session, id ID) (Environment, error) {
	env, err := readEnvironment(q.row(ctx, "SELECT "+environmentColumns+" FROM environments WHERE id=?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return Environment{}, ErrNotFound
	}
	if err != nil {
		return Environment{}, err
	}
	one := []Environment{env}
	err = furnish(ctx, q, one, " WHERE environment=?", id)
	return one[0], err
}

const environmentColumns = "id, spec, status, thread, made, changed"

// readEnvironment reads environmentColumns.
func readEnvironment(row scanner) (Environment, error) {
	env := Environment{Facts: map[Kind]Fact{}, Allotted: map[Kind]int{}}
	var spec, status, thread []byte
	var made int64
	err := row.Scan(&env.ID, &spec, &status, &thread, &made, &env.Changed)
	if err != nil {
		return Environment{}, err
	}
	env.Made = millis(made)
	if env.Spec, err = fromJSON[Spec](spec); err != nil {
		return Environment{}, fmt.Errorf("read spec of %s: %w", env.ID, err)
	}
	if env.Status, err = fromJSON[Status](status); err != nil {
		return Environment{}, fmt.Errorf("read status of %s: %w", env.ID, err)
	}
	if env.Thread, err = fromJSON[Thread](thread); err != nil {
		return Environment{}, fmt.Errorf("read thread of %s: %w", env.ID, err)
	}
	return env, nil
}

// furnish adds Facts, Allotted, Promise and Used, by one query each.
func furnish(ctx context.Context, q session, envs []Environment, where string, args ...any) error {
	at := make(map[ID]Environment, len(envs)) // its maps are the environments' own
	for _, env := range envs {
		at[env.ID] = env
	}
	type entry struct {
		id   ID
		kind Kind
	}
	_, err := collect(ctx, q, func(row scanner) (e entry, err error) {
		var text []byte
		if err := row.Scan(&e.id, &e.kind, &text); err != nil {
			return e, err
		}
		fact, err := fromJSON[Fact](text)
		if env, ok := at[e.id]; ok {
			env.Facts[e.kind] = fact
		}
		return e, err
	}, "SELECT environment, kind, fact FROM facts"+where, args...)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	_, err = collect(ctx, q, func(row scanner) (e entry, err error) {
		var value int
		err = row.Scan(&e.id, &e.kind, &value)
		if env, ok := at[e.id]; ok && err == nil {
			env.Allotted[e.kind] = value
		}
		return e, err
	}, "SELECT environment, kind, value FROM allotments"+where, args...)
	if err != nil {
		return fmt.Errorf("read allotments: %w", err)
	}
	promised, err := collect(ctx, q, func(row scanner) (p Promised, err error) {
		return p, row.Scan(&p.ID, &p.N, &p.Connections, &p.Granted)
	}, "SELECT environment, n, connections, granted FROM promises"+where, args...)
	if err != nil {
		return fmt.Errorf("read promises: %w", err)
	}
	for _, p := range promised {
		if i := slices.IndexFunc(envs, func(e Environment) bool { return e.ID == p.ID }); i >= 0 {
			envs[i].Promise = p.Promise
		}
	}
	used, err := uses(ctx, q, where, args...)
	if err != nil {
		return fmt.Errorf("read uses: %w", err)
	}
	for i, env := range envs {
		envs[i].Used = used[env.ID]
	}
	return nil
}
