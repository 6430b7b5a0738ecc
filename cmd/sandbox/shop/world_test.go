package shop

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"qabot/store/servers/servertest"
)

// The test binary is also the shop's, as the sandbox's binary is: `<binary> shop app`.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "shop" {
		os.Exit(Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(servertest.Main(m))
}

// A world is one environment: a checkout, a schema and a namespace.
type world struct {
	t     *testing.T
	env   map[string]string
	db    *sql.DB
	redis *redis.Client
}

func newWorld(t *testing.T, branch string) *world {
	t.Helper()
	dsn := servertest.Database(t)
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	opt, err := redis.ParseURL(servertest.Redis(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opt)
	t.Cleanup(func() {
		if err := client.FlushDB(context.Background()).Err(); err != nil {
			t.Error(err)
		}
		client.Close()
		db.Close()
	})
	dir, commit := checkout(t, branch)
	return &world{t: t, db: db, redis: client, env: map[string]string{
		"PATH":              os.Getenv("PATH"),
		"SHOP_DIR":          dir,
		"DATABASE_URL":      (&url.URL{Scheme: "mysql", User: url.UserPassword(cfg.User, cfg.Passwd), Host: cfg.Addr}).String() + "?encoding=utf8mb4",
		"DB_NAME":           cfg.DBName,
		"REDIS_URL":         servertest.Redis(t).URL + "/0",
		"REDIS_NAMESPACE":   "qa_test",
		"RAILS_MAX_THREADS": "3",
		"BRANCH":            branch,
		"GIT_COMMIT":        commit,
	}}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// checkout makes the repository anew and checks out a branch.
func checkout(t *testing.T, branch string) (dir, commit string) {
	t.Helper()
	bare, dir := filepath.Join(t.TempDir(), "shop.git"), filepath.Join(t.TempDir(), "checkout")
	run(t, "git", "init", "--quiet", "--bare", "--initial-branch=main", bare)
	if err := SeedRepository(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	run(t, "git", "clone", "--quiet", "--branch", branch, bare, dir)
	return dir, run(t, "git", "-C", dir, "rev-parse", "HEAD")
}

// A running is one process of the shop.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	url    string
	output output
	ended  chan struct{} // closed when the process is gone
}

// An output is read while the process writes it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs a role; env is added to the world's.
func (w *world) start(role string, env ...string) *running {
	w.t.Helper()
	port := freePort(w.t)
	p := &running{t: w.t, cmd: exec.Command(os.Args[0], "shop", role), url: "http://127.0.0.1:" + port, ended: make(chan struct{})}
	for key, value := range w.env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Env = append(append(p.cmd.Env, "PORT="+port), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // the exit code is what tests look at
	}()
	w.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// serve starts a web role and returns when it is healthy.
func (w *world) serve(role string, env ...string) *running {
	w.t.Helper()
	p := w.start(role, env...)
	p.until("health of "+role, func() bool {
		resp, err := http.Get(p.url + "/health")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

// once runs a role to its end and returns its exit code and output.
func (w *world) once(role string) (int, string) {
	w.t.Helper()
	p := w.start(role)
	return p.exit(), p.output.String()
}

func (w *world) prepare() {
	w.t.Helper()
	for _, role := range []string{"migrate", "seed"} {
		if code, out := w.once(role); code != 0 {
			w.t.Fatalf("%s ended with %d:\n%s", role, code, out)
		}
	}
}

func (p *running) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		p.t.Fatalf("%s does not end:\n%s", p.cmd.Args[2], p.output.String())
		return 0
	}
}

func (p *running) terminate() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return p.exit()
}

func (p *running) until(what string, ok func() bool) {
	p.t.Helper()
	deadline := time.After(20 * time.Second)
	for tick := time.Tick(10 * time.Millisecond); !ok(); {
		select {
		case <-tick:
		case <-deadline:
			p.t.Fatalf("waited in vain for %s; output:\n%s", what, p.output.String())
		}
	}
}

func (p *running) get(path string) (int, string) {
	p.t.Helper()
	return p.read(http.Get(p.url + path))
}

func (p *running) post(path string, form url.Values) (int, string) {
	p.t.Helper()
	return p.read(http.PostForm(p.url+path, form))
}

func (p *running) read(resp *http.Response, err error) (int, string) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
