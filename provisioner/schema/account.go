package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"qabot/store"
)

// account makes the account, or mends the one that is there, so that it has this password and may log in. It has no limit
// of connections yet: tasks that use it up would keep us from proving it.
func (s *Server) account(ctx context.Context, c *store.Claim, account, password string) error {
	terms := " IDENTIFIED BY " + literal(password) + " WITH MAX_USER_CONNECTIONS 0"
	for _, do := range []string{"CREATE USER IF NOT EXISTS ", "ALTER USER "} {
		if err := s.do(ctx, c, do+user(account)+terms); err != nil {
			return explain(hide(err, password), strings.ToLower(strings.TrimSpace(do)))
		}
	}
	// Locked is an account whose removal was begun. A server that cannot lock has none.
	if err := s.do(ctx, c, "ALTER USER "+user(account)+" ACCOUNT UNLOCK"); err != nil && !is(err, syntax, unspecified) {
		return explain(err, "alter user")
	}
	return nil
}

// limit sets how many connections the account may have at a time. The embedded server forgets a password that is not said again.
func (s *Server) limit(ctx context.Context, c *store.Claim, account, password string, most int) error {
	if most == 0 {
		return nil
	}
	err := s.do(ctx, c, fmt.Sprintf("ALTER USER %s IDENTIFIED BY %s WITH MAX_USER_CONNECTIONS %d", user(account), literal(password), most))
	return explain(hide(err, password), "alter user")
}

func (s *Server) dropAccount(ctx context.Context, c *store.Claim, account string) error {
	return explain(s.do(ctx, c, "DROP USER IF EXISTS "+user(account)), "drop user")
}

// isolate grants the account its schema and proves what that gives: the Detail says how far it is to be trusted.
func (s *Server) isolate(ctx context.Context, c *store.Claim, a address) (store.Detail, error) {
	// A server with partial_revokes takes the name as it stands, where others take an underscore for any character. What
	// this one does shows in what the account can open.
	for _, name := range []string{pattern(a.name), a.name} {
		on := quote(name) + ".*"
		if err := s.do(ctx, c, "GRANT ALL PRIVILEGES ON "+on+" TO "+user(a.account)); err != nil {
			return store.Detail{}, explain(err, "grant all on a schema")
		}
		opened, reached, err := s.prove(ctx, a)
		switch {
		case err != nil:
			return store.Detail{}, hide(fmt.Errorf("prove the account of %s: %w", a.name, err), a.password)
		case !opened:
			if err := s.do(ctx, c, "REVOKE ALL ON "+on+" FROM "+user(a.account)); err != nil && !is(err, grantMissing) {
				return store.Detail{}, explain(err, "revoke all on a schema")
			}
			continue
		case reached == "":
			return store.Say(store.SchemaThere, a.name), nil
		case s.o.BestEffort:
			return store.Say(store.SchemaBestEffort, a.name), nil
		}
		if err := s.dropAccount(ctx, c, a.account); err != nil {
			return store.Detail{}, err
		}
		return store.Detail{}, store.NewProblem(fmt.Errorf("account %s can open %s", a.account, reached), store.SchemaUnisolated, a.name)
	}
	return store.Detail{}, fmt.Errorf("account %s cannot open %s, although it was granted", a.account, a.name)
}

// opens logs in as the account and tells whether it can open its own schema.
func (s *Server) opens(ctx context.Context, a address) (opened bool, err error) {
	err = s.as(ctx, a.account, a.password, func(conn *sql.Conn) error {
		opened, err = enters(ctx, conn, a.name)
		return err
	})
	return opened, err
}

// prove logs in as the account: whether it can open its own schema, and the first other one that it can open.
func (s *Server) prove(ctx context.Context, a address) (opened bool, reached string, err error) {
	err = s.as(ctx, a.account, a.password, func(conn *sql.Conn) error {
		if opened, err = enters(ctx, conn, a.name); err != nil || !opened {
			return err
		}
		if _, err := column(ctx, conn, "SELECT name FROM "+marksOf(a.name)+" LIMIT 1"); err != nil {
			return err
		}
		others, err := column(ctx, conn, "SELECT schema_name FROM information_schema.schemata")
		if err != nil {
			return err
		}
		for _, other := range append(others, "mysql", neighbour(a.name)) {
			if other == a.name || public(other) {
				continue
			}
			if in, err := enters(ctx, conn, other); err != nil {
				return err
			} else if in {
				reached = other
				return nil
			}
		}
		return nil
	})
	return opened, reached, err
}

// neighbour is the name of a schema that only a grant with an underscore for any character would open.
func neighbour(name string) string {
	i := strings.LastIndexByte(name, '_')
	return name[:i] + "x" + name[i+1:]
}

// public are the schemas that every account sees, each its own part of them.
func public(name string) bool {
	switch strings.ToLower(name) {
	case "information_schema", "performance_schema", "sys":
		return true
	}
	return false
}

// enters tells whether the connection may use a schema. Servers ask for the right before they look whether the schema is
// there, so a schema that is unknown would have been opened.
func enters(ctx context.Context, conn *sql.Conn, name string) (bool, error) {
	_, err := conn.ExecContext(ctx, "USE "+quote(name))
	switch {
	case err == nil, is(err, unknownSchema):
		return true, nil
	case is(err, schemaDenied, tableDenied, unspecified):
		return false, nil
	}
	return false, err
}
