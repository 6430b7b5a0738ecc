package bot

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qabot/store"
)

// someFacts are those of a full member in #qa, changed.
func someFacts(change func(*facts)) facts {
	f := facts{User: "U1", Person: member, Ground: ownGround, Channel: "C1", Name: "qa", Groups: []string{"S1", "@qa-leads"}}
	if change != nil {
		change(&f)
	}
	return f
}

func TestJudge(t *testing.T) {
	leads := []Rule{
		{Who: []string{everyone}, May: []string{groupLook, groupChange}},
		{Who: []string{owner, "@qa-leads"}, May: []string{groupDestroy}, Where: []string{"#qa", "C2"}},
	}
	only := func(who ...string) []Rule { return []Rule{{Who: who, May: []string{groupChange, groupDestroy}}} }
	person := func(p standing) func(*facts) { return func(f *facts) { f.Person = p } }
	alone := func(f *facts) { f.Groups = nil }
	for _, c := range []struct {
		name  string
		rules []Rule
		verb  string
		owner string
		facts facts
		code  string   // empty: allowed
		who   []string // who may
		where []string
	}{
		{"a member may everything", nil, verbDown, "U2", someFacts(nil), "", nil, nil},
		{"a member may everything in direct messages", nil, verbUp, "", someFacts(func(f *facts) { f.Ground, f.Name = directGround, "" }), "", nil, nil},
		{"a guest may not", nil, verbUp, "", someFacts(person(guest)), refusedGuest, []string{everyone}, nil},
		{"a guest may look", nil, verbStatus, "", someFacts(person(guest)), "", nil, nil},
		{"a guest hears who has it", nil, verbDown, "U2", someFacts(person(guest)), refusedGuest, []string{"U2", everyone}, nil},
		{"a stranger may not", nil, verbSleep, "", someFacts(person(stranger)), refusedStranger, []string{everyone}, nil},
		{"a stranger may not take down what is his", nil, verbDown, "U1", someFacts(person(stranger)), refusedStranger, []string{"U1", everyone}, nil},
		{"a bot may not", nil, verbUp, "", someFacts(person(robot)), refusedRobot, []string{everyone}, nil},
		{"who left may not", nil, verbUp, "", someFacts(person(departed)), refusedDeparted, []string{everyone}, nil},
		{"nobody may in Slack Connect", nil, verbUp, "", someFacts(func(f *facts) { f.Ground, f.Name = sharedGround, "partners" }), refusedShared, nil, []string{"#qa", direct}},
		{"the shared channel itself is no way out", nil, verbUp, "", someFacts(func(f *facts) { f.Ground = sharedGround }), refusedShared, nil, []string{direct}},
		{"everybody may look in Slack Connect", nil, verbList, "", someFacts(func(f *facts) { f.Ground = sharedGround }), "", nil, nil},
		{"not knowing who", nil, verbUp, "", facts{User: "U1", Ground: ownGround, PersonDoubt: store.Say(doubtAway, "users.info")}, doubtAway, nil, nil},
		{"not knowing where", nil, verbUp, "", someFacts(func(f *facts) { f.Ground, f.GroundDoubt = unknownGround, store.Say(doubtHidden) }), doubtHidden, nil, nil},
		{"not knowing anything, a look", nil, verbHistory, "", facts{}, "", nil, nil},
		{"help is for all", only("U9"), verbHelp, "", facts{}, "", nil, nil},

		{"a rule for everyone", leads, verbUp, "U2", someFacts(alone), "", nil, nil},
		{"a group", leads, verbDown, "U2", someFacts(nil), "", nil, nil},
		{"a group by its ID", only("S1"), verbDown, "U2", someFacts(nil), "", nil, nil},
		{"a group, case aside", only("@QA-leads"), verbDown, "U2", someFacts(nil), "", nil, nil},
		{"the owner", leads, verbDown, "U1", someFacts(alone), "", nil, nil},
		{"somebody else", leads, verbDown, "U2", someFacts(alone), refusedRule, []string{"U2", "@qa-leads"}, nil},
		{"somebody else of what nobody has", leads, verbDown, "", someFacts(alone), refusedRule, []string{"@qa-leads"}, nil},
		{"the owner elsewhere", leads, verbDown, "U1", someFacts(func(f *facts) { f.Name = "general" }), refusedPlace, nil, []string{"#qa", "C2"}},
		{"the channel by its ID", leads, verbDown, "U1", someFacts(func(f *facts) { f.Channel, f.Name = "C2", "x" }), "", nil, nil},
		{"a channel's rule is not for direct messages", leads, verbDown, "U1", someFacts(func(f *facts) { f.Ground, f.Channel, f.Name = directGround, "", "" }), refusedPlace, nil, []string{"#qa", "C2"}},
		{"somebody else elsewhere hears both", leads, verbDown, "U2", someFacts(func(f *facts) { f.Groups, f.Name = nil, "general" }), refusedRule, []string{"U2", "@qa-leads"}, []string{"#qa", "C2"}},
		{"a guest by name", only("U1"), verbDown, "U2", someFacts(person(guest)), "", nil, nil},
		{"a guest by group", only("@qa-leads"), verbDown, "U2", someFacts(person(guest)), "", nil, nil},
		{"a guest is not everyone", only(everyone), verbDown, "", someFacts(person(guest)), refusedGuest, []string{everyone}, nil},
		{"a guest is no owner", only(owner), verbDown, "U1", someFacts(person(guest)), refusedGuest, []string{"U1"}, nil},
		{"a stranger by name", only("U1", "@qa-leads"), verbUp, "", someFacts(person(stranger)), refusedStranger, []string{"U1", "@qa-leads"}, nil},
		{"nobody", only(nobody), verbDown, "U1", someFacts(nil), refusedNobody, nil, nil},
		{"only the owner of what nobody has", only(owner), verbDown, "", someFacts(nil), refusedNobody, nil, nil},
		{"who brings up what nobody has owns it", only(owner), verbUp, "", someFacts(nil), "", nil, nil},
		{"but not what somebody has", only(owner), verbUp, "U2", someFacts(nil), refusedRule, []string{"U2"}, nil},
		{"groups that are not known", only("@qa-leads", owner), verbDown, "U2", someFacts(func(f *facts) { f.GroupsDoubt = store.Say(doubtScope, "usergroups:read") }), doubtScope, nil, nil},
		{"groups that are not known do not matter to the owner", only("@qa-leads", owner), verbDown, "U1", someFacts(func(f *facts) { f.Groups, f.GroupsDoubt = nil, store.Say(doubtScope, "usergroups:read") }), "", nil, nil},
		{"a rule without the command", []Rule{{Who: []string{everyone}, May: []string{verbUp}}}, verbDown, "U1", someFacts(nil), refusedNobody, nil, nil},
		{"a look that a rule names", []Rule{{Who: []string{"@devs"}, May: []string{verbHistory}}}, verbHistory, "", someFacts(nil), refusedRule, []string{"@devs"}, nil},
		{"another look", []Rule{{Who: []string{"@devs"}, May: []string{verbHistory}}}, verbList, "", someFacts(person(stranger)), "", nil, nil},
		{"a look for everyone is for guests too", []Rule{{Who: []string{everyone}, May: []string{groupLook}, Where: []string{"#qa"}}}, verbList, "", someFacts(person(guest)), "", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := judge(c.rules, request{Verb: c.verb, Branch: "qa/x", Owner: c.owner, Home: "#qa"}, c.facts)
			if r == nil {
				r = &refusal{}
			}
			if r.Why.Code != c.code {
				t.Errorf("got %q, want %q", r.Why.Code, c.code)
			}
			if diff := cmp.Diff(c.who, r.Who); diff != "" && len(c.who)+len(r.Who) > 0 {
				t.Errorf("who may (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.where, r.Where); diff != "" && len(c.where)+len(r.Where) > 0 {
				t.Errorf("where (-want +got):\n%s", diff)
			}
		})
	}
}

