package servers

import "syscall"

// attributes makes the child die with its parent.
func attributes(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	if a == nil {
		a = &syscall.SysProcAttr{}
	}
	a.Pdeathsig = syscall.SIGKILL
	a.Setpgid = true // an interrupt typed at the terminal is for the parent, which stops its servers in order
	return a
}
