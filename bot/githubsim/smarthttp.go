package githubsim

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"strings"
)

// gitServices are the ends of the addresses that git asks for.
var gitServices = []string{"/info/refs", "/git-upload-pack", "/git-receive-pack"}

func isGit(path string) bool {
	for _, service := range gitServices {
		if strings.HasSuffix(path, service) {
			return true
		}
	}
	return false
}

// tokenLogin is what git sends as the user's name beside an installation's token.
const tokenLogin = "x-access-token"

// gitHandler lets git's own server program answer. A push is told about before git hears that it succeeded, so whoever
// waits for `git push` finds its webhooks queued.
func (s *Server) gitHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		owner, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		name, service, _ := strings.Cut(rest, "/")
		name = strings.TrimSuffix(name, ".git")
		repo := s.repository(owner, name)
		if repo == nil {
			repo = s.formerly(owner, name) // git would follow a redirect; being served at once comes to the same
		}
		if repo == nil {
			http.Error(w, "Repository not found.", http.StatusNotFound)
			return
		}
		request, done, err := spooled(r)
		if err != nil {
			http.Error(w, "The request could not be read.", http.StatusBadRequest)
			return
		}
		defer done()
		folder, err := filepath.Rel(s.opt.Dir, repo.dir)
		if err != nil {
			http.Error(w, "The repository is elsewhere.", http.StatusInternalServerError)
			return
		}
		request.URL.Path = "/" + filepath.ToSlash(folder) + "/" + service
		pushes := service == "git-receive-pack"
		if !pushes {
			s.backend().ServeHTTP(w, request)
			return
		}
		s.syncAround(r, repo, "") // what came by another way is not this user's doing
		login, _, _ := r.BasicAuth()
		if login == tokenLogin && s.opt.App != nil {
			login = s.opt.App.login()
		}
		held := &heldWriter{ResponseWriter: w}
		s.backend().ServeHTTP(held, request)
		s.syncAround(r, repo, login)
		held.release()
	})
}

// syncAround looks at the refs although the client may have hung up meanwhile.
func (s *Server) syncAround(r *http.Request, repo *repository, login string) {
	if err := s.sync(context.WithoutCancel(r.Context()), repo, login); err != nil {
		s.opt.Log.Warn("look for pushes", "error", err) // the poll tries again
	}
}

func (s *Server) backend() http.Handler {
	return &cgi.Handler{
		Path: s.git.path, Args: []string{"http-backend"}, Dir: s.opt.Dir,
		Env:    append([]string{"GIT_PROJECT_ROOT=" + s.opt.Dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=git"}, s.git.env...),
		Stderr: io.Discard,
		Logger: slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelWarn),
	}
}

// spooled returns the request with a body of known length: git sends large pushes in chunks, which CGI does not know.
func spooled(r *http.Request) (*http.Request, func(), error) {
	clone := r.Clone(r.Context())
	if r.ContentLength >= 0 {
		return clone, func() {}, nil
	}
	file, err := os.CreateTemp("", "githubsim-push-*")
	if err != nil {
		return nil, nil, err
	}
	done := func() {
		file.Close()
		os.Remove(file.Name())
	}
	size, err := io.Copy(file, r.Body)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	clone.Body, clone.ContentLength, clone.TransferEncoding = file, size, nil
	return clone, done, nil
}

// A heldWriter keeps the answer, which is small for a push, until it is released.
type heldWriter struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (w *heldWriter) WriteHeader(status int) { w.status = status }

func (w *heldWriter) Write(p []byte) (int, error) {
	w.body = append(w.body, p...)
	return len(p), nil
}

func (w *heldWriter) release() {
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
	w.ResponseWriter.Write(w.body)
}
