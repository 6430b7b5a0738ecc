package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qabot/store"
)

// The verbs that people type.
const (
	verbUp       = "up"
	verbDown     = "down"
	verbList     = "list"
	verbStatus   = "status"
	verbRetry    = "retry"
	verbRedeploy = "redeploy"
	verbExtend   = "extend"
	verbSleep    = "sleep"
	verbWake     = "wake"
	verbHistory  = "history"
	verbCancel   = "cancel"
	verbLogs     = "logs"
	verbPlan     = "plan"
	verbHelp     = "help"
)

// longestExtension is how far from now an environment's end may be put off: what is needed longer is no QA environment.
const longestExtension = 30 * 24 * time.Hour

// command is what somebody asked for in words.
type command struct {
	Verb  string
	App   string        // empty: to be found out; of list: that app's alone
	Topic string        // of help
	For   time.Duration // of extend; of up: how long it is kept, zero as the app says
	Mine  bool          // of list
	Role  string        // of logs; empty: the one that says most
	Bare  bool          // of help: nothing was typed at all
	Data  bool          // of down: the data goes at once
	Save  string        // of save, load, unsave: its name, in lower case
	From  string        // of copy: branch that the data comes from

	Repo   string // from a pasted link; empty otherwise
	Branch string
	Pull   int  // number of a pull request, whose branch is meant
	Path   bool // a path of a file may follow the branch's name

	// Confirmed is the revision of the environment of which somebody said that it may be destroyed; empty: nobody was asked.
	Confirmed string
}

func verbs() []string {
	return []string{verbUp, verbDown, verbUndo, verbList, verbTop, verbStatus, verbLogs, verbPlan, verbRetry, verbRedeploy, verbCancel, verbExtend, verbSleep, verbWake, verbData, verbHistory, verbGC, verbHelp}
}

// otherWords are what people type when they mean a verb; they are offered, never obeyed.
func otherWords() map[string]string {
	return map[string]string{
		"start": verbUp, "deploy": verbUp, "create": verbUp, "new": verbUp, "launch": verbUp,
		"stop": verbDown, "remove": verbDown, "delete": verbDown, "rm": verbDown, "destroy": verbDown, "teardown": verbDown, "kill": verbDown,
		"ls": verbList, "all": verbList, "mine": verbList, "show": verbStatus, "info": verbStatus, "state": verbStatus,
		"pause": verbSleep, "resume": verbWake, "prolong": verbExtend, "keep": verbExtend, "log": verbLogs, "tail": verbLogs, "dry-run": verbPlan, "preview": verbPlan, "audit": verbHistory,
		"abort": verbCancel, "revive": verbUndo, "restore": verbUndo, "again": verbRetry, "rerun": verbRetry, "restart": verbRedeploy, "reload": verbRedeploy, "rollout": verbRedeploy, "refresh": verbRedeploy,
		"reset": verbData, "save": verbData, "load": verbData, "copy": verbData, "clone": verbData, "snapshot": verbData, "db": verbData,
		"?": verbHelp, "--help": verbHelp, "-h": verbHelp,
	}
}

// parse reads a command as typed behind the slash command or a mention of the bot. Its answer is either a command or what
// is wrong with the words (Detail.Code is one of the answer codes); it never gives both. inThread says that the branch
// is known from where the words were written.
func parse(text string, apps []App, inThread bool) (command, *store.Detail) {
	words := strings.Fields(plain(text))
	if len(words) == 0 {
		return command{Verb: verbHelp, Bare: true}, nil
	}
	verb, rest := strings.ToLower(clean(words[0])), words[1:]
	if !slices.Contains(verbs(), verb) {
		return command{}, strange(verb, clean(words[0]), apps)
	}
	c := command{Verb: verb}
	switch verb {
	case verbData:
		_, behind, _ := strings.Cut(strings.TrimSpace(plain(text)), words[0])
		return toData(behind, apps, inThread)
	case verbList:
		return toList(c, rest, apps)
	case verbGC:
		if len(rest) > 0 {
			return command{}, say(answerTooManyWords, verb, strings.Join(rest, " "))
		}
		return c, nil
	case verbTop:
		return toTop(c, rest, apps)
	case verbHelp:
		if len(rest) > 0 {
			c.Topic = strings.ToLower(strings.TrimPrefix(clean(rest[0]), "/"))
		}
		return c, nil
	case verbExtend:
		if len(rest) == 0 {
			return command{}, say(answerNoDuration)
		}
		d, ok := duration(clean(rest[len(rest)-1]))
		if !ok {
			return command{}, say(answerNoDuration)
		}
		c.For, rest = d, rest[:len(rest)-1]
	case verbDown:
		c.Data, rest = atOnceIn(rest, inThread)
	case verbLogs:
		c.Role, rest = roleIn(rest, apps, inThread)
		if c.Role == "" && len(rest) == 2 && appCalled(rest[0], apps) < 0 {
			return command{}, say(answerNoRole, short(clean(rest[1]), 40), strings.Join(rolesOf(apps), ", "))
		}
	}
	if len(rest) > 1 {
		if i := appCalled(rest[0], apps); i >= 0 {
			c.App, rest = apps[i].Name, rest[1:]
		} else if len(rest) == 2 && len(apps) > 1 && len(nearest(clean(rest[0]), namesOf(apps), 1)) > 0 {
			return command{}, say(answerUnknownApp, clean(rest[0]), appNames(apps))
		}
	}
	switch {
	case len(rest) > 1:
		return command{}, say(answerTooManyWords, verb, strings.Join(rest, " "))
	case len(rest) == 0 && (inThread || verb == verbHistory):
		return c, nil
	case len(rest) == 0:
		return command{}, say(answerNoBranch, verb)
	}
	return c.about(rest[0], apps)
}

