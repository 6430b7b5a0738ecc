package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"time"
)

// stopLimit is how long requests under way may take after SIGTERM.
const stopLimit = 5 * time.Second

// web is what both web roles have: the checkout's look, its static files, health and version.
type web struct {
	*process
	look *look
	mux  *http.ServeMux
}

func newWeb(p *process) (*web, error) {
	l, err := readLook(p.files.FS())
	if err != nil {
		return nil, err
	}
	static, err := fs.Sub(p.files.FS(), "static")
	if err != nil {
		return nil, err
	}
	w := &web{process: p, look: l, mux: http.NewServeMux()}
	w.mux.HandleFunc("GET /health", w.health)
	w.mux.HandleFunc("GET /version", w.version)
	w.mux.Handle("GET /static/", http.StripPrefix("/static", http.FileServerFS(static)))
	return w, nil
}

// serve answers until ctx ends, and then finishes what is under way.
func (w *web) serve(ctx context.Context) error {
	if w.config.port == "" {
		return errors.New("PORT is missing")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", w.config.port))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: w.handler(), ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		stopped <- server.Shutdown(limited)
	})
	defer stop()
	w.log.Info("serving", "role", w.role, "addr", listener.Addr().String(), "branch", w.config.branch, "commit", w.config.commit)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("finish the last requests: %w", err)
	}
	w.log.Info("stopped", "role", w.role)
	return nil
}

// handler adds to the routes what holds for every request: no foreign forms, no stale pages, one line in the log.
func (w *web) handler() http.Handler {
	routes := http.NewCrossOriginProtection().Handler(w.mux)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rw.Header().Set("Cache-Control", "no-cache") // the same address shows another commit after a push
		rw.Header().Set("X-Content-Type-Options", "nosniff")
		noted := &notedWriter{ResponseWriter: rw, status: http.StatusOK}
		routes.ServeHTTP(noted, r)
		if r.URL.Path != "/health" {
			w.log.Info("request", "method", r.Method, "path", r.URL.Path, "status", noted.status, "took", took(start))
		}
	})
}

// A notedWriter remembers the status for the log.
type notedWriter struct {
	http.ResponseWriter
	status int
}

func (w *notedWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *web) health(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := w.db.PingContext(ctx); err != nil {
		w.log.Warn("not healthy", "error", err)
		http.Error(rw, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(rw, "ok")
}

func (w *web) version(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "application/json")
	body := map[string]string{"commit": w.config.commit, "branch": w.config.branch, "role": w.role}
	if err := json.NewEncoder(rw).Encode(body); err != nil {
		w.log.Debug("send the version", "error", err)
	}
}

// unavailable is the page for when a store does not answer.
func (w *web) unavailable(rw http.ResponseWriter, doing string, err error) {
	w.log.Warn(doing, "error", err)
	rw.Header().Set("Retry-After", "5")
	w.render(rw, w.look, http.StatusServiceUnavailable, "unavailable", view{})
}
