package schema

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"

	"qabot/store"
)

// Numbers of errors, as MySQL and MariaDB share them.
const (
	tooManyConnections   = 1040
	schemaDenied         = 1044
	loginDenied          = 1045
	unknownSchema        = 1049
	shuttingDown         = 1053
	unknownColumn        = 1054
	syntax               = 1064
	schemaExists         = 1007
	schemaGone           = 1008
	unknownThread        = 1094
	killDenied           = 1095
	unspecified          = 1105
	unknownTable         = 1109
	grantMissing         = 1141
	lockTimeout          = 1205
	tableDenied          = 1142
	columnDenied         = 1143
	tableGone            = 1146
	grantToNew           = 1410
	accountFailed        = 1396
	accountFull          = 1226
	privilegeMissing     = 1227
	accountLocked        = 3118
	accountLockedMariaDB = 4151
)

// number is the server's own number of an error, 0 where the server did not say one.
func number(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func is(err error, numbers ...uint16) bool {
	n := number(err)
	for _, want := range numbers {
		if n == want {
			return true
		}
	}
	return false
}

// refused tells whether the server lacks nothing but a right of ours.
func refused(err error) bool {
	return is(err, schemaDenied, loginDenied, tableDenied, columnDenied, privilegeMissing, grantToNew)
}

// away tells whether the server could not be asked at all.
func away(err error) bool {
	var n net.Error
	return is(err, tooManyConnections, shuttingDown) || errors.As(err, &n) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded)
}

// explain makes a Problem of a refusal: what qabot's account may not do is cured by a person only.
func explain(err error, what string) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", what, err)
	if refused(err) {
		return store.NewProblem(err, store.SchemaRefused, what)
	}
	return err
}

// reach names the server in an error that says that it could not be asked: people hear what is waited for.
func reach(err error) error {
	var known *store.Problem
	if err == nil || errors.As(err, &known) || !away(err) || store.Ours(err) {
		return err
	}
	return store.NewProblem(err, store.Unreachable, "MySQL")
}

// hide takes the secret out of an error: a server quotes the statement that it does not understand.
func hide(err error, secret string) error {
	if err == nil || secret == "" || !strings.Contains(err.Error(), secret) {
		return err
	}
	text := strings.ReplaceAll(err.Error(), secret, "***")
	if n := number(err); n != 0 {
		return &mysql.MySQLError{Number: n, Message: text}
	}
	return errors.New(text)
}

// passes tells whether an error names what is expected to end by itself.
func passes(err error) bool {
	var p *store.Problem
	return errors.As(err, &p) && p.Passes()
}
