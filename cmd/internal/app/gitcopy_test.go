package app_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// workingCopy is a clone of the shop, used with real git. Its commits have fixed dates, and so fixed names.
type workingCopy struct {
	dir, remote string
	commits     int
}

func (w *workingCopy) git(env []string, args ...string) error {
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// on brings the copy to a branch as it is on the remote.
func (w *workingCopy) on(branch string) error {
	if _, err := os.Stat(w.dir); err != nil {
		if out, err := exec.Command("git", "clone", "--quiet", w.remote, w.dir).CombinedOutput(); err != nil {
			return fmt.Errorf("git clone: %w: %s", err, out)
		}
	}
	if err := w.git(nil, "fetch", "--quiet", "--prune"); err != nil {
		return err
	}
	return w.git(nil, "switch", "--quiet", branch)
}

func (w *workingCopy) edit(branch, file, old, text string) error {
	if err := w.on(branch); err != nil {
		return err
	}
	path := filepath.Join(w.dir, file)
	was, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(was, []byte(old)) {
		return fmt.Errorf("%s does not contain %q", file, old)
	}
	return os.WriteFile(path, bytes.ReplaceAll(was, []byte(old), []byte(text)), 0o644)
}

func (w *workingCopy) write(branch, file string, text []byte) error {
	if err := w.on(branch); err != nil {
		return err
	}
	path := filepath.Join(w.dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

func (w *workingCopy) commit(person, branch, subject string) error {
	if err := w.git(nil, "add", "--all"); err != nil {
		return err
	}
	w.commits++
	at := fmt.Sprintf("2026-04-01T10:%02d:00+00:00", w.commits)
	if err := w.git([]string{"GIT_AUTHOR_DATE=" + at, "GIT_COMMITTER_DATE=" + at},
		"-c", "user.name="+person, "-c", "user.email="+person+"@example.com", "commit", "--quiet", "-m", subject); err != nil {
		return err
	}
	return w.git(nil, "push", "--quiet", "origin", "HEAD:"+branch)
}

func (w *workingCopy) delete(branch string) error {
	if err := w.on("main"); err != nil {
		return err
	}
	return w.git(nil, "push", "--quiet", "origin", "--delete", branch)
}

// branch makes a branch on GitHub, at the head of another one.
func (w *workingCopy) branch(name, from string) error {
	if err := w.on(from); err != nil {
		return err
	}
	return w.git(nil, "push", "--quiet", "origin", "HEAD:refs/heads/"+name)
}
