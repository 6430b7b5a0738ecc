package store

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var (
	dnsLabel   = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// checkID says what is wrong with an ID.
func checkID(id ID) string {
	switch {
	case len(id) > maxID:
		return "too long"
	case !dnsLabel.MatchString(string(id)):
		return "no DNS label that begins with a letter"
	case strings.Contains(string(id), "--"):
		return "two hyphens in a row, which stand for something in DNS names"
	case !identifier.MatchString(id.Underscored()):
		return "no identifier of MySQL without quotes"
	}
	return ""
}

func TestNewID(t *testing.T) {
	for _, branch := range []string{
		"", "-", "main", "feature/login", "1234-fix", "9", "qa/foo_bar", "qa/foo/bar", "Ünïcödé", "日本語", "--x--", "İstanbul",
		"a-very-long-branch-name-that-goes-on-and-on", "123456789012345678901234567890", "1234567890123-5678", "a/-/-/b", "\xff\xfe", "x\x00y",
	} {
		if wrong := checkID(NewID("acme", "shop", branch)); wrong != "" {
			t.Errorf("%q gives %s: %s", branch, NewID("acme", "shop", branch), wrong)
		}
	}
	if got := string(NewID("acme", "shop", "feature/login")); !strings.HasPrefix(got, "feature-login-") {
		t.Errorf("people cannot recognise %s", got)
	}
}

func TestIDsDiffer(t *testing.T) {
	made := map[ID][3]string{}
	for _, of := range [][3]string{
		{"acme", "shop", "qa/foo_bar"}, {"acme", "shop", "qa/foo/bar"}, {"acme", "shop", "qa/foo-bar"}, {"acme", "shop", "QA/foo-bar"},
		{"acme", "blog", "qa/foo-bar"}, {"emca", "shop", "qa/foo-bar"}, {"acmes", "hop", "qa/foo-bar"}, {"acme", "shopqa", "/foo-bar"},
	} {
		id := NewID(of[0], of[1], of[2])
		if was, there := made[id]; there {
			t.Errorf("%v and %v are both %s", was, of, id)
		}
		made[id] = of
		if again := NewID(of[0], of[1], of[2]); again != id {
			t.Errorf("%v is %s and %s", of, id, again)
		}
	}
}

func TestAnyTwoBranchesHaveLegalIDsThatDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		branch := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9/_.-]{0,40}`))
		a, b := branch.Draw(t, "a"), branch.Draw(t, "b")
		id := NewID("acme", "shop", a)
		if wrong := checkID(id); wrong != "" {
			t.Fatalf("%q gives %s: %s", a, id, wrong)
		}
		if a != b && id == NewID("acme", "shop", b) {
			t.Fatalf("%q and %q are both %s", a, b, id)
		}
	})
}

func FuzzNewID(f *testing.F) {
	f.Add("feature/login")
	f.Add("ſ-K-ß") // small letters of other alphabets, one of which has a plain capital
	f.Add("0\xff0")
	f.Fuzz(func(t *testing.T, branch string) {
		if wrong := checkID(NewID("acme", "shop", branch)); wrong != "" {
			t.Errorf("%q gives %s: %s", branch, NewID("acme", "shop", branch), wrong)
		}
		if slug := Slug(branch, 10); len(slug) > 10 || !utf8.ValidString(slug) {
			t.Errorf("%q gives the slug %q", branch, slug)
		}
	})
}
