package bot

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"qabot/store"
)

// Options are what a Bot is made of.
type Options struct {
	Slack struct {
		BotToken string // xoxb-...
		AppToken string // xapp-..., with connections:write
		APIURL   string // of the Web API; empty: the real Slack
	}
	GitHub struct {
		Token         string
		APIURL        string // of the REST API; empty: https://api.github.com/
		WebURL        string // where people look at branches; empty: https://github.com
		WebhookSecret string // never empty: without it anybody could deploy
	}

	Installation string // part of every environment's ID
	Apps         []App
	Command      string        // the slash command, "/qa" when empty
	Compare      time.Duration // between two comparisons of branches with environments; a minute when zero

	Now func() time.Time // time.Now when nil
	Log *slog.Logger     // discarded when nil
}

// App is one application whose branches get environments.
type App struct {
	Name string
	Repo string // "owner/name"
	// Deploys are patterns of branches that a push brings up by itself, in the syntax of path.Match; a star at the end
	// matches slashes too, so "qa/*" covers "qa/a/b".
	Deploys []string
	Channel string         // name or ID; where branches brought up by a push are told
	TTL     time.Duration  // how long an environment lives after the last up or push; zero: until it is taken down
	Stages  [][]store.Kind // the checklist, top to bottom
}

var (
	repoName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	appName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
)

// normal fills in defaults and gives all faults at once.
func (o Options) normal() (Options, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&o.Command, "/qa")
	def(&o.Slack.APIURL, "https://slack.com/api/")
	def(&o.GitHub.APIURL, "https://api.github.com/")
	def(&o.GitHub.WebURL, "https://github.com")
	o.Slack.APIURL = strings.TrimSuffix(o.Slack.APIURL, "/") + "/"
	o.GitHub.APIURL = strings.TrimSuffix(o.GitHub.APIURL, "/") + "/"
	o.GitHub.WebURL = strings.TrimSuffix(o.GitHub.WebURL, "/")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Compare <= 0 {
		o.Compare = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}

	if !strings.HasPrefix(o.Slack.BotToken, "xoxb-") {
		fault("slack bot token: it begins with xoxb-, see OAuth & Permissions of the Slack app")
	}
	if !strings.HasPrefix(o.Slack.AppToken, "xapp-") {
		fault("slack app token: it begins with xapp-, see Basic Information, App-Level Tokens of the Slack app")
	}
	if o.GitHub.WebhookSecret == "" {
		fault("github webhook secret: it may not be empty, or anybody could deploy")
	}
	for _, u := range []string{o.Slack.APIURL, o.GitHub.APIURL, o.GitHub.WebURL} {
		if p, err := url.Parse(u); err != nil || p.Host == "" {
			fault("address %q: not a URL", u)
		}
	}
	if !strings.HasPrefix(o.Command, "/") {
		fault("command %q: it begins with a slash", o.Command)
	}
	if len(o.Apps) == 0 {
		fault("apps: none is configured")
	}
	seen := map[string]bool{}
	for _, a := range o.Apps {
		if !appName.MatchString(a.Name) || seen[a.Name] {
			fault("app %q: a name of lower case letters, digits and hyphens, each name once", a.Name)
		}
		seen[a.Name] = true
		if !repoName.MatchString(a.Repo) {
			fault("app %s: repository %q is not owner/name", a.Name, a.Repo)
		}
		for _, p := range a.Deploys {
			if _, err := path.Match(p, "x"); err != nil {
				fault("app %s: branch pattern %q: %w", a.Name, p, err)
			}
		}
		if a.TTL < 0 {
			fault("app %s: ttl %s is negative", a.Name, a.TTL)
		}
	}
	return o, errors.Join(faults...)
}

// deploys tells whether a push brings that branch up by itself.
func (a App) deploys(branch string) bool {
	for _, p := range a.Deploys {
		if matches(p, branch) {
			return true
		}
	}
	return false
}

// matches is path.Match, but a star at the pattern's end matches slashes too.
func matches(pattern, branch string) bool {
	if !strings.HasSuffix(pattern, "*") {
		ok, _ := path.Match(pattern, branch)
		return ok
	}
	n := strings.Count(pattern, "/") + 1
	parts := strings.SplitN(branch, "/", n)
	if len(parts) < n {
		return false
	}
	parts[n-1] = strings.ReplaceAll(parts[n-1], "/", "\x00")
	ok, _ := path.Match(pattern, strings.Join(parts, "/"))
	return ok
}

// workerName tells apart who holds a claim.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "bot"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), newReference())
}
