package githubsim

import (
	"slices"
	"strconv"
	"sync"
	"time"
)

// A book is what people and programs wrote beside a repository's branches.
type book struct {
	mu           sync.Mutex
	pulls        []*Pull // by number
	comments     []*Comment
	statuses     []Status
	deployments  []*Deployment
	environments map[string]environment
}

func (b *book) init() { b.environments = map[string]environment{} }

// A Pull is a pull request.
type Pull struct {
	ID                  int64
	Number              int
	Title, Body, Author string
	Closed, Draft       bool
	Merged              bool // implies Closed
	Labels              []string

	Branch, Head     string // where it comes from, and the newest commit there while it was open
	HeadOwner        string
	HeadRepositoryID int64  // another than the repository's own for a fork
	Base, BaseHead   string // where it goes, and the newest commit there while it was open

	MergeCommit, MergedBy string
	Comments              int

	CreatedAt, UpdatedAt time.Time
	ClosedAt, MergedAt   time.Time // zero before
}

func (p *Pull) copy() Pull {
	c := *p
	c.Labels = slices.Clone(p.Labels)
	return c
}

// pull finds one by its number, or nil. Call it under mu.
func (b *book) pull(number int) *Pull {
	if number < 1 || number > len(b.pulls) {
		return nil
	}
	return b.pulls[number-1]
}

// pullCopy finds a pull request by its number as a request writes it.
func (b *book) pullCopy(number string) (Pull, error) {
	n, err := strconv.Atoi(number)
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pull(n)
	if err != nil || p == nil {
		return Pull{}, errNotFound()
	}
	return p.copy(), nil
}

// Pulls returns the pull requests of a repository, oldest first.
func (s *Server) Pulls(owner, name string) []Pull {
	repo := s.repository(owner, name)
	if repo == nil {
		return nil
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	var all []Pull
	for _, p := range repo.book.pulls {
		all = append(all, p.copy())
	}
	return all
}

// Comments returns the comments on a pull request, oldest first.
func (s *Server) Comments(owner, name string, number int) []Comment {
	repo := s.repository(owner, name)
	if repo == nil {
		return nil
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	var all []Comment
	for _, c := range repo.book.comments {
		if c.Number == number {
			all = append(all, *c)
		}
	}
	return all
}

// Statuses returns the statuses given to a commit, oldest first.
func (s *Server) Statuses(owner, name, commit string) []Status {
	repo := s.repository(owner, name)
	if repo == nil {
		return nil
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	var all []Status
	for _, st := range repo.book.statuses {
		if st.Commit == commit {
			all = append(all, st)
		}
	}
	return all
}

// Deployments returns the deployments of a repository that were not deleted, oldest first.
func (s *Server) Deployments(owner, name string) []Deployment {
	repo := s.repository(owner, name)
	if repo == nil {
		return nil
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	var all []Deployment
	for _, d := range repo.book.deployments {
		all = append(all, d.copy())
	}
	return all
}
