package bot

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func twoApps() []App {
	return []App{{Name: "shop", Repo: "acme/shop"}, {Name: "pay", Repo: "acme/pay"}}
}

func TestParse(t *testing.T) {
	one := twoApps()[:1]
	cases := []struct {
		reason, text string
		apps         []App
		thread       bool
		want         command
		wrong        string
	}{
		{"top", "top", one, false, command{Verb: verbTop}, ""},
		{"top of an app", "top SHOP", one, false, command{Verb: verbTop, App: "shop"}, ""},
		{"top of what is no app", "top feature/x", one, false, command{}, answerListWhat},
		{"nothing typed", "", one, false, command{Verb: verbHelp, Bare: true}, ""},
		{"plain", "up feature/x", one, false, command{Verb: verbUp, Branch: "feature/x"}, ""},
		{"verbs in any case, branches as they are", "UP Feature/X", one, false, command{Verb: verbUp, Branch: "Feature/X"}, ""},
		{"smart quotes", "up “feature/x”", one, false, command{Verb: verbUp, Branch: "feature/x"}, ""},
		{"German and French quotes", "up „feature/x“", one, false, command{Verb: verbUp, Branch: "feature/x"}, ""},
		{"code", "up `feature/x`", one, false, command{Verb: verbUp, Branch: "feature/x"}, ""},
		{"bold", "*up* *feature/x*", one, false, command{Verb: verbUp, Branch: "feature/x"}, ""},
		{"a full ref", "up refs/heads/feature/x", one, false, command{Verb: verbUp, Branch: "feature/x"}, ""},
		{"a link as Slack sends it", "up <https://github.com/acme/shop/tree/feature/x|github.com/…>", one, false, command{Verb: verbUp, Repo: "acme/shop", Branch: "feature/x", Path: true}, ""},
		{"an escaped link", "up https://github.com/acme/shop/tree/feature%2Fx%23y", one, false, command{Verb: verbUp, Repo: "acme/shop", Branch: "feature/x#y", Path: true}, ""},
		{"a link of another repository", "up https://github.com/acme/secret/tree/x", one, false, command{}, answerUnknownRepo},
		{"a link of no branch", "up https://github.com/acme/shop/issues/12", one, false, command{}, answerNotABranchLink},
		{"a link of a commit", "up https://github.com/acme/shop/commit/0123abc", one, false, command{}, answerNotABranchLink},
		{"a link of a repository", "up https://github.com/acme/shop", one, false, command{}, answerNotABranchLink},
		{"a pull request", "up https://github.com/acme/shop/pull/12", one, false, command{Verb: verbUp, Repo: "acme/shop", Pull: 12}, ""},
		{"a page of a pull request", "status <https://github.com/Acme/Shop/pull/12/files?w=1#diff-1>", one, false, command{Verb: verbStatus, Repo: "Acme/Shop", Pull: 12}, ""},
		{"a pull request of nobody", "up https://github.com/acme/shop/pull/x", one, false, command{}, answerNotABranchLink},
		{"a pull request of another repository", "up https://github.com/acme/secret/pull/1", one, false, command{}, answerUnknownRepo},
		{"the number of a pull request", "up #12", one, false, command{Verb: verbUp, Pull: 12}, ""},
		{"a number in quotes", "down “#12”", one, false, command{Verb: verbDown, Pull: 12}, ""},
		{"PR and number", "up PR#12", one, false, command{Verb: verbUp, Pull: 12}, ""},
		{"a repository's number", "up acme/pay#7", twoApps(), false, command{Verb: verbUp, Repo: "acme/pay", Pull: 7}, ""},
		{"an app's number", "up pay#7", twoApps(), false, command{Verb: verbUp, App: "pay", Pull: 7}, ""},
		{"app and number", "up pay #7", twoApps(), false, command{Verb: verbUp, App: "pay", Pull: 7}, ""},
		{"a ref of a pull request", "up refs/pull/7/head", one, false, command{Verb: verbUp, Pull: 7}, ""},
		{"a channel that is called like a number", "up <#C0123|12>", one, false, command{Verb: verbUp, Pull: 12}, ""},
		{"a branch that only looks like it", "up fix/issue#12", one, false, command{Verb: verbUp, Branch: "fix/issue#12"}, ""},
		{"a branch that is called like a number", "up refs/heads/#12", one, false, command{Verb: verbUp, Branch: "#12"}, ""},
		{"number nought", "up #0", one, false, command{}, answerOddBranch},
		{"a number that is too long", "up #12345678901234567890", one, false, command{Verb: verbUp, Branch: "#12345678901234567890"}, ""},
		{"a comparison", "up https://github.com/acme/shop/compare/main...feature/x?expand=1", one, false, command{Verb: verbUp, Repo: "acme/shop", Branch: "feature/x"}, ""},
		{"a comparison within the repository", "up https://github.com/acme/shop/compare/acme:feature/x", one, false, command{Verb: verbUp, Repo: "acme/shop", Branch: "feature/x"}, ""},
		{"a comparison with a fork", "up https://github.com/acme/shop/compare/main...mallory:feature/x", one, false, command{}, answerFork},
		{"a file of a branch", "up https://github.com/acme/shop/blob/feature/x/README.md", one, false, command{Verb: verbUp, Repo: "acme/shop", Branch: "feature/x/README.md", Path: true}, ""},
		{"what Slack takes for a link", "up <http://example.com/x|example.com/x>", one, false, command{Verb: verbUp, Branch: "example.com/x"}, ""},
		{"what Slack takes for an address", "up <mailto:me@example.com|me@example.com>", one, false, command{Verb: verbUp, Branch: "me@example.com"}, ""},
		{"entities", "up fix/a&amp;b", one, false, command{Verb: verbUp, Branch: "fix/a&b"}, ""},
		{"entities only once", "up fix/a&amp;lt;b", one, false, command{Verb: verbUp, Branch: "fix/a&lt;b"}, ""},
		{"app first", "up pay feature/x", twoApps(), false, command{Verb: verbUp, App: "pay", Branch: "feature/x"}, ""},
		{"unknown app", "up pya feature/x", twoApps(), false, command{}, answerUnknownApp},
		{"branch with a space", "up feature x", one, false, command{}, answerTooManyWords},
		{"too much", "up pay feature x", twoApps(), false, command{}, answerTooManyWords},
		{"no branch", "down", one, false, command{}, answerNoBranch},
		{"no branch needed", "down", one, true, command{Verb: verbDown}, ""},
		{"only quotes", "up ''", one, false, command{}, answerNoBranch},
		{"too long", "up " + strings.Repeat("x", 245), one, false, command{}, answerLongBranch},
		{"as long as may be", "up " + strings.Repeat("x", 244), one, false, command{Verb: verbUp, Branch: strings.Repeat("x", 244)}, ""},
		{"two dots", "up a..b", one, false, command{}, answerOddBranch},
		{"an option", "up --help", one, false, command{}, answerOddBranch},
		{"a mention", "up <!channel>", one, false, command{Verb: verbUp, Branch: "!channel"}, ""}, // Git takes it; shown as code
		{"typo in verb", "dwon feature/x", one, false, command{}, answerUnknownVerb},
		{"another word", "deploy feature/x", one, false, command{}, answerUnknownVerb},
		{"verb forgotten", "feature/login", one, false, command{}, answerVerbForgotten},
		{"a link without a verb", "https://github.com/acme/shop/pull/12", one, false, command{}, answerVerbForgotten},
		{"a number without a verb", "#12", one, false, command{}, answerVerbForgotten},
		{"a destructive word", "up '; DROP DATABASE shop; --", one, false, command{}, answerTooManyWords},
		{"back-ticks within", "up a`b", one, false, command{Verb: verbUp, Branch: "a`b"}, ""},
		{"emoji", "up 🎉/party", one, false, command{Verb: verbUp, Branch: "🎉/party"}, ""},
		{"list all", "list all", one, false, command{Verb: verbList}, ""},
		{"list mine", "list MINE", one, false, command{Verb: verbList, Mine: true}, ""},
		{"list mine of an app", "list pay mine", twoApps(), false, command{Verb: verbList, Mine: true, App: "pay"}, ""},
		{"list what is nothing", "list feature/x", one, false, command{}, answerListWhat},
		{"redeploy", "redeploy shop feature/x", one, false, command{Verb: verbRedeploy, App: "shop", Branch: "feature/x"}, ""},
		{"help on", "help /up", one, false, command{Verb: verbHelp, Topic: "up"}, ""},
	}
	for _, c := range cases {
		got, wrong := parse(c.text, c.apps, c.thread)
		code := ""
		if wrong != nil {
			code = wrong.Code
		}
		if got != c.want || code != c.wrong {
			t.Errorf("%s: Parse(%q) = %+v, %q; want %+v, %q", c.reason, c.text, got, code, c.want, c.wrong)
		}
	}
}

