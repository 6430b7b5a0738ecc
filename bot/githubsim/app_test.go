package githubsim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

func asError[E error](err error, target *E) bool { return errors.As(err, target) }

// appKey is made once: it takes its time.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// newAppWorld has an App and no plain token.
func newAppWorld(t *testing.T, may githubsim.Permissions) *world {
	t.Helper()
	w := newWorldOf(t, githubsim.Options{
		App: &githubsim.App{ID: 42, Slug: "qabot", Key: &appKey().PublicKey}, Permissions: may,
	})
	return w
}

// asApp speaks with the App's own JSON web token.
func (w *world) asApp() (*github.Client, *ghinstallation.AppsTransport) {
	w.t.Helper()
	transport := ghinstallation.NewAppsTransportFromPrivateKey(http.DefaultTransport, 42, appKey())
	transport.BaseURL = w.url + "/api/v3"
	c, err := github.NewClient(&http.Client{Transport: transport}).WithEnterpriseURLs(w.url, w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	return c, transport
}

// asInstallation speaks with tokens that the transport fetches by itself.
func (w *world) asInstallation(id int64, opts *github.InstallationTokenOptions) *github.Client {
	w.t.Helper()
	_, apps := w.asApp()
	transport := ghinstallation.NewFromAppsTransport(apps, id)
	transport.InstallationTokenOptions = opts
	c, err := github.NewClient(&http.Client{Transport: transport}).WithEnterpriseURLs(w.url, w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestAppAuthentication(t *testing.T) {
	w := newAppWorld(t, nil)
	ctx := t.Context()
	app, _ := w.asApp()
	me, _, err := app.Apps.Get(ctx, "")
	if err != nil || me.GetSlug() != "qabot" || me.GetID() != 42 {
		t.Fatalf("the App %v, %v", me, err)
	}
	list, _, err := app.Apps.ListInstallations(ctx, nil)
	if err != nil || len(list) != 1 || list[0].GetAccount().GetLogin() != "acme" || list[0].GetAppID() != 42 {
		t.Fatalf("installations %v, %v", list, err)
	}
	found, _, err := app.Apps.FindRepositoryInstallation(ctx, "acme", "shop")
	if err != nil || found.GetID() != list[0].GetID() {
		t.Errorf("installation of a repository %v, %v", found, err)
	}
	bot := w.asInstallation(found.GetID(), nil)
	if ref, _, err := bot.Git.GetRef(ctx, "acme", "shop", "heads/main"); err != nil || ref.GetRef() != "refs/heads/main" {
		t.Errorf("as an installation: %v, %v", ref, err)
	}
	repos, _, err := bot.Apps.ListRepos(ctx, nil)
	if err != nil || repos.GetTotalCount() != 1 || repos.Repositories[0].GetFullName() != "acme/shop" {
		t.Errorf("repositories %v, %v", repos, err)
	}
	w.branch("qa/x")
	if _, err := w.sim.OpenPull(ctx, "acme", "shop", githubsim.NewPull{Branch: "qa/x", Author: "ben"}); err != nil {
		t.Fatal(err)
	}
	c, _, err := bot.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{Body: github.String("hi")})
	if err != nil || c.GetUser().GetLogin() != "qabot[bot]" || c.GetUser().GetType() != "Bot" {
		t.Errorf("comment %v, %v", c, err)
	}
	ours, _, err := bot.RateLimit.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	theirs, _, err := app.RateLimit.Get(ctx)
	if err != nil || theirs.GetCore().Remaining == ours.GetCore().Remaining {
		t.Errorf("the App and its installation have one rate limit: %v, %v, %v", ours, theirs, err)
	}
	if _, _, err := app.Git.GetRef(ctx, "acme", "shop", "heads/main"); status(err) != http.StatusForbidden {
		t.Errorf("the App's own token reads a repository: %v", err)
	}
	if _, _, err := bot.Apps.ListInstallations(ctx, nil); status(err) != http.StatusUnauthorized {
		t.Errorf("an installation's token lists installations: %v", err)
	}
	if _, _, err := bot.Users.Get(ctx, ""); status(err) != http.StatusForbidden {
		t.Errorf("an installation is somebody: %v", err)
	}
}

func TestTokensEndAndPermissionsBind(t *testing.T) {
	now := time.Now()
	clock := sync.Mutex{}
	read := func() time.Time { clock.Lock(); defer clock.Unlock(); return now }
	w := newWorldOf(t, githubsim.Options{
		App: &githubsim.App{ID: 42, Slug: "qabot", Key: &appKey().PublicKey}, Now: read,
		Permissions: githubsim.Permissions{"contents": "read", "pull_requests": "read"},
	})
	ctx := t.Context()
	app, _ := w.asApp()
	in, _, err := app.Apps.FindRepositoryInstallation(ctx, "acme", "shop")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := app.Apps.CreateInstallationToken(ctx, in.GetID(), nil)
	if err != nil || !token.GetExpiresAt().Time.Equal(read().Add(githubsim.TokenLife).Truncate(time.Second)) {
		t.Fatalf("token until %v, %v", token.GetExpiresAt(), err)
	}
	bot := w.client(token.GetToken())
	if _, _, err := bot.PullRequests.List(ctx, "acme", "shop", nil); err != nil {
		t.Error(err)
	}
	if _, _, err := bot.Repositories.CreateDeployment(ctx, "acme", "shop", deploy("qa", "main")); status(err) != http.StatusForbidden || !strings.Contains(err.Error(), "Resource not accessible by integration") {
		t.Errorf("without deployments:write: %v", err)
	}
	if _, _, err := bot.Issues.CreateComment(ctx, "acme", "shop", 1, &github.IssueComment{Body: github.String("x")}); status(err) != http.StatusForbidden {
		t.Errorf("without pull_requests:write: %v", err)
	}
	for reason, opts := range map[string]*github.InstallationTokenOptions{
		"more than granted":        {Permissions: &github.InstallationPermissions{Deployments: github.String("write")}},
		"no such level":            {Permissions: &github.InstallationPermissions{Contents: github.String("much")}},
		"a repository of somebody": {Repositories: []string{"toys"}},
	} {
		if _, _, err := app.Apps.CreateInstallationToken(ctx, in.GetID(), opts); status(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v, want 422", reason, err)
		}
	}
	clock.Lock()
	now = now.Add(githubsim.TokenLife)
	clock.Unlock()
	if _, _, err := bot.PullRequests.List(ctx, "acme", "shop", nil); status(err) != http.StatusUnauthorized {
		t.Errorf("an hour later: %v, want 401", err)
	}
}

func TestBadJSONWebTokens(t *testing.T) {
	w := newAppWorld(t, nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	good := jwt.MapClaims{"iss": "42", "iat": now.Unix(), "exp": now.Add(9 * time.Minute).Unix()}
	with := func(key string, value any) jwt.MapClaims {
		claims := jwt.MapClaims{}
		for k, v := range good {
			claims[k] = v
		}
		if claims[key] = value; value == nil {
			delete(claims, key)
		}
		return claims
	}
	signed := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		t.Helper()
		text, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for reason, c := range map[string]struct {
		token  string
		status int
	}{
		"good":                 {signed(jwt.SigningMethodRS256, appKey(), good), 200},
		"another key":          {signed(jwt.SigningMethodRS256, other, good), 401},
		"another algorithm":    {signed(jwt.SigningMethodHS256, []byte("x"), good), 401},
		"no algorithm":         {signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good), 401},
		"expired":              {signed(jwt.SigningMethodRS256, appKey(), with("exp", now.Add(-time.Second).Unix())), 401},
		"too long":             {signed(jwt.SigningMethodRS256, appKey(), with("exp", now.Add(time.Hour).Unix())), 401},
		"no end":               {signed(jwt.SigningMethodRS256, appKey(), with("exp", nil)), 401},
		"issued in the future": {signed(jwt.SigningMethodRS256, appKey(), with("iat", now.Add(5*time.Minute).Unix())), 401},
		"another App":          {signed(jwt.SigningMethodRS256, appKey(), with("iss", "43")), 404},
		"nonsense":             {"a.b.c", 401},
		"a plain token":        {"ghp_x", 401},
	} {
		req, err := http.NewRequest(http.MethodGet, w.url+"/api/v3/app", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", reason, resp.Status, c.status)
		}
	}
}

func TestHookDeliveries(t *testing.T) {
	w := newAppWorld(t, nil)
	ctx := t.Context()
	app, _ := w.asApp()
	w.hooks.answer(http.StatusServiceUnavailable)
	for _, b := range []string{"a", "b", "c", "d"} {
		w.push("qa/" + b)
	}
	lost := w.events() // create and push of each
	w.hooks.answer(0)
	var all []*github.HookDelivery
	opts := &github.ListCursorOptions{PerPage: 3}
	for {
		page, resp, err := app.Apps.ListHookDeliveries(ctx, opts)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 { // what comes between two pages moves nothing
			w.push("qa/between")
			w.events()
		}
		all = append(all, page...)
		if resp.Cursor == "" {
			break
		}
		opts.Cursor = resp.Cursor
	}
	// The installation's own event and the ping came first.
	if len(all) != len(lost)+2 || all[0].GetGUID() != lost[len(lost)-1].guid || all[0].GetStatusCode() != 503 || all[0].GetInstallationID() == 0 || all[0].GetRepositoryID() == 0 {
		t.Fatalf("%d deliveries, first %v", len(all), all[0])
	}
	full, _, err := app.Apps.GetHookDelivery(ctx, all[0].GetID())
	if err != nil {
		t.Fatal(err)
	}
	event, err := full.ParseRequestPayload()
	if push, ok := event.(*github.PushEvent); err != nil || !ok || push.GetRef() != "refs/heads/qa/d" || push.GetInstallation().GetID() != all[0].GetInstallationID() {
		t.Errorf("payload %v, %v", event, err)
	}
	if full.Request.GetHeaders()["X-Github-Delivery"] != all[0].GetGUID() {
		t.Errorf("headers %v", full.Request.GetHeaders())
	}
	_, resp, err := app.Apps.RedeliverHookDelivery(ctx, all[0].GetID())
	if accepted := (*github.AcceptedError)(nil); !asError(err, &accepted) || resp.StatusCode != http.StatusAccepted {
		t.Errorf("redelivery: %v", err)
	}
	again := w.events()
	wantEvents(t, again, "push")
	if again[0].guid != all[0].GetGUID() {
		t.Errorf("redelivered %s, first was %s", again[0].guid, all[0].GetGUID())
	}
	newest, _, err := app.Apps.ListHookDeliveries(ctx, nil)
	if err != nil || !newest[0].GetRedelivery() || newest[0].GetGUID() != all[0].GetGUID() || newest[0].GetStatus() != "OK" || newest[0].GetID() == all[0].GetID() {
		t.Errorf("newest %v, %v", newest[0], err)
	}
	if _, _, err := app.Apps.GetHookDelivery(ctx, 999); status(err) != http.StatusNotFound {
		t.Errorf("no such delivery: %v", err)
	}
	if _, _, err := app.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{Cursor: "nonsense"}); status(err) != http.StatusUnprocessableEntity {
		t.Errorf("bad cursor: %v", err)
	}
}

func TestInstallationsComeAndGo(t *testing.T) {
	w := newAppWorld(t, nil)
	ctx := t.Context()
	app, _ := w.asApp()
	in, _, err := app.Apps.FindRepositoryInstallation(ctx, "acme", "shop")
	if err != nil {
		t.Fatal(err)
	}
	bot := w.asInstallation(in.GetID(), nil)
	get := func() error {
		_, _, err := bot.Git.GetRef(ctx, "acme", "shop", "heads/main")
		return err
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(get())
	if _, err := w.sim.AddRepository("acme", "toys"); err != nil {
		t.Fatal(err)
	}
	do(w.sim.Select("acme", []string{"toys"}, []string{"shop"}))
	if err := get(); status(err) != http.StatusNotFound {
		t.Errorf("taken away: %v", err)
	}
	w.push("qa/unseen")
	do(w.sim.Select("acme", []string{"shop"}, nil))
	do(w.sim.Suspend("acme", true))
	if err := get(); status(err) != http.StatusForbidden {
		t.Errorf("suspended: %v", err)
	}
	do(w.sim.Suspend("acme", false))
	do(get())
	do(w.sim.Uninstall("acme"))
	if err := get(); status(err) != http.StatusUnauthorized {
		t.Errorf("uninstalled: %v", err)
	}
	got := w.events()
	wantEvents(t, got, "installation_repositories", "installation_repositories", "installation_repositories", "installation", "installation", "installation")
	for i, want := range []string{"added", "removed", "added", "suspend", "unsuspend", "deleted"} {
		if action := field(t, got[i], "action"); action != want {
			t.Errorf("%d: %v, want %s", i, action, want)
		}
	}
	if e := got[1].event.(*github.InstallationRepositoriesEvent); len(e.RepositoriesRemoved) != 1 || e.RepositoriesRemoved[0].GetFullName() != "acme/shop" || e.GetRepositorySelection() != "selected" {
		t.Errorf("removed: %s", got[1].payload)
	}
}
