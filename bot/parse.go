package bot

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qabot/store"
)

// The verbs that people type.
const (
	verbUp      = "up"
	verbDown    = "down"
	verbList    = "list"
	verbStatus  = "status"
	verbRetry   = "retry"
	verbExtend  = "extend"
	verbSleep   = "sleep"
	verbWake    = "wake"
	verbHistory = "history"
	verbHelp    = "help"
)

// longestExtension is how far from now an environment's end may be put off: what is needed longer is no QA environment.
const longestExtension = 30 * 24 * time.Hour

// maxBranch is the longest branch name that Git hosts take, in bytes.
const maxBranch = 244

// command is what somebody asked for in words.
type command struct {
	Verb   string
	App    string // empty: to be found out
	Repo   string // from a pasted link; empty otherwise
	Branch string
	Topic  string        // of help
	For    time.Duration // of extend
}

func verbs() []string {
	return []string{verbUp, verbDown, verbList, verbStatus, verbRetry, verbExtend, verbSleep, verbWake, verbHistory, verbHelp}
}

// otherWords are what people type when they mean a verb; they are offered, never obeyed.
func otherWords() map[string]string {
	return map[string]string{
		"start": verbUp, "deploy": verbUp, "create": verbUp, "new": verbUp, "launch": verbUp, "redeploy": verbUp,
		"stop": verbDown, "remove": verbDown, "delete": verbDown, "rm": verbDown, "destroy": verbDown, "teardown": verbDown, "kill": verbDown,
		"ls": verbList, "all": verbList, "show": verbStatus, "info": verbStatus, "state": verbStatus,
		"pause": verbSleep, "resume": verbWake, "prolong": verbExtend, "keep": verbExtend, "log": verbStatus, "audit": verbHistory,
		"again": verbRetry, "restart": verbRetry, "rerun": verbRetry, "?": verbHelp, "--help": verbHelp, "-h": verbHelp,
	}
}

// parse reads a command as typed behind the slash command or a mention of the bot. Its answer is either a command or what
// is wrong with the words (Detail.Code is one of the answer codes); it never gives both. inThread says that the branch
// is known from where the words were written.
func parse(text string, apps []App, inThread bool) (command, *store.Detail) {
	words := strings.Fields(plain(text))
	if len(words) == 0 {
		return command{Verb: verbHelp}, nil
	}
	verb, rest := strings.ToLower(clean(words[0])), words[1:]
	if !slices.Contains(verbs(), verb) {
		return command{}, strange(verb, clean(words[0]))
	}
	c := command{Verb: verb}
	switch verb {
	case verbList:
		return c, nil
	case verbHelp:
		if len(rest) > 0 {
			c.Topic = strings.ToLower(strings.TrimPrefix(clean(rest[0]), "/"))
		}
		return c, nil
	}
	if verb == verbExtend {
		if len(rest) == 0 {
			return command{}, say(answerNoDuration)
		}
		d, ok := duration(clean(rest[len(rest)-1]))
		if !ok {
			return command{}, say(answerNoDuration)
		}
		c.For, rest = d, rest[:len(rest)-1]
	}
	if len(rest) > 1 {
		app := strings.ToLower(clean(rest[0]))
		if !slices.ContainsFunc(apps, func(a App) bool { return a.Name == app }) {
			if len(rest) > 2 || len(apps) < 2 {
				return command{}, say(answerTooManyWords, verb)
			}
			return command{}, say(answerUnknownApp, clean(rest[0]), appNames(apps))
		}
		c.App, rest = app, rest[1:]
	}
	switch {
	case len(rest) > 1:
		return command{}, say(answerTooManyWords, verb)
	case len(rest) == 0 && inThread:
		return c, nil
	case len(rest) == 0:
		return command{}, say(answerNoBranch, verb)
	}
	return branchOf(c, rest[0], apps)
}

