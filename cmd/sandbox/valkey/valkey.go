// Package valkey has the two programs of Valkey's image, for containers of the sandbox: valkey-server, which is this machine's
// Redis or Valkey where one is installed and an embedded one elsewhere, and as much of valkey-cli as a health check needs.
package valkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"qabot/store/servers"
)

const (
	// ServerName and ClientName are what the programs are called in the image.
	ServerName, ClientName = "valkey-server", "valkey-cli"
	// Address is the variable that tells which address of this machine stands for that of the container.
	Address = "SANDBOX_ADDRESS"

	port     = "6379"
	password = "requirepass" // the setting
	lifeline = 3             // file that ends when the sandbox does
)

// Server runs a server with the settings in stdin, until SIGTERM or the end of the sandbox, and gives its exit code.
func Server(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()
	go func() {
		defer end()
		io.Copy(io.Discard, os.NewFile(lifeline, "lifeline"))
	}()
	// Shells find this very program first in their path.
	_, path, _ := strings.Cut(os.Getenv("PATH"), string(os.PathListSeparator))
	os.Setenv("PATH", path)
	settings, err := io.ReadAll(stdin)
	if err == nil {
		err = servers.RunRedis(ctx, os.Getenv(Address), bytes.NewReader(settings), stdout)
	}
	if errors.Is(err, servers.ErrMissing) {
		err = embedded(ctx, settings)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", ServerName, err)
		return 1
	}
	return 0
}

// embedded runs a server in this process, in memory.
func embedded(ctx context.Context, settings []byte) error {
	r := miniredis.NewMiniRedis()
	for line := range strings.Lines(string(settings)) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name == password {
			r.RequireAuth(value)
		}
	}
	if err := r.StartAddr(net.JoinHostPort(os.Getenv(Address), port)); err != nil {
		return err
	}
	<-ctx.Done()
	r.Close()
	return nil
}

// Client asks the container's server with PING, and gives its exit code.
func Client(ctx context.Context, stdout, stderr io.Writer) int {
	client := redis.NewClient(&redis.Options{Addr: net.JoinHostPort(os.Getenv(Address), port), Password: os.Getenv("VALKEYCLI_AUTH"), MaxRetries: -1})
	defer client.Close()
	said, err := client.Ping(ctx).Result()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintln(stdout, said)
	return 0
}
