package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"qabot/store"
)

// repository is a repository as GitHub knows it. Its number stays when it is renamed or transferred.
type repository struct {
	ID   int64
	Name string // "owner/name", as it is now
}

// repositories is under which name and number GitHub knows each repository of the configuration.
type repositories struct {
	mu    sync.RWMutex
	known map[string]repository // by the name in the configuration, in lower case
}

func newRepositories() *repositories { return &repositories{known: map[string]repository{}} }

// of gives an app's repository; it is zero until GitHub was asked.
func (r *repositories) of(a App) repository {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.known[strings.ToLower(a.configured())]
}

func (r *repositories) set(configured string, known repository) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[strings.ToLower(configured)] = known
}

// configured is the repository's name in the configuration.
func (a App) configured() string {
	if a.former != "" {
		return a.former
	}
	return a.Repo
}

// is tells whether a repository of that name is the app's, by the name it has or by that in the configuration.
func (a App) is(repo string) bool {
	return strings.EqualFold(a.Repo, repo) || a.former != "" && strings.EqualFold(a.former, repo)
}

// apps are the configured apps, each with the name that its repository has now.
func (b *Bot) apps() []App {
	out := slices.Clone(b.opt.Apps)
	for i, a := range out {
		if known := b.repos.of(a); known.Name != "" && !strings.EqualFold(known.Name, a.Repo) {
			out[i].Repo, out[i].former = known.Name, a.Repo
		}
	}
	return out
}

// recall reads what was found out before, perhaps by another replica.
func (b *Bot) recall(ctx context.Context) error {
	for _, a := range b.opt.Apps {
		var known repository
		found, err := b.store.Mark(ctx, markOf(a), &known)
		if err != nil {
			return err
		}
		if found {
			b.repos.set(a.Repo, known)
		}
	}
	return nil
}

func markOf(a App) string { return "repository/" + strings.ToLower(a.configured()) }

// identify asks GitHub how an app's repository is called now, by its number where that is known, and brings the environments to a new name.
func (b *Bot) identify(ctx context.Context, claim *store.Claim, app App, all []store.Environment) (App, error) {
	was := b.repos.of(app)
	now, found, err := repository{}, false, error(nil)
	if was.ID != 0 {
		now, found, err = b.github.numbered(ctx, was)
	}
	if err == nil && !found {
		now, err = b.github.named(ctx, app.configured())
	}
	if err != nil {
		return app, err
	}
	if was.ID != 0 && now.ID != was.ID {
		b.log.Warn("the repository was replaced by another one", "repo", app.configured(), "was", was.ID, "is", now.ID)
	}
	if now != was {
		if err := b.store.SetMark(ctx, claim, markOf(app), now); err != nil {
			return app, err
		}
		b.repos.set(app.configured(), now)
		if was.Name != "" {
			b.log.Info("the repository has another name", "was", was.Name, "is", now.Name, "id", now.ID)
		}
	}
	app, _ = b.app(app.Name)
	var faults []error
	for _, e := range all {
		if e.Spec.App == app.Name && !unwanted(e, b.opt.Now()) && !strings.EqualFold(e.Spec.Repo, app.Repo) {
			faults = append(faults, b.rename(ctx, e.ID, app.Repo))
		}
	}
	return app, errors.Join(faults...)
}

// rename changes where an environment's branch is found. Nothing is deployed for it: the commits are the same.
func (b *Bot) rename(ctx context.Context, id store.ID, repo string) error {
	_, err := b.store.Want(ctx, id, func(s *store.Spec) ([]store.Event, error) {
		s.Repo = repo
		return nil, nil
	})
	if err != nil {
		return err
	}
	b.Woken(id)
	b.Poke(id)
	return nil
}

// named asks for a repository by a name that it has, or had.
func (g *gitHub) named(ctx context.Context, repo string) (repository, error) {
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	owner, name, _ := strings.Cut(repo, "/")
	r, _, err := g.client.Repositories.Get(ctx, owner, name)
	switch {
	case isStatus(err, http.StatusNotFound):
		return repository{}, fmt.Errorf("ask for repository %s: %w", repo, errHidden)
	case err != nil:
		return repository{}, fmt.Errorf("ask for repository %s: %w", repo, err)
	case r.GetFullName() == "":
		return repository{}, fmt.Errorf("ask for repository %s: GitHub answered with nothing", repo)
	}
	return repository{r.GetID(), r.GetFullName()}, nil
}

// numbered asks for a repository whatever its name is now. found is false when there is none, or it is not shown to us.
func (g *gitHub) numbered(ctx context.Context, was repository) (now repository, found bool, err error) {
	ctx, cancel := context.WithTimeout(about(ctx, was.Name), httpTimeout)
	defer cancel()
	r, _, err := g.client.Repositories.GetByID(ctx, was.ID)
	switch {
	case isStatus(err, http.StatusNotFound):
		return repository{}, false, nil
	case err != nil:
		return repository{}, false, fmt.Errorf("ask for repository %d, which was %s: %w", was.ID, was.Name, err)
	case r.GetFullName() == "" || r.GetID() != was.ID:
		return repository{}, false, fmt.Errorf("ask for repository %d, which was %s: GitHub answered with %q", was.ID, was.Name, r.GetFullName())
	}
	return repository{r.GetID(), r.GetFullName()}, true, nil
}
