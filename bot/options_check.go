package bot

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	repoName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	appName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
)

// normal fills in defaults and gives all faults at once.
func (o Options) normal() (Options, error) {
	o = o.filled()
	var f faultList
	o.checkSlack(&f)
	o.checkGitHub(&f)
	o.checkWords(&f)
	o.checkApps(&f)
	return o, errors.Join(f...)
}

// faultList collects what is wrong.
type faultList []error

func (f *faultList) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

// filled puts defaults where nothing is set.
func (o Options) filled() Options {
	o.Command = cmp.Or(o.Command, "/qa")
	o.Language = cmp.Or(o.Language, English)
	o.Slack.APIURL = strings.TrimSuffix(cmp.Or(o.Slack.APIURL, "https://slack.com/api/"), "/") + "/"
	o.GitHub.APIURL = strings.TrimSuffix(cmp.Or(o.GitHub.APIURL, "https://api.github.com/"), "/") + "/"
	o.GitHub.WebURL = strings.TrimSuffix(cmp.Or(o.GitHub.WebURL, "https://github.com"), "/")
	o.GitHub.Events = cmp.Or(o.GitHub.Events, EventsPolling)
	if o.Beat <= 0 {
		o.Beat = 30 * time.Second
	}
	if o.Compare <= 0 {
		o.Compare = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Questions == nil {
		o.Questions = unasked{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) checkSlack(f *faultList) {
	if !strings.HasPrefix(o.Slack.BotToken, "xoxb-") {
		f.add("slack bot token: it begins with xoxb-, see OAuth & Permissions of the Slack app")
	}
	if !strings.HasPrefix(o.Slack.AppToken, "xapp-") {
		f.add("slack app token: it begins with xapp-, see Basic Information, App-Level Tokens of the Slack app")
	}
	checkAddress(f, o.Slack.APIURL)
}

func (o Options) checkGitHub(f *faultList) {
	if o.GitHub.App != nil && o.GitHub.Token != "" {
		f.add("github: a token and an App are configured, one of them is enough")
	}
	if (o.GitHub.Queue != nil) != (o.GitHub.Events == EventsQueue) {
		f.add("github events: a queue belongs to %s, and to nothing else", EventsQueue)
	}
	if len(secretsOf(o.GitHub.WebhookSecret)) == 0 {
		f.add("github webhook secret: it may not be empty, or anybody could deploy")
	}
	checkAddress(f, o.GitHub.APIURL)
	checkAddress(f, o.GitHub.WebURL)
}

func checkAddress(f *faultList, address string) {
	if p, err := url.Parse(address); err != nil || p.Host == "" {
		f.add("address %q: not a URL", address)
	}
}

// checkWords looks at how people speak with the bot, and who may.
func (o Options) checkWords(f *faultList) {
	if !strings.HasPrefix(o.Command, "/") {
		f.add("command %q: it begins with a slash", o.Command)
	}
	if !slices.Contains(Languages(), o.Language) {
		f.add("language %q: one of %s", o.Language, strings.Join(Languages(), ", "))
	}
	for _, r := range CheckRules(o.Permissions) {
		f.add("permissions%s: %s", r.Path, r.Text)
	}
}

func (o Options) checkApps(f *faultList) {
	if len(o.Apps) == 0 {
		f.add("apps: none is configured")
	}
	seen := map[string]bool{}
	for _, a := range o.Apps {
		if !appName.MatchString(a.Name) || seen[a.Name] {
			f.add("app %q: a name of lower case letters, digits and hyphens, each name once", a.Name)
		}
		seen[a.Name] = true
		a.check(f)
	}
}

func (a App) check(f *faultList) {
	if !repoName.MatchString(a.Repo) {
		f.add("app %s: repository %q is not owner/name", a.Name, a.Repo)
	}
	for _, p := range a.Deploys {
		if _, err := path.Match(p, "x"); err != nil {
			f.add("app %s: branch pattern %q: %w", a.Name, p, err)
		}
	}
	for _, r := range CheckRules(a.Permissions) {
		f.add("app %s: permissions%s: %s", a.Name, r.Path, r.Text)
	}
	for _, tell := range a.Tell {
		if !slices.Contains(Tells(), tell) {
			f.add("app %s: tell: %q is none of %s", a.Name, tell, strings.Join(Tells(), ", "))
		}
	}
	if a.TTL < 0 {
		f.add("app %s: ttl %s is negative", a.Name, a.TTL)
	}
	if a.Grace < 0 {
		f.add("app %s: grace %s is negative", a.Name, a.Grace)
	}
}
