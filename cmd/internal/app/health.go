package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthHandler answers whether this process is well, and shows its metrics.
func (p *program) healthHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.serveHealth)
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}

// serveHealth fails only for what another process would do better: a Slack that is away is away for all of them.
func (p *program) serveHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := p.askStore(ctx); err != nil {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
	h := p.bot.Health()
	for n, c := range h.Connections {
		fmt.Fprintf(w, "slack connection %d: %s for %s\n", n+1, c.State, p.Now().Sub(c.Since).Round(time.Second))
	}
	if at := h.GitHub.LastLook; !at.IsZero() {
		fmt.Fprintf(w, "github: branches compared %s ago, events by %s\n", p.Now().Sub(at).Round(time.Second), h.GitHub.Events)
	}
	for _, trouble := range h.GitHub.Trouble {
		fmt.Fprintf(w, "github: %s\n", strings.Join(strings.Fields(trouble), " "))
	}
}

// watched listens on the address of health.listen; nil where there is none.
func (p *program) watched() (net.Listener, error) {
	addr := p.Config.Health.Listen
	if addr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for health checks (health.listen): %w", err)
	}
	return l, nil
}
