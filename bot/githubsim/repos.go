package githubsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A repository is a name for a shelf. It never changes: a rename puts another one in its place.
type repository struct {
	owner, name string
	*shelf
}

func (r *repository) fullName() string { return r.owner + "/" + r.name }

// A shelf is what a repository keeps under every name: a bare repository, the refs as they were last told about, and what
// people and programs wrote beside it.
type shelf struct {
	id     int64
	dir    string
	forkOf int64 // the repository it was forked from; 0 for none
	book   book

	mu    sync.Mutex // taken before the book's
	seen  map[string]string
	files map[string]string // files of the refs, as they were at the last glance; see refFiles
}

var legalName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

func checkName(owner, name string) error {
	taken := slices.Contains(apiPaths, owner) || owner == "control" || owner == "api"
	if taken || !legalName.MatchString(owner) || !legalName.MatchString(name) || strings.HasSuffix(name, ".git") {
		return errors.New("not a repository name")
	}
	return nil
}

func keyOf(owner, name string) string { return strings.ToLower(owner + "/" + name) }

// AddRepository makes a bare repository with default branch main, or adopts the one that is there, and returns its path.
// What an adopted one holds fires no webhooks. Adding it twice is harmless.
func (s *Server) AddRepository(owner, name string) (path string, err error) {
	if err := checkName(owner, name); err != nil {
		return "", fmt.Errorf("add repository %q: %w", owner+"/"+name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if repo, ok := s.repos[keyOf(owner, name)]; ok {
		return repo.dir, nil
	}
	repo := s.newRepository(owner, name)
	ctx := context.Background()
	if err := s.git.initBare(ctx, repo.dir); err != nil {
		return "", fmt.Errorf("add repository %s: %w", repo.fullName(), err)
	}
	if err := s.keep(ctx, repo); err != nil {
		return "", fmt.Errorf("add repository %s: %w", repo.fullName(), err)
	}
	return repo.dir, nil
}

// newRepository finds an ID and a folder that no other repository has, also none that had the name before. Call it and
// keep under s.mu.
func (s *Server) newRepository(owner, name string) *repository {
	shelf := &shelf{id: stableID(keyOf(owner, name)), dir: filepath.Join(s.opt.Dir, owner, name+".git")}
	for slices.ContainsFunc(s.all(), func(r *repository) bool { return r.id == shelf.id || r.dir == shelf.dir }) {
		shelf.id++
		shelf.dir = filepath.Join(s.opt.Dir, owner, name+"-"+strconv.FormatInt(shelf.id, 10)+".git")
	}
	shelf.book.init()
	return &repository{owner: owner, name: name, shelf: shelf}
}

func (s *Server) keep(ctx context.Context, repo *repository) (err error) {
	if repo.seen, err = s.git.refs(ctx, repo.dir); err != nil {
		return err
	}
	key := keyOf(repo.owner, repo.name)
	s.repos[key] = repo
	delete(s.moved, key) // a new repository ends the redirects from its name
	return nil
}

// Fork copies a repository with its branches to another owner and returns the copy's path. It is never told about in
// webhooks, unless the App is installed there. Forking twice is harmless.
func (s *Server) Fork(owner, name, to string) (path string, err error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("fork %s/%s to %s: %w", owner, name, to, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.repos[keyOf(owner, name)]
	if !ok {
		return fail(errNoRepository)
	}
	if fork, ok := s.repos[keyOf(to, name)]; ok {
		if fork.forkOf != from.id {
			return fail(errors.New("there is another repository"))
		}
		return fork.dir, nil
	}
	if err := checkName(to, name); err != nil {
		return fail(err)
	}
	fork := s.newRepository(to, name)
	fork.forkOf = from.id
	ctx := context.Background()
	if !isDir(fork.dir) {
		if err := s.git.cloneBare(ctx, from.dir, fork.dir); err != nil {
			return fail(err)
		}
	}
	if err := s.git.initBare(ctx, fork.dir); err != nil {
		return fail(err)
	}
	if err := s.keep(ctx, fork); err != nil {
		return fail(err)
	}
	return fork.dir, nil
}

var errNoRepository = errors.New("no such repository")

// Path is where the bare repository of that name lies, or "" if there is none.
func (s *Server) Path(owner, name string) string {
	if repo := s.repository(owner, name); repo != nil {
		return repo.dir
	}
	return ""
}

// Rename gives a repository another name. Its ID, its folder and all else stay; GET at the old name is redirected.
func (s *Server) Rename(owner, name, newName, by string) error {
	repo, err := s.move(owner, name, owner, newName)
	if err != nil {
		return fmt.Errorf("rename %s/%s to %s: %w", owner, name, newName, err)
	}
	s.emitRepository(repo, "renamed", cmp.Or(by, s.opt.Login), object{"repository": object{"name": object{"from": name}}})
	return nil
}

// Transfer gives a repository to another owner. Its ID, its folder and all else stay; GET at the old name is redirected.
func (s *Server) Transfer(owner, name, newOwner, by string) error {
	repo, err := s.move(owner, name, newOwner, name)
	if err != nil {
		return fmt.Errorf("transfer %s/%s to %s: %w", owner, name, newOwner, err)
	}
	from := links{s.opt.URL, s}.user(owner)
	s.emitRepository(repo, "transferred", cmp.Or(by, s.opt.Login), object{"owner": object{"from": object{"user": from}}})
	return nil
}

func (s *Server) move(owner, name, newOwner, newName string) (*repository, error) {
	if err := checkName(newOwner, newName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.repos[keyOf(owner, name)]
	if !ok {
		return nil, errNoRepository
	}
	to := keyOf(newOwner, newName)
	if other, taken := s.repos[to]; taken && other.id != old.id {
		return nil, errors.New("the name is taken")
	}
	repo := &repository{owner: newOwner, name: newName, shelf: old.shelf}
	delete(s.repos, keyOf(owner, name))
	s.moved[keyOf(owner, name)] = repo.id
	s.repos[to] = repo
	delete(s.moved, to)
	return repo, nil
}

// Delete takes a repository away; its folder stays. Pull requests that came from it keep their commits, and no head.repo.
func (s *Server) Delete(owner, name, by string) error {
	s.mu.Lock()
	repo, ok := s.repos[keyOf(owner, name)]
	delete(s.repos, keyOf(owner, name))
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("delete %s/%s: %w", owner, name, errNoRepository)
	}
	s.emitRepository(repo, "deleted", cmp.Or(by, s.opt.Login), nil)
	return nil
}

func (s *Server) repository(owner, name string) *repository {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repos[keyOf(owner, name)]
}

// formerly finds the repository that had the name once.
func (s *Server) formerly(owner, name string) *repository {
	s.mu.Lock()
	id := s.moved[keyOf(owner, name)]
	s.mu.Unlock()
	return s.byID(id)
}

// byID finds a repository under whatever name it has now, or nil.
func (s *Server) byID(id int64) *repository {
	for _, repo := range s.repositories() {
		if repo.id == id {
			return repo
		}
	}
	return nil
}

func (s *Server) repositories() []*repository {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all()
}

func (s *Server) all() []*repository {
	all := make([]*repository, 0, len(s.repos))
	for _, repo := range s.repos {
		all = append(all, repo)
	}
	slices.SortFunc(all, func(a, b *repository) int { return strings.Compare(a.fullName(), b.fullName()) })
	return all
}
