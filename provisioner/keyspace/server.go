package keyspace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"qabot/store"
)

// Parameter is the name under which an environment's REDIS_URL lies in the Vault, where it has a password.
const Parameter = "REDIS_URL"

// Vault keeps what has a password in it, by environment and name.
type Vault interface {
	// Look gives the values that are there; absent ones are missing from the map.
	Look(ctx context.Context, ids []store.ID, name string) (map[store.ID]string, error)
	// Put puts the value if there is none yet, and gives the one that is there now.
	Put(ctx context.Context, c *store.Claim, name, value string) (stored string, err error)
	// Delete takes the value away; an absent one is success.
	Delete(ctx context.Context, c *store.Claim, name string) error
	// Ref is what a task definition needs to have the value: its valueFrom.
	Ref(id store.ID, name string) string
}

// Options say which server, and how environments reach it.
type Options struct {
	URL          string // "redis://user:password@host:port/9", or rediss
	Host         string // "host:port" as tasks see the server; empty: the URL's
	Installation string // written into every marker; another installation's keys are left alone
	Now          func() time.Time
	Log          *slog.Logger // nil: silent
}

// Server is the shared Redis, and its keyspaces as the provisioner wants them. It is safe for concurrent use.
type Server struct {
	o        Options
	vault    Vault
	client   *redis.Client
	db       int
	address  string // REDIS_URL, the same for every environment
	password string // the one in it; empty: the address is no secret
}

// New prepares a Server and does not connect yet; Ping does. No error of it shows the URL.
func New(o Options, v Vault) (*Server, error) {
	options, err := redis.ParseURL(o.URL)
	u, wrong := url.Parse(o.URL)
	if err != nil || wrong != nil {
		return nil, errors.New("parse URL of the Redis server: not of the form redis://user:password@host:port/number")
	}
	if o.Installation == "" {
		return nil, errors.New("prepare Redis server: no installation is named")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Host != "" {
		u.Host = o.Host
	}
	options.Protocol = 2 // all that is needed, and every server has it
	options.DisableIdentity = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = 3*time.Second, 3*time.Second, 3*time.Second
	options.ContextTimeoutEnabled = true
	options.MaxRetries, options.DialerRetries = 1, 1
	options.PoolSize = 4
	// The library writes past everybody's log to standard error, and has one logger for the process; its errors come back.
	redis.SetLogger(&logging.VoidLogger{})
	password, _ := u.User.Password()
	return &Server{o: o, vault: v, client: redis.NewClient(options), db: options.DB, address: u.String(), password: password}, nil
}

// Ping connects and tells whether the server answers.
func (s *Server) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("reach Redis server: %w", err)
	}
	return nil
}

// Close ends every connection.
func (s *Server) Close() error { return s.client.Close() }

// Environ is what an environment's tasks need: plain values, and references to secret ones.
func (s *Server) Environ(env store.Environment) (plain, secret map[string]string) {
	plain, secret = map[string]string{"REDIS_NAMESPACE": Name(env.ID)}, map[string]string{}
	if s.secret() {
		secret[Parameter] = s.vault.Ref(env.ID, Parameter)
	} else {
		plain[Parameter] = s.address
	}
	return plain, secret
}

func (s *Server) secret() bool { return s.password != "" }

// reach names the server in an error that says that it could not be asked: people hear what is waited for.
func reach(err error) error {
	var known *store.Problem
	if err == nil || errors.As(err, &known) || !away(err) {
		return err
	}
	return store.NewProblem(err, store.Unreachable, "Redis")
}

// away tells whether the server could not be asked at all.
func away(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, redis.ErrPoolTimeout) ||
		errors.Is(err, redis.ErrPoolExhausted) || redis.IsLoadingError(err) || redis.IsMasterDownError(err) || redis.IsMaxClientsError(err)
}
