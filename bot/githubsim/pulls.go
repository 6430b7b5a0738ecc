package githubsim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A NewPull is a pull request to open.
type NewPull struct {
	Branch string // where it comes from
	Base   string // "main" when empty
	Title  string // the newest commit's when empty
	Body   string
	Author string // the Server's Login when empty
	Draft  bool
	Labels []string
	Fork   bool // the branch is in the author's fork, which is made, or given the branch, if need be
}

// OpenPull opens a pull request, as a person does. What GitHub would refuse is an error.
func (s *Server) OpenPull(ctx context.Context, owner, name string, n NewPull) (Pull, error) {
	p, err := s.openNewPull(ctx, owner, name, n)
	if err != nil {
		return Pull{}, fmt.Errorf("open a pull request of %s in %s/%s: %w", n.Branch, owner, name, err)
	}
	return p, nil
}

func (s *Server) openNewPull(ctx context.Context, owner, name string, n NewPull) (Pull, error) {
	repo := s.repository(owner, name)
	if repo == nil {
		return Pull{}, errNoRepository
	}
	n.Author = cmp.Or(n.Author, s.opt.Login)
	from := repo
	if n.Fork {
		if _, err := s.Fork(owner, name, n.Author); err != nil {
			return Pull{}, err
		}
		if from = s.repository(n.Author, name); from == nil {
			return Pull{}, errNoRepository
		}
		if err := s.lend(ctx, repo, from, n.Branch); err != nil {
			return Pull{}, err
		}
	}
	return s.openPull(ctx, repo, from, n)
}

// lend gives a fork a branch that only the original has.
func (s *Server) lend(ctx context.Context, repo, fork *repository, branch string) error {
	theirs, err := s.git.refs(ctx, fork.dir)
	if err != nil {
		return err
	}
	ours, err := s.git.refs(ctx, repo.dir)
	if err != nil {
		return err
	}
	ref := "refs/heads/" + branch
	if hash := ours[ref]; theirs[ref] == "" && hash != "" {
		return s.git.fetch(ctx, fork.dir, repo.dir, hash, ref)
	}
	return nil
}

func badPull(field, code, message string) error { return invalid("PullRequest", field, code, message) }

