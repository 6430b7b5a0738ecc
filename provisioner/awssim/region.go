package awssim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Region is one simulated account and region. Make one with NewRegion and Close it.
type Region struct {
	opts Options
	ops  operations

	mu    sync.Mutex // guards everything below, and the fields of all state
	clock *clock
	ids   int64
	tags  tagStore

	clusters    map[string]*cluster
	taskDefs    map[string]*family
	tasks       map[string]*task // by ARN
	taskTokens  map[string]taskToken
	balancers   map[string]*balancer    // by ARN
	groups      map[string]*targetGroup // by ARN
	listeners   map[string]*listener    // by ARN
	rules       map[string]*rule        // by ARN
	projects    map[string]*project
	builds      map[string]*build
	pipelines   map[string]*pipeline // by name
	repos       map[string]*repository
	parameters  map[string]*parameter
	forbidden   []string // patterns of IAM actions
	logGroups   map[string]*logGroup
	meters      map[string]meter // by meterOf
	network     Network
	buckets     map[string]*bucket
	storage     map[string]*store3 // S3, by bucket
	uploads     map[string]*upload // of S3, by ID
	onBuild     func(BuildJob) Outcome
	onSource    func(repository, branch string) string
	onTask      func(TaskJob) TaskOutcome
	onCall      func(Call) Fault
	scripted    []*scriptedFault
	recorder    recorder
	closed      bool
	nextAddress int

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // every goroutine of the region
}

// NewRegion makes an empty region. Close ends it.
func NewRegion(o Options) *Region {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	r := &Region{
		opts: o, clock: newClock(o.Start, o.Speed), ctx: ctx, cancel: cancel, tags: newTagStore(),
		clusters: map[string]*cluster{}, taskDefs: map[string]*family{}, tasks: map[string]*task{},
		taskTokens: map[string]taskToken{}, balancers: map[string]*balancer{}, groups: map[string]*targetGroup{},
		listeners: map[string]*listener{}, rules: map[string]*rule{}, projects: map[string]*project{}, builds: map[string]*build{}, pipelines: map[string]*pipeline{},
		repos: map[string]*repository{}, parameters: map[string]*parameter{}, logGroups: map[string]*logGroup{}, meters: map[string]meter{},
		buckets: map[string]*bucket{}, storage: map[string]*store3{}, uploads: map[string]*upload{}, recorder: newRecorder(), network: DefaultNetwork(),
	}
	r.ops = r.routes()
	if o.Speed > 0 {
		r.spawn(r.tick)
	}
	return r
}

func (r *Region) routes() operations {
	ops := operations{}
	r.stsRoutes(ops)
	r.iamRoutes(ops)
	r.ecsRoutes(ops)
	r.elbRoutes(ops)
	r.ecrRoutes(ops)
	r.codebuildRoutes(ops)
	r.codepipelineRoutes(ops)
	r.ssmRoutes(ops)
	r.logsRoutes(ops)
	r.taggingRoutes(ops)
	r.cloudwatchRoutes(ops)
	r.ec2Routes(ops)
	return ops
}

// tick keeps a scaled region moving while nobody asks.
func (r *Region) tick() {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-t.C:
			r.locked(func() {})
		}
	}
}

// locked runs f with the clock brought up to date.
func (r *Region) locked(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.clock.catchUp()
	}
	f()
}

// spawn starts a goroutine that Close waits for. A closed region starts none.
func (r *Region) spawn(f func()) {
	if r.ctx.Err() != nil {
		return
	}
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		f()
	}()
}

// Now is the virtual time.
func (r *Region) Now() (now time.Time) {
	r.locked(func() { now = r.clock.now })
	return now
}

// Advance moves the virtual clock by d. What falls due on the way happens at its own time, before Advance returns;
// only real processes and real builds answer later.
func (r *Region) Advance(d time.Duration) {
	r.locked(func() { r.clock.advance(d) })
}

// Adjust changes quotas and durations of a running region.
func (r *Region) Adjust(f func(*Quotas, *Durations)) {
	r.locked(func() { f(r.opts.Quotas, r.opts.Durations) })
}

// Close closes the listeners, ends builds and processes, and waits for everything the region started.
func (r *Region) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		r.work.Wait()
		return
	}
	r.closed = true
	r.cancel()
	for _, l := range r.listeners {
		l.front.close()
	}
	var processes []Process
	for _, t := range r.tasks {
		for _, c := range t.containers {
			if c.process != nil {
				processes = append(processes, c.process)
			}
		}
	}
	r.mu.Unlock()
	var stopped sync.WaitGroup
	for _, p := range processes {
		stopped.Go(func() { p.Stop(time.Second) })
	}
	stopped.Wait()
	r.work.Wait()
}

// newID is n hexadecimal digits, different each time and the same in each run.
func (r *Region) newID(n int) string {
	r.ids++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", r.opts.Account, r.opts.Region, r.ids))
	return hex.EncodeToString(sum[:])[:n]
}

func (r *Region) newUUID() string {
	h := r.newID(32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (r *Region) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + r.opts.Region + ":" + r.opts.Account + ":" + resource
}

// visible reports whether something created then may be seen by reads now.
func (r *Region) visible(created time.Time) bool {
	return !r.clock.now.Before(created.Add(r.opts.ReadLag))
}

// maxBody bounds a request; AWS's own limits are far lower.
const maxBody = 16 << 20

// ServeHTTP answers one API call, or one under /_control/.
func (r *Region) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if isControl(req) {
		r.serveControl(w, req)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		http.Error(w, "read request: "+err.Error(), http.StatusBadRequest)
		return
	}
	a, err := r.answerRequest(req, body)
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's way to close the connection without an answer
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client is gone; nothing to tell
}

// RoundTrip answers without a network: aws.Config.HTTPClient = &http.Client{Transport: region}.
func (r *Region) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(io.LimitReader(req.Body, maxBody))
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, fmt.Errorf("read request: %w", err)
		}
	}
	a, err := r.answerRequest(req, body)
	if err != nil {
		return nil, err
	}
	return a.response(req), nil
}

func (r *Region) answerRequest(req *http.Request, body []byte) (answer, error) {
	if a, ok, err := r.answerREST(req.Context(), req.Method, cmp.Or(req.Host, req.URL.Host), req.URL, req.Header, body); ok {
		return a, err
	}
	return r.answer(req.Context(), req.URL.Path, req.Header, body)
}
