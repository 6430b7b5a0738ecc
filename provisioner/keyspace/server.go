package keyspace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"qabot/store"
)

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

// Notebook is where leases and what was made are kept: the store.
type Notebook interface {
	Note(ctx context.Context, c *store.Claim, kind store.Kind, f store.Fact) error
	Forget(ctx context.Context, c *store.Claim, kind store.Kind) error
	Allot(ctx context.Context, c *store.Claim, k store.Kind, pool string, candidates []int) (int, error)
	Offer(ctx context.Context, id store.ID, k store.Kind, pool string, candidates []int) (int, error)
	Holders(ctx context.Context, pool string) ([]store.Holder, error)
	Get(ctx context.Context, id store.ID) (store.Environment, error)
	Tell(ctx context.Context, c *store.Claim, e store.Event) error
}

// Ways of keeping environments apart.
const (
	Auto     = "auto"
	Prefix   = "prefix"   // keys that begin with the environment's name, in the URL's number
	Database = "database" // a number for each environment
)

// Sorts of accounts.
const (
	Own    = "own"    // one for each environment
	Shared = "shared" // the URL's
)

// Options say which server, and how environments reach it.
type Options struct {
	URL          string // "redis://user:password@host:port/9", or rediss
	Host         string // "host:port" as tasks see the server; empty: the URL's
	Installation string // written into every marker; another installation's keys are left alone
	Mode         string // Prefix, Database, or Auto: numbers where there are some and the server has them; empty: Prefix
	First, Last  int    // the numbers that environments may have; 0, 0: none
	Account      string // Own, Shared, or Auto: of its own where the server allows it; empty: Shared
	Saves        Saves  // keys that were kept with data; nil: none ever were
	Data         Data   // nil: keys go as soon as other data is wished for
	Now          func() time.Time
	Log          *slog.Logger // nil: silent
}

// Data tells of environments whether the data that is wished for is there. Keys that belong to the data before stay as long as that.
type Data interface {
	Fresh(ctx context.Context, envs []store.Environment) ([]bool, error)
}

// Server is the shared Redis, and its keyspaces as the provisioner wants them. It is safe for concurrent use.
type Server struct {
	o        Options
	vault    Vault
	notes    Notebook
	options  *redis.Options
	client   *redis.Client // in the URL's number
	db       int           // that number
	url      url.URL       // as tasks see the server, with the URL's account
	password string        // the one in it
	pages    int           // how many pages one walk takes in one call; 0: as many as there is time for

	mu      sync.Mutex
	found   *way                  // nil: the server was not asked yet
	numbers map[int]*redis.Client // by number
}

// New prepares a Server and does not connect yet; Ping does. No error of it shows the URL.
func New(o Options, v Vault, n Notebook) (*Server, error) {
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
	return &Server{o: o, vault: v, notes: n, options: options, client: redis.NewClient(options), db: options.DB, url: *u, password: password,
		numbers: map[int]*redis.Client{}}, nil
}

// Ping connects and tells whether the server answers.
func (s *Server) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("reach Redis server: %w", err)
	}
	return nil
}

// Close ends every connection.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{s.client.Close()}
	for _, c := range s.numbers {
		errs = append(errs, c.Close())
	}
	clear(s.numbers)
	return errors.Join(errs...)
}

// number is a client whose every connection is proven to be in that number before it is used.
func (s *Server) number(n int) *redis.Client {
	if n == s.db {
		return s.client
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.numbers[n]; c != nil {
		return c
	}
	o := *s.options
	o.DB, o.PoolSize, o.ConnMaxIdleTime = n, 2, time.Minute
	s.numbers[n] = redis.NewClient(&o)
	return s.numbers[n]
}

// reach names the server in an error that says that it could not be asked: people hear what is waited for.
func reach(err error) error {
	var known *store.Problem
	if err == nil || errors.As(err, &known) || !away(err) || store.Ours(err) {
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
