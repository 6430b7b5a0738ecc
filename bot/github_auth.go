package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
)

// GitHubApp is the GitHub App that the bot acts as.
type GitHubApp struct {
	ID           int64
	Installation int64  // zero: found by the repository that is asked about
	Key          []byte // private key, PEM
}

var (
	// errNotInstalled says that the App may not act for a repository: it was never installed there, or was taken away, or is suspended.
	errNotInstalled = fmt.Errorf("the GitHub App is not installed there, or suspended: %w", errHidden)
	// errAppRefused says that GitHub does not believe that we are the App.
	errAppRefused = errors.New("GitHub refuses the ID or the key of the GitHub App")
)

// installed is a transport that acts as the App where it is installed. Each repository may belong to another installation;
// with an ID in the configuration all belong to that one.
type installed struct {
	app  GitHubApp
	base *url.URL
	next http.RoundTripper
	self *github.Client // speaks as the App itself

	mu     sync.Mutex
	byRepo map[string]*ghinstallation.Transport // "owner/name" in lower case; "" when the ID is configured
}

func newInstalled(app GitHubApp, base *url.URL, next http.RoundTripper) (*installed, error) {
	t := &installed{app: app, base: base, next: next, byRepo: map[string]*ghinstallation.Transport{}}
	own, err := ghinstallation.NewAppsTransport(next, app.ID, app.Key)
	if err != nil {
		return nil, fmt.Errorf("read key of the GitHub App: %w", err)
	}
	t.self = github.NewClient(&http.Client{Transport: appOnly{own}})
	t.self.BaseURL = base
	return t, nil
}

// appOnly keeps a request as it was: the library writes into its headers.
type appOnly struct{ next *ghinstallation.AppsTransport }

func (t appOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.next.RoundTrip(r.Clone(r.Context()))
}

// RoundTrip asks once more when GitHub does not know the token: the App may have been taken away and put back.
func (t *installed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.once(r)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || r.Body != nil && r.GetBody == nil {
		return resp, err
	}
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return resp, nil
		}
	}
	resp.Body.Close()
	t.forget(t.repository(r))
	return t.once(again)
}

func (t *installed) once(r *http.Request) (*http.Response, error) {
	repo := t.repository(r)
	as, err := t.as(r.Context(), repo)
	if err == nil {
		var resp *http.Response
		if resp, err = as.RoundTrip(r); err == nil {
			return resp, nil
		}
	} else if r.Body != nil {
		r.Body.Close()
	}
	var refused *ghinstallation.HTTPError
	if !errors.As(err, &refused) || refused.Response == nil {
		return nil, err
	}
	refused.Response.Body.Close() // the library leaves it open
	switch refused.Response.StatusCode {
	case http.StatusUnauthorized:
		return nil, fmt.Errorf("%w: %w", errAppRefused, err)
	case http.StatusNotFound, http.StatusForbidden:
		t.forget(repo)
		return nil, fmt.Errorf("%w: %w", errNotInstalled, err)
	}
	return nil, err
}

// as gives the transport of the installation that a repository belongs to.
func (t *installed) as(ctx context.Context, repo string) (*ghinstallation.Transport, error) {
	t.mu.Lock()
	known := t.byRepo[repo]
	t.mu.Unlock()
	if known != nil {
		return known, nil
	}
	id := t.app.Installation
	if id == 0 {
		owner, name, _ := strings.Cut(repo, "/")
		found, _, err := t.self.Apps.FindRepositoryInstallation(ctx, owner, name)
		switch {
		case isStatus(err, http.StatusNotFound) && notTheApp(err), isStatus(err, http.StatusUnauthorized):
			return nil, fmt.Errorf("find installation for %s: %w: %v", repo, errAppRefused, err) // not its 404: that is about the App
		case isStatus(err, http.StatusNotFound):
			return nil, fmt.Errorf("find installation for %s: %w", repo, errNotInstalled)
		case err != nil:
			return nil, fmt.Errorf("find installation for %s: %w", repo, err)
		}
		id = found.GetID()
	}
	// One for each: installations that share the library's AppsTransport write into it side by side.
	fresh, err := ghinstallation.New(t.next, t.app.ID, id, t.app.Key)
	if err != nil {
		return nil, fmt.Errorf("read key of the GitHub App: %w", err)
	}
	fresh.BaseURL = strings.TrimSuffix(t.base.String(), "/")
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.byRepo {
		if other.InstallationID() == id {
			fresh = other
		}
	}
	t.byRepo[repo] = fresh
	return fresh, nil
}

// notTheApp tells GitHub's word for an unknown App from its word for an unknown repository.
func notTheApp(err error) bool {
	var answered *github.ErrorResponse
	return errors.As(err, &answered) && strings.Contains(answered.Message, "Integration")
}

// forget lets the installation be found again: one that was removed and put back has another ID.
func (t *installed) forget(repo string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.byRepo[repo]
	for name, other := range t.byRepo {
		if other == old {
			delete(t.byRepo, name)
		}
	}
}

// repository finds which repository a request is about, "" when one installation is configured for all of them. A request
// that was redirected, since the repository has another name now, is still about the one that was asked for.
func (t *installed) repository(r *http.Request) string {
	if t.app.Installation != 0 {
		return ""
	}
	if repo, ok := r.Context().Value(aboutKey{}).(string); ok {
		return strings.ToLower(repo)
	}
	for r.Response != nil && r.Response.Request != nil {
		r = r.Response.Request
	}
	rest, ok := strings.CutPrefix(r.URL.Path, t.base.Path+"repos/")
	if parts := strings.SplitN(rest, "/", 3); ok && len(parts) > 1 {
		return strings.ToLower(parts[0] + "/" + parts[1])
	}
	return ""
}

type aboutKey struct{}

// about says which repository a request is about, where its address does not.
func about(ctx context.Context, repo string) context.Context {
	return context.WithValue(ctx, aboutKey{}, repo)
}
