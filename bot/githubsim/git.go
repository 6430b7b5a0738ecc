package githubsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zero stands for "no commit" where a ref is created or deleted.
const zero = "0000000000000000000000000000000000000000"

// emptyTree is the object that a first commit is compared with.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// A git runs the git program with an environment of its own: neither the user's configuration nor GIT_* variables of
// whoever started this process reach it. Names given by clients are never passed to it, only objects' hashes and the full
// names of refs that are there.
type git struct {
	path string
	env  []string
}

func newGit(dir string) (*git, error) {
	path, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("look for git (install the package git): %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the repositories' folder: %w", err)
	}
	// A file rather than GIT_CONFIG_COUNT, because git does not hand the latter on to its own children.
	config := filepath.Join(dir, "gitconfig")
	const text = "[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n[core]\n\tquotePath = false\n[gc]\n\tauto = 0\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("write git's configuration: %w", err)
	}
	return &git{path: path, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C.UTF-8", "GIT_TERMINAL_PROMPT=0",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + config,
	}}, nil
}

func (g *git) run(ctx context.Context, args ...string) (string, error) {
	return g.runWith(ctx, nil, args...)
}

func (g *git) runWith(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, g.path, args...)
	cmd.Env = slices.Concat(g.env, env)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

func (g *git) initBare(ctx context.Context, dir string) error {
	if !isDir(dir) {
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return err
		}
		if _, err := g.run(ctx, "init", "--quiet", "--bare", "--initial-branch=main", dir); err != nil {
			return err
		}
	}
	for key, value := range map[string]string{"http.receivepack": "true", "receive.autogc": "false", "gc.auto": "0"} {
		if _, err := g.run(ctx, "--git-dir="+dir, "config", key, value); err != nil {
			return err
		}
	}
	return nil
}

// refs lists branches and tags by their full name.
func (g *git) refs(ctx context.Context, dir string) (map[string]string, error) {
	out, err := g.run(ctx, "--git-dir="+dir, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags")
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(out) {
		object, ref, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		refs[ref] = object
	}
	return refs, nil
}

// commitOf returns the full hash of the commit that an abbreviated hash or a tag object stands for; "" if there is none.
func (g *git) commitOf(ctx context.Context, dir, hash string) (string, error) {
	out, err := g.run(ctx, "--git-dir="+dir, "rev-parse", "--quiet", "--verify", hash+"^{commit}")
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", nil
	}
	return strings.TrimSpace(out), err
}

// isAncestor reports whether moving from old to new loses no commit.
func (g *git) isAncestor(ctx context.Context, dir, old, new string) (bool, error) {
	_, err := g.run(ctx, "--git-dir="+dir, "merge-base", "--is-ancestor", old, new)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return false, nil
	}
	return err == nil, err
}

// A person wrote or committed something at a time.
type person struct {
	name, email string
	at          time.Time
}

type commit struct {
	hash, tree, message      string
	parents                  []string
	author, committer        person
	added, removed, modified []string
}

func (c commit) title() string {
	title, _, _ := strings.Cut(c.message, "\n")
	return title
}

const (
	recordMark  = "\x1e"
	fieldMark   = "\x1f"
	logFormat   = "%x1e%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B%x1f"
	logFieldNum = 11
)

// log lists commits, newest first, with the files that each changed. revisions are hashes and ranges of them.
func (g *git) log(ctx context.Context, dir string, skip, limit int, revisions ...string) ([]commit, error) {
	args := []string{
		"--git-dir=" + dir, "log", "--format=" + logFormat, "--name-status", "--no-renames", "--root", "--ignore-missing",
		"--skip=" + strconv.Itoa(skip), "--max-count=" + strconv.Itoa(limit),
	}
	out, err := g.run(ctx, append(append(args, revisions...), "--")...)
	if err != nil {
		return nil, err
	}
	var commits []commit
	for _, record := range strings.Split(out, recordMark)[1:] {
		c, err := parseCommit(record)
		if err != nil {
			return nil, err
		}
		commits = append(commits, c)
	}
	return commits, nil
}

func parseCommit(record string) (commit, error) {
	f := strings.SplitN(record, fieldMark, logFieldNum)
	if len(f) != logFieldNum {
		return commit{}, fmt.Errorf("read commit: %d fields", len(f))
	}
	authored, err := time.Parse(time.RFC3339, f[5])
	if err != nil {
		return commit{}, fmt.Errorf("read commit %s: %w", f[0], err)
	}
	committed, err := time.Parse(time.RFC3339, f[8])
	if err != nil {
		return commit{}, fmt.Errorf("read commit %s: %w", f[0], err)
	}
	c := commit{
		hash: f[0], tree: f[1], parents: strings.Fields(f[2]), message: strings.TrimRight(f[9], "\n"),
		author:    person{name: f[3], email: f[4], at: authored},
		committer: person{name: f[6], email: f[7], at: committed},
		added:     []string{}, removed: []string{}, modified: []string{},
	}
	for line := range strings.Lines(f[10]) {
		status, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch status {
		case "A":
			c.added = append(c.added, file)
		case "D":
			c.removed = append(c.removed, file)
		case "M", "T":
			c.modified = append(c.modified, file)
		}
	}
	return c, nil
}

// show reads one commit.
func (g *git) show(ctx context.Context, dir, hash string) (commit, error) {
	commits, err := g.log(ctx, dir, 0, 1, hash)
	if err != nil {
		return commit{}, err
	}
	if len(commits) == 0 {
		return commit{}, fmt.Errorf("read commit %s: not there", hash)
	}
	return commits[0], nil
}

// diff is the change that a commit made against its first parent, as people read it.
func (g *git) diff(ctx context.Context, dir string, c commit) (string, error) {
	parent := emptyTree
	if len(c.parents) > 0 {
		parent = c.parents[0]
	}
	return g.run(ctx, "--git-dir="+dir, "diff", "--no-color", "--no-ext-diff", "--stat", "--patch", parent, c.hash)
}
