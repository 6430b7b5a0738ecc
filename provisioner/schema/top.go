package schema

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// Top tells how much of the server each of the environments has. What qabot's account may not see is missing, and said so.
func (s *Server) Top(ctx context.Context, book Book, envs []store.Environment) (store.Top, error) {
	var top store.Top
	all, err := book.Promises(ctx)
	if err != nil {
		return top, err
	}
	now, err := s.pressure(ctx, all)
	if err != nil {
		return top, reach(err)
	}
	top.Server, top.Used, top.Others, top.Ours = now.limit, now.used, now.others, max(now.limit-now.reserve, 0)
	top.Free = max(top.Ours-promisedIn(all), 0)
	places, byName := map[string]*store.Use{}, map[string]*store.Use{}
	top.Environments = make([]store.Use, len(envs))
	for i, env := range envs {
		u := &top.Environments[i]
		if u.ID = env.ID; env.Promise.Granted {
			u.Promised = env.Promise.Connections
		}
		places[Account(env.ID)], byName[Name(env.Spec.App, env.ID)] = u, u
	}
	for _, p := range all {
		if !p.Granted {
			top.Waiting++
		}
	}
	if err := s.topSizes(ctx, byName); err != nil {
		return top, reach(err)
	}
	if top.Blind, err = s.topSessions(ctx, places, byName); err != nil {
		return top, reach(err)
	}
	return top, nil
}

// marksMost is more than the marker table can have on a disk: a server that says so guesses.
const marksMost = 256 << 20

// topSizes adds what schemas have on the disk, as the server estimates it.
func (s *Server) topSizes(ctx context.Context, byName map[string]*store.Use) error {
	rows, err := s.db.QueryContext(ctx, `SELECT table_schema, CAST(SUM(COALESCE(data_length, 0) + COALESCE(index_length, 0)) AS SIGNED),
		CAST(MAX(CASE WHEN table_name=? THEN data_length ELSE 0 END) AS SIGNED)
		FROM information_schema.tables WHERE table_schema LIKE 'qa\_%' GROUP BY table_schema`, marksTable)
	if err != nil {
		return fmt.Errorf("measure schemas: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var bytes, marks int64
		if err := rows.Scan(&name, &bytes, &marks); err != nil {
			return fmt.Errorf("measure schemas: %w", err)
		}
		if u := byName[name]; u != nil && marks < marksMost {
			u.Bytes = bytes
		}
	}
	return rows.Err()
}

// seat is one session, as the server shows it.
type seat struct {
	id, account, host, schema string
	state                     string
	open                      time.Duration // of its transaction; 0: it has none open
	locked                    bool          // its transaction waits for a row
}

func (t seat) who() string {
	host, _, _ := strings.Cut(t.host, ":") // the port means nothing to anybody
	return t.account + "@" + host
}

// waits tells whether the session waits for a lock, of a row or of a table's definition. Both servers write it so.
func (t seat) waits() bool {
	return t.locked || strings.HasPrefix(t.state, "Waiting for") && strings.HasSuffix(t.state, "lock")
}

// seats are the sessions of everybody, as far as they may be seen; blind says that those of others may not.
func (s *Server) seats(ctx context.Context) (all []seat, blind bool, err error) {
	const sessions = "SELECT p.id, p.user, COALESCE(p.host, ''), COALESCE(p.db, ''), COALESCE(p.state, '')"
	// Asked for alone: a join that has no row to look up is not refused by MySQL.
	if _, err := column(ctx, s.db, "SELECT COUNT(*) FROM information_schema.innodb_trx"); refused(err) || is(err, unknownTable, tableGone, unknownColumn, syntax, unspecified) {
		blind = true
	} else if err != nil {
		return nil, false, fmt.Errorf("count transactions: %w", err)
	}
	with := `, CASE WHEN t.trx_started IS NULL THEN 0 ELSE GREATEST(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), 1) END,
		COALESCE(t.trx_state, '') FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id=p.id WHERE p.id<>CONNECTION_ID()`
	if blind {
		with = ", 0, '' FROM information_schema.processlist p WHERE p.id<>CONNECTION_ID()"
	}
	rows, err := s.db.QueryContext(ctx, sessions+with)
	if err != nil {
		return nil, blind, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t seat
		var seconds int
		var state string
		if err := rows.Scan(&t.id, &t.account, &t.host, &t.schema, &t.state, &seconds, &state); err != nil {
			return nil, blind, fmt.Errorf("list sessions: %w", err)
		}
		t.open, t.locked = time.Duration(seconds)*time.Second, state == "LOCK WAIT"
		all = append(all, t)
	}
	return all, blind, rows.Err()
}

// topSessions adds what is to be seen of the environments' sessions, and of others' in their schemas.
func (s *Server) topSessions(ctx context.Context, byAccount, byName map[string]*store.Use) (blind bool, err error) {
	all, blind, err := s.seats(ctx)
	if err != nil {
		return blind, err
	}
	for _, t := range all {
		u, own := byAccount[t.account], true
		if s.o.Shared {
			u = byName[t.schema]
		} else if u == nil {
			u, own = byName[t.schema], false
		}
		switch {
		case u == nil, !own && (t.open == 0 || t.account == s.config.User):
		case !own:
			u.Guests = append(u.Guests, store.Guest{Account: t.who(), Open: t.open})
		default:
			u.Connections++
			u.Longest = max(u.Longest, t.open)
			if t.waits() {
				u.Waits++
			}
		}
	}
	return blind, nil
}

// holder finds who holds on to a table of a schema: the transaction that has been open for longest. It knows only those whose
// present schema it is where the server does not tell whose locks there are.
func (s *Server) holder(ctx context.Context, schema string) (g store.Guest, ok bool, err error) {
	all, _, err := s.seats(ctx)
	if err != nil {
		return g, false, err
	}
	holding := s.holding(ctx, schema)
	all = slices.DeleteFunc(all, func(t seat) bool {
		return t.open == 0 || t.account == s.config.User && t.schema == "" || t.schema != schema && !holding[t.id]
	})
	if len(all) == 0 {
		return g, false, nil
	}
	first := slices.MaxFunc(all, func(a, b seat) int { return cmp.Compare(a.open, b.open) })
	return store.Guest{Account: first.who(), Open: first.open}, true, nil
}

// holding are the sessions that have a lock on a table's definition in a schema, where the server tells that: MySQL does, and
// MariaDB with a plugin.
func (s *Server) holding(ctx context.Context, schema string) map[string]bool {
	found := map[string]bool{}
	for _, query := range []string{
		`SELECT t.processlist_id FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.thread_id=m.owner_thread_id
			WHERE m.object_schema=? AND m.lock_status='GRANTED' AND t.processlist_id IS NOT NULL`,
		"SELECT thread_id FROM information_schema.metadata_lock_info WHERE table_schema=?",
	} {
		ids, err := column(ctx, s.db, query, schema)
		if err != nil {
			s.o.Log.Debug("ask for locks of table definitions", "error", err)
		}
		for _, id := range ids {
			found[id] = true
		}
	}
	return found
}

// blocked says of a drop that came to nothing in time who keeps it from happening, where that can be seen.
func (s *Server) blocked(ctx context.Context, schema string, err error) error {
	if !is(err, lockTimeout) {
		return err
	}
	g, ok, looked := s.holder(ctx, schema)
	if looked != nil || !ok {
		return err
	}
	if g.Open > time.Minute {
		g.Open = g.Open.Truncate(time.Minute) // what is told changes once a minute, not at each look
	}
	return store.NewProblem(err, store.SchemaBlocked, g.Account, g.Open)
}
