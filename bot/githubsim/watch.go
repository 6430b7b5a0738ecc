package githubsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxPushed is how many commits a push webhook lists at most, as on GitHub.
const maxPushed = 2048

// poll notices pushes that came straight into a bare repository.
func (s *Server) poll(ctx context.Context) {
	tick := time.NewTicker(s.opt.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, repo := range s.repositories() {
				if err := s.glance(ctx, repo); err != nil && ctx.Err() == nil {
					s.opt.Log.Warn("look for pushes", "error", err)
				}
			}
		}
	}
}

// glance is sync where the files of the refs are others than at the last glance: most find nothing new, and git is a process.
func (s *Server) glance(ctx context.Context, repo *repository) error {
	files, err := refFiles(repo.dir)
	if err != nil {
		return fmt.Errorf("look at refs of %s: %w", repo.fullName(), err)
	}
	repo.mu.Lock()
	same := maps.Equal(files, repo.files)
	repo.mu.Unlock()
	if same {
		return nil
	}
	if err := s.sync(ctx, repo, ""); err != nil {
		return err
	}
	repo.mu.Lock()
	defer repo.mu.Unlock()
	repo.files = files
	return nil
}

// refFiles gives what is in the files in which git keeps branches and tags, by path.
func refFiles(dir string) (map[string]string, error) {
	files := map[string]string{}
	for _, start := range []string{"packed-refs", "refs/heads", "refs/tags"} {
		err := filepath.WalkDir(filepath.Join(dir, start), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				var text []byte
				text, err = os.ReadFile(path)
				files[path] = string(text)
			}
			if errors.Is(err, fs.ErrNotExist) { // it went meanwhile, or was never there
				return nil
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Sync notices what was pushed since the last look and queues its webhooks, without waiting for the next poll.
func (s *Server) Sync(ctx context.Context) error {
	for _, repo := range s.repositories() {
		if err := s.sync(ctx, repo, ""); err != nil {
			return err
		}
	}
	return nil
}

// Settle is Sync, and returns when every queued webhook was sent, lost, or is held back.
func (s *Server) Settle(ctx context.Context) error {
	if err := s.Sync(ctx); err != nil {
		return err
	}
	return s.hooks.settle(ctx)
}

// A change is one ref moved from one object to another; zero means that it was or is not there.
type change struct {
	ref, before, after string
}

// sync compares the refs with those told last. login is who pushed, "" to believe the commit.
func (s *Server) sync(ctx context.Context, repo *repository, login string) error {
	repo.mu.Lock()
	defer repo.mu.Unlock()
	now, err := s.git.refs(ctx, repo.dir)
	if err != nil {
		return fmt.Errorf("list refs of %s: %w", repo.fullName(), err)
	}
	for _, c := range changes(repo.seen, now) {
		if err := s.tell(ctx, repo, c, login); err != nil {
			return fmt.Errorf("tell about %s of %s: %w", c.ref, repo.fullName(), err)
		}
		if err := s.followPulls(ctx, repo, c, login); err != nil {
			return fmt.Errorf("bring pull requests to %s of %s: %w", c.ref, repo.fullName(), err)
		}
		// Noted one by one, so that a fault on the way repeats nothing.
		if c.after == zero {
			delete(repo.seen, c.ref)
		} else {
			repo.seen[c.ref] = c.after
		}
	}
	return nil
}

func changes(old, new map[string]string) []change {
	var found []change
	for ref, after := range new {
		if before, ok := old[ref]; !ok {
			found = append(found, change{ref, zero, after})
		} else if before != after {
			found = append(found, change{ref, before, after})
		}
	}
	for ref, before := range old {
		if _, ok := new[ref]; !ok {
			found = append(found, change{ref, before, zero})
		}
	}
	slices.SortFunc(found, func(a, b change) int { return strings.Compare(a.ref, b.ref) })
	return found
}

// tell queues the webhooks of one change: push always, and create or delete beside it.
func (s *Server) tell(ctx context.Context, repo *repository, c change, login string) error {
	if !s.told(repo) {
		return nil
	}
	p, err := s.pushed(ctx, repo, c)
	if err != nil {
		return err
	}
	if login != "" {
		p.sender = login
	}
	s.opt.Log.Info("push", "repo", repo.fullName(), "ref", c.ref, "before", c.before, "after", c.after)
	l := links{s.opt.URL, s}
	if c.before == zero {
		s.emit(repo, "create", l.createEvent(repo, p))
	}
	s.emit(repo, "push", l.pushEvent(repo, p))
	if c.after == zero {
		s.emit(repo, "delete", l.deleteEvent(repo, p))
	}
	return nil
}

// A push is a change with what git knows about it.
type push struct {
	change
	commits []commit // oldest first; none when a ref is deleted
	head    *commit
	forced  bool
	pusher  person
	sender  string // login
	at      time.Time
}

func (s *Server) pushed(ctx context.Context, repo *repository, c change) (push, error) {
	p := push{change: c, at: s.opt.Now()}
	known := c.after
	if c.after == zero {
		known = c.before
	}
	tip, err := s.git.show(ctx, repo.dir, known)
	if err != nil {
		return push{}, err
	}
	p.pusher, p.sender = tip.committer, cmp.Or(s.people.login(tip.committer), "ghost")
	if c.after == zero {
		return p, nil
	}
	p.head = &tip
	revisions := []string{tip.hash}
	if c.before != zero {
		kept, err := s.git.isAncestor(ctx, repo.dir, c.before, c.after)
		if err != nil {
			return push{}, err
		}
		p.forced = !kept
		revisions = append(revisions, "^"+c.before)
	} else {
		for _, object := range repo.seen {
			revisions = append(revisions, "^"+object) // a new branch lists only what no other one has
		}
	}
	p.commits, err = s.git.log(ctx, repo.dir, 0, maxPushed, revisions...)
	slices.Reverse(p.commits)
	return p, err
}
