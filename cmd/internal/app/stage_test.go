package app_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/cmd/internal/app"
	"qabot/cmd/sandbox/world"
	"qabot/provisioner/awssim"
	"qabot/store"
	"qabot/store/servers/servertest"
	"qabot/store/storetest"
)

// patience bounds every wait of a test; nothing depends on it but how soon a failure is noticed.
const patience = 4 * time.Minute

// stage is a world with qabot in it, for one test.
type stage struct {
	t     testing.TB
	world *world.World
	bears time.Duration // how long eventually waits; 0: patience
	store *store.Store  // a second connection, to look only
	echo  *echo         // the conversation in another language; may be nil

	before []string // tasks that were remembered, and how many builds had been started then
	built0 int
	log    *slog.Logger

	weather map[string]*weather // by service, see behind
	lease   store.Options       // of qabot's claims; zero: as they are meant to be
	later   time.Duration       // how far qabot's clock is ahead, see away
	set     atomic.Int64        // by how much clock has set it forward

	letGo func() // ends what hold began

	outcomes  map[string]awssim.Outcome // by CodeBuild project, see runs
	listeners []awssim.Resource         // of the Region, as byHost made them

	stop func() // ends qabot and waits
}

// newStage brings up a world of its own. installation keeps its names apart from other tests' on the shared servers.
func newStage(t testing.TB, installation string) *stage {
	t.Helper()
	dir := t.TempDir()
	sweep(t, installation)
	s := &stage{t: t, log: testLog(t), weather: map[string]*weather{}}
	redis := servertest.Redis(t)
	w, err := world.Start(t.Context(), world.Options{
		Dir: dir, Program: containers(t), Speed: 150, Installation: installation,
		MySQL: servertest.MySQL(t).DSN, Redis: redis.URL, Log: s.log, AckWithin: patience,
	})
	if err != nil {
		t.Fatalf("start the world: %v", err)
	}
	s.world = w
	storetest.Make(t, w.Config.Store)
	w.Config.Pace.Usage = 0            // no answer depends on when somebody looked; see setting
	w.Config.Pace.Branches = time.Hour // webhooks tell of pushes, and who made them; see behind for the other way
	t.Cleanup(w.Close)
	if s.store, err = store.Open(t.Context(), w.Config.Store, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close() })
	return s
}

// now is the clock of a qabot that begins: the usual one, but for away and clock.
func (s *stage) now() func() time.Time {
	later := s.later
	return func() time.Time { return time.Now().Add(later + time.Duration(s.set.Load())) }
}

// begin runs qabot in this process until end or the test's end.
func (s *stage) begin() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- app.Run(ctx, app.Options{Config: s.world.Config, Secrets: s.world.Secrets, StoreOptions: s.lease, Log: s.log, Now: s.now(), Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		cancel()
		s.t.Fatalf("qabot does not start: %v", err)
	}
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("qabot ended: %v", err)
		}
		s.stop = nil
	}
	s.t.Cleanup(func() {
		if s.stop != nil {
			s.stop()
		}
	})
	if err := s.world.Slack.AwaitConnections(s.t.Context(), 1); err != nil {
		s.t.Fatal(err)
	}
	if s.echo != nil {
		s.echo.begin()
		s.t.Cleanup(s.echo.end)
	}
}

// end ends qabot.
func (s *stage) end() {
	if s.echo != nil {
		s.echo.end()
	}
	s.stop()
}

// eventually looks until the answer is empty, which means content, or patience is at its end.
func (s *stage) eventually(look func() (discontent string)) {
	s.t.Helper()
	bears := cmp.Or(s.bears, patience)
	deadline := time.After(bears)
	for pause := 20 * time.Millisecond; ; pause = min(pause*3/2, 200*time.Millisecond) { // a look is dear
		why := look()
		if why == "" {
			return
		}
		select {
		case <-time.After(pause):
		case <-deadline:
			s.t.Fatalf("after %s: %s\n%s", bears, why, s.thread())
		}
	}
}

