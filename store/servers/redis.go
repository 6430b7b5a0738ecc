package servers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Redis is a private Redis or Valkey server with 64 numbered databases and no password. It keeps nothing on disk.
type Redis struct {
	Server
	URL     string // "redis://127.0.0.1:port"
	Version string
}

// StartRedis runs a server in dir, which must exist. The error wraps ErrMissing where the program is not installed. ctx bounds the start alone.
func StartRedis(ctx context.Context, dir string) (*Redis, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolve folder: %w", err)
	}
	program, err := find("redis-server", "valkey-server")
	if err != nil {
		return nil, err
	}
	command := func(port string) *exec.Cmd {
		return exec.Command(program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "64", "--dir", dir)
	}
	r := &Redis{}
	r.Server, err = start(ctx, filepath.Join(dir, "redis.log"), command, func(ctx context.Context, addr string, pid int) error {
		info, err := askRedis(ctx, addr)
		if err == nil && info["process_id"] != strconv.Itoa(pid) {
			err = fmt.Errorf("%s is another server's, of process %s", addr, info["process_id"])
		}
		r.URL, r.Version = "redis://"+addr, version(info)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	return r, nil
}

// RunRedis runs a server at an address of this machine with the settings of a configuration file, until ctx ends or it does. The
// error wraps ErrMissing where the program is not installed.
func RunRedis(ctx context.Context, host string, settings io.Reader, log io.Writer) error {
	program, err := find("redis-server", "valkey-server")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, "--bind", host, "-")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = settings, log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopLimit
	cmd.SysProcAttr = attributes(cmd.SysProcAttr)
	runtime.LockOSThread() // the death signal is bound to it
	defer runtime.UnlockOSThread()
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run Redis: %w", err)
	}
	return nil
}

// version is the server's own; Valkey tells beside it which Redis it is like.
func version(info map[string]string) string {
	if v := info["valkey_version"]; v != "" {
		return "Valkey " + v
	}
	return info["redis_version"]
}

// askRedis reads what a server says of itself.
func askRedis(ctx context.Context, addr string) (map[string]string, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("INFO server\r\nQUIT\r\n")); err != nil {
		return nil, err
	}
	info := map[string]string{}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok {
			info[key] = strings.TrimSpace(value)
		}
	}
	return info, lines.Err()
}
