package world

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"qabot/cmd/sandbox/valkey"
	"qabot/provisioner/awssim"
)

// containers does the work behind simulated builds and tasks: an image is a checkout of its commit, a container a process
// of the sandbox's own binary in that checkout.
type containers struct {
	program []string // how to call this binary
	bare    string   // the repository
	images  string   // folder of checkouts, one for each tag
	path    string   // folder with the program that every image has, for containers that run a shell
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

// start runs the container's command in the image's checkout: `shop app`, or a shell that finds shop in its path. The image of
// Valkey has no checkout: its programs are in the path of every shell.
func (c *containers) start(job awssim.TaskJob, log io.Writer) (awssim.Process, error) {
	dir, err := c.path, error(nil)
	if !strings.Contains(job.Image, "/valkey:") {
		dir, err = c.image(job.Image)
	}
	if err != nil {
		return nil, err
	}
	command, env := job.Command, job.Env
	switch {
	case len(command) == 2 && command[0] == "shop":
		command = c.shop(command[1])
	case len(command) == 3 && command[0] == "sh":
		env = c.shell(job)
	default:
		return nil, fmt.Errorf("exec: %q: not found in the image", strings.Join(command, " "))
	}
	p, err := start(command, dir, env, log)
	if err != nil {
		return nil, err
	}
	c.keep(p)
	return p, nil
}

// shell is what the environment of a shell in a container has: beside the container's, where its programs are, and the address
// on this machine that stands for the task's.
func (c *containers) shell(job awssim.TaskJob) map[string]string {
	env := maps.Clone(job.Env)
	env["PATH"], env[valkey.Address] = c.path+string(os.PathListSeparator)+os.Getenv("PATH"), job.Address
	return env
}

// check runs a health check's command.
func (c *containers) check(job awssim.TaskJob, command []string) bool {
	p, err := start(command, c.path, c.shell(job), io.Discard)
	if err != nil {
		return false
	}
	c.keep(p)
	defer p.lifeline.Close()
	<-p.done
	return p.code == 0
}

// shop is how this machine calls `shop <what>`.
func (c *containers) shop(what string) []string {
	return append(slices.Clone(c.program), "shop", what)
}

// install writes the programs that shells find: shop, and those of Valkey's image.
func (c *containers) install() error {
	if err := os.MkdirAll(c.path, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"shop", valkey.ServerName, valkey.ClientName} {
		words := append(slices.Clone(c.program), "shop")
		if name != "shop" {
			words = append(words, name)
		}
		script := "#!/bin/sh\nexec"
		for _, word := range words {
			script += " '" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		if err := os.WriteFile(filepath.Join(c.path, name), []byte(script+` "$@"`+"\n"), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// run runs one process to its end, or until ctx ends.
func (c *containers) run(ctx context.Context, what, dir string, env map[string]string, log io.Writer) (int, error) {
	p, err := start(c.shop(what), dir, env, log)
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
