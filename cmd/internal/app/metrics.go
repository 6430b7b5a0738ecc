package app

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qabot/store"
)

// metrics are the figures of one process. What the store knows is asked for when somebody looks, so that every replica
// shows the same of it.
type metrics struct {
	registry *prometheus.Registry
	passes   *prometheus.CounterVec
	took     prometheus.Histogram
	woken    prometheus.Counter
}

func newMetrics(p *program) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qabot_passes_total", Help: "Passes over environments by how they ended: done, error, or fenced (another process has the environment).",
		}, []string{"end"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "qabot_pass_seconds", Help: "Time of a pass.", Buckets: []float64{.1, .25, .5, 1, 2, 4, 8, 16, 30},
		}),
		woken: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "qabot_swept_total", Help: "Environments that a sweep found not as they were left.",
		}),
	}
	m.registry.MustRegister(m.passes, m.took, m.woken, &census{p}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// counted is a pass with its figures taken.
func (m *metrics) counted(pass func(context.Context, store.ID) (time.Duration, error)) func(context.Context, store.ID) (time.Duration, error) {
	return func(ctx context.Context, id store.ID) (time.Duration, error) {
		began := time.Now()
		again, err := pass(ctx, id)
		m.took.Observe(time.Since(began).Seconds())
		end := "done"
		switch {
		case errors.Is(err, store.ErrFenced):
			end = "fenced"
		case err != nil:
			end = "error"
		}
		m.passes.WithLabelValues(end).Inc()
		return again, err
	}
}

// census shows what the store and the connections to Slack say at the moment of the question.
type census struct{ p *program }

var (
	environmentsDesc = prometheus.NewDesc("qabot_environments", "Environments that are not gone.", []string{"app", "phase"}, nil)
	lagDesc          = prometheus.NewDesc("qabot_oldest_due_seconds", "How long the environment that waits longest for a worker is overdue.", nil, nil)
	lanesDesc        = prometheus.NewDesc("qabot_inbox_lanes", "People and repositories with letters that were not dealt with yet.", nil, nil)
	connectedDesc    = prometheus.NewDesc("qabot_slack_connections", "Open connections to Slack of this process; two are meant to be.", nil, nil)
	lookDesc         = prometheus.NewDesc("qabot_github_last_look_seconds", "Time since this process compared all branches with the environments without a fault.", nil, nil)
	hubTroubleDesc   = prometheus.NewDesc("qabot_github_troubles", "Things that do not work with GitHub in this process; /healthz names them.", nil, nil)
	silentDesc       = prometheus.NewDesc("qabot_slack_last_envelope_seconds", "Time since Slack sent something to this process.", nil, nil)
)

// Describe is for the registry.
func (c *census) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{environmentsDesc, lagDesc, lanesDesc, connectedDesc, silentDesc, lookDesc, hubTroubleDesc} {
		out <- d
	}
}

// Collect asks. What does not answer is missing from the answer.
func (c *census) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	c.connections(gauge)
	if c.p.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if lag, err := c.p.store.Lag(ctx); err == nil {
		gauge(lagDesc, lag.Seconds())
	}
	if lanes, err := c.p.store.Lanes(ctx); err == nil {
		gauge(lanesDesc, float64(len(lanes)))
	}
	all, err := c.p.store.List(ctx)
	if err != nil {
		return
	}
	type key struct {
		app   string
		phase store.Phase
	}
	count, now := map[key]int{}, c.p.Now()
	for _, e := range all {
		if phase := e.Phase(now); phase != store.Removed {
			count[key{e.Spec.App, phase}]++
		}
	}
	for k, n := range count {
		gauge(environmentsDesc, float64(n), k.app, string(k.phase))
	}
}

func (c *census) connections(gauge func(*prometheus.Desc, float64, ...string)) {
	h, open := c.p.bot.Health(), 0
	for _, one := range h.Connections {
		if one.State == "connected" {
			open++
		}
	}
	gauge(connectedDesc, float64(open))
	if !h.LastEnvelope.IsZero() {
		gauge(silentDesc, c.p.Now().Sub(h.LastEnvelope).Seconds())
	}
	gauge(hubTroubleDesc, float64(len(h.GitHub.Trouble)))
	if !h.GitHub.LastLook.IsZero() {
		gauge(lookDesc, c.p.Now().Sub(h.GitHub.LastLook).Seconds())
	}
}
