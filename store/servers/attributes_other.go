//go:build !linux

package servers

import "syscall"

func attributes(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }
