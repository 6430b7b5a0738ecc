package githubsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultPoll is how often the repositories are looked at for pushes that came past the HTTP server.
const DefaultPoll = time.Second

// Options are what a Server is made of. Only Dir is needed.
type Options struct {
	Dir           string        // where the bare repositories live, as <Dir>/<owner>/<name>.git
	Token         string        // the one token the REST API accepts; empty lets everybody read
	WebhookURL    string        // where webhooks go; may be set later by SetWebhook
	WebhookSecret string        // signs the webhooks
	URL           string        // where people reach the server, for links in webhooks; REST answers use the request's host
	Poll          time.Duration // DefaultPoll when zero
	Now           func() time.Time
	Log           *slog.Logger

	Login       string      // whose Token it is; "hubot" when empty
	Permissions Permissions // what the Token and the App may do; nil allows everything
	App         *App        // webhooks then belong to it, and go out only for repositories that it is installed on
	Users       []User      // people whose login is not the local part of their address
}

// A Server is one simulated GitHub. It is safe for concurrent use.
type Server struct {
	opt    Options
	git    *git
	hooks  *dispatcher
	rest   *rest
	access *access
	people *people
	mux    http.Handler
	serial atomic.Int64 // the last ID given to a pull request, comment, deployment, status or environment

	mu    sync.Mutex
	repos map[string]*repository // by lower-case owner/name
	moved map[string]int64       // what a former owner/name stands for

	stop context.CancelFunc
	work sync.WaitGroup
}

// New returns a running server; its poll and its webhooks end with Close. It needs the git program.
func New(opt Options) (*Server, error) {
	if opt.Dir == "" {
		return nil, errors.New("a folder for the repositories is missing")
	}
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the repositories' folder: %w", err)
	}
	opt.Dir = dir
	opt.URL = strings.TrimSuffix(cmp.Or(opt.URL, "http://localhost"), "/")
	opt.Poll = cmp.Or(opt.Poll, DefaultPoll)
	opt.Login = cmp.Or(opt.Login, "hubot")
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	g, err := newGit(dir)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		opt:    opt,
		git:    g,
		hooks:  newDispatcher(opt),
		rest:   newREST(opt),
		access: newAccess(opt),
		people: newPeople(opt.Users),
		repos:  map[string]*repository{},
		moved:  map[string]int64{},
		stop:   stop,
	}
	s.serial.Store(1000)
	s.mux = s.routes()
	s.work.Go(func() { s.hooks.run(ctx) })
	s.work.Go(func() { s.poll(ctx) })
	return s, nil
}

// Handler serves the REST API under /api/v3/ and at the root paths, git at /<owner>/<name>.git, and the pages.
func (s *Server) Handler() http.Handler { return s.mux }

// apiPaths begin what the REST API answers without /api/v3 as well.
var apiPaths = []string{"repos", "repositories", "rate_limit", "app", "installation", "user", "users"}

func (s *Server) routes() http.Handler {
	api, smart, pages, control := s.apiHandler(), s.gitHandler(), s.pageHandler(), s.controlHandler()
	enterprise := http.StripPrefix("/api/v3", api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/v3/"):
			enterprise.ServeHTTP(w, r)
		case slices.Contains(apiPaths, first):
			api.ServeHTTP(w, r)
		case first == "control":
			control.ServeHTTP(w, r)
		case isGit(r.URL.Path):
			smart.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// Close ends the poll and the webhooks; what was not sent yet is dropped. The repositories stay on disk.
func (s *Server) Close() error {
	s.stop()
	s.work.Wait()
	s.hooks.client.CloseIdleConnections()
	return nil
}

// stableID gives a repository or an account the same number after every restart.
func stableID(key string) int64 {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int64(h.Sum32()&0x7fffffff) + 1
}

// isDir reports whether something is there to adopt.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
