package world

import (
	"context"
	"strings"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
)

// oneByOne lets the embedded MySQL work on one statement at a time, and each begin with what is there. Left to itself it
// loses rows without a word: every statement puts back a whole table as it found it, with its own changes, and one that
// follows a preparation or a failure finds it as it was then.
func oneByOne(h mysql.Handler) (mysql.Handler, error) {
	return &serial{Handler: h, turn: make(chan struct{}, 1)}, nil
}

type serial struct {
	mysql.Handler
	turn chan struct{} // holds a value while a statement runs
}

// do runs one statement of a connection when its turn comes.
func (s *serial) do(ctx context.Context, c *mysql.Conn, statement func() error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if c.StatusFlags&uint16(mysql.ServerInTransaction) == 0 {
		nothing := func(*sqltypes.Result, bool) error { return nil }
		if err := s.Handler.ComQuery(ctx, c, "ROLLBACK", nothing); err != nil {
			return err
		}
	}
	return statement()
}

func (s *serial) ComQuery(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn) error {
	if ends(query) {
		return s.Handler.ComQuery(ctx, c, query, callback)
	}
	return s.do(ctx, c, func() error { return s.Handler.ComQuery(ctx, c, query, callback) })
}

func (s *serial) ComMultiQuery(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn) (rest string, err error) {
	if ends(query) {
		return s.Handler.ComMultiQuery(ctx, c, query, callback)
	}
	err = s.do(ctx, c, func() (err error) {
		rest, err = s.Handler.ComMultiQuery(ctx, c, query, callback)
		return err
	})
	return rest, err
}

func (s *serial) ComPrepare(ctx context.Context, c *mysql.Conn, query string, prepare *mysql.PrepareData) (fields []*querypb.Field, err error) {
	err = s.do(ctx, c, func() (err error) {
		fields, err = s.Handler.ComPrepare(ctx, c, query, prepare)
		return err
	})
	return fields, err
}

func (s *serial) ComStmtExecute(ctx context.Context, c *mysql.Conn, prepare *mysql.PrepareData, callback func(*sqltypes.Result) error) error {
	return s.do(ctx, c, func() error { return s.Handler.ComStmtExecute(ctx, c, prepare, callback) })
}

// ends tells whether the statement ends another one, for which it must not wait.
func ends(query string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	return strings.EqualFold(word, "KILL")
}
