package app_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"qabot/cmd/sandbox/world"
	"qabot/store/servers/servertest"
)

var update = flag.Bool("update", false, "write the threads of the stories anew")

// TestMain lets this binary play two parts: the tests, and the qabot that the crash suite kills.
func TestMain(m *testing.M) {
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
	code := servertest.Main(m)
	if shopDir != "" {
		os.RemoveAll(shopDir)
	}
	os.Exit(code)
}
