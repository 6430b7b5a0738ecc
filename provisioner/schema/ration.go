package schema

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qabot/store"
)

// Loads tells what the tasks of an app's roles may ask of the database.
type Loads interface {
	Loads(ctx context.Context) ([]store.Load, error)
}

// Book is where promises of connections are kept: the store.
type Book interface {
	Promises(ctx context.Context) ([]store.Promised, error)
	Ask(ctx context.Context, c *store.Claim, connections int, admit func(others []store.Promised) bool) (store.Promise, error)
}

// Share is how much of something is kept: a percentage, or a number.
type Share struct{ Percent, Number int }

// of gives the share of a whole.
func (s Share) of(whole int) int { return s.Number + whole*s.Percent/100 }

// Within makes an app's environments wait for connections where the server has none left for them.
func (r *Resource) Within(loads Loads, book Book) *Resource {
	r.loads, r.book = loads, book
	return r
}

// price is what one environment of the app is promised; 0 where nobody counts.
func (r *Resource) price(ctx context.Context) (int, error) {
	if r.loads == nil {
		return 0, nil
	}
	loads, err := r.loads.Loads(ctx)
	if err != nil {
		return 0, fmt.Errorf("price an environment: %w", err)
	}
	return r.priced(loads), nil
}

func (s *Server) priced(loads []store.Load) int {
	_, most := Price(loads)
	if s.o.MaxConnections > 0 && !s.o.Shared {
		return min(most, s.o.MaxConnections) // more than its account may open it cannot
	}
	return most
}

// most is MAX_USER_CONNECTIONS of an account: as it is set, or the price; 0 for no limit.
func (r *Resource) most(price int) int { return cmp.Or(r.o.MaxConnections, price) }

// pressure is how the server's connections are used.
type pressure struct {
	limit   int // 0: the server does not say
	most    int // that environments could ever have
	used    int // in all
	others  int // in use by everybody but environments
	reserve int // for everybody but environments
}

// pressure asks the server. Where qabot does not see other accounts' sessions, environments are taken to use all that they
// were promised.
func (s *Server) pressure(ctx context.Context, promised []store.Promised) (p pressure, err error) {
	limit, err := column(ctx, s.db, "SELECT @@max_connections")
	if err != nil {
		return p, fmt.Errorf("ask for the limit of connections: %w", err)
	}
	if p.limit, err = strconv.Atoi(limit[0]); err != nil {
		return p, fmt.Errorf("ask for the limit of connections: %w", err)
	}
	used, err := s.connected(ctx)
	if err != nil {
		return p, err
	}
	ours, seen, err := s.sessionsOfAll(ctx, promised)
	if err != nil {
		return p, err
	}
	if !seen {
		ours = min(promisedIn(promised), used)
	}
	p.used, p.others = used, max(used-ours, 0)
	set := s.o.Reserve.of(p.limit)
	p.most, p.reserve = max(p.limit-set, 0), Reserve(set, p.others)
	return p, nil
}

// connected is how many connections the server has open; a server that does not count has none.
func (s *Server) connected(ctx context.Context) (int, error) {
	var name string
	var used int
	err := s.db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Threads_connected'").Scan(&name, &used)
	if errors.Is(err, sql.ErrNoRows) || is(err, syntax, unspecified) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count connections: %w", err)
	}
	return used, nil
}