func changes() []string {
	return slices.DeleteFunc(ruled(), func(v string) bool { return groupOf(v) == "" || groupOf(v) == groupLook })
}

// drawRules draws rules that CheckRules accepts, for the most part.
func drawRules(t *rapid.T) []Rule {
	some := func(label string, words ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(words), 1, 3).Draw(t, label)
	}
	n := rapid.IntRange(0, 4).Draw(t, "rules")
	var rules []Rule
	for range n {
		r := Rule{
			Who: some("who", everyone, owner, nobody, "@qa-leads", "@devs", "S1", "U1", "U2"),
			May: some("may", append(changes(), groupLook, groupChange, groupDestroy, verbList)...),
		}
		if rapid.Bool().Draw(t, "bound") {
			r.Where = some("where", "#qa", "#general", "C1", direct)
		}
		rules = append(rules, r)
	}
	return rules
}

func drawFacts(t *rapid.T) facts {
	f := facts{
		User:    rapid.SampledFrom([]string{"U1", "U2"}).Draw(t, "user"),
		Person:  rapid.SampledFrom([]standing{unknownPerson, member, guest, stranger, departed, robot}).Draw(t, "person"),
		Ground:  rapid.SampledFrom([]ground{unknownGround, ownGround, sharedGround, directGround}).Draw(t, "ground"),
		Channel: rapid.SampledFrom([]string{"C1", "C2"}).Draw(t, "channel"),
		Name:    rapid.SampledFrom([]string{"qa", "general"}).Draw(t, "name"),
		Groups:  rapid.SampledFrom([][]string{nil, {"S1", "@qa-leads"}, {"S2", "@devs"}}).Draw(t, "groups"),
	}
	if f.Person == unknownPerson {
		f.PersonDoubt = store.Say(doubtAway, "users.info")
	}
	if f.Ground == unknownGround {
		f.GroundDoubt = store.Say(doubtHidden)
	}
	if rapid.Bool().Draw(t, "doubt") {
		f.Groups, f.GroupsDoubt = nil, store.Say(doubtLimited, "1m0s")
	}
	return f
}

