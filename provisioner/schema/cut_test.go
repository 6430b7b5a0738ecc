package schema

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"qabot/store"
	"qabot/store/servers/servertest"
)

var errDead = errors.New("the worker is dead")

// reaper ends a worker at its nth change, before it happens or when its answer is on the way. From then on nothing of the
// worker reaches the world.
type reaper struct {
	mu    sync.Mutex
	left  int
	after bool
	dead  bool
}

// asks tells whether the change may go out (errDead: not), and whether its answer is lost.
func (r *reaper) asks() (lost bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false, errDead
	}
	if r.left--; r.left != 0 {
		return false, nil
	}
	r.dead = true
	if r.after {
		return true, nil
	}
	return false, errDead
}

func (r *reaper) isDead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead
}

// cut wraps a call to a double in the same way.
func (r *reaper) cut(do func() error) error {
	lost, err := r.asks()
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if lost {
		return errDead
	}
	return nil
}

var changing = regexp.MustCompile(`^(CREATE|ALTER|DROP|GRANT|REVOKE|REPLACE|KILL|RENAME|INSERT|UPDATE|DELETE|ANALYZE) `)

// wire is a connection to MySQL on which statements that change the world are counted.
type wire struct {
	net.Conn
	reaper *reaper
	lost   bool
}

func (w *wire) Write(b []byte) (int, error) {
	if w.reaper.isDead() {
		return 0, errDead
	}
	const header, query = 4, 3
	if len(b) <= header+1 || b[3] != 0 || b[header] != query || !changing.Match(b[header+1:]) {
		return w.Conn.Write(b)
	}
	var err error
	if w.lost, err = w.reaper.asks(); err != nil {
		return 0, err
	}
	n, err := w.Conn.Write(b)
	if err == nil && w.lost { // let the server answer, and keep it from the worker
		_, err = io.ReadFull(w.Conn, make([]byte, header+1))
	}
	return n, err
}

func (w *wire) Read(b []byte) (int, error) {
	if w.lost || w.reaper.isDead() {
		return 0, errDead
	}
	return w.Conn.Read(b)
}

type mortalNotes struct {
	*store.Store
	reaper *reaper
}

func (n mortalNotes) Note(ctx context.Context, c *store.Claim, k store.Kind, f store.Fact) error {
	return n.reaper.cut(func() error { return n.Store.Note(ctx, c, k, f) })
}

func (n mortalNotes) Forget(ctx context.Context, c *store.Claim, k store.Kind) error {
	return n.reaper.cut(func() error { return n.Store.Forget(ctx, c, k) })
}

type mortalVault struct {
	*shelf
	reaper *reaper
}

func (v mortalVault) Put(ctx context.Context, c *store.Claim, name, value string) (stored string, err error) {
	err = v.reaper.cut(func() error { stored, err = v.shelf.Put(ctx, c, name, value); return err })
	return stored, err
}

func (v mortalVault) Delete(ctx context.Context, c *store.Claim, name string) error {
	return v.reaper.cut(func() error { return v.shelf.Delete(ctx, c, name) })
}

// mortal gives the world a second Server, whose worker the reaper ends.
func (w *world) mortal(r *reaper) *Server {
	w.t.Helper()
	network := fmt.Sprintf("cut-%p", r)
	mysql.RegisterDialContext(network, func(ctx context.Context, addr string) (net.Conn, error) {
		if r.isDead() {
			return nil, errDead
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn, reaper: r}, nil
	})
	w.t.Cleanup(func() { mysql.DeregisterDialContext(network) })
	config, err := mysql.ParseDSN(servertest.MySQL(w.t).DSN)
	if err != nil {
		w.t.Fatal(err)
	}
	config.Net = network
	s, err := Open(Options{DSN: config.FormatDSN(), Installation: "test", MaxConnections: 3}, mortalVault{w.vault, r}, mortalNotes{w.store, r})
	if err != nil {
		w.t.Fatal(err)
	}
	s.o.Starts = w.Server.o.Starts
	w.t.Cleanup(func() { s.Close() })
	return s
}

// TestDeathAtEveryStatement kills the worker at each statement, note and parameter in turn, and lets another one go on.
func TestDeathAtEveryStatement(t *testing.T) {
	for _, verb := range []store.Verb{store.Apply, store.Remove} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answer lost %v", verb, after), func(t *testing.T) {
				base := newWorld(t, "", func(o *Options) { o.MaxConnections = 3 })
				for n := 1; ; n++ {
					w := *base
					w.t, w.id = t, newID("cut")
					r := &reaper{left: n, after: after}
					if verb == store.Remove {
						w.mustApply()
						w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
					}
					w.die(r, verb)
					w.goOn(verb, n)
					if !r.isDead() {
						if n < 6 {
							t.Fatalf("only %d changes were seen: the test looks at nothing", n-1)
						}
						return
					}
				}
			})
		}
	}
}

func (w *world) die(r *reaper, verb store.Verb) {
	w.t.Helper()
	mortal := w.mortal(r).Resource("shop")
	w.claimed(verb == store.Apply, func(c *store.Claim) {
		do := mortal.Apply
		if verb == store.Remove {
			do = mortal.Remove
		}
		if err := do(w.t.Context(), c, store.Observation{}); err == nil && r.isDead() && !r.after {
			w.t.Error("a dead worker reported success")
		}
	})
}

// goOn takes passes as another worker until the end is reached.
func (w *world) goOn(verb store.Verb, n int) {
	w.t.Helper()
	wanted, end, things, do := true, store.Ready, 3, w.apply
	if verb == store.Remove {
		wanted, end, things, do = false, store.Absent, 0, w.remove
	}
	for range 3 {
		if w.look(wanted).State == end {
			break
		}
		if err := do(); err != nil {
			w.t.Fatalf("%s, resumed after a cut at change %d: %v", verb, n, err)
		}
	}
	if o := w.look(wanted); o.State != end {
		w.t.Fatalf("%s, resumed after a cut at change %d: it is %s (%+v), want %s", verb, n, o.State, o.Detail, end)
	}
	if got := w.things(); got != things {
		w.t.Fatalf("%s, resumed after a cut at change %d: %d things, want %d", verb, n, got, things)
	}
	if verb == store.Apply {
		w.mustRemove()
	}
}
