package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Options are what a Store may be told; the zero value is right outside of tests.
type Options struct {
	Lease time.Duration // zero: Lease
	Guard time.Duration // zero: Guard, or two thirds of a Lease that is given
	Log   *slog.Logger  // nil: nothing is logged
}

// Store is the database. It is safe for concurrent use, and several processes may share one MySQL database.
type Store struct {
	db    *sql.DB
	kind  dialect
	lease time.Duration
	guard time.Duration
	log   *slog.Logger
}

// dialect is all that differs between the databases.
type dialect struct {
	name   goose.Dialect
	now    string // the database's clock in milliseconds, which stands for {now} in every statement
	txOpts *sql.TxOptions
}

var (
	sqliteDialect = dialect{name: goose.DialectSQLite3, now: "CAST(unixepoch('subsec')*1000 AS INTEGER)"}
	mysqlDialect  = dialect{
		name:   goose.DialectMySQL,
		now:    "CAST(UNIX_TIMESTAMP(NOW(3))*1000 AS SIGNED)", // needs the session's time zone to be UTC
		txOpts: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
	}
)

// sqlTimeout bounds one answer of MySQL: well below Guard, so that a renewal without an answer can be tried again.
const sqlTimeout = 3 * time.Second

// Open connects to "sqlite:PATH" or "mysql:USER:PASSWORD@tcp(HOST:PORT)/DATABASE" and brings the tables up to date. What is
// behind "mysql:" is a DSN of go-sql-driver/mysql and may carry parameters, "?tls=true" for instance; those that the store
// relies on are set by it. The folder of PATH is made when it is missing. No error contains the password.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	s := &Store{lease: o.Lease, guard: o.Guard, log: o.Log}
	if s.guard == 0 {
		s.guard = Guard
		if s.lease != 0 {
			s.guard = s.lease * 2 / 3
		}
	}
	if s.lease == 0 {
		s.lease = Lease
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	switch sort, rest, _ := strings.Cut(dsn, ":"); sort {
	case "sqlite":
		s.kind = sqliteDialect
		s.db, err = openSQLite(rest)
	case "mysql":
		s.kind = mysqlDialect
		s.db, err = openMySQL(rest, s.log)
	default:
		err = errors.New(`the address of the store begins with neither "sqlite:" nor "mysql:"`)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the store's tables up to date: %w", err), s.db.Close())
	}
	return s, nil
}

func openSQLite(path string) (*sql.DB, error) {
	if path == "" || strings.Contains(path, "?") {
		return nil, fmt.Errorf("%q is no path for a SQLite file", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the SQLite file: %w", err)
	}
	// Transactions take the write lock when they begin: one that reads first could not get it later, and would fail.
	db, err := sql.Open("sqlite", path+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func openMySQL(dsn string, log *slog.Logger) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil || cfg.DBName == "" {
		// The driver's own words may quote a piece of the password.
		return nil, errors.New("the address of the store is not of the form mysql:USER:PASSWORD@tcp(HOST:PORT)/DATABASE")
	}
	cfg.ClientFoundRows = true // an UPDATE that changes nothing has found its row all the same: it is not fenced
	cfg.RejectReadOnly = true  // after a failover the old writer is read-only: connect anew
	cfg.ParseTime = true       // goose reads times
	cfg.InterpolateParams = true
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = sqlTimeout, sqlTimeout, sqlTimeout
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES'" // what does not fit is an error, not cut off
	cfg.Params["innodb_lock_wait_timeout"] = "2"   // seconds: an answer that the transaction may be repeated, before ours is given up
	cfg.Logger = driverLog{log}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to %s at %s: %w", cfg.DBName, cfg.Addr, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	db.SetConnMaxLifetime(3 * time.Minute) // below the idle limits of servers and proxies in between
	return db, nil
}

// driverLog takes what the MySQL driver has to say.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) { l.log.Warn("mysql driver", "message", fmt.Sprint(v...)) }

// Close ends the connections.
func (s *Store) Close() error { return s.db.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	err := s.db.PingContext(ctx)
	if errors.Is(err, mysql.ErrInvalidConn) {
		return errors.New("ping store: the server takes the connection and says nothing")
	}
	if err != nil {
		return fmt.Errorf("ping store: %w", err)
	}
	return nil
}
