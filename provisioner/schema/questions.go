package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"qabot/store"
)

// Foresee names the schema, its account and the parameter with its address.
func (r *Resource) Foresee(ctx context.Context, env store.Environment) (store.Foreseen, error) {
	seen, err := r.Observe(ctx, []store.Environment{env})
	if err != nil {
		return store.Foreseen{}, err
	}
	f := store.Foreseen{Seen: seen[0], Things: []store.Detail{store.Say(store.ThingSchema, Name(r.app, env.ID))}}
	if r.o.Shared {
		return f, nil
	}
	f.Things = append(f.Things, store.Say(store.ThingAccount, Account(env.ID)),
		store.Say(store.ThingSecret, Parameter, r.vault.Ref(env.ID, Parameter)))
	return f, nil
}

// Connections counts the connections that the environment has open, and tells what it may open, what others were promised,
// and whether it has to wait.
func (r *Resource) Connections(ctx context.Context, env store.Environment) (store.Connections, error) {
	c, err := r.Server.Connections(ctx, env)
	if err != nil || r.loads == nil {
		return c, err
	}
	loads, err := r.loads.Loads(ctx)
	if err != nil {
		return c, err
	}
	price, err := r.price(ctx)
	if err != nil {
		return c, err
	}
	c.Usual, c.Most = Price(loads)
	for _, l := range loads {
		if l.Assumed {
			c.Assumed = append(c.Assumed, l.Role)
		}
	}
	all, err := r.book.Promises(ctx)
	if err != nil {
		return c, err
	}
	now, err := r.pressure(ctx, all)
	if err != nil {
		return c, reach(err)
	}
	v := r.weigh(env, now, price, without(all, env.ID))
	c.Promised, c.Ours, c.Free = env.Promise.Granted, max(now.limit-now.reserve, 0), v.Free
	if c.Limit == 0 && !r.o.Shared {
		c.Limit = r.most(price)
	}
	if !c.Promised && !v.Admitted {
		c.Place = v.Place
	}
	return c, nil
}

// Connections counts the connections that the environment's account has open now. Where qabot's own account does not see
// them, the environment's is asked, which sees its own.
func (s *Server) Connections(ctx context.Context, env store.Environment) (store.Connections, error) {
	c := store.Connections{Limit: s.o.MaxConnections}
	account := Account(env.ID)
	server, err := column(ctx, s.db, "SELECT @@max_connections")
	if err != nil {
		return c, reach(fmt.Errorf("ask for the limit of connections: %w", err))
	}
	if c.Server, err = strconv.Atoi(server[0]); err != nil {
		return c, fmt.Errorf("ask for the limit of connections: %w", err)
	}
	if s.o.Shared {
		c.Limit = 0
		c.Used, err = counted(ctx, s.db, "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?", Name(env.Spec.App, env.ID))
	} else {
		c.Used, err = sessionsOf(ctx, s.db, account)
	}
	if err != nil {
		return c, reach(fmt.Errorf("count connections of %s: %w", account, err))
	}
	if c.Used > 0 || s.o.Shared {
		return c, nil
	}
	kept, err := s.vault.Look(ctx, []store.ID{env.ID}, Parameter)
	if err != nil {
		return c, fmt.Errorf("look for the password: %w", err)
	}
	password := passwordIn(kept[env.ID])
	if password == "" {
		return c, nil
	}
	err = s.as(ctx, account, password, func(conn *sql.Conn) (err error) {
		c.Used, err = sessionsOf(ctx, conn, account)
		return err
	})
	switch {
	case is(err, accountFull): // not even for this one there is room
		c.Used = c.Limit
	case is(err, loginDenied, accountLocked, accountLockedMariaDB): // there is no such account
	case err != nil:
		return c, reach(hide(fmt.Errorf("count connections of %s: %w", account, err), password))
	}
	return c, nil
}

// sessionsOf counts the sessions of an account that may be seen through a connection, all but that one.
func sessionsOf(ctx context.Context, on querier, account string) (int, error) {
	return counted(ctx, on, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = ? AND id <> CONNECTION_ID()", account)
}

func counted(ctx context.Context, on querier, query string, args ...any) (int, error) {
	all, err := column(ctx, on, query, args...)
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return 0, errors.New("the server counts nothing")
	}
	return strconv.Atoi(all[0])
}
