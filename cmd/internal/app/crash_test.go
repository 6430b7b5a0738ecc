package app_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"qabot/cmd/internal/app"
	"qabot/store"
)

// What tells this test binary to be a qabot that dies at every boundary once, or at random ones.
const (
	crashConfig = "QABOT_CRASH_CONFIG" // configuration file
	crashDeaths = "QABOT_CRASH_DEATHS" // file of the boundaries at which it has died already
	crashLong   = "QABOT_CRASH_LONG"   // leases last as long as work that is longer than a pass needs them to
	crashEvery  = "QABOT_CRASH_EVERY"  // it dies somewhere within so many boundaries, a few times; 0: never; empty: at each boundary once
)

// fewDeaths is how often one dies that dies at random.
const fewDeaths = 4

// A short lease, so that what a killed process held is free again soon; the long one outlives the time between two renewals.
var (
	crashLease     = store.Options{Lease: 1200 * time.Millisecond, Guard: 800 * time.Millisecond}
	crashLongLease = store.Options{Lease: store.RenewEvery + 3*time.Second, Guard: store.RenewEvery + 2*time.Second}
)

// serveUntilKilled is `qabot serve`, but for the end: at each boundary of each step that it meets for the first time, in
// this life or an earlier one, or at a random one, it kills itself with SIGKILL.
func serveUntilKilled() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	config, err := app.Load(os.Getenv(crashConfig))
	if err != nil {
		return err
	}
	secrets, err := app.ReadSecrets(config)
	if err != nil {
		return err
	}
	deaths, err := os.OpenFile(os.Getenv(crashDeaths), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	died := map[string]bool{}
	for s := bufio.NewScanner(deaths); s.Scan(); {
		died[s.Text()] = true
	}
	dies := func(at string) bool { return !died[at] }
	if every := os.Getenv(crashEvery); every != "" {
		within, err := strconv.Atoi(every)
		if err != nil {
			return err
		}
		left := rand.IntN(max(within, 1))
		dies = func(string) bool {
			left--
			return within > 0 && left < 0 && len(died) < fewDeaths
		}
	}
	lease := crashLease
	if os.Getenv(crashLong) != "" {
		lease = crashLongLease
	}
	var mu sync.Mutex
	return app.Run(ctx, app.Options{
		Config: config, Secrets: secrets, StoreOptions: lease,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Boundary: func(_ store.ID, at string) error {
			mu.Lock()
			defer mu.Unlock()
			if !dies(at) {
				return nil
			}
			died[at] = true
			fmt.Fprintln(deaths, at)
			deaths.Sync()
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal arrives
		},
	})
}

// mortal keeps a qabot running in a process of its own: whenever it was killed, it is started again.
type mortal struct {
	*stage
	deaths string
	cancel context.CancelFunc
	ended  chan struct{}

	mu  sync.Mutex
	now *os.Process // nil: none runs
}

func newMortal(s *stage, environ ...string) *mortal {
	m := &mortal{stage: s, deaths: filepath.Join(s.t.TempDir(), "deaths"), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	log, err := os.Create(filepath.Join(filepath.Dir(m.deaths), "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(m.ended)
		defer log.Close()
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 15 * time.Second
			cmd.Stderr = log
			cmd.Env = append(os.Environ(), crashConfig+"="+s.world.ConfigFile, crashDeaths+"="+m.deaths)
			cmd.Env = append(cmd.Env, environ...)
			for name, value := range s.world.Secrets.Environ() {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			err := cmd.Start()
			if err == nil {
				m.runs(cmd.Process)
				err = cmd.Wait()
				m.runs(nil)
			}
			if cmd.ProcessState == nil {
				if ctx.Err() == nil {
					s.t.Errorf("start qabot: %v", err)
				}
				return
			}
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
				continue
			}
			if ctx.Err() == nil {
				s.t.Errorf("qabot ended by itself: %v", err)
				return
			}
		}
	}()
	s.t.Cleanup(func() {
		m.end()
		if s.t.Failed() {
			text, _ := os.ReadFile(log.Name())
			s.t.Logf("log of qabot:\n%s", text[max(0, len(text)-12000):])
		}
	})
	return m
}

func (m *mortal) runs(p *os.Process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = p
}

// kill kills the process that runs; another is started.
func (m *mortal) kill() {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil {
		m.t.Fatal("no qabot runs that could be killed")
	}
	if err := m.now.Kill(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mortal) end() { m.cancel(); <-m.ended }

// died lists the boundaries at which it was killed.
func (m *mortal) died() []string {
	m.t.Helper()
	text, err := os.ReadFile(m.deaths)
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// ask says a command as soon as a living qabot has taken it.
func (m *mortal) ask(user, text string) {
	m.t.Helper()
	m.eventually(func() string {
		ctx, cancel := context.WithTimeout(m.t.Context(), 10*time.Second)
		defer cancel()
		if err := m.world.Slack.AwaitConnections(ctx, 1); err != nil {
			return err.Error()
		}
		if _, err := m.world.Slack.Command(ctx, user, "#qa", text); err != nil {
			return err.Error()
		}
		return ""
	})
}

func (m *mortal) reaches(branch string, want store.Phase) {
	m.t.Helper()
	m.stage.reaches(branch, want)
	m.settled()
}

// TestKilledAtEveryBoundary kills a real process before every call that changes the world, before every note of its
// outcome, after every step and before every end of a pass, up and down. Each thing must be made once, and none be left.
func TestKilledAtEveryBoundary(t *testing.T) {
	t.Parallel()
	s := newStage(t, "crash")
	s.bears = 5 * time.Minute // each of some forty deaths costs a lease
	m := newMortal(s)
	s.putForeign()
	m.ask("ana", "/qa up qa/hello")
	m.reaches("qa/hello", store.Up)
	match(t, "200.*Hello from the branch qa/hello", s.page("app", "qa/hello"), true)
	m.madeOnce("qa/hello")
	up := len(m.died())

	m.ask("ana", "/qa down qa/hello")
	m.reaches("qa/hello", store.Removed)
	s.nothingLeft("qa/hello")
	s.foreignStays()
	m.end()

	died := m.died()
	t.Logf("killed %d times on the way up and %d on the way down:\n  %s", up, len(died)-up, strings.Join(died, "\n  "))
	// The list is made from the stages, so that a new resource is covered without a word here.
	for kind := range s.environment("qa/hello").Status.Seen {
		for _, verb := range []store.Verb{store.Apply, store.Remove} {
			if verb == store.Remove && (kind == "image" || kind == "migration") {
				continue // nothing of them is left to remove once they are done
			}
			if !slices.ContainsFunc(died, func(at string) bool { return strings.HasPrefix(at, fmt.Sprintf("%s %s, call", verb, kind)) }) {
				t.Errorf("never killed before a call of: %s %s", verb, kind)
			}
		}
	}
	if !slices.Contains(died, "settle") {
		t.Error("never killed before the end of a pass")
	}
}
