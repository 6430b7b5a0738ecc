package githubsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"time"
)

// cloneBare copies a repository with its branches and tags.
func (g *git) cloneBare(ctx context.Context, from, to string) error {
	_, err := g.run(ctx, "clone", "--quiet", "--bare", from, to)
	return err
}

// fetch brings a commit into a repository, and points ref at it unless ref is "".
func (g *git) fetch(ctx context.Context, into, from, hash, ref string) error {
	if into != from {
		if _, err := g.run(ctx, "--git-dir="+into, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", from, hash); err != nil {
			return err
		}
	}
	if ref == "" {
		return nil
	}
	return g.moveRef(ctx, into, ref, hash, "")
}

// moveRef points a ref at an object. With old it does so only if the ref is there still.
func (g *git) moveRef(ctx context.Context, dir, ref, hash, old string) error {
	args := []string{"--git-dir=" + dir, "update-ref", ref, hash}
	if old != "" {
		args = append(args, old)
	}
	_, err := g.run(ctx, args...)
	return err
}

// merge joins two commits and returns the tree, or "" when people must decide.
func (g *git) merge(ctx context.Context, dir, base, head string) (tree string, err error) {
	out, err := g.run(ctx, "--git-dir="+dir, "merge-tree", "--write-tree", "--allow-unrelated-histories", base, head)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return "", nil
	}
	return strings.TrimSpace(out), err
}

func (g *git) commitTree(ctx context.Context, dir, tree, message string, who person, parents ...string) (string, error) {
	args := []string{"--git-dir=" + dir, "commit-tree", tree, "-m", message}
	for _, parent := range parents {
		args = append(args, "-p", parent)
	}
	var env []string
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		env = append(env, "GIT_"+role+"_NAME="+who.name, "GIT_"+role+"_EMAIL="+who.email, "GIT_"+role+"_DATE="+who.at.Format(time.RFC3339))
	}
	out, err := g.runWith(ctx, env, args...)
	return strings.TrimSpace(out), err
}

// merging says how a pull request is merged.
type merging struct {
	method         string // "merge" or "squash"
	title, message string
	head           string // merge only this commit; "" is any
	by             string
}

// MergePull merges a pull request, or squashes it into one commit, as a person does with the button.
func (s *Server) MergePull(ctx context.Context, owner, name string, number int, squash bool, by string) (Pull, error) {
	fail := func(err error) (Pull, error) {
		return Pull{}, fmt.Errorf("merge pull request %d of %s/%s: %w", number, owner, name, err)
	}
	repo := s.repository(owner, name)
	if repo == nil {
		return fail(errNoRepository)
	}
	method := "merge"
	if squash {
		method = "squash"
	}
	p, err := s.merge(ctx, repo, fmt.Sprint(number), merging{method: method, by: cmp.Or(by, s.opt.Login)})
	if err != nil {
		return fail(err)
	}
	return p, nil
}

func (s *Server) merge(ctx context.Context, repo *repository, number string, m merging) (Pull, error) {
	if err := s.sync(ctx, repo, ""); err != nil { // what came by another way comes first
		return Pull{}, err
	}
	p, err := s.mergeLocked(ctx, repo, number, m)
	if err != nil {
		return Pull{}, err
	}
	return p, s.sync(ctx, repo, m.by)
}

func (s *Server) mergeLocked(ctx context.Context, repo *repository, number string, m merging) (Pull, error) {
	repo.mu.Lock() // so that the move of the base is not told before the merge is noted
	defer repo.mu.Unlock()
	p, err := repo.book.pullCopy(number)
	switch {
	case err != nil:
		return Pull{}, err
	case p.Closed:
		return Pull{}, notMergeable("Pull Request is not mergeable")
	case p.Draft:
		return Pull{}, notMergeable("Pull Request is still a draft")
	case m.head != "" && m.head != p.Head:
		return Pull{}, refuse(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	tree, err := s.git.merge(ctx, repo.dir, p.BaseHead, p.Head)
	if err != nil {
		return Pull{}, err
	}
	if tree == "" {
		return Pull{}, notMergeable("Pull Request is not mergeable")
	}
	title := fmt.Sprintf("Merge pull request #%d from %s/%s", p.Number, p.HeadOwner, p.Branch)
	parents := []string{p.BaseHead, p.Head}
	if m.method == "squash" {
		title, parents = fmt.Sprintf("%s (#%d)", p.Title, p.Number), parents[:1]
	}
	message := cmp.Or(m.title, title) + "\n\n" + cmp.Or(m.message, p.Title)
	hash, err := s.git.commitTree(ctx, repo.dir, tree, message, s.person(m.by), parents...)
	if err != nil {
		return Pull{}, err
	}
	if err := s.git.moveRef(ctx, repo.dir, "refs/heads/"+p.Base, hash, p.BaseHead); err != nil {
		return Pull{}, notMergeable("Base branch was modified. Review and try the merge again.")
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	live := repo.book.pull(p.Number)
	live.Merged, live.MergeCommit = true, hash
	s.closePull(repo, live, m.by)
	return live.copy(), nil
}

// person is who commits under a login.
func (s *Server) person(login string) person {
	u, _ := s.people.find(login)
	return person{name: cmp.Or(u.Name, login), email: cmp.Or(u.Email, login+noReply), at: s.opt.Now()}
}
