package valkey

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"qabot/store/servers"
)

const settings = "port 6379\nrequirepass open-sesame\nsave \"\"\nappendonly no\n"

// Both servers let in who has the password, and nobody else; the client says so by its exit code.
func TestServers(t *testing.T) {
	for i, run := range []func(context.Context, string) error{
		func(ctx context.Context, host string) error {
			return servers.RunRedis(ctx, host, strings.NewReader(settings), io.Discard)
		},
		func(ctx context.Context, _ string) error { return embedded(ctx, []byte(settings)) },
	} {
		host := fmt.Sprintf("127.98.%d.%d", os.Getpid()>>7&255, os.Getpid()<<1&255+i)
		t.Setenv(Address, host)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, host) }()
		t.Setenv("VALKEYCLI_AUTH", "open-sesame")
		for deadline := time.Now().Add(20 * time.Second); ; {
			var said bytes.Buffer
			if Client(ctx, &said, io.Discard) == 0 && said.String() == "PONG\n" {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("server %d does not answer", i)
			}
		}
		t.Setenv("VALKEYCLI_AUTH", "another")
		if Client(ctx, io.Discard, io.Discard) == 0 {
			t.Errorf("server %d lets in who has another password", i)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("server %d ended: %v", i, err)
		}
	}
}
