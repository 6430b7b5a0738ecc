package slacksim

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Workspace holds people, channels and messages, and the app's connections. All methods are safe for concurrent use.
type Workspace struct {
	opts   Options
	now    func() time.Time
	log    *slog.Logger
	alarms *alarms
	feed   *feed
	mux    *http.ServeMux

	underway atomic.Int64 // events, see Underway

	stop context.CancelFunc
	ctx  context.Context // ends with Close
	wg   sync.WaitGroup

	mu        sync.Mutex
	dir       directory
	messages  map[string][]*Message // by channel id, oldest first, replies and ephemerals included
	base      string                // URL under which the app reached the workspace, for response_urls
	lastTS    int64                 // microseconds; makes every ts unique and rising
	serial    int64                 // tail of every other id
	triggers  map[string]*trigger
	responses map[string]*responseURL

	tidyTriggers, tidyResponses int // sizes at which these are gone through for old ones

	views   map[string]*view
	stacks  map[string][]*view     // open modals by user id, the top one last
	homes   map[string]*view       // by user id
	inputs  map[string]stateValues // by view id or message ts
	offered map[string]offers      // likewise
	files   map[string]*upload
	buckets *buckets
	faults  []*Fault
	links   links
}

// New gives a workspace that runs until Close.
func New(opts Options) *Workspace {
	clock := opts.Now
	opts = opts.withDefaults()
	opts.number()
	ctx, stop := context.WithCancel(context.Background())
	w := &Workspace{
		opts: opts, log: opts.Log, alarms: newAlarms(clock), feed: newFeed(), stop: stop, ctx: ctx,
		messages: map[string][]*Message{}, triggers: map[string]*trigger{}, responses: map[string]*responseURL{},
		views: map[string]*view{}, stacks: map[string][]*view{}, homes: map[string]*view{}, inputs: map[string]stateValues{},
		offered: map[string]offers{}, files: map[string]*upload{},
	}
	w.now = w.alarms.now
	w.buckets = newBuckets(opts.RateLimits)
	w.dir = newDirectory(opts)
	w.links = newLinks()
	w.mux = w.routes()
	w.wg.Go(func() { w.alarms.run(ctx) })
	return w
}

// Handler serves the whole workspace: "/" is the page, "/api/<method>" the Web API, "/link/" Socket Mode,
// "/response/<id>" the response_urls, "/upload/<id>" and "/files/<id>/<name>" the files, and "/control/" what people do, as JSON for the page and for scripts.
func (w *Workspace) Handler() http.Handler { return w.mux }

// Close ends every connection and waits for the workspace's goroutines. Calls that wait for an acknowledgement return.
func (w *Workspace) Close() error {
	w.mu.Lock()
	w.stop()
	w.mu.Unlock()
	w.closeLinks()
	w.feed.close()
	w.wg.Wait()
	return nil
}

// spawn starts a goroutine that Close waits for, unless the workspace is closed. The caller holds the lock.
func (w *Workspace) spawn(f func()) bool {
	if w.ctx.Err() != nil {
		return false
	}
	w.wg.Go(f)
	return true
}

// BotToken is the token for the Web API, AppToken the one for apps.connections.open.
func (w *Workspace) BotToken() string { return w.opts.BotToken }

// AppToken is the app-level token.
func (w *Workspace) AppToken() string { return w.opts.AppToken }

func (w *Workspace) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("/link/", w.serveLink)
	mux.HandleFunc("POST /response/{id}", w.serveResponse)
	mux.HandleFunc("POST /upload/{id}", w.serveUpload)
	mux.HandleFunc("GET /files/{id}/{name}", w.serveFile)
	w.controlRoutes(mux)
	mux.Handle("/", page())
	return mux
}

// newID gives a short id that is unique in this workspace. The caller holds the lock.
func (w *Workspace) newID(prefix string) string {
	w.serial++
	return fmt.Sprintf("%s%07X", prefix, w.serial)
}

// newTS gives the next message timestamp. The caller holds the lock.
func (w *Workspace) newTS() string {
	w.lastTS = max(w.lastTS+1, w.now().UnixMicro())
	return tsOf(w.lastTS)
}

func tsOf(micros int64) string { return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6) }

// idTail makes a readable tail for an id: upper-case letters and digits only, as Slack's.
func idTail(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

func titleCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