// sessionsOfAll counts the sessions of environments that were promised some. seen is false where no other account's session
// is shown at all.
func (s *Server) sessionsOfAll(ctx context.Context, promised []store.Promised) (n int, seen bool, err error) {
	ours := map[string]bool{}
	for _, p := range promised {
		ours[Account(p.ID)] = true
		ours[Name(p.Spec.App, p.ID)] = s.o.Shared
	}
	rows, err := s.db.QueryContext(ctx, "SELECT user, COALESCE(db, ''), COUNT(*) FROM information_schema.processlist GROUP BY user, COALESCE(db, '')")
	if err != nil {
		return 0, false, fmt.Errorf("count connections of environments: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var account, schema string
		var some int
		if err := rows.Scan(&account, &schema, &some); err != nil {
			return 0, false, fmt.Errorf("count connections of environments: %w", err)
		}
		seen = seen || !strings.EqualFold(account, s.config.User)
		if ours[account] || ours[schema] {
			n += some
		}
	}
	return n, seen, rows.Err()
}

func promisedIn(all []store.Promised) (n int) {
	for _, p := range all {
		if p.Granted {
			n += p.Connections
		}
	}
	return n
}

// needs tells whether an environment's tasks are to run.
func (r *Resource) needs(env store.Environment) bool {
	return r.book != nil && !env.Spec.Asleep && !env.Spec.Gone(r.o.Now())
}

// runs tells whether an environment runs that never asked: it came up before there was a budget.
func runs(env store.Environment) bool {
	if env.Promise.N != 0 || env.Status.Asleep {
		return false
	}
	for k, o := range env.Status.Seen {
		if k.Sort() == "service" && (o.State == store.Ready || o.State == store.Working || o.State == store.Failed) {
			return true
		}
	}
	return false
}

// weigh decides on an environment that asks for connections, in view of the promises of all others.
func (r *Resource) weigh(env store.Environment, p pressure, price int, others []store.Promised) Verdict {
	if p.limit == 0 {
		return Verdict{Admitted: true}
	}
	var queue []int
	for _, o := range others {
		before := !o.Granted && (env.Promise.N == 0 || o.N < env.Promise.N)
		// One that can never have what it asks for, or that nobody wants awake any more, keeps nobody waiting.
		if before && o.Connections <= p.most && !o.Spec.Asleep && !o.Spec.Gone(r.o.Now()) {
			queue = append(queue, o.Connections)
		}
	}
	return Admit(p.limit, p.reserve, promisedIn(others), price, queue)
}

// ration looks which of the environments have to ask for connections or to wait for them, and changes nothing.
func (r *Resource) ration(ctx context.Context, envs []store.Environment, seen []store.Observation, price int, unpriced error) error {
	var all []store.Promised
	var now pressure
	for i, env := range envs {
		movable := seen[i].State == store.Absent || seen[i].State == store.Stale || seen[i].State == store.Ready
		if !movable || !r.needs(env) || env.Promise.Granted && (unpriced != nil || env.Promise.Connections == price) {
			continue
		}
		if unpriced != nil {
			seen[i] = unseen(unpriced)
			continue
		}
		if env.Promise.Granted || env.Promise.N == 0 || env.Promise.Connections != price {
			seen[i] = due(seen[i])
			continue
		}
		if all == nil {
			var err error
			if all, err = r.book.Promises(ctx); err != nil {
				return vaultError{fmt.Errorf("read promises of connections: %w", err)}
			}
			if now, err = r.pressure(ctx, all); err != nil {
				return err
			}
		}
		others := without(all, env.ID)
		v := r.weigh(env, now, price, others)
		if v.Admitted || price > now.most {
			seen[i] = due(seen[i])
			continue
		}
		seen[i] = store.Observation{State: store.Held, Detail: store.Say(store.SchemaQueued, price, v.Free, v.Place), Choices: offers(v.Missing, others, r.o.Now())}
	}
	return nil
}

// unseen is what is seen of something that could not be looked at.
func unseen(err error) store.Observation {
	var known *store.Problem
	if errors.As(err, &known) {
		return store.Observation{Detail: known.Detail}
	}
	return store.Observation{Detail: store.Say(store.Retrying)}
}

// due makes an observation one that Apply is called for.
func due(o store.Observation) store.Observation {
	if o.State == store.Ready {
		o.State, o.Detail = store.Stale, store.Say(store.SchemaCreating)
	}
	return o
}

func without(all []store.Promised, id store.ID) (others []store.Promised) {
	for _, p := range all {
		if p.ID != id {
			others = append(others, p)
		}
	}
	return others
}

// ask asks for the connections that an environment needs, and tells whether it has them. One that waits is in the queue then.
func (r *Resource) ask(ctx context.Context, c *store.Claim, price int) (granted bool, err error) {
	if !r.needs(c.Environment) {
		return true, nil
	}
	all, err := r.book.Promises(ctx)
	if err != nil {
		return false, fmt.Errorf("read promises of connections: %w", err)
	}
	now, err := r.pressure(ctx, all)
	if err != nil {
		return false, err
	}
	if err := c.Check(); err != nil {
		return false, err
	}
	p, err := r.book.Ask(ctx, c, price, func(others []store.Promised) bool {
		return runs(c.Environment) || r.weigh(c.Environment, now, price, others).Admitted
	})
	if err != nil {
		return false, fmt.Errorf("ask for connections: %w", err)
	}
	if !p.Granted && now.limit > 0 && price > now.most {
		return false, store.NewProblem(nil, store.SchemaTooLarge, price, now.most, now.limit)
	}
	return p.Granted, nil
}
