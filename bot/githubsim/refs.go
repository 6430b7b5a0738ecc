package githubsim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// legalRef reports whether git would take a branch's or tag's full name.
func (g *git) legalRef(ctx context.Context, ref string) bool {
	if !strings.HasPrefix(ref, "refs/heads/") && !strings.HasPrefix(ref, "refs/tags/") {
		return false
	}
	_, err := g.run(ctx, "check-ref-format", ref)
	return err == nil
}

func (g *git) deleteRef(ctx context.Context, dir, ref, old string) error {
	_, err := g.run(ctx, "--git-dir="+dir, "update-ref", "-d", ref, old)
	return err
}

// CreateBranch makes a branch at the commit that from stands for, as a person does.
func (s *Server) CreateBranch(ctx context.Context, owner, name, branch, from, by string) error {
	fail := func(err error) error { return fmt.Errorf("create branch %s of %s/%s: %w", branch, owner, name, err) }
	repo := s.repository(owner, name)
	if repo == nil {
		return fail(errNoRepository)
	}
	hash, err := s.commitNamed(ctx, repo, cmp.Or(from, "main"))
	if err != nil {
		return fail(err)
	}
	if err := s.createRef(ctx, repo, "refs/heads/"+branch, hash, cmp.Or(by, s.opt.Login)); err != nil {
		return fail(err)
	}
	return nil
}

// DeleteBranch takes a branch away, as a person does.
func (s *Server) DeleteBranch(ctx context.Context, owner, name, branch, by string) error {
	fail := func(err error) error { return fmt.Errorf("delete branch %s of %s/%s: %w", branch, owner, name, err) }
	repo := s.repository(owner, name)
	if repo == nil {
		return fail(errNoRepository)
	}
	if err := s.dropRef(ctx, repo, "refs/heads/"+branch, cmp.Or(by, s.opt.Login)); err != nil {
		return fail(err)
	}
	return nil
}

func badRef(message string) error { return refuse(http.StatusUnprocessableEntity, message) }

func (s *Server) createRef(ctx context.Context, repo *repository, ref, hash, by string) error {
	if !s.git.legalRef(ctx, ref) {
		return badRef("Reference name is not valid")
	}
	if err := s.sync(ctx, repo, ""); err != nil { // what came by another way is somebody else's doing
		return err
	}
	refs, err := s.git.refs(ctx, repo.dir)
	if err != nil {
		return err
	}
	if refs[ref] != "" {
		return badRef("Reference already exists")
	}
	if err := s.git.moveRef(ctx, repo.dir, ref, hash, zero); err != nil {
		return badRef("Reference cannot be created") // such as a below a/b
	}
	return s.sync(ctx, repo, by)
}

func (s *Server) dropRef(ctx context.Context, repo *repository, ref, by string) error {
	if err := s.sync(ctx, repo, ""); err != nil {
		return err
	}
	refs, err := s.git.refs(ctx, repo.dir)
	if err != nil {
		return err
	}
	switch {
	case refs[ref] == "":
		return badRef("Reference does not exist")
	case ref == "refs/heads/main":
		return badRef("Cannot delete the default branch")
	}
	if err := s.git.deleteRef(ctx, repo.dir, ref, refs[ref]); err != nil {
		return err
	}
	return s.sync(ctx, repo, by)
}

func (s *Server) postRef(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct{ Ref, SHA string }
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	hash := ""
	if hashLike.MatchString(asked.SHA) && len(asked.SHA) == len(zero) {
		var err error
		if hash, err = s.git.commitOf(r.Context(), repo.dir, asked.SHA); err != nil {
			return answer{}, err
		}
	}
	if hash == "" {
		return answer{}, badRef("Object does not exist")
	}
	if err := s.createRef(r.Context(), repo, asked.Ref, hash, callerOf(r).login); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: l.ref(repo, asked.Ref, hash)}, nil
}

// patchRef moves a branch, forwards only unless it is forced.
func (s *Server) patchRef(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct {
		SHA   string
		Force bool
	}
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	ctx, ref := r.Context(), "refs/"+r.PathValue("ref")
	refs, err := s.git.refs(ctx, repo.dir)
	if err != nil {
		return answer{}, err
	}
	old, hash := refs[ref], ""
	if hashLike.MatchString(asked.SHA) && len(asked.SHA) == len(zero) {
		if hash, err = s.git.commitOf(ctx, repo.dir, asked.SHA); err != nil {
			return answer{}, err
		}
	}
	switch {
	case old == "":
		return answer{}, badRef("Reference does not exist")
	case hash == "":
		return answer{}, badRef("Object does not exist")
	}
	if forward, err := s.git.isAncestor(ctx, repo.dir, old, hash); err != nil {
		return answer{}, err
	} else if !forward && !asked.Force {
		return answer{}, badRef("Update is not a fast forward")
	}
	if err := s.sync(ctx, repo, ""); err != nil {
		return answer{}, err
	}
	if err := s.git.moveRef(ctx, repo.dir, ref, hash, old); err != nil {
		return answer{}, badRef("Reference cannot be updated")
	}
	return answer{body: l.ref(repo, ref, hash)}, s.sync(ctx, repo, callerOf(r).login)
}

func (s *Server) deleteRefAsked(r *http.Request, _ links, repo *repository) (answer, error) {
	return answer{status: http.StatusNoContent}, s.dropRef(r.Context(), repo, "refs/"+r.PathValue("ref"), callerOf(r).login)
}
