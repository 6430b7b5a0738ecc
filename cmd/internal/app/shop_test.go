package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// containers is how to call the program of all containers of this binary's tests.
func containers(t testing.TB) []string {
	t.Helper()
	program, err := shopAlone()
	if err != nil {
		t.Fatal(err)
	}
	return []string{program}
}

// shopDir is where the shop's program lies; TestMain removes it.
var shopDir string

// shopAlone builds the shop once, without the race detector.
var shopAlone = sync.OnceValues(func() (string, error) {
	var err error
	if shopDir, err = os.MkdirTemp("", "shop"); err != nil {
		return "", err
	}
	program := filepath.Join(shopDir, "shop")
	if out, err := exec.Command("go", "build", "-o", program, "qabot/cmd/sandbox/shop/alone").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the shop: %w\n%s", err, out)
	}
	return program, nil
})
