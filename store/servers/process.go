package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// ErrMissing says that a server's program is not installed, and how to install it.
var ErrMissing = errors.New("missing server program: apt-get install -y --no-install-recommends mariadb-server redis-server")

const (
	startLimit = 30 * time.Second // for one server to answer
	stopLimit  = 15 * time.Second // for one server to end by itself
	portTries  = 5                // a free port may be taken by another process before the server has it
)

// Server is a running server process.
type Server struct {
	Addr string // host:port
	Stop func() // ends the process and waits for it; may be called again
}

// find looks a program up in PATH and where distributions put servers.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/libexec"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("find %s: %w", names[0], ErrMissing)
}

// errEnded says that the process ended before it answered.
var errEnded = errors.New("the server ended")

// start runs a server on free ports until one of them is its own: arg gives the command line for a port, and answers tells
// whether the process of that pid is the one that answers there.
func start(ctx context.Context, log string, command func(port string) *exec.Cmd, answers func(ctx context.Context, addr string, pid int) error) (Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for try := 1; ; try++ {
		s, err := startOnce(ctx, log, command, answers)
		if err == nil || try == portTries || !errors.Is(err, errEnded) || ctx.Err() != nil {
			return s, err
		}
	}
}

func startOnce(ctx context.Context, log string, command func(port string) *exec.Cmd, answers func(ctx context.Context, addr string, pid int) error) (Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return Server{}, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return Server{}, fmt.Errorf("split %s: %w", addr, err)
	}
	cmd := command(port)
	ended, err := run(cmd, log)
	if err != nil {
		return Server{}, err
	}
	stop := stopper(cmd.Process, ended)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = answers(ctx, addr, cmd.Process.Pid); err == nil {
			return Server{Addr: addr, Stop: stop}, nil
		}
		select {
		case <-ended:
			return Server{}, fmt.Errorf("%w; its log ends with:\n%s", errEnded, tail(log))
		case <-ctx.Done():
			stop()
			return Server{}, fmt.Errorf("wait for the server on %s: %w; last: %w; its log ends with:\n%s", addr, ctx.Err(), err, tail(log))
		case <-tick.C:
		}
	}
}

// run starts cmd with its output in the file log; the channel closes when it has ended.
func run(cmd *exec.Cmd, log string) (<-chan struct{}, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes(cmd.SysProcAttr)
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		// The death signal is bound to the thread that starts the child, so that thread must live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		defer out.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how a server that is no longer wanted ends does not matter; one still wanted is told by its log
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return ended, nil
}

func stopper(p *os.Process, ended <-chan struct{}) func() {
	return sync.OnceFunc(func() {
		_ = p.Signal(syscall.SIGTERM) // an error means that it has ended
		select {
		case <-ended:
		case <-time.After(stopLimit):
			_ = p.Kill()
			<-ended
		}
	})
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// tail is the end of a log, for an error.
func tail(log string) string {
	b, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}
