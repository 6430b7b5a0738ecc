package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// Ctrl-C in the middle of a deploy, and before anything is ready, ends it as quietly as at any other time.
func TestInterruptWhileDeploying(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.say("/qa up qa/hello")
	w.hears("Deploying (4/8)")
	w.end(os.Interrupt)
}

func TestStoppedBeforeItIsReady(t *testing.T) {
	t.Parallel()
	p := run(t, "--json", "--listen", "127.0.0.1:0")
	p.eventually(func() error {
		if entries, err := os.ReadDir(p.tmp()); err != nil || len(entries) == 0 {
			return fmt.Errorf("its folder is not there yet: %v", err)
		}
		return nil
	})
	p.end(syscall.SIGTERM)
}

// What cannot be is said in one line.
func TestNonsenseIsRefused(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--speed 0", "--speed 0: it must be above 0"},
		{"--mysql nonsense", "--mysql: it must be like"},
		{"--redis nonsense", "--redis: it must be like"},
		{"--redis redis://127.0.0.1:6379/3", "without a database number"},
		{"--listen localhost:x", "unknown port"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			p := run(t, strings.Fields(c.args)...)
			code, log := p.exit(), p.log()
			if code != 1 || !regexp.MustCompile(`^sandbox: .*`+c.says+`.*\n$`).MatchString(log) {
				t.Errorf("exit code %d:\n%s", code, log)
			}
		})
	}
}
