package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// However the sandbox ends, nothing that it started outlives it.
func TestKilledSandboxLeavesNoProcess(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.up()
	family := descendants(t, w.cmd.Process.Pid)
	for _, want := range []string{"mariadbd mysqld", "redis-server valkey-server", "shop app", "shop admin", "shop worker"} {
		if !slices.ContainsFunc(family, func(p process) bool { return p.isAny(want) }) {
			t.Fatalf("none of its processes is %s: %v", want, family)
		}
	}
	t.Cleanup(func() {
		for _, p := range family {
			if p.alive() {
				syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}
	})
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	w.exit()
	alive := &program{t: t, exited: make(chan struct{})} // waits without the sandbox
	alive.eventually(func() error {
		left := slices.DeleteFunc(slices.Clone(family), func(p process) bool { return !p.alive() })
		if len(left) > 0 {
			return fmt.Errorf("these go on: %v", left)
		}
		return nil
	})
}

// process is what the kernel tells of one.
type process struct {
	pid, parent int
	born        string // tells it from another one that gets its number later
	state       string
	command     string
}

func (p process) String() string { return fmt.Sprintf("%d %s", p.pid, p.command) }

// isAny reports whether the command line ends in one of the names, or "shop app" in that very role.
func (p process) isAny(names string) bool {
	if role, ok := strings.CutPrefix(names, "shop "); ok {
		return strings.HasSuffix(p.command, " shop "+role)
	}
	program, _, _ := strings.Cut(p.command, " ")
	return slices.Contains(strings.Fields(names), filepath.Base(program))
}

func (p process) alive() bool {
	now, ok := look(p.pid)
	return ok && now.born == p.born && now.state != "Z" && now.state != "X"
}

func look(pid int) (p process, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, false
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return p, false
	}
	// The name, in parentheses, may hold anything; what follows is numbered from the third field on.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	parent, err := strconv.Atoi(fields[1])
	return process{
		pid: pid, parent: parent, state: fields[0], born: fields[19],
		command: strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " ")),
	}, err == nil
}

// descendants are the children of a process, theirs, and so on.
func descendants(t *testing.T, of int) (found []process) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]process{}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := look(pid); ok {
				children[p.parent] = append(children[p.parent], p)
			}
		}
	}
	for next := []int{of}; len(next) > 0; next = next[1:] {
		for _, child := range children[next[0]] {
			found = append(found, child)
			next = append(next, child.pid)
		}
	}
	return found
}
