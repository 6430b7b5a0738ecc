package githubsim

import (
	"cmp"
	"context"
	"strings"
	"time"
)

var zeroTime time.Time

// followPulls brings open pull requests to where a change left their branches. The change's repository is locked.
func (s *Server) followPulls(ctx context.Context, repo *repository, c change, login string) error {
	branch, ok := strings.CutPrefix(c.ref, "refs/heads/")
	if !ok {
		return nil
	}
	for _, base := range s.repositories() {
		for _, p := range s.Pulls(base.owner, base.name) {
			from, into := p.HeadRepositoryID == repo.id && p.Branch == branch, base.id == repo.id && p.Base == branch
			if p.Closed || !from && !into {
				continue
			}
			by, err := s.pusher(ctx, repo, c, login)
			if err != nil {
				return err
			}
			if from {
				err = s.followHead(ctx, base, repo, p, c, by)
			} else {
				err = s.followBase(ctx, base, p, c, by)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) pusher(ctx context.Context, repo *repository, c change, login string) (string, error) {
	if login != "" {
		return login, nil
	}
	known := c.after
	if known == zero {
		known = c.before
	}
	tip, err := s.git.show(ctx, repo.dir, known)
	return cmp.Or(s.people.login(tip.committer), "ghost"), err
}

// followHead moves a pull request with its branch, and closes it when the branch is gone.
func (s *Server) followHead(ctx context.Context, base, from *repository, p Pull, c change, by string) error {
	if c.after != zero {
		if err := s.git.fetch(ctx, base.dir, from.dir, c.after, pullRef(p.Number)); err != nil {
			return err
		}
	}
	landed := false
	if c.after == zero {
		// The base may have moved in the same look, and be told later.
		tip, err := s.tip(ctx, base, p.Base)
		if err != nil {
			return err
		}
		if landed, err = s.landed(ctx, base, p, tip); err != nil {
			return err
		} else if landed {
			p.MergeCommit = tip
		}
	}
	base.book.mu.Lock()
	defer base.book.mu.Unlock()
	live := base.book.pull(p.Number)
	switch {
	case live.Closed:
	case c.after == zero:
		live.Merged, live.MergeCommit = landed, p.MergeCommit
		s.closePull(base, live, by)
	case live.Head != c.after:
		before := live.Head
		live.Head, live.UpdatedAt = c.after, s.opt.Now().UTC()
		s.emitPull(base, live, "synchronize", by, object{"before": before, "after": c.after})
	}
	return nil
}

// followBase notes where the base is now, and that a pull request was merged by hand. Without its base it is closed.
func (s *Server) followBase(ctx context.Context, repo *repository, p Pull, c change, by string) error {
	landed, err := s.landed(ctx, repo, p, c.after)
	if err != nil {
		return err
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	live := repo.book.pull(p.Number)
	if live.Closed {
		return nil
	}
	switch {
	case landed: // the base stays where it was, so that the commits can still be told
		live.Merged, live.MergeCommit = true, c.after
	case c.after != zero:
		live.BaseHead = c.after
	}
	if landed || c.after == zero {
		s.closePull(repo, live, by)
	}
	return nil
}

// landed reports whether the base has all of a pull request's commits.
func (s *Server) landed(ctx context.Context, repo *repository, p Pull, tip string) (bool, error) {
	if tip == "" || tip == zero {
		return false, nil
	}
	return s.git.isAncestor(ctx, repo.dir, p.Head, tip)
}
