package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/manifests"
)

// withRules is the example configuration with other permissions. They begin at line 1.
func withRules(t *testing.T, rules, ofApp string) (*Config, error) {
	t.Helper()
	before, rest, ok := strings.Cut(manifests.Configuration, "permissions:\n")
	_, after, ok2 := strings.Cut(rest, "\naudit:")
	if !ok || !ok2 {
		t.Fatal("the example has no permissions before audit")
	}
	text := rules + before + "audit:" + after
	return Decode("qabot.yaml", []byte(strings.Replace(text, "    cluster: staging\n", "    cluster: staging\n"+ofApp, 1)))
}

func TestPermissionsAreRead(t *testing.T) {
	c, err := withRules(t, "permissions:\n  - {who: [everyone], may: [change, destroy]}\n",
		"    permissions:\n      - {who: [owner, \"@leads\", S012AB, U012AB], may: [look, up, change, destroy], where: [\"#qa\", direct, C012AB]}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{{Who: []string{"owner", "@leads", "S012AB", "U012AB"}, May: []string{"look", "up", "change", "destroy"}, Where: []string{"#qa", "direct", "C012AB"}}}
	if diff := cmp.Diff(want, c.Apps[0].Permissions); diff != "" {
		t.Errorf("rules of the app (-want +got):\n%s", diff)
	}
	if len(c.Permissions) != 1 || c.Permissions[0].Where != nil {
		t.Errorf("rules of the installation: %+v", c.Permissions)
	}
	if days := c.Audit.Keep.Hours() / 24; days != 400 {
		t.Errorf("acts are kept for %v days", days)
	}
}

func TestEveryFaultOfPermissions(t *testing.T) {
	_, err := withRules(t, `permissions:
  - who: ["@here", "@QA Leads"]
    may: [look, deploy]
  - {who: everyone, may: [change]}
  - who: [u123]
    where: [qa, "#QA", D0123]
    colour: red
`, "    permissions:\n      - {who: [everyone], may: [change]}\n")
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want faults", err)
	}
	var got []string
	for _, f := range faults.List {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Path))
	}
	want := []string{
		"2 permissions[0].who[0]", "2 permissions[0].who[1]", "3 permissions[0].may[1]", "4 permissions[1].who",
		"5 permissions[2].who[0]", "5 permissions[2].may", "6 permissions[2].where[0]", "6 permissions[2].where[1]", "6 permissions[2].where[2]", "7 permissions[2].colour",
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g == w
		}
		if !found {
			t.Errorf("no fault at %s", w)
		}
	}
	if len(got) != len(want)+1 || !strings.Contains(err.Error(), "apps[0].permissions: no rule names down") {
		t.Errorf("faults: %v", err)
	}
	if !strings.Contains(err.Error(), `"deploy" is none of look, change, destroy, up`) {
		t.Errorf("it does not say what could be meant: %v", err)
	}
}

func TestAuditIsNotKeptLessThanNothing(t *testing.T) {
	_, err := Decode("qabot.yaml", []byte(strings.Replace(manifests.Configuration, "keep: 9600h", "keep: -1h", 1)))
	if err == nil || !strings.Contains(err.Error(), "audit.keep: must not be negative") {
		t.Errorf("got %v", err)
	}
}
