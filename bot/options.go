package bot

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path"
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
		Token         string     // either this
		App           *GitHubApp // or this
		APIURL        string     // of the REST API; empty: https://api.github.com/
		WebURL        string     // where people look at branches; empty: https://github.com
		WebhookSecret string     // never empty: without it anybody could deploy; two, with a comma, while they are being changed
		Events        string     // how events come, one of the Events constants; EventsPolling when empty
		Queue         Queue      // of EventsQueue
	}

	Installation string // part of every environment's ID
	Apps         []App
	Permissions  []Rule        // who may do what, for apps without rules of their own; none: members may do everything
	KeepActs     time.Duration // how long acts stay in the audit journal; zero: for ever
	Command      string        // the slash command, "/qa" when empty
	Language     string        // one of Languages, in which threads are told; the first when empty
	Compare      time.Duration // between two comparisons of branches with environments; a minute when zero
	Beat         time.Duration // between two looks at the hours of apps; half a minute when zero

	Admin     string                                              // channel (name or ID) that is told each week of what nobody owns, and of templates that cannot be refreshed; empty: none
	Leaks     func(ctx context.Context) (store.Leaks, error)      // looks for keys of nobody; nil: nobody does
	Templates func(ctx context.Context) ([]store.Template, error) // lists templates that are made from live schemas; nil: there are none

	Questions Questions // asked of the world behind the store; nil: nobody answers

	Now func() time.Time // time.Now when nil
	Log *slog.Logger     // discarded when nil
}

// Ways in which GitHub's events come. Whichever it is, branches and pull requests are compared with the environments from
// time to time, so that all of them lead to the same.
const (
	EventsPolling = "polling" // nobody tells: branches are looked at, and with an App the list of its webhooks
	EventsQueue   = "sqs"     // from a Queue
	EventsWebhook = "webhook" // GitHub calls Webhook
)

// Queue brings events that somebody else received from GitHub, and verified.
type Queue interface {
	// Run gives deliveries to keep until ctx ends: GitHub's ID of each, the event's name, when it was put into the queue, and
	// its payload. What keep refuses stays in the queue. report is told how each try to receive went.
	Run(ctx context.Context, keep func(ctx context.Context, id, event string, sent time.Time, payload []byte) error, report func(error)) error
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
	Grace   time.Duration  // how long the data outlives the environment; zero: it goes at once
	Awake   Hours          // outside of them environments sleep; none: they are always awake
	Stages  [][]store.Kind // the checklist, top to bottom
	Tell    []string       // of Tells: how GitHub is told what became of its branches

	Permissions []Rule // of this app; none: those of the installation
	Label       string // pull requests that bear it get an environment; empty: none do
	Bots        bool   // what programs push (dependabot, renovate) is brought up by itself, too

	former string // what the configuration calls the repository, where it has another name now
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