// atOnceIn takes now, or --data, from the end of the words behind down, where a branch is named before it, or known without a
// word.
func atOnceIn(words []string, inThread bool) (found bool, rest []string) {
	least := 2
	if inThread {
		least = 1
	}
	if len(words) < least {
		return false, words
	}
	last := strings.ToLower(clean(words[len(words)-1]))
	if last != atOnce && last != "--data" {
		return false, words
	}
	return true, words[:len(words)-1]
}

// roleIn takes the role from the end of the words behind logs, where a branch is named before it, or known without a word.
func roleIn(words []string, apps []App, inThread bool) (role string, rest []string) {
	least := 2
	if inThread {
		least = 1
	}
	if len(words) < least {
		return "", words
	}
	last := strings.ToLower(clean(words[len(words)-1]))
	if !slices.Contains(rolesOf(apps), last) {
		return "", words
	}
	return last, words[:len(words)-1]
}

// rolesOf are the roles of all apps, each once.
func rolesOf(apps []App) []string {
	var out []string
	for _, a := range apps {
		for _, r := range a.roles() {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// about adds the branch that a word names.
func (c command) about(word string, apps []App) (command, *store.Detail) {
	t, wrong := targetOf(word, apps)
	if wrong != nil {
		if wrong.Code == answerNoBranch {
			wrong = say(answerNoBranch, c.Verb)
		}
		return command{}, wrong
	}
	if t.App != "" {
		c.App = t.App
	}
	c.Repo, c.Branch, c.Pull, c.Path = t.Repo, t.Branch, t.Pull, t.Path
	if c.Repo != "" && len(candidates(c, apps)) == 0 {
		return command{}, say(answerUnknownRepo, c.Repo)
	}
	return c, nil
}

// candidates are the apps that a command may mean.
func candidates(c command, apps []App) []App {
	return slices.DeleteFunc(slices.Clone(apps), func(a App) bool {
		return c.App != "" && a.Name != c.App || c.Repo != "" && !a.is(c.Repo)
	})
}

// toList reads what is to be listed: mine, all, an app's, in any order.
func toList(c command, words []string, apps []App) (command, *store.Detail) {
	for _, w := range words {
		i := appCalled(w, apps)
		switch word := strings.ToLower(clean(w)); {
		case word == "mine" || word == "my":
			c.Mine = true
		case word == "all":
		case i >= 0:
			c.App = apps[i].Name
		default:
			return command{}, say(answerListWhat, clean(w), appNames(apps))
		}
	}
	return c, nil
}

// appCalled finds an app by its name in any case; -1 when there is none.
func appCalled(word string, apps []App) int {
	return slices.IndexFunc(apps, func(a App) bool { return strings.EqualFold(a.Name, clean(word)) })
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

// strange answers a word that is no verb: with the verb it may have meant, or with up when it names a branch.
func strange(verb, typed string, apps []App) *store.Detail {
	if v := otherWords()[verb]; v != "" {
		return say(answerUnknownVerb, typed, v)
	}
	if near := nearest(verb, verbs(), 1); len(near) > 0 && len(verb) <= 8 {
		return say(answerUnknownVerb, typed, near[0])
	}
	if _, wrong := targetOf(typed, apps); wrong == nil && strings.ContainsAny(verb, "/-_#") {
		return say(answerVerbForgotten, typed)
	}
	return say(answerUnknownVerb, typed, verbHelp)
}

func say(code string, args ...any) *store.Detail {
	d := store.Say(code, args...)
	return &d
}

func namesOf(apps []App) []string {
	var names []string
	for _, a := range apps {
		names = append(names, a.Name)
	}
	return names
}

func appNames(apps []App) string { return strings.Join(namesOf(apps), ", ") }

// short cuts a text to n characters and marks the cut.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}
