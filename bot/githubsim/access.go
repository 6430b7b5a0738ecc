package githubsim

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Permissions say what a token may do: scopes such as "contents" or "pull_requests", each with "read", "write" or
// "admin". Nil allows everything.
type Permissions map[string]string

var levels = []string{"", "read", "write", "admin"}

// allow reports whether one of the needs is met; "issues:write|pull_requests:write" are two. Metadata may always be read.
func (p Permissions) allow(needs string) bool {
	if p == nil {
		return true
	}
	for need := range strings.SplitSeq(needs, "|") {
		scope, level, _ := strings.Cut(need, ":")
		if need == "metadata:read" || slices.Index(levels, p[scope]) >= slices.Index(levels, level) {
			return true
		}
	}
	return false
}

// A caller is whoever sent a request.
type caller struct {
	login        string
	limit        string // whose rate limit it uses
	may          Permissions
	app          bool           // came with the App's own JSON web token
	installation int64          // came with a token of that installation
	repos        map[int64]bool // what the token is confined to; nil is no confinement
}

type callerKey struct{}

func callerOf(r *http.Request) caller {
	c, _ := r.Context().Value(callerKey{}).(caller)
	return c
}

func errNotAccessible() error {
	return refuse(http.StatusForbidden, "Resource not accessible by integration")
}

func errNoJWT() error {
	return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
}

// access knows who may come in.
type access struct {
	opt Options

	mu            sync.Mutex
	installations []*installation // in the order of installing
	installed     int             // how often somebody installed the App so far
	tokens        map[string]grant
}

// A grant is what an installation's token stands for.
type grant struct {
	installation int64
	repos        map[int64]bool
	may          Permissions
	expires      time.Time
}

func newAccess(opt Options) *access { return &access{opt: opt, tokens: map[string]grant{}} }

// authenticate finds out who sends a request.
func (a *access) authenticate(r *http.Request) (caller, error) {
	owner := caller{login: a.opt.Login, may: a.opt.Permissions}
	if a.opt.Token == "" && a.opt.App == nil {
		return owner, nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if _, password, ok := r.BasicAuth(); ok {
		token = password
	}
	switch {
	case scheme == "" && strings.HasPrefix(r.URL.Path, "/app"):
		return caller{}, errNoJWT()
	case scheme == "": // private repositories do not exist for strangers
		return caller{}, errNotFound()
	case a.opt.Token != "" && token == a.opt.Token:
		return owner, nil
	case a.opt.App == nil:
		return caller{}, refuse(http.StatusUnauthorized, "Bad credentials")
	case strings.Count(token, ".") == 2:
		if err := a.opt.App.verify(token, a.opt.Now()); err != nil {
			return caller{}, err
		}
		return caller{login: a.opt.App.login(), limit: "app", app: true}, nil
	}
	return a.installationCaller(token)
}

func (a *access) installationCaller(token string) (caller, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.tokens[token]
	in := a.installation(g.installation)
	if !ok || in == nil || !a.opt.Now().Before(g.expires) {
		return caller{}, refuse(http.StatusUnauthorized, "Bad credentials")
	}
	if in.suspended {
		return caller{}, refuse(http.StatusForbidden, "This installation has been suspended")
	}
	return caller{
		login: a.opt.App.login(), limit: "installation/" + in.owner, may: g.may, installation: in.id, repos: g.repos,
	}, nil
}

// admit checks that the caller may use an endpoint with these needs on the repository, which is nil where the endpoint is
// about none.
func (s *Server) admit(c caller, needs string, repo *repository) error {
	switch {
	case needs == needsApp && !c.app:
		return errNoJWT()
	case needs == needsInstallation && c.installation == 0:
		return refuse(http.StatusForbidden, "You must authenticate with an installation access token in order to list repositories for an installation.")
	case needs == needsApp, needs == needsInstallation, needs == needsNothing:
		return nil
	case c.app:
		return errNotAccessible()
	case repo != nil && !s.visible(c, repo):
		return errNotFound()
	case !c.may.allow(needs):
		return errNotAccessible()
	}
	return nil
}

// What endpoints need that is no permission.
const (
	needsNothing      = ""
	needsApp          = "app"
	needsInstallation = "installation"
)

func (s *Server) visible(c caller, repo *repository) bool {
	if c.installation == 0 {
		return true
	}
	in := s.access.installationOf(repo)
	return in != nil && in.id == c.installation && (c.repos == nil || c.repos[repo.id])
}

// guard lets a request through to next if no fault, missing token or spent rate limit is in its way.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lose, done := s.rest.trouble(w, r)
		if done {
			return
		}
		c, err := s.access.authenticate(r)
		if err != nil {
			s.rest.write(w, answer{}, err)
			return
		}
		if r.URL.Path != "/rate_limit" && s.rest.spent(c) {
			s.rest.rateHeaders(w, c, RateLimit)
			s.rest.write(w, answer{}, refuse(http.StatusForbidden, "API rate limit exceeded for the simulated token."))
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
		if lose {
			next.ServeHTTP(discard{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// discard is where a lost answer goes.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