func TestNearestVerbIsOffered(t *testing.T) {
	for typed, want := range map[string]string{"dwon": verbDown, "stats": verbStatus, "deploy": verbUp, "rm": verbDown, "lst": verbList, "xyzzy": verbHelp, "restart": verbRedeploy, "redploy": verbRedeploy, "mine": verbList} {
		_, wrong := parse(typed+" x", twoApps()[:1], false)
		if wrong == nil || wrong.Code != answerUnknownVerb || wrong.Args[1] != want {
			t.Errorf("%s: %+v, want %s offered", typed, wrong, want)
		}
	}
}

// checkParse holds for whatever people type.
func checkParse(t interface{ Fatalf(string, ...any) }, text string) {
	c, wrong := parse(text, twoApps(), false)
	switch {
	case wrong != nil:
		if c != (command{}) || english().of(wrong.Code).Say == "" {
			t.Fatalf("Parse(%q) = %+v and %+v", text, c, wrong)
		}
	case c.Branch != "" && (!legal(c.Branch) || len(c.Branch) > maxBranch):
		t.Fatalf("Parse(%q) lets the branch %q through", text, c.Branch)
	case c.Pull < 0 || c.Pull > 0 && c.Branch != "":
		t.Fatalf("Parse(%q) = %+v", text, c)
	case c.Branch == "" && c.Pull == 0 && (c.Verb == verbUp || c.Verb == verbDown || c.Verb == verbRetry || c.Verb == verbStatus || c.Verb == verbExtend || c.Verb == verbSleep || c.Verb == verbRedeploy):
		t.Fatalf("Parse(%q) gives %s without a branch", text, c.Verb)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"up feature/x", "up <https://github.com/acme/shop/tree/x|y>", "up “x”", "help up", "down pay &amp;", "up \xff", "<<|>>", "up a\x00b",
		"up #12", "up <#C1|12>", "up https://github.com/acme/shop/pull/12/files", "up https://github.com/acme/shop/compare/a...b:c", "up acme/shop#1", "redeploy PR#9",
		"up '; DROP DATABASE shop; --", "up `rm -rf /`", "up <!channel>", "up 🎉", "list mine pay", "extend #12 2d", "up " + strings.Repeat("x", 244), "up https://github.com/acme/shop/tree/%2e%2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { checkParse(t, text) })
}

func TestParseAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkParse(t, rapid.SampledFrom([]string{"", "up ", "down shop ", "status ", "Retry ", "extend ", "sleep "}).Draw(t, "verb")+rapid.String().Draw(t, "rest"))
	})
}

