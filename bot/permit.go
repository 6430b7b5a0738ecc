package bot

import (
	"slices"
	"strings"

	"qabot/store"
)

// standing is what somebody is to the workspace that the bot belongs to.
type standing string

const (
	unknownPerson standing = ""         // Slack could not be asked
	member        standing = "member"   // full member
	guest         standing = "guest"    // restricted to some channels, or to one
	stranger      standing = "stranger" // of another organisation
	departed      standing = "departed" // the account is not active
	robot         standing = "robot"
)

// ground is what sort of place something is said in.
type ground string

const (
	unknownGround ground = ""       // Slack could not be asked
	ownGround     ground = "own"    // a channel of the workspace's own people
	sharedGround  ground = "shared" // Slack Connect: other organisations are there, or invited
	directGround  ground = "direct" // nobody but the person and the bot
)

// facts are what Slack says of somebody who asks for something, and of the place. The zero value knows nothing.
type facts struct {
	User    string
	Person  standing
	Ground  ground
	Channel string   // its ID
	Name    string   // its name, without #
	Groups  []string // IDs and @handles of the groups that he is in
	// Why something is not known: codes of refusals with their arguments. Code is empty where it is known.
	PersonDoubt, GroundDoubt, GroupsDoubt store.Detail
}

// doubtful tells whether something is not known.
func (f facts) doubtful() bool {
	return f.PersonDoubt.Code != "" || f.GroundDoubt.Code != "" || f.GroupsDoubt.Code != ""
}

// request is what somebody asks for.
type request struct {
	Verb   string
	Branch string
	Owner  string // who has the environment; empty: nobody, or there is none
	Home   string // where the app's branches are told, in words of rules; empty: nowhere
}

// refusal is why somebody may not, and what helps.
type refusal struct {
	Why   store.Detail
	Who   []string // who may: words of rules, with the owner's user ID in place of "owner"
	Where []string // where it may be done, in words of rules; empty: the place does not matter
}

// judge tells whether the rules allow a request; nil means that they do. It is pure, and the only place where that is
// decided. What is not known never allows a change.
func judge(rules []Rule, r request, f facts) *refusal {
	named := naming(rules, r.Verb)
	switch groupOf(r.Verb) {
	case "":
		return nil // no command of anybody's: help
	case groupLook:
		if len(named) == 0 {
			return nil
		}
		return weigh(named, r, f, true)
	}
	if len(rules) == 0 {
		named = []Rule{{Who: []string{owner, everyone}, May: []string{r.Verb}}}
	}
	if no := bars(named, r, f); no != nil {
		return no
	}
	return weigh(named, r, f, false)
}

// bars refuses changes that no rule can allow: by people who do not belong to the workspace, in places that do not belong to
// it alone, and where one or the other is not known.
func bars(named []Rule, r request, f facts) *refusal {
	no := func(code string) *refusal {
		return &refusal{Why: store.Say(code, r.Verb, r.Branch), Who: whoMay(named, r)}
	}
	switch f.Person {
	case stranger:
		return no(refusedStranger)
	case robot:
		return no(refusedRobot)
	case departed:
		return no(refusedDeparted)
	case member, guest:
	default:
		return &refusal{Why: f.PersonDoubt}
	}
	switch f.Ground {
	case sharedGround:
		where := whereMay(named)
		if len(where) == 0 {
			where = []string{direct}
			if r.Home != "" && !(Rule{Where: []string{r.Home}}).covers(f) {
				where = []string{r.Home, direct}
			}
		}
		return &refusal{Why: store.Say(refusedShared, r.Verb, r.Branch), Where: where}
	case ownGround, directGround:
		return nil
	}
	return &refusal{Why: f.GroundDoubt}
}

// weigh looks for a rule that allows it, and else for the reason that helps most.
func weigh(named []Rule, r request, f facts, looks bool) *refusal {
	var here, elsewhere []Rule
	doubtful := false
	for _, rule := range named {
		is, sure := rule.includes(r, f, looks)
		switch {
		case is && rule.covers(f):
			return nil
		case is:
			elsewhere = append(elsewhere, rule)
		case rule.covers(f):
			here = append(here, rule)
		}
		doubtful = doubtful || !sure
	}
	no := &refusal{Why: store.Say(refusedRule, r.Verb, r.Branch), Who: whoMay(here, r)}
	switch {
	case doubtful:
		return &refusal{Why: f.GroupsDoubt}
	case len(elsewhere) > 0:
		return &refusal{Why: store.Say(refusedPlace, r.Verb, r.Branch), Where: whereMay(elsewhere)}
	case len(whoMay(named, r)) == 0:
		return &refusal{Why: store.Say(refusedNobody, r.Verb, r.Branch)}
	case len(no.Who) == 0:
		no.Who, no.Where = whoMay(named, r), whereMay(named)
	}
	if f.Person == guest && !looks {
		no.Why = store.Say(refusedGuest, r.Verb, r.Branch)
	}
	return no
}

// includes tells whether the rule means this person; sure is false when that depends on what is not known. "everyone" and
// "owner" are members only, unless it is for a look: guests are allowed what names them, or a group of theirs.
func (r Rule) includes(q request, f facts, looks bool) (is, sure bool) {
	sure = true
	for _, w := range r.Who {
		switch {
		case w == everyone:
			is = is || looks || f.Person == member
		case w == owner:
			// Who brings up what nobody has becomes its owner.
			mine := q.Owner == f.User || q.Owner == "" && q.Verb == verbUp
			is = is || f.User != "" && mine && f.Person == member
		case w == nobody:
		case userID.MatchString(w):
			is = is || w == f.User
		case f.GroupsDoubt.Code != "":
			sure = false
		default:
			is = is || slices.ContainsFunc(f.Groups, func(g string) bool { return strings.EqualFold(g, w) })
		}
	}
	return is, is || sure
}

// covers tells whether the rule holds in that place.
func (r Rule) covers(f facts) bool {
	return len(r.Where) == 0 || slices.ContainsFunc(r.Where, func(w string) bool {
		if f.Ground == directGround {
			return w == direct
		}
		return f.Channel != "" && w == f.Channel || f.Name != "" && strings.EqualFold(w, "#"+f.Name)
	})
}

// whoMay lists who is allowed something by rules: the owner first, then as the rules say it. It is empty when nobody is.
func whoMay(rules []Rule, r request) []string {
	var out []string
	add := func(w string) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, rule := range rules {
		if slices.Contains(rule.Who, owner) && r.Owner != "" {
			add(r.Owner)
		}
	}
	for _, rule := range rules {
		for _, w := range rule.Who {
			if w != owner && w != nobody {
				add(w)
			}
		}
	}
	if slices.Contains(out, everyone) {
		out = slices.DeleteFunc(out, func(w string) bool { return w != everyone && w != r.Owner })
	}
	return out
}

// whereMay lists where rules hold; it is empty when one of them holds everywhere.
func whereMay(rules []Rule) []string {
	var out []string
	for _, rule := range rules {
		if len(rule.Where) == 0 {
			return nil
		}
		for _, w := range rule.Where {
			if !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}