func drawRequest(t *rapid.T, verbs []string) request {
	return request{
		Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Branch: "qa/x", Home: "#qa",
		Owner: rapid.SampledFrom([]string{"", "U1", "U2", "U3"}).Draw(t, "owner"),
	}
}

// Whatever the rules: who does not belong to the workspace changes nothing, nor does anybody in a place that does not belong
// to it alone, nor anybody of whom one or the other is not known.
func TestStrangersNeverChangeAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, r, f := drawRules(t), drawRequest(t, changes()), drawFacts(t)
		no := judge(rules, r, f)
		outside := f.Person != member && f.Person != guest || f.Ground != ownGround && f.Ground != directGround
		if outside && no == nil {
			t.Fatalf("%s is allowed to %+v", r.Verb, f)
		}
		if f.Person == guest && no == nil && !slices.ContainsFunc(naming(rules, r.Verb), func(rule Rule) bool {
			return slices.ContainsFunc(rule.Who, func(w string) bool { return w == f.User || slices.Contains(f.Groups, w) })
		}) {
			t.Fatalf("%s is allowed to a guest whom no rule names", r.Verb)
		}
		if len(rules) == 0 && !outside && f.Person == member && no != nil {
			t.Fatalf("without rules a member is refused %s: %v", r.Verb, no.Why)
		}
	})
}