// duration reads 90m, 12h, 2d or 1w.
func duration(word string) (time.Duration, bool) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(word) < 2 || len(word) > 5 {
		return 0, false
	}
	unit := units[word[len(word)-1]|0x20]
	n, err := strconv.Atoi(word[:len(word)-1])
	return time.Duration(n) * unit, err == nil && unit > 0 && n > 0
}

// strange answers a word that is no verb: with the verb it may have meant, or with up when it looks like a branch.
func strange(verb, typed string) *store.Detail {
	if v := otherWords()[verb]; v != "" {
		return say(answerUnknownVerb, typed, v)
	}
	if near := nearest(verb, verbs(), 1); len(near) > 0 && len(verb) <= 8 {
		return say(answerUnknownVerb, typed, near[0])
	}
	if strings.ContainsAny(verb, "/-_") && legal(typed) {
		return say(answerVerbForgotten, typed)
	}
	return say(answerUnknownVerb, typed, verbHelp)
}

func branchOf(c command, word string, apps []App) (command, *store.Detail) {
	branch := clean(word)
	if strings.HasPrefix(branch, "http://") || strings.HasPrefix(branch, "https://") {
		repo, b, ok := fromLink(branch)
		if !ok {
			return command{}, say(answerNotABranchLink, branch)
		}
		known := slices.ContainsFunc(apps, func(a App) bool {
			return strings.EqualFold(a.Repo, repo) && (c.App == "" || a.Name == c.App)
		})
		if !known {
			return command{}, say(answerUnknownRepo, repo)
		}
		c.Repo, branch = repo, b
	}
	branch = strings.TrimPrefix(branch, "refs/heads/")
	switch {
	case branch == "":
		return command{}, say(answerNoBranch, c.Verb)
	case len(branch) > maxBranch:
		return command{}, say(answerLongBranch, short(branch, 40), maxBranch)
	case !legal(branch):
		return command{}, say(answerOddBranch, short(branch, 80))
	}
	c.Branch = branch
	return c, nil
}

var slackToken = regexp.MustCompile(`<([^<>|]*)(?:\|[^<>]*)?>`)

// plain takes Slack's markup off: <https://x|label> becomes its address, entities become characters.
func plain(text string) string {
	text = slackToken.ReplaceAllString(text, " $1 ")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// clean takes quotes of all kinds and formatting off both ends of a word. None of them can end a branch name that people
// could type by intention.
func clean(word string) string {
	return strings.Trim(word, "\"'`*~“”„‟‘’‚‛«»‹›\u200b\ufeff")
}

// fromLink reads owner/name and branch of a link to a branch; anything behind the branch's name cannot be told from it.
func fromLink(link string) (repo, branch string, ok bool) {
	u, err := url.Parse(link)
	if err != nil {
		return "", "", false
	}
	parts := strings.SplitN(strings.Trim(u.EscapedPath(), "/"), "/", 4)
	if len(parts) < 4 || parts[2] != "tree" && parts[2] != "commits" {
		return "", "", false
	}
	branch, err = url.PathUnescape(parts[3])
	if err != nil {
		return "", "", false
	}
	return parts[0] + "/" + parts[1], branch, true
}

// legal tells whether Git takes the name for a branch (git check-ref-format).
func legal(branch string) bool {
	if branch == "" || branch == "@" || !utf8.ValidString(branch) || strings.HasPrefix(branch, "-") {
		return false
	}
	for _, bad := range []string{"..", "@{", "//"} {
		if strings.Contains(branch, bad) {
			return false
		}
	}
	for _, r := range branch {
		if unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`~^:?*[\`, r) {
			return false
		}
	}
	for part := range strings.SplitSeq(branch, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

func say(code string, args ...any) *store.Detail {
	d := store.Say(code, args...)
	return &d
}

func appNames(apps []App) string {
	var names []string
	for _, a := range apps {
		names = append(names, a.Name)
	}
	return strings.Join(names, ", ")
}

// short cuts a text to n characters and marks the cut.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}
