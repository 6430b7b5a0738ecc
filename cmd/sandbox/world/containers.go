package world

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"qabot/provisioner/awssim"
)

// containers does the work behind simulated builds and tasks: an image is a checkout of its commit, a container a process
// of the sandbox's own binary in that checkout.
type containers struct {
	program []string // how to call this binary
	bare    string   // the repository
	images  string   // folder of checkouts, one for each tag
	push    func(repository, tag string) error
	work    time.Duration // real time that building an image takes at least

	mu      sync.Mutex
	running map[*process]bool
}

const (
	imageProject     = "shop-image"
	migrationProject = "shop-migration"
	repository       = "shop" // in ECR
)

func (c *containers) build(ctx context.Context, job awssim.BuildJob, log io.Writer) (int, error) {
	switch job.Project {
	case imageProject:
		return c.buildImage(ctx, job, log)
	case migrationProject:
		return c.migrate(ctx, job, log)
	}
	fmt.Fprintf(log, "no such project here: %s\n", job.Project)
	return 1, nil
}

// buildImage checks the commit's Dockerfile and pushes the image once the work has taken its time.
func (c *containers) buildImage(ctx context.Context, job awssim.BuildJob, log io.Writer) (int, error) {
	worked := time.NewTimer(c.work)
	defer worked.Stop()
	tag := job.Env["IMAGE_TAG"]
	fmt.Fprintf(log, "checking out %s\n", job.SourceVersion)
	dir := c.dir(tag)
	if err := c.checkout(ctx, job.SourceVersion, dir); err != nil {
		fmt.Fprintln(log, err)
		return 1, nil
	}
	code, err := c.run(ctx, "build", dir, job.Env, log)
	if err != nil || code != 0 {
		return code, err
	}
	select {
	case <-worked.C:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	fmt.Fprintf(log, "pushing %s:%s\n", job.Env["IMAGE_REPOSITORY"], tag)
	return 0, c.push(repository, tag)
}

// migrate runs the commands in the image as the shipped buildspec does.
func (c *containers) migrate(ctx context.Context, job awssim.BuildJob, log io.Writer) (int, error) {
	dir, err := c.image(job.Env["IMAGE"])
	if err != nil {
		fmt.Fprintln(log, err)
		return 1, nil
	}
	commands := []string{job.Env["MIGRATE_COMMAND"]}
	if job.Env["SEED"] == "true" && job.Env["SEED_COMMAND"] != "" {
		commands = append(commands, job.Env["SEED_COMMAND"])
	}
	for _, command := range commands {
		fmt.Fprintf(log, "$ %s\n", command)
		code, err := c.run(ctx, strings.TrimPrefix(command, "shop "), dir, job.Env, log)
		if err != nil || code != 0 {
			return code, err
		}
	}
	return 0, nil
}

// start runs the container's command: `shop app` in the image's checkout.
func (c *containers) start(job awssim.TaskJob, log io.Writer) (awssim.Process, error) {
	dir, err := c.image(job.Image)
	if err != nil {
		return nil, err
	}
	if len(job.Command) != 2 || job.Command[0] != "shop" {
		return nil, fmt.Errorf("exec: %q: not found in the image", strings.Join(job.Command, " "))
	}
	p, err := start(c.program, job.Command[1], dir, job.Env, log)
	if err != nil {
		return nil, err
	}
	c.keep(p)
	return p, nil
}

// run runs one process to its end, or until ctx ends.
func (c *containers) run(ctx context.Context, what, dir string, env map[string]string, log io.Writer) (int, error) {
	p, err := start(c.program, what, dir, env, log)
	if err != nil {
		return 0, err
	}
	c.keep(p)
	defer p.lifeline.Close()
	select {
	case <-p.done:
		return p.code, nil
	case <-ctx.Done():
		p.Stop(time.Second)
		return 0, context.Cause(ctx)
	}
}

func (c *containers) keep(p *process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == nil {
		c.running = map[*process]bool{}
	}
	c.running[p] = true
	go func() {
		<-p.done
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, p)
	}()
}

// close ends every process and waits for it.
func (c *containers) close() {
	c.mu.Lock()
	var all []*process
	for p := range c.running {
		all = append(all, p)
	}
	c.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() { p.Stop(2 * time.Second) })
	}
	wg.Wait()
}

func (c *containers) dir(tag string) string { return filepath.Join(c.images, filepath.Base(tag)) }

// image is the checkout that an image's name stands for.
func (c *containers) image(name string) (string, error) {
	_, tag, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ":")
	dir := c.dir(tag)
	if _, err := os.Stat(dir); tag == "" || err != nil {
		return "", fmt.Errorf("image %s is not here", name)
	}
	return dir, nil
}

// checkout writes the files of one commit into dir, which appears only when it is complete.
func (c *containers) checkout(ctx context.Context, commit, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	part, err := os.MkdirTemp(c.images, "part-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part)
	tree := filepath.Join(part, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return err
	}
	git := exec.CommandContext(ctx, "git", "--git-dir="+c.bare, "--work-tree="+tree, "-c", "safe.directory=*", "checkout", "--quiet", "--force", commit, "--", ".")
	git.Env = append(os.Environ(), "GIT_INDEX_FILE="+filepath.Join(part, "index"))
	if out, err := git.CombinedOutput(); err != nil {
		return fmt.Errorf("check out %s: %w: %s", commit, err, out)
	}
	if err := os.Rename(tree, dir); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}