func TestLegal(t *testing.T) {
	for branch, want := range map[string]bool{
		"main": true, "a/b/c": true, "ü/日本": true, "a.b": true, "#12": true, "a@b": true, "a|b": true,
		"": false, "@": false, "/a": false, "a/": false, "a//b": false, "a.lock": false, "a/b.lock/c": false, ".a": false, "a/.b": false,
		"a.": false, "a b": false, "a~b": false, "a^": false, "a:b": false, "a?": false, "a*": false, "a[b": false, `a\b`: false, "a\tb": false, "a@{b": false, "-a": false,
	} {
		if legal(branch) != want {
			t.Errorf("legal(%q) = %v", branch, !want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"main", "feature/login", "feature/logout", "feature/pay", "hotfix/login", "release"}
	cases := []struct {
		reason, word string
		want         []string
	}{
		{"two letters exchanged count once", "featuer/login", []string{"feature/login", "feature/logout"}},
		{"the last part alone", "login", []string{"hotfix/login", "feature/login"}},
		{"the beginning", "feature/lo", []string{"feature/login", "feature/logout"}},
		{"another case", "FEATURE/PAY", []string{"feature/pay"}},
		{"a remote's name in front", "origin/main", []string{"main"}},
		{"a part", "ogou", []string{"feature/logout"}},
		{"nothing like it", "zzz", nil},
	}
	for _, c := range cases {
		got := nearest(c.word, names, 3)
		if c.reason == "the last part alone" { // both end alike; the order is by likeness
			if len(got) != 2 {
				t.Errorf("%s: %v", c.reason, got)
			}
			continue
		}
		if c.want == nil && len(got) > 0 || c.want != nil && (len(got) == 0 || got[0] != c.want[0]) {
			t.Errorf("%s: nearest(%q) = %v, want %v", c.reason, c.word, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{{"abc", "abc"}: 0, {"abc", "acb"}: 1, {"abc", "ab"}: 1, {"abc", "axc"}: 1, {"abcd", "badc"}: 2, {"a", "wxyz"}: 3, {"", "ab"}: 2} {
		if got := distance(pair[0], pair[1]); got != want {
			t.Errorf("distance%q = %d, want %d", pair, got, want)
		}
	}
}

func TestMatches(t *testing.T) {
	cases := []struct {
		pattern, branch string
		want            bool
	}{
		{"qa/*", "qa/a", true}, {"qa/*", "qa/a/b/c", true}, {"qa/*", "qa", false}, {"qa/*", "xqa/a", false}, {"*", "any/thing", true},
		{"qa-*", "qa-1/x", true}, {"release", "release", true}, {"release", "release/1", false}, {"*/qa", "x/qa", true}, {"*/qa", "x/y/qa", false},
		{"team-?/*", "team-a/x/y", true}, {"team-?/*", "team-ab/x", false},
	}
	for _, c := range cases {
		if got := matches(c.pattern, c.branch); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.branch, got)
		}
	}
}