// openPull opens one from a branch of from, which is repo or a fork of it.
func (s *Server) openPull(ctx context.Context, repo, from *repository, n NewPull) (Pull, error) {
	if err := s.sync(ctx, from, ""); err != nil { // what was pushed before is told before
		return Pull{}, err
	}
	from.mu.Lock() // so that no push to the branch is told meanwhile
	defer from.mu.Unlock()
	p := Pull{
		ID: s.serial.Add(1), Title: n.Title, Body: n.Body, Author: n.Author, Draft: n.Draft, Branch: n.Branch,
		HeadOwner: from.owner, HeadRepositoryID: from.id, Base: cmp.Or(n.Base, "main"),
		CreatedAt: s.opt.Now().UTC(), UpdatedAt: s.opt.Now().UTC(),
	}
	var err error
	if p.BaseHead, err = s.tip(ctx, repo, p.Base); err != nil {
		return Pull{}, err
	} else if p.BaseHead == "" {
		return Pull{}, badPull("base", "invalid", "")
	}
	if p.Head, err = s.tip(ctx, from, p.Branch); err != nil {
		return Pull{}, err
	} else if p.Head == "" {
		return Pull{}, badPull("head", "invalid", "")
	}
	if from != repo {
		if err := s.git.fetch(ctx, repo.dir, from.dir, p.Head, ""); err != nil {
			return Pull{}, err
		}
	}
	merged, err := s.git.isAncestor(ctx, repo.dir, p.Head, p.BaseHead)
	if err != nil {
		return Pull{}, err
	} else if merged {
		return Pull{}, badPull("", "custom", fmt.Sprintf("No commits between %s and %s", p.Base, p.Branch))
	}
	if p.Title == "" {
		c, err := s.git.show(ctx, repo.dir, p.Head)
		if err != nil {
			return Pull{}, err
		}
		p.Title = c.title()
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	if repo.book.sameOpen(p) {
		return Pull{}, badPull("", "custom", fmt.Sprintf("A pull request already exists for %s:%s.", p.HeadOwner, p.Branch))
	}
	p.Number = len(repo.book.pulls) + 1
	if err := s.git.moveRef(ctx, repo.dir, pullRef(p.Number), p.Head, ""); err != nil {
		return Pull{}, err
	}
	repo.book.pulls = append(repo.book.pulls, &p)
	s.emitPull(repo, &p, "opened", p.Author, nil)
	s.label(repo, &p, n.Labels, nil, p.Author)
	return p.copy(), nil
}

// pullRef is where a repository keeps the commits of a pull request, also of one from a fork.
func pullRef(number int) string { return fmt.Sprintf("refs/pull/%d/head", number) }

// sameOpen reports whether an open pull request joins the same branches. Call it under mu.
func (b *book) sameOpen(p Pull) bool {
	return slices.ContainsFunc(b.pulls, func(other *Pull) bool {
		return !other.Closed && other.HeadRepositoryID == p.HeadRepositoryID && other.Branch == p.Branch && other.Base == p.Base
	})
}

// tip is the newest commit of a branch, "" if there is no such branch.
func (s *Server) tip(ctx context.Context, repo *repository, branch string) (string, error) {
	refs, err := s.git.refs(ctx, repo.dir)
	return refs["refs/heads/"+branch], err
}

// A PullEdit changes what it names of a pull request.
type PullEdit struct {
	Title, Body, Base *string
	Draft             *bool
	State             string // "open" or "closed"
	Label, Unlabel    []string
	By                string // the Server's Login when empty
}

// EditPull changes a pull request, as a person does: closes and opens it again, labels it, makes it a draft.
func (s *Server) EditPull(ctx context.Context, owner, name string, number int, e PullEdit) (Pull, error) {
	fail := func(err error) (Pull, error) {
		return Pull{}, fmt.Errorf("edit pull request %d of %s/%s: %w", number, owner, name, err)
	}
	repo := s.repository(owner, name)
	if repo == nil {
		return fail(errNoRepository)
	}
	p, err := s.editPull(ctx, repo, number, e)
	if err != nil {
		return fail(err)
	}
	return p, nil
}

func (s *Server) editPull(ctx context.Context, repo *repository, number int, e PullEdit) (Pull, error) {
	e.By = cmp.Or(e.By, s.opt.Login)
	p, err := repo.book.pullCopy(fmt.Sprint(number))
	if err != nil {
		return Pull{}, err
	}
	if from := s.byID(p.HeadRepositoryID); from != nil {
		if err := s.sync(ctx, from, ""); err != nil {
			return Pull{}, err
		}
		from.mu.Lock()
		defer from.mu.Unlock()
	}
	head, baseHead, err := s.ends(ctx, repo, p, e)
	if err != nil {
		return Pull{}, err
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	live := repo.book.pull(number)
	live.UpdatedAt = s.opt.Now().UTC()
	s.rewrite(repo, live, e, baseHead)
	if e.Draft != nil && *e.Draft != live.Draft {
		live.Draft = *e.Draft
		action := "ready_for_review"
		if live.Draft {
			action = "converted_to_draft"
		}
		s.emitPull(repo, live, action, e.By, nil)
	}
	s.label(repo, live, e.Label, e.Unlabel, e.By)
	switch {
	case e.State == "closed" && !live.Closed:
		s.closePull(repo, live, e.By)
	case e.State == "open" && live.Closed:
		if repo.book.sameOpen(*live) {
			return Pull{}, badPull("", "custom", "state cannot be changed. There is already an open pull request from "+live.Branch+".")
		}
		live.Closed, live.ClosedAt, live.Head = false, zeroTime, head
		s.emitPull(repo, live, "reopened", e.By, nil)
	}
	return live.copy(), nil
}

// ends checks that what an edit asks for can be had, and returns where both branches are.
func (s *Server) ends(ctx context.Context, repo *repository, p Pull, e PullEdit) (head, baseHead string, err error) {
	head, baseHead = p.Head, p.BaseHead
	if e.State != "" && e.State != "open" && e.State != "closed" {
		return "", "", badPull("state", "invalid", "")
	}
	if e.Base != nil {
		if baseHead, err = s.tip(ctx, repo, *e.Base); err != nil {
			return "", "", err
		} else if baseHead == "" {
			return "", "", badPull("base", "invalid", "")
		}
	}
	if e.State == "open" && p.Closed {
		if p.Merged {
			return "", "", badPull("state", "invalid", "state cannot be changed. The pull request is merged.")
		}
		if from := s.byID(p.HeadRepositoryID); from == nil {
			return "", "", badPull("state", "invalid", "state cannot be changed. The repository that submitted this pull request has been deleted.")
		} else if head, err = s.tip(ctx, from, p.Branch); err != nil {
			return "", "", err
		} else if head == "" {
			return "", "", badPull("state", "invalid", fmt.Sprintf("state cannot be changed. The %s branch has been deleted.", p.Branch))
		} else if err := s.git.fetch(ctx, repo.dir, from.dir, head, pullRef(p.Number)); err != nil {
			return "", "", err
		}
	}
	return head, baseHead, nil
}

// rewrite changes texts and base of a pull request.
func (s *Server) rewrite(repo *repository, p *Pull, e PullEdit, baseHead string) {
	changes := object{}
	if e.Title != nil && *e.Title != p.Title {
		changes["title"] = object{"from": p.Title}
		p.Title = *e.Title
	}
	if e.Body != nil && *e.Body != p.Body {
		changes["body"] = object{"from": p.Body}
		p.Body = *e.Body
	}
	if e.Base != nil && *e.Base != p.Base {
		changes["base"] = object{"ref": object{"from": p.Base}, "sha": object{"from": p.BaseHead}}
		p.Base, p.BaseHead = *e.Base, baseHead
	}
	if len(changes) > 0 {
		s.emitPull(repo, p, "edited", e.By, object{"changes": changes})
	}
}

// label adds and removes labels, one event each. Call it under the book's mu.
func (s *Server) label(repo *repository, p *Pull, added, removed []string, by string) {
	l := links{s.opt.URL, s}
	for _, name := range added {
		if !hasLabel(p, name) {
			p.Labels = append(p.Labels, name)
			s.emitPull(repo, p, "labeled", by, object{"label": l.label(repo, name)})
		}
	}
	for _, name := range removed {
		if hasLabel(p, name) {
			p.Labels = slices.DeleteFunc(p.Labels, func(has string) bool { return strings.EqualFold(has, name) })
			s.emitPull(repo, p, "unlabeled", by, object{"label": l.label(repo, name)})
		}
	}
}

func hasLabel(p *Pull, name string) bool {
	return slices.ContainsFunc(p.Labels, func(has string) bool { return strings.EqualFold(has, name) })
}

// closePull closes an open one; set Merged before for one that was merged. Call it under the book's mu.
func (s *Server) closePull(repo *repository, p *Pull, by string) {
	now := s.opt.Now().UTC()
	p.Closed, p.ClosedAt, p.UpdatedAt = true, now, now
	if p.Merged {
		p.MergedAt, p.MergedBy = now, by
	}
	s.emitPull(repo, p, "closed", by, nil)
}

func (s *Server) emitPull(repo *repository, p *Pull, action, by string, more object) {
	l := links{s.opt.URL, s}
	body := object{
		"action": action, "number": p.Number, "pull_request": l.pull(repo, p.copy()), "repository": l.repository(repo),
		"sender": l.user(by),
	}
	for key, value := range more {
		body[key] = value
	}
	s.emit(repo, "pull_request", body)
}

func notMergeable(reason string) error { return refuse(http.StatusMethodNotAllowed, reason) }