// One more rule never takes anything away from anybody, once there are rules; and what is refused is said in words.
func TestRulesOnlyAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, r, f := drawRules(t), drawRequest(t, changes()), drawFacts(t)
		more := append(slices.Clone(rules), drawRules(t)...)
		no := judge(rules, r, f)
		if len(rules) > 0 && no == nil && judge(more, r, f) != nil {
			t.Fatalf("%s was allowed before the rules %+v", r.Verb, more[len(rules):])
		}
		if no == nil {
			return
		}
		for _, language := range Languages() {
			words := no.plain(catalogue(language).with("cmd", "/qa").with("bot", "qabot"), r.Owner, func(id string) string { return "@" + id })
			if words == "" || strings.ContainsAny(words, "{}") || strings.Contains(words, "refused.") {
				t.Fatalf("%s: a refusal without words: %q", language, words)
			}
		}
		if slices.Contains(no.Who, nobody) || slices.Contains(no.Who, owner) || slices.Contains(no.Who, "") {
			t.Fatalf("one cannot ask %v", no.Who)
		}
	})
}

// Looking is refused only where a rule names it.
func TestLookingIsOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		looks := slices.DeleteFunc(verbs(), func(v string) bool { return groupOf(v) != groupLook && groupOf(v) != "" })
		rules, r, f := drawRules(t), drawRequest(t, looks), drawFacts(t)
		if no := judge(rules, r, f); no != nil && len(naming(rules, r.Verb)) == 0 {
			t.Fatalf("%s is refused: %v", r.Verb, no.Why)
		}
	})
}

// Every command is in a group, so that no rule can overlook it.
func TestEveryCommandIsInAGroup(t *testing.T) {
	for _, v := range ruled() {
		if g := groupOf(v); g == "" && v != verbHelp && v != verbData { // data is never carried out: what follows it is
			t.Errorf("%s is in no group: say in groupOf whether it looks, changes or destroys", v)
		}
	}
	for _, v := range []string{verbPush, verbDeleted} {
		if groupOf(v) != "" {
			t.Errorf("%s is nothing that people ask for", v)
		}
	}
}

func TestCheckRules(t *testing.T) {
	good := [][]Rule{
		nil,
		{{Who: []string{everyone}, May: []string{groupChange, groupDestroy}}},
		{{Who: []string{owner, "@qa_leads.x-1", "S0123", "U0123", "W0123"}, May: append(changes(), groupLook), Where: []string{"#qa-1_日本", "C0123", "G0123", direct}}},
		{{Who: []string{everyone}, May: []string{groupChange}}, {Who: []string{nobody}, May: []string{groupDestroy}}},
	}
	for _, rules := range good {
		if faults := CheckRules(rules); len(faults) > 0 {
			t.Errorf("%+v: %v", rules, faults)
		}
	}
	bad := map[string]Rule{
		"[0].who":      {May: []string{groupChange, groupDestroy}},
		"[0].may":      {Who: []string{everyone}},
		"[0].who[0]":   {Who: []string{"@everyone"}, May: []string{groupChange, groupDestroy}},
		"[0].who[1]":   {Who: []string{owner, "@A B"}, May: []string{groupChange, groupDestroy}},
		"[0].may[1]":   {Who: []string{owner}, May: []string{groupChange, "help"}},
		"[0].where[0]": {Who: []string{owner}, May: []string{groupChange, groupDestroy}, Where: []string{"qa"}},
		"":             {Who: []string{everyone}, May: []string{groupChange}},
	}
	for path, rule := range bad {
		faults := CheckRules([]Rule{rule})
		if len(faults) != 1 || faults[0].Path != path || faults[0].Text == "" {
			t.Errorf("%+v: %v, want one at %q", rule, faults, path)
		}
	}
}

