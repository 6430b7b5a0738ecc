package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Rule allows some people some commands in some places. Rules only ever allow; what none of them allows may not be done.
// Looking is open to everybody until a rule names a command of it.
type Rule struct {
	// Who: "everyone" (every member of the workspace), "owner" (who has the environment), "nobody", a user group as
	// "@handle" or by its ID, a user by ID.
	Who []string
	// May: commands such as "up", and groups of them: "look", "change", "destroy".
	May []string
	// Where: channels as "#name" or by ID, and "direct" for direct messages and the app's own page. Empty: everywhere.
	Where []string
}

// Words of rules.
const (
	everyone = "everyone"
	owner    = "owner"
	nobody   = "nobody"
	direct   = "direct"

	groupLook    = "look"
	groupChange  = "change"
	groupDestroy = "destroy"
)

// groupOf is the group of commands that a verb belongs to; empty for what needs no permission or is no command.
func groupOf(verb string) string {
	switch verb {
	case verbList, verbTop, verbStatus, verbHistory, verbLogs, verbPlan, verbGC, verbSaves:
		return groupLook
	case verbUp, verbUndo, verbRetry, verbRedeploy, verbCancel, verbExtend, verbSleep, verbWake, verbSave:
		return groupChange
	case verbKeepOn:
		return groupChange
	case verbDown, verbReset, verbLoad, verbCopy, verbUnsave, verbAnew:
		return groupDestroy
	}
	return ""
}

// allows tells whether the rule speaks of a command.
func (r Rule) allows(verb string) bool {
	return slices.Contains(r.May, verb) || slices.Contains(r.May, groupOf(verb))
}

// naming gives the rules that speak of a command.
func naming(rules []Rule, verb string) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !r.allows(verb) })
}

var (
	groupHandle = regexp.MustCompile(`^@[^\s@A-Z]+$`)
	groupID     = regexp.MustCompile(`^S[A-Z0-9]+$`)
	userID      = regexp.MustCompile(`^[UW][A-Z0-9]+$`)
	channelName = regexp.MustCompile(`^#[^\sA-Z#]+$`)
	channelID   = regexp.MustCompile(`^[CG][A-Z0-9]+$`)
)

// RuleFault is one thing that is wrong with rules.
type RuleFault struct {
	Path string // within the list: "[0].may[1]"
	Text string
}

// CheckRules gives everything that is wrong with rules. No rules are right, too.
func CheckRules(rules []Rule) []RuleFault {
	var faults []RuleFault
	fault := func(path, format string, args ...any) {
		faults = append(faults, RuleFault{path, fmt.Sprintf(format, args...)})
	}
	for i, r := range rules {
		at := fmt.Sprintf("[%d]", i)
		if len(r.Who) == 0 {
			fault(at+".who", "is missing: everyone, owner, nobody, @handle of a user group, ID of a group or user")
		}
		for j, w := range r.Who {
			if !someone(w) {
				fault(fmt.Sprintf("%s.who[%d]", at, j), "%q is neither everyone, owner, nobody, a user group (@handle or S...) nor a user's ID (U...)", w)
			}
		}
		if len(r.May) == 0 {
			fault(at+".may", "is missing: %s", strings.Join(mayWords(), ", "))
		}
		for j, m := range r.May {
			if !slices.Contains(mayWords(), m) {
				fault(fmt.Sprintf("%s.may[%d]", at, j), "%q is none of %s", m, strings.Join(mayWords(), ", "))
			}
		}
		for j, w := range r.Where {
			if w != direct && !channelName.MatchString(w) && !channelID.MatchString(w) {
				fault(fmt.Sprintf("%s.where[%d]", at, j), "%q is neither a channel (#name or C...) nor direct", w)
			}
		}
	}
	if len(rules) == 0 || len(faults) > 0 {
		return faults
	}
	var left []string
	for _, v := range ruled() {
		if g := groupOf(v); g != "" && g != groupLook && len(naming(rules, v)) == 0 {
			left = append(left, v)
		}
	}
	if len(left) > 0 {
		fault("", "no rule names %s, so nobody could use it; write who may, or who: [nobody]", strings.Join(left, ", "))
	}
	return faults
}

// someone tells whether a word of Who can mean anybody.
func someone(w string) bool {
	switch w {
	case everyone, owner, nobody:
		return true
	case "@here", "@channel", "@everyone": // Slack's own, and no groups
		return false
	}
	return groupHandle.MatchString(w) || groupID.MatchString(w) || userID.MatchString(w)
}

// ruled are the verbs that rules may speak of.
func ruled() []string {
	return append(verbs(), verbReset, verbLoad, verbCopy, verbSave, verbUnsave, verbSaves)
}

// mayWords are what May may hold: groups first.
func mayWords() []string {
	words := []string{groupLook, groupChange, groupDestroy}
	for _, v := range ruled() {
		if groupOf(v) != "" {
			words = append(words, v)
		}
	}
	return words
}

// rulesFor are the rules that an app follows: its own, or else those of the installation.
func (b *Bot) rulesFor(app string) []Rule {
	if a, ok := b.app(app); ok && len(a.Permissions) > 0 {
		return a.Permissions
	}
	return b.opt.Permissions
}

// place is where the app's branches are told, in words of rules.
func (a App) place() string {
	if a.Channel == "" || isID(a.Channel) {
		return a.Channel
	}
	return "#" + strings.TrimPrefix(a.Channel, "#")
}
