package bot

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
)

// Each permission that is missing is named, with a token and with an App, and nothing is changed by asking.
func TestCheckTelling(t *testing.T) {
	for name, change := range map[string]func(*Options, *slacksim.Options){"token": nil, "app": withApp} {
		for tell, permission := range map[string]string{
			"": "", TellDeployments: "deployments", TellStatuses: "statuses", TellComments: "pull_requests", TellEnvironments: "administration",
		} {
			t.Run(name+"/"+tell, func(t *testing.T) { // a world ends before the next begins: a connection that is dialled late would be taken for the next one's
				may := githubsim.Permissions{"contents": "read", "deployments": "write", "statuses": "write", "pull_requests": "write", "administration": "write"}
				if permission != "" {
					may[permission] = "read"
				}
				w := newWorldOn(t, githubsim.Options{Permissions: may}, func(o *Options, so *slacksim.Options) {
					o.Apps[0].Tell = Tells()
					if change != nil {
						change(o, so)
					}
				})
				err := w.bot.CheckTelling(t.Context())
				switch {
				case permission == "" && err != nil:
					t.Errorf("%s: %v", name, err)
				case permission != "" && (err == nil || !strings.Contains(err.Error(), permission+": write") || strings.Count(err.Error(), ": write") != 1):
					t.Errorf("%s without %s: %v", name, tell, err)
				}
				if all := w.hub.Deployments("acme", "shop"); len(all) > 0 {
					t.Errorf("%d deployments were made", len(all))
				}
			})
		}
	}
}

func TestScopesOfOlderTokens(t *testing.T) {
	for _, c := range []struct {
		scopes []string
		tell   string
		lacks  bool
	}{
		{nil, TellStatuses, false}, {[]string{"repo, read:org"}, TellComments, false}, {[]string{""}, TellComments, true},
		{[]string{"repo:status"}, TellStatuses, false}, {[]string{"repo:status"}, TellDeployments, true},
	} {
		h := http.Header{}
		if c.scopes != nil {
			h["X-Oauth-Scopes"] = c.scopes
		}
		err := errors.Join(&github.ErrorResponse{Response: &http.Response{StatusCode: http.StatusNotFound, Header: h}})
		if got := lacksScope(err, c.tell); got != c.lacks {
			t.Errorf("%q for %s: %v", c.scopes, c.tell, got)
		}
	}
}