func TestRefusalsInBothLanguages(t *testing.T) {
	r := refusal{Why: store.Say(refusedRule, verbDown, "qa/x"), Who: []string{"U1", "@qa-leads", "S012"}, Where: []string{"#qa", "C012", direct}}
	for language, want := range map[string]string{
		English:  "You may not use `down` here. Nothing was changed. Ask <@U1> (the owner), @qa-leads or <!subteam^S012>. Type it in #qa, <#C012> or a direct message to me.",
		Japanese: "ここで `down` を使う権限がありません。何も変更していません。<@U1>（オーナー）、@qa-leads または <!subteam^S012> に依頼してください。#qa、<#C012> または ダイレクトメッセージ で入力してください。",
	} {
		v := r.view(catalogue(language), "U1")
		if v.Text != want {
			t.Errorf("%s: %s\nwant %s", language, v.Text, want)
		}
		if n := len(v.Blocks); n != 3 {
			t.Errorf("%s: %d blocks", language, n)
		}
		plain := r.plain(catalogue(language), "U1", func(id string) string { return "NAME-" + id })
		for _, w := range []string{"NAME-U1", "NAME-S012", "NAME-C012", "@qa-leads"} {
			if !strings.Contains(plain, w) {
				t.Errorf("%s: %s is not in %q", language, w, plain)
			}
		}
	}
}

func FuzzQuestion(f *testing.F) {
	f.Add("a-b:3|U1|1795512000|down")
	f.Fuzz(func(t *testing.T, value string) {
		q, ok := questionOf(value)
		if again, ok2 := questionOf(q.value()); ok && (!ok2 || again != q) {
			t.Errorf("%+v is read as %+v", q, again)
		}
	})
}

// someActs are acts of every outcome.
func someActs() []store.Act {
	act := func(verb, way, outcome, why string) store.Act {
		return store.Act{At: noon, Verb: verb, Way: way, User: "U01ANA", App: "shop", Branch: "feature/login", Environment: "x", Outcome: outcome, Why: why}
	}
	pushed := act(verbPush, store.WayWebhook, store.OutcomeDone, answerMoved)
	pushed.User, pushed.Name = "", "ben"
	expired := act(verbDown, store.WayExpiry, store.OutcomeDone, labelExpired)
	expired.User = ""
	return []store.Act{
		act(verbUp, store.WayCommand, store.OutcomeDone, answerStarted), pushed, act(verbUp, store.WayMention, store.OutcomeNothing, answerOnItsWay),
		act(verbDown, store.WayButton, store.OutcomeRefused, refusedGuest), act(verbDown, store.WayModal, store.OutcomeAsked, confirmOthers),
		act(verbDown, store.WayCommand, store.OutcomeNothing, confirmKept), expired,
	}
}

// A refusal in a history says why.
func TestEveryRefusalHasAReason(t *testing.T) {
	reasons := 0
	for name, code := range constants(t, "codes_permissions.go") {
		if !strings.HasPrefix(code, "refused.") && !(strings.HasPrefix(code, "confirm.") && code != confirmOthers && code != confirmNobodys) {
			continue
		}
		reasons++
		if english().phrases["why."+code].Say == "" {
			t.Errorf("no words for why.%s (%s)", code, name)
		}
	}
	if reasons < 10 {
		t.Errorf("only %d reasons were found", reasons)
	}
}

// The README lists the groups of commands as they are, and every command is in one.
func TestReadmeNamesTheGroups(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	groups := []string{groupLook, groupChange, groupDestroy}
	for _, word := range mayWords() {
		g := groupOf(word)
		if slices.Contains(groups, word) || g == "" {
			continue
		}
		_, listed, found := strings.Cut(string(text), "`"+g+"`: ")
		listed, _, _ = strings.Cut(listed, "\n")
		for _, other := range groups {
			listed, _, _ = strings.Cut(listed, "`"+other+"`: ")
		}
		if !found || !regexp.MustCompile(`\b`+word+`\b`).MatchString(listed) {
			t.Errorf("the README does not list %s in %s: %s", word, g, listed)
		}
	}
	for _, v := range verbs() {
		if groupOf(v) == "" && v != verbHelp && v != verbData {
			t.Errorf("%s is in no group, so everybody may use it everywhere", v)
		}
	}
}
