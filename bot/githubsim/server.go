// Package githubsim is a GitHub small enough to run in a process, so that qabot's real GitHub code and people's real git
// can be used without an account or a network.
//
// It gives a REST API, git over HTTP, signed webhooks and small web pages over bare repositories on disk. Git itself is
// the state: whatever moves a branch, a push over HTTP or one straight into the bare repository, shows in the next answer
// of the API and fires the webhooks that GitHub would fire. Each change of a ref is told once. Webhooks are sent one at a
// time in the order in which the changes were noticed, and never again by themselves; a Manner loses, delays, repeats or
// turns them round on request, and Fail makes trouble on the API.
//
// It holds no permissions: one token may read everything, and anybody who reaches it may push. Serve it on loopback only.
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
	"regexp"
	"slices"
	"strings"
	"sync"
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
}

// A Server is one simulated GitHub. It is safe for concurrent use.
type Server struct {
	opt   Options
	git   *git
	hooks *dispatcher
	rest  *rest
	mux   http.Handler

	mu    sync.Mutex
	repos map[string]*repository // by lower-case owner/name

	stop context.CancelFunc
	work sync.WaitGroup
}

// A repository is one bare repository and the refs as they were last told about.
type repository struct {
	owner, name string
	id          int64
	dir         string

	mu   sync.Mutex
	seen map[string]string // full ref name to object
}

func (r *repository) fullName() string { return r.owner + "/" + r.name }

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
		opt:   opt,
		git:   g,
		hooks: newDispatcher(opt),
		rest:  newREST(opt),
		repos: map[string]*repository{},
		stop:  stop,
	}
	s.mux = s.routes()
	s.work.Go(func() { s.hooks.run(ctx) })
	s.work.Go(func() { s.poll(ctx) })
	return s, nil
}

// Handler serves the REST API under /api/v3/ and at the root paths, git at /<owner>/<name>.git, and the pages.
func (s *Server) Handler() http.Handler { return s.mux }

func (s *Server) routes() http.Handler {
	api, smart, pages := s.apiHandler(), s.gitHandler(), s.pageHandler()
	enterprise := http.StripPrefix("/api/v3", api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/v3/"):
			enterprise.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/repos/"), strings.HasPrefix(path, "/repositories/"), path == "/rate_limit":
			api.ServeHTTP(w, r)
		case isGit(path):
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

var legalName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// AddRepository makes a bare repository with default branch main, or adopts the one that is there, and returns its path.
// What an adopted one holds fires no webhooks. Adding it twice is harmless.
func (s *Server) AddRepository(owner, name string) (path string, err error) {
	if !legalName.MatchString(owner) || !legalName.MatchString(name) || strings.HasSuffix(name, ".git") {
		return "", fmt.Errorf("add repository %q: not a repository name", owner+"/"+name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(owner + "/" + name)
	if repo, ok := s.repos[key]; ok {
		return repo.dir, nil
	}
	repo := &repository{owner: owner, name: name, id: stableID(key), dir: filepath.Join(s.opt.Dir, owner, name+".git")}
	ctx := context.Background()
	if err := s.git.initBare(ctx, repo.dir); err != nil {
		return "", fmt.Errorf("add repository %s: %w", repo.fullName(), err)
	}
	if repo.seen, err = s.git.refs(ctx, repo.dir); err != nil {
		return "", fmt.Errorf("add repository %s: %w", repo.fullName(), err)
	}
	s.repos[key] = repo
	return repo.dir, nil
}

// Path is where the bare repository of that name lies, or "" if there is none.
func (s *Server) Path(owner, name string) string {
	if repo := s.repository(owner, name); repo != nil {
		return repo.dir
	}
	return ""
}

func (s *Server) repository(owner, name string) *repository {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repos[strings.ToLower(owner+"/"+name)]
}

func (s *Server) repositories() []*repository {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*repository, 0, len(s.repos))
	for _, repo := range s.repos {
		all = append(all, repo)
	}
	slices.SortFunc(all, func(a, b *repository) int { return strings.Compare(a.fullName(), b.fullName()) })
	return all
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
