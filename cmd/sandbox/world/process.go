package world

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is one OS process of the sandbox's own binary that stands for a container. Its standard input is a pipe that only
// the sandbox holds open: when the sandbox ends, however it ends, the process reads the end of it and ends too.
type process struct {
	cmd      *exec.Cmd
	lifeline io.Closer
	addr     string
	done     chan struct{}
	once     sync.Once
	code     int
}

// start runs a command in dir with exactly env, and two variables of the host: where to listen, since all containers share
// this machine's ports, and that standard input is a lifeline.
func start(command []string, dir string, env map[string]string, log io.Writer) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{done: make(chan struct{}), addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = log, log
	for name, value := range env {
		if name != "PORT" {
			p.cmd.Env = append(p.cmd.Env, name+"="+value)
		}
	}
	p.cmd.Env = append(p.cmd.Env, "PORT="+strconv.Itoa(port), "LIFELINE=stdin")
	if p.lifeline, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// A shell may give its standard input to somebody else: whoever takes its place has the lifeline here, too.
	held, holds, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer held.Close()
	p.cmd.ExtraFiles, p.lifeline = []*os.File{held}, lifelines{p.lifeline, holds}
	// Grandchildren must not keep Wait from returning through an inherited pipe.
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", command[0], err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait()
		p.code = p.cmd.ProcessState.ExitCode()
		if s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			p.code = 128 + int(s.Signal())
		}
	}()
	return p, nil
}

// lifelines are several ends of one life.
type lifelines []io.Closer

// Close lets go of all.
func (l lifelines) Close() error {
	var errs []error
	for _, one := range l {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// Addr is where the process listens, whatever its port is called in the container.
func (p *process) Addr(int) string       { return p.addr }
func (p *process) Done() <-chan struct{} { return p.done }
func (p *process) ExitCode() int         { return p.code }

// Stop asks the process to end, and kills it when it has not after grace.
func (p *process) Stop(grace time.Duration) {
	p.once.Do(func() { p.cmd.Process.Signal(syscall.SIGTERM) })
	select {
	case <-p.done:
	case <-time.After(grace):
		p.cmd.Process.Kill()
		<-p.done
	}
	p.lifeline.Close()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
