package app_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// weather stands between qabot and one service, and forwards what both say until it is told otherwise.
type weather struct {
	t            testing.TB
	addr, target string

	mu       sync.Mutex
	listener net.Listener // nil while broken
	conns    map[net.Conn]bool
	thaw     chan struct{} // not nil while frozen; closed at its end
	wg       sync.WaitGroup
}

// newWeather listens outside of the ports that the system gives to outgoing connections, so that it can come back to its
// port.
func newWeather(t testing.TB, target string) *weather {
	t.Helper()
	w := &weather{t: t, target: target, conns: map[net.Conn]bool{}}
	for range 200 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12000+rand.N(7000)))
		if err == nil {
			w.addr = l.Addr().String()
			w.serve(l)
			t.Cleanup(func() { w.Break(); w.wg.Wait() })
			return w
		}
	}
	t.Fatal("no port is free between 12000 and 19000")
	return nil
}

// serve forwards what comes to l. The caller holds the lock, or is alone.
func (w *weather) serve(l net.Listener) {
	w.listener = l
	w.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.wg.Go(func() { w.forward(conn) })
		}
	})
}

// Break refuses new connections and cuts those that are there.
func (w *weather) Break() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener != nil {
		w.listener.Close()
		w.listener = nil
	}
	w.cut()
}

// Freeze swallows whatever is said, also to new connections; nobody hears that it does.
func (w *weather) Freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.thaw == nil {
		w.thaw = make(chan struct{})
	}
}

// Mend lets everything through again. Connections that have lost something are cut.
func (w *weather) Mend() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.thaw != nil {
		w.cut()
	}
	if w.listener == nil {
		l, err := net.Listen("tcp", w.addr)
		if err != nil {
			w.t.Errorf("mend: %v", err)
			return
		}
		w.serve(l)
	}
}

// cut ends all connections. The caller holds the lock.
func (w *weather) cut() {
	if w.thaw != nil {
		close(w.thaw)
		w.thaw = nil
	}
	for c := range w.conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	clear(w.conns)
}

func (w *weather) frozen() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.thaw
}

// keep notes a connection, so that it can be cut; false when it is too late for it.
func (w *weather) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener == nil {
		c.Close()
		return false
	}
	w.conns[c] = true
	return true
}

func (w *weather) forward(near net.Conn) {
	if !w.keep(near) {
		return
	}
	defer w.drop(near)
	if thaw := w.frozen(); thaw != nil {
		<-thaw
		return
	}
	far, err := net.Dial("tcp", w.target)
	if err != nil || !w.keep(far) {
		return
	}
	defer w.drop(far)
	w.wg.Go(func() { w.copy(near, far) })
	w.copy(far, near)
}

// copy ends with its source, but for a frost, in which even an end is not heard.
func (w *weather) copy(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		thaw := w.frozen()
		if thaw == nil && n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if thaw != nil {
				<-thaw
			}
			return
		}
	}
}

func (w *weather) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
	c.Close()
}

// behind puts weather between qabot and a service, from qabot's next start on. Tasks and migrations go on to reach the
// servers by themselves.
func (s *stage) behind(service string) *weather {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	through := func(address *string) (w *weather, was string) {
		s.t.Helper()
		u, err := url.Parse(*address)
		must(err)
		w, was = newWeather(s.t, u.Host), u.Host
		u.Host = w.addr
		*address = u.String()
		return w, was
	}
	var w *weather
	config := s.world.Config
	switch service {
	case "MySQL":
		dsn, err := mysql.ParseDSN(s.world.Secrets.MySQL)
		must(err)
		w, config.Database.Host = newWeather(s.t, dsn.Addr), dsn.Addr
		dsn.Addr = w.addr
		s.world.Secrets.MySQL = dsn.FormatDSN()
	case "Redis":
		w, config.Redis.Host = through(&s.world.Secrets.Redis)
	case "AWS":
		w, _ = through(&config.AWS.Endpoint)
	case "Slack":
		w, _ = through(&config.Slack.API)
	case "GitHub":
		w, _ = through(&config.GitHub.API)
		config.Pace.Branches = time.Second
	default:
		s.t.Fatalf("no service %q", service)
	}
	s.weather[service] = w
	return w
}
