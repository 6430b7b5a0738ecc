package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes this binary play the sandbox itself.
const asProgram = "SANDBOX_TEST_AS_PROGRAM"

// TestMain lets this binary play three parts: the tests, the sandbox that they look at from outside, and the containers that
// the sandbox starts.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "shop":
		main()
	case os.Getenv(asProgram) != "":
		os.Unsetenv(asProgram)
		go func() { // tests that are cut short leave nothing running
			io.Copy(io.Discard, os.Stdin)
			syscall.Kill(os.Getpid(), syscall.SIGTERM)
		}()
		main()
	default:
		os.Exit(m.Run())
	}
}

// patience bounds every wait; nothing depends on it but how soon a failure is noticed.
const patience = 60 * time.Second

// program is a running `sandbox ...`.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	dir    string        // its TMPDIR
	stdout *bufio.Reader // what it has not said yet
	exited chan struct{}
}

// run starts `sandbox args...`; the test's end asks it to end too.
func run(t *testing.T, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.Command(self, args...), dir: t.TempDir(), exited: make(chan struct{})}
	// As root the server of MySQL is another user, who must get through.
	if err := os.Chmod(filepath.Dir(p.dir), 0o755); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(p.logFile())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Stderr = log
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+p.tmp())
	if err := os.Mkdir(p.tmp(), 0o755); err != nil {
		t.Fatal(err)
	}
	lifeline, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, said, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.stdout = said, bufio.NewReader(stdout)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said.Close()
	go func() { defer close(p.exited); p.cmd.Wait() }()
	t.Cleanup(func() {
		lifeline.Close()
		<-p.exited
		stdout.Close()
		if t.Failed() {
			t.Logf("the sandbox's log:\n%s", p.log())
		}
	})
	return p
}

func (p *program) tmp() string     { return filepath.Join(p.dir, "tmp") }
func (p *program) logFile() string { return filepath.Join(p.dir, "log") }

func (p *program) log() string {
	text, err := os.ReadFile(p.logFile())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// line is the next line of standard output.
func (p *program) line() string {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		p.t.Fatalf("the sandbox said %q and then nothing: %v\n%s", line, err, p.log())
	}
	return strings.TrimSpace(line)
}

// end sends a signal and wants a quiet and clean exit: code 0, no word of trouble, no folder left, within seconds.
func (p *program) end(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	if code := p.exit(); code != 0 {
		p.t.Errorf("after %s it exits with %d", s, code)
	}
	if rest, err := io.ReadAll(p.stdout); err != nil || len(rest) > 0 {
		p.t.Errorf("more on standard output: %q, %v", rest, err)
	}
	if trouble := regexp.MustCompile(`(?i).*(error|warn|panic|race|fatal|goroutine).*`).FindString(p.log()); trouble != "" {
		p.t.Errorf("the log tells of trouble: %s", trouble)
	}
	if left, err := os.ReadDir(p.tmp()); err != nil || len(left) > 0 {
		p.t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

// exit waits for the end and gives the exit code.
func (p *program) exit() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("the sandbox goes on for %s", patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// eventually looks until look is content, and fails with the last thing that it was not content with.
func (p *program) eventually(look func() error) {
	p.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := look()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-p.exited:
			p.t.Fatalf("the sandbox has ended: %v", err)
		case <-deadline:
			p.t.Fatalf("after %s: %v", patience, err)
		}
	}
}

// ready are the addresses that --json tells.
type ready struct {
	Page, Control, AWS, GitHub, Git, MySQL, Redis string
	SlackAPI                                      string `json:"slack_api"`
	GitHubAPI                                     string `json:"github_api"`
}

func (p *program) ready() (r ready) {
	p.t.Helper()
	line := p.line()
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	for _, v := range []string{r.Page, r.Control, r.AWS, r.GitHub, r.Git, r.MySQL, r.Redis, r.SlackAPI, r.GitHubAPI} {
		if v == "" {
			p.t.Fatalf("an address is missing: %s", line)
		}
	}
	return r
}

func (p *program) must(errs ...error) {
	p.t.Helper()
	if err := errors.Join(errs...); err != nil {
		p.t.Fatal(err)
	}
}
