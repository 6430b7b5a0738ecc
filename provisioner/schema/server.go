package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"qabot/store"
)

// Options say which server, and how environments reach it.
type Options struct {
	DSN            string           // of qabot's own account, in the form of go-sql-driver/mysql
	Host           string           // "host:port" as tasks see the server; empty: the DSN's
	Scheme         string           // of DATABASE_URL; empty: "mysql"
	Params         string           // query of DATABASE_URL, without "?"
	Installation   string           // written into every schema; another installation's are left alone
	BestEffort     bool             // go on when an account cannot be kept out of other schemas
	Shared         bool             // environments use the account of the staging service, and have none of their own
	MaxConnections int              // per account; 0: the price of an environment, or no limit where nobody counts
	Reserve        Share            // of the server's connections that no environment gets
	Starts         map[string]Start // how data begins, by app
	Depot          Depot            // where save points lie; nil: on the server
	Protected      []string         // schemas that are never touched, beside the server's own and the DSN's
	Now            func() time.Time
	Log            *slog.Logger // nil: silent
}

// Server is the shared MySQL server. It is safe for concurrent use.
type Server struct {
	o         Options
	vault     Vault
	notes     Notebook
	config    *mysql.Config
	db        *sql.DB
	protected map[string]bool

	life context.Context // of jobs
	end  context.CancelFunc
	jobs sync.WaitGroup
}

// Open prepares a Server and does not connect yet; Ping does. No error of it shows the DSN.
func Open(o Options, v Vault, n Notebook) (*Server, error) {
	config, err := mysql.ParseDSN(o.DSN)
	if err != nil {
		// The driver's own words may quote a part of the DSN.
		return nil, errors.New("parse DSN of the MySQL server: not of the form user:password@tcp(host:port)/?name=value")
	}
	if o.Installation == "" {
		return nil, errors.New("open MySQL server: no installation is named")
	}
	if o.Host == "" {
		o.Host = config.Addr
	}
	if o.Scheme == "" {
		o.Scheme = "mysql"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	prepare(config, o.Log)
	life, end := context.WithCancel(context.Background())
	s := &Server{o: o, vault: v, notes: n, config: config, protected: map[string]bool{}, life: life, end: end}
	for _, name := range append([]string{"mysql", "sys", "information_schema", "performance_schema", config.DBName}, o.Protected...) {
		s.protected[strings.ToLower(name)] = true
	}
	if s.db, err = open(config); err != nil {
		return nil, fmt.Errorf("open MySQL server: %w", err)
	}
	s.db.SetMaxOpenConns(8)
	s.db.SetMaxIdleConns(4)
	s.db.SetConnMaxIdleTime(time.Minute)
	return s, nil
}

// prepare fixes what every connection relies on: bounds of time, and a session in which neither an open transaction, nor a
// foreign key, nor the server's sql_mode changes what a statement means.
func prepare(config *mysql.Config, log *slog.Logger) {
	if config.Timeout == 0 {
		config.Timeout = 3 * time.Second
	}
	config.ReadTimeout = store.LongestCall
	config.WriteTimeout = 3 * time.Second
	config.InterpolateParams = true
	config.MultiStatements = false
	config.Logger = driverLog{log}
	session := map[string]string{
		"lock_wait_timeout":  "3", // the default is a year
		"foreign_key_checks": "0",
		"sql_mode":           "'STRICT_ALL_TABLES'",
	}
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	maps.Copy(config.Params, session)
}

func open(config *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Ping connects and tells whether the server answers.
func (s *Server) Ping(ctx context.Context) error {
	err := s.db.PingContext(ctx)
	if errors.Is(err, mysql.ErrInvalidConn) {
		return errors.New("reach MySQL server: it takes the connection and says nothing")
	}
	if err != nil {
		return fmt.Errorf("reach MySQL server: %w", err)
	}
	return nil
}

// Close ends jobs, which others take up where they can, and every connection.
func (s *Server) Close() error {
	s.end()
	s.jobs.Wait()
	return s.db.Close()
}

// Environ is what an environment's tasks need: plain values, and references to secret ones.
func (s *Server) Environ(env store.Environment) (plain, secret map[string]string) {
	plain = map[string]string{"DB_NAME": Name(env.Spec.App, env.ID)}
	if s.o.Shared {
		return plain, nil // DATABASE_URL is the staging service's
	}
	return plain, map[string]string{Parameter: s.vault.Ref(env.ID, Parameter)}
}

// do changes the world by one statement, if the claim may still be trusted.
func (s *Server) do(ctx context.Context, c *store.Claim, statement string, args ...any) error {
	if err := c.Check(); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, statement, args...)
	return err
}

// as logs in as an account and gives f the one connection.
func (s *Server) as(ctx context.Context, account, password string, f func(*sql.Conn) error) error {
	config := s.config.Clone()
	config.User, config.Passwd, config.DBName = account, password, ""
	db, err := open(config)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(conn)
}

// column reads a query's only column.
func column(ctx context.Context, on querier, query string, args ...any) ([]string, error) {
	rows, err := on.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// driverLog takes in what the driver says of broken connections.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) { l.log.Debug("mysql driver", "said", fmt.Sprint(v...)) }
