// Package shop is the application that the sandbox deploys: a small shop whose every role is one process, app, admin and
// worker to run and migrate and seed to run once.
//
// A process takes everything from its environment and from the checkout of a commit, as in a real container: templates,
// style, SQL and seeds lie in the repository, so a push changes what people see. Servers stop within seconds of SIGTERM,
// outlive a database or a Redis that is away, and answer 503 meanwhile.
package shop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"qabot/cmd/sandbox/valkey"
)

const usage = "usage: shop build | app | admin | worker | migrate | seed"

// Exit codes of Main.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs one process of the shop and returns its exit code; args are those after "shop". It ends when ctx does, on
// SIGTERM or an interrupt, and with LIFELINE=stdin when standard input reaches its end. The programs of the image of Valkey
// that runs beside the shop are called through it, too.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	roles := map[string]func(context.Context, *process) error{
		"app": runApp, "admin": runAdmin, "worker": runWorker, "migrate": runMigrate, "seed": runSeed,
	}
	switch {
	case len(args) > 0 && args[0] == valkey.ServerName:
		return valkey.Server(ctx, os.Stdin, stdout, stderr)
	case len(args) > 0 && args[0] == valkey.ClientName:
		return valkey.Client(ctx, stdout, stderr)
	case len(args) == 1 && args[0] == "build":
		if err := build(cmp.Or(os.Getenv("SHOP_DIR"), "."), stdout); err != nil {
			fmt.Fprintf(stderr, "shop build: %v\n", err)
			return exitFailed
		}
		return exitOK
	}
	if len(args) != 1 || roles[args[0]] == nil {
		fmt.Fprintln(stderr, usage)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if os.Getenv("LIFELINE") == "stdin" {
		ctx = withLifeline(ctx, os.Stdin)
	}
	p, err := newProcess(args[0], os.Getenv, stdout)
	if err == nil {
		defer p.close()
		err = roles[args[0]](ctx, p)
	}
	if err != nil {
		fmt.Fprintf(stderr, "shop %s: %v\n", args[0], err)
		return exitFailed
	}
	return exitOK
}

// withLifeline ends the context when nobody can write to r any more, which is when the sandbox has died.
func withLifeline(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		io.Copy(io.Discard, r)
	}()
	return ctx
}

// A process is what every role has.
type process struct {
	role   string
	config config
	db     database
	redis  *queue
	files  *os.Root // the checkout; nothing outside it can be read
	stdout io.Writer
	log    *slog.Logger
}

func newProcess(role string, getenv func(string) string, stdout io.Writer) (*process, error) {
	c, err := readConfig(getenv)
	if err != nil {
		return nil, err
	}
	p := &process{role: role, config: c, stdout: stdout, log: slog.New(slog.NewTextHandler(stdout, nil))}
	if p.files, err = os.OpenRoot(c.dir); err != nil {
		return nil, fmt.Errorf("open the checkout SHOP_DIR: %w", err)
	}
	if p.db, err = openDatabase(c); err != nil {
		p.files.Close()
		return nil, err
	}
	p.redis = openQueue(c)
	return p, nil
}

func (p *process) close() error {
	return errors.Join(p.redis.client.Close(), p.db.Close(), p.files.Close())
}
