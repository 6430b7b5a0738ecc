package bot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

var (
	webAddress = regexp.MustCompile(`https?://[^\s<>|"\\]+`)
	hashNoted  = regexp.MustCompile(`(?:^|[\s(\[])#([0-9]{1,9})\b`)
)

// targetsIn finds what a message says of branches and pull requests of those apps: links first, wherever in the message they
// stand, then numbers, then words that are branches. Each is there once, in the order of the message.
func targetsIn(m slack.Message, apps []App, branches []string) []target {
	var out []target
	add := func(t target) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, link := range webAddress.FindAllString(wholeText(m), -1) {
		t, wrong := fromLink(strings.TrimRight(link, ".,;:!?)]}'"))
		if wrong == nil && slices.ContainsFunc(apps, func(a App) bool { return a.is(t.Repo) }) {
			add(t)
		}
	}
	if len(out) > 0 {
		return out
	}
	text := plain(m.Text)
	for _, found := range hashNoted.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(found[1]); err == nil && n > 0 {
			add(target{Pull: n})
		}
	}
	for _, word := range strings.Fields(text) {
		word = strings.TrimPrefix(clean(strings.Trim(word, ".,;:!?()[]{}")), "refs/heads/")
		// A word such as main is a word before it is a branch.
		if strings.ContainsAny(word, "/-_") && slices.Contains(branches, word) {
			add(target{Branch: word})
		}
	}
	return out
}

// wholeText is everything that a message says: its text, blocks and attachments, in which other apps put links.
func wholeText(m slack.Message) string {
	var b bytes.Buffer
	b.WriteString(strings.NewReplacer("&amp;", "&").Replace(m.Text) + "\n")
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, part := range []any{m.Blocks, m.Attachments} {
		_ = enc.Encode(part) // what cannot be written has no links to find
	}
	return b.String()
}

// spokenOf finds the branch that a message speaks of, and says in a note what was found.
func (b *Bot) spokenOf(ctx context.Context, m slack.Message, app App, apps []App) (App, *match, *store.Detail) {
	var branches []string
	for _, repo := range reposOf(apps) {
		l, _ := b.refs.late(ctx, repo)
		branches = append(branches, l.branches...)
	}
	targets := targetsIn(m, apps, branches)
	if len(targets) == 0 {
		return app, nil, say(formNoneInMessage)
	}
	note := say(formInMessage)
	if len(targets) > 1 {
		note = say(formMoreInMessage, strings.Join(namesOfTargets(targets[1:min(len(targets), 4)]), ", "))
	}
	t := targets[0]
	mine := candidates(command{Repo: t.Repo}, apps)
	if !slices.ContainsFunc(mine, func(a App) bool { return a.Name == app.Name }) {
		app = mine[0]
	}
	if t.Pull == 0 {
		l, _ := b.refs.late(ctx, app.Repo)
		if t.Path {
			t.Branch = cmp.Or(within(t.Branch, l.branches), t.Branch)
		}
		for _, found := range l.matches() {
			if found.Branch == t.Branch {
				return app, &found, note
			}
		}
		return app, &match{Branch: t.Branch}, note
	}
	p, found, err := b.github.pull(ctx, app.Repo, t.Pull)
	if err != nil {
		b.log.Warn("ask for pull request", "repo", app.Repo, "number", t.Pull, "error", err)
		if p, found = b.refs.pull(app.Repo, t.Pull); !found {
			return app, nil, say(answerGitHubDown)
		}
	}
	number := "#" + strconv.Itoa(t.Pull)
	switch {
	case !found:
		return app, nil, say(answerNoSuchPull, number, app.Repo)
	case p.Fork:
		return app, nil, say(answerFork, number)
	}
	return app, &match{Branch: p.Branch, Pull: p}, note
}

func namesOfTargets(all []target) []string {
	var names []string
	for _, t := range all {
		if t.Pull > 0 {
			names = append(names, "#"+strconv.Itoa(t.Pull))
		} else {
			names = append(names, short(t.Branch, 60))
		}
	}
	return names
}
