package app_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"qabot/cmd/sandbox/shop"
	"qabot/cmd/sandbox/world"
	"qabot/store/servers/servertest"
)

var update = flag.Bool("update", false, "write the threads of the stories anew")

// TestMain lets this binary play three parts: the tests, the shop's containers in the simulated Region, and the qabot that
// the crash suite kills.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "shop" {
		os.Exit(shop.Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	for name, value := range world.Credentials() {
		os.Setenv(name, value)
	}
	if os.Getenv(crashConfig) != "" {
		if err := serveUntilKilled(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(servertest.Main(m))
}