// settled waits until nobody has anything to do: no webhook or event on its way, no letter unread, nothing on its way, everything told.
func (s *stage) settled() {
	s.t.Helper()
	if err := s.world.GitHub.Settle(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.eventually(func() string {
		ctx := s.t.Context()
		if n := s.world.Slack.Underway(); n > 0 {
			return fmt.Sprintf("%d events of Slack's are on their way", n)
		}
		lanes, err := s.store.Lanes(ctx)
		if err != nil || len(lanes) > 0 {
			return fmt.Sprintf("letters wait in %v (%v)", lanes, err)
		}
		unsent, err := s.store.Unsent(ctx)
		if err != nil || len(unsent) > 0 {
			return fmt.Sprintf("answers to %v are not said (%v)", unsent, err)
		}
		all, err := s.store.List(ctx)
		if err != nil {
			return err.Error()
		}
		for _, env := range all {
			if env.Status.Version != env.Spec.Version {
				return fmt.Sprintf("nobody has looked at the newest wish for %s", env.ID)
			}
			if p := env.Phase(time.Now()); p == store.Deploying || p == store.Removing {
				return fmt.Sprintf("%s is %s: %+v", env.ID, p, env.Status.Seen)
			}
			for kind, o := range env.Status.Seen {
				if o.State != store.Ready && o.State != store.Failed && o.State != store.Absent {
					return fmt.Sprintf("%s of %s is %s", kind, env.ID, o.State)
				}
			}
			events, err := s.store.Untold(ctx, env.ID)
			if err != nil || len(events) > 0 {
				return fmt.Sprintf("%s has %d untold events (%v)", env.ID, len(events), err)
			}
		}
		changed, err := s.store.Changed(ctx)
		if err != nil || len(changed) > 0 {
			return fmt.Sprintf("changes of %v are not told (%v)", changed, err)
		}
		if s.echo != nil {
			return s.echo.settled()
		}
		return ""
	})
}

// thread is what #qa looks like to a person.
func (s *stage) thread() string { return threadOf(s.world.Slack) }

// threadOf is what #qa of a workspace looks like, and behind it what was said elsewhere.
func threadOf(w *slacksim.Workspace) string {
	text := channelOf(w, "#qa")
	for _, channel := range []string{"#general", "@ana", "@ben"} {
		if said := channelOf(w, channel); said != "" {
			text += "\nin " + channel + ":\n" + said
		}
	}
	return text
}

func channelOf(w *slacksim.Workspace, channel string) string {
	return transcript(w.Messages(channel), func(id string) string { return nameIn(w, id) })
}

// nameIn is what somebody is called in a workspace.
func nameIn(w *slacksim.Workspace, id string) string {
	for _, name := range []string{"ana", "ben", "guest", "qabot"} {
		if w.UserID(name) == id {
			return name
		}
	}
	return id
}

func (s *stage) say(user, text string) {
	s.t.Helper()
	say := func(w *slacksim.Workspace) error {
		command, ok := strings.CutPrefix(text, "/qa")
		if !ok {
			_, err := w.Message(s.t.Context(), user, "#qa", text, "")
			return err
		}
		if err := w.AwaitConnections(s.t.Context(), 1); err != nil {
			return err
		}
		_, err := w.Command(s.t.Context(), user, "#qa", "/qa "+strings.TrimSpace(command))
		return err
	}
	if s.echo != nil {
		s.echo.hear(strings.Count(text, "@qabot"), func() error { return say(s.echo.slack) })
	}
	if err := say(s.world.Slack); err != nil {
		s.t.Fatalf("%s says %q: %v", user, text, err)
	}
}

// parent is the newest message of qabot's in a workspace that all see.
func (s *stage) parent(w *slacksim.Workspace) slacksim.Message {
	s.t.Helper()
	var last slacksim.Message
	for _, m := range w.Messages("#qa") {
		if m.Bot && m.Ephemeral == "" {
			last = m
		}
	}
	if last.TS == "" {
		s.t.Fatal("qabot has not posted anything")
	}
	return last
}

// environment is the one of a branch.
func (s *stage) environment(branch string) store.Environment {
	s.t.Helper()
	for _, env := range s.environments() {
		if env.Spec.Branch == branch {
			return env
		}
	}
	s.t.Fatalf("no environment of %s", branch)
	return store.Environment{}
}

func (s *stage) environments() []store.Environment {
	s.t.Helper()
	all, err := s.store.List(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// reaches waits until the branch's environment is in a phase.
func (s *stage) reaches(branch string, want store.Phase) {
	s.t.Helper()
	id := store.NewID(s.world.Config.Installation, "shop", branch)
	s.eventually(func() string {
		env, err := s.store.Get(s.t.Context(), id)
		if err != nil {
			return err.Error()
		}
		if p := env.Phase(time.Now()); p != want {
			return fmt.Sprintf("it is %s: %+v", p, env.Status.Seen)
		}
		return ""
	})
}

// client dials this machine whatever the host, as a browser does with *.localhost.
var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
	DisableKeepAlives: true,
	DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	},
}}

func (s *stage) url(role, branch string) string {
	s.t.Helper()
	u := s.environment(branch).Status.Seen[store.Of("route", role)].URL
	if u == "" {
		s.t.Fatalf("%s of %s has no URL", role, branch)
	}
	return u
}

// page is what a role's page shows.
func (s *stage) page(role, branch string) string {
	s.t.Helper()
	answer, err := client.Get(s.url(role, branch))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("%d\n%s", answer.StatusCode, text)
}

func (s *stage) submit(role, branch, path string, form url.Values) {
	s.t.Helper()
	answer, err := client.PostForm(s.url(role, branch)+path, form)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		text, _ := io.ReadAll(answer.Body)
		s.t.Fatalf("%s: %s\n%s", path, answer.Status, text)
	}
}

func match(t testing.TB, pattern, text string, want bool) {
	t.Helper()
	re, err := regexp.Compile("(?s)" + pattern)
	if err != nil {
		t.Fatal(err)
	}
	if re.MatchString(text) != want {
		t.Fatalf("match of %q is %v, want %v, in:\n%s", pattern, !want, want, text)
	}
}

// testLog keeps qabot's log for the case of a failure.
func testLog(t testing.TB) *slog.Logger {
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		file.Close()
		if t.Failed() {
			text, _ := os.ReadFile(path)
			t.Logf("log:\n%s", text[max(0, len(text)-12000):])
		}
	})
	return slog.New(slog.NewTextHandler(file, nil))
}
