package shop

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// content has one folder per branch. All but main are laid over main.
//
//go:embed all:content
var content embed.FS

// A chapter is one commit of the repository's beginning.
type chapter struct {
	branch, from   string // from is empty for a commit on the branch itself
	folder         string // of content
	paths          []string
	author, email  string
	at             string // RFC 3339
	subject, story string
}

// history makes five branches. Everything in it is constant, and so are the commits' hashes.
func history() []chapter {
	const ana, anaMail, ben, benMail, chen, chenMail = "Ana Silva", "ana@example.com", "Ben Okafor", "ben@example.com", "Chen Wei", "chen@example.com"
	return []chapter{
		{branch: "main", folder: "main", paths: []string{"README.md", "Dockerfile", ".dockerignore"}, author: ana, email: anaMail,
			at: "2026-03-02T09:12:00+01:00", subject: "Say what the shop is and how it runs"},
		{branch: "main", folder: "main", paths: []string{"shop.yaml", "static", "templates", "migrations/001_create_products.sql", "seeds.sql"},
			author: ana, email: anaMail, at: "2026-03-04T16:40:00+01:00", subject: "Open the shop", story: "Six products, a front and an admin."},
		{branch: "main", folder: "main", paths: []string{"migrations/002_create_orders.sql"}, author: ben, email: benMail,
			at: "2026-03-09T11:05:00+01:00", subject: "Keep the orders", story: "The worker writes one row per order; a repeated job changes nothing."},
		{branch: "qa/hello", from: "main", folder: "qa-hello", author: ana, email: anaMail,
			at: "2026-03-10T10:00:00+01:00", subject: "Greet people", story: "A banner, a warmer colour, and a greeting on each product."},
		{branch: "qa/broken-migration", from: "main", folder: "qa-broken-migration", author: ben, email: benMail,
			at: "2026-03-10T14:20:00+01:00", subject: "Copy the stock from the inventory"},
		{branch: "feature/login", from: "main", folder: "feature-login", author: chen, email: chenMail,
			at: "2026-03-11T09:30:00+01:00", subject: "Let customers sign in"},
		{branch: "feature/checkout", from: "main", folder: "feature-checkout", author: ben, email: benMail,
			at: "2026-03-12T17:45:00+01:00", subject: "Show discounts", story: "Everything from 60 euros is a fifth off."},
	}
}

// SeedRepository gives a bare repository its first content: main, qa/hello, qa/broken-migration, whose migration fails,
// feature/login and feature/checkout, each time with the same hashes. A repository that has any ref is left as it is.
func SeedRepository(ctx context.Context, barePath string) error {
	refs, err := git(ctx, barePath, nil, "for-each-ref", "--count=1")
	if err != nil {
		return fmt.Errorf("look into repository: %w", err)
	}
	if len(bytes.TrimSpace(refs)) > 0 {
		return nil
	}
	stream, err := importStream(history())
	if err != nil {
		return err
	}
	if _, err := git(ctx, barePath, stream, "fast-import", "--quiet", "--done"); err != nil {
		return fmt.Errorf("fill repository: %w", err)
	}
	return nil
}

// importStream writes the history in the language of git fast-import.
func importStream(chapters []chapter) ([]byte, error) {
	var out bytes.Buffer
	data := func(text []byte) { fmt.Fprintf(&out, "data %d\n%s\n", len(text), text) }
	for _, c := range chapters {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		message := c.subject + "\n"
		if c.story != "" {
			message += "\n" + c.story + "\n"
		}
		who := fmt.Sprintf("%s <%s> %d %s", c.author, c.email, at.Unix(), at.Format("-0700"))
		fmt.Fprintf(&out, "commit refs/heads/%s\nauthor %s\ncommitter %s\n", c.branch, who, who)
		data([]byte(message))
		if c.from != "" {
			fmt.Fprintf(&out, "from refs/heads/%s\n", c.from)
		}
		files, err := chapterFiles(c)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := content.ReadFile("content/" + c.folder + "/" + file)
			if err != nil {
				return nil, fmt.Errorf("read the content: %w", err)
			}
			fmt.Fprintf(&out, "M 100644 inline %s\n", file)
			data(text)
		}
	}
	out.WriteString("done\n")
	return out.Bytes(), nil
}

// chapterFiles lists the files that a commit brings, all of its folder if it names none.
func chapterFiles(c chapter) ([]string, error) {
	folder, err := fs.Sub(content, "content/"+c.folder)
	if err != nil {
		return nil, fmt.Errorf("open the content of %s: %w", c.branch, err)
	}
	var files []string
	err = fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if c.paths == nil || slices.ContainsFunc(c.paths, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the content of %s: %w", c.branch, err)
	}
	return files, nil
}

// git runs git on a bare repository, away from the user's own configuration.
func git(ctx context.Context, barePath string, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "safe.directory=*", "--git-dir=" + barePath}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C.UTF-8"}
	cmd.Stdin = bytes.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
