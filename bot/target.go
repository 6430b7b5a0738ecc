package bot

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qabot/store"
)

// maxBranch is the longest branch name that Git hosts take, in bytes.
const maxBranch = 244

// target is what people name a branch by: its name, a pull request, or a link to either.
type target struct {
	App    string // written before a number: shop#12
	Repo   string // of a link, or written before a number; empty otherwise
	Branch string
	Pull   int  // number of a pull request; 0: Branch says it
	Path   bool // a path of a file may follow the branch's name in Branch
}

// targetOf reads one word. What is wrong with it is one of the answer codes.
func targetOf(word string, apps []App) (target, *store.Detail) {
	word = clean(word)
	if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
		return fromLink(word)
	}
	if m := pullNumber.FindStringSubmatch(word); m != nil {
		n, err := strconv.Atoi(m[2])
		if err != nil || n == 0 {
			return target{}, say(answerOddBranch, short(word, 80))
		}
		whose := strings.TrimSuffix(m[1], "/")
		if whose == "" || strings.EqualFold(whose, "pr") {
			return target{Pull: n}, nil
		}
		for _, a := range apps { // else it is a branch: fix/issue#12
			switch {
			case strings.EqualFold(a.Name, whose):
				return target{App: a.Name, Pull: n}, nil
			case a.is(whose):
				return target{Repo: a.Repo, Pull: n}, nil
			}
		}
	}
	if m := pullRef.FindStringSubmatch(word); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return target{Pull: n}, nil
		}
	}
	return named(target{Branch: strings.TrimPrefix(word, "refs/heads/")})
}

var (
	pullNumber = regexp.MustCompile(`^([\w./-]*)#([0-9]{1,9})$`)
	pullRef    = regexp.MustCompile(`^refs/pull/([0-9]{1,9})/(?:head|merge)$`)
)

// named checks the name of a branch.
func named(r target) (target, *store.Detail) {
	switch {
	case r.Branch == "":
		return target{}, say(answerNoBranch, verbUp)
	case len(r.Branch) > maxBranch:
		return target{}, say(answerLongBranch, short(r.Branch, 40), maxBranch)
	case !legal(r.Branch):
		return target{}, say(answerOddBranch, short(r.Branch, 80))
	}
	return r, nil
}

// fromLink reads a link to a branch, to a pull request or to a comparison, whatever page of it is open. A branch of somebody
// else's repository is refused.
func fromLink(link string) (target, *store.Detail) {
	wrong := say(answerNotABranchLink, short(link, 200))
	u, err := url.Parse(link)
	if err != nil {
		return target{}, wrong
	}
	parts := strings.SplitN(strings.Trim(u.EscapedPath(), "/"), "/", 4)
	if len(parts) < 4 {
		return target{}, wrong
	}
	rest, err := url.PathUnescape(parts[3])
	if err != nil {
		return target{}, wrong
	}
	r := target{Repo: parts[0] + "/" + parts[1]}
	switch parts[2] {
	case "pull":
		number, _, _ := strings.Cut(rest, "/")
		if r.Pull, err = strconv.Atoi(number); err != nil || r.Pull <= 0 || len(number) > 9 {
			return target{}, wrong
		}
		return r, nil
	case "tree", "commits", "blob":
		r.Branch, r.Path = strings.TrimPrefix(rest, "refs/heads/"), strings.Contains(rest, "/")
	case "compare":
		_, head, ranged := strings.Cut(rest, "...")
		if !ranged {
			head = rest
		}
		if owner, branch, of := strings.Cut(head, ":"); of {
			if !strings.EqualFold(owner, parts[0]) || strings.Contains(branch, ":") {
				return target{}, say(answerFork, short(head, 80))
			}
			head = branch
		}
		r.Branch = head
	default:
		return target{}, wrong
	}
	return named(r)
}

var slackToken = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

// plain takes Slack's markup off. A link becomes its address, unless Slack itself made a link of what looked like one; a
// channel becomes the word that was typed; entities become characters.
func plain(text string) string {
	text = slackToken.ReplaceAllStringFunc(text, func(token string) string {
		m := slackToken.FindStringSubmatch(token)
		to, label := m[1], m[2]
		switch {
		case label == "":
		case strings.HasPrefix(to, "#"):
			to = "#" + label
		case to == "http://"+label, to == "https://"+label, to == "mailto:"+label:
			to = label
		}
		return " " + to + " "
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// clean takes quotes of all kinds and formatting off both ends of a word. None of them can end a branch name that people
// could type by intention.
func clean(word string) string {
	return strings.Trim(word, "\"'`*~“”„‟‘’‚‛«»‹›\u200b\ufeff")
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

// within finds the branch that a path begins with, the longest of those that there are; empty when there is none.
func within(path string, branches []string) string {
	longest := ""
	for _, b := range branches {
		if len(b) > len(longest) && (path == b || strings.HasPrefix(path, b+"/")) {
			longest = b
		}
	}
	return longest
}
