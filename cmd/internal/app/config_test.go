package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qabot/manifests"
)

func TestExampleConfiguration(t *testing.T) {
	c, err := Decode("qabot.yaml", []byte(manifests.Configuration))
	if err != nil {
		t.Fatal(err)
	}
	if c.Pace.Look != 2500*time.Millisecond || c.Slack.Command != "/qa" {
		t.Errorf("defaults are not set: %+v %+v", c.Pace, c.Slack)
	}
	if got := c.Apps[0].Roles[2]; got.Health != "/" || got.Port != 0 {
		t.Errorf("defaults within lists are not set: %+v", got)
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	const text = `installation: Acme Corp
store: postgres://x
slck: {}
pace:
  look: soon
apps:
  - name: shop
    repository: shop
    deploys: ["qa/["]
    ttl: -1h
    cluster: staging
    colour: red
    roles:
      - {name: backoffice, service: a, port: 3000}
      - {name: app, port: http}
      - {name: app, service: b}
    load_balancer: {name: qa, ports: [20000], domain: qa.example.com}
    image: {repository: shop, project: p}
    migration: []
`
	_, err := Decode("qabot.yaml", []byte(text))
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want faults", err)
	}
	type place struct {
		Line int
		Path string
	}
	var got []place
	for _, f := range faults.List {
		got = append(got, place{f.Line, f.Path})
	}
	want := []place{
		{1, "installation"}, {2, "store"}, {3, "slck"}, {5, "pace.look"},
		{8, "apps[0].repository"}, {9, "apps[0].deploys[0]"}, {7, "apps[0].channel"}, {10, "apps[0].ttl"}, {12, "apps[0].colour"},
		{14, "apps[0].roles[0].name"}, {15, "apps[0].roles[1].port"}, {15, "apps[0].roles[1].service"}, {16, "apps[0].roles[2].name"},
		{17, "apps[0].load_balancer.ports"}, {19, "apps[0].migration"}, {19, "apps[0].migration.project"}, {19, "apps[0].migration.command"},
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g == w
		}
		if !found {
			t.Errorf("no fault at line %d for %s", w.Line, w.Path)
		}
	}
	if len(got) != len(want) {
		t.Errorf("faults differ:\n%s\n%v", cmp.Diff(want, got), err)
	}
	if !strings.Contains(err.Error(), "line 5: pace.look: soon is not a duration") {
		t.Errorf("the text is not plain: %v", err)
	}
}

func TestBrokenFiles(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "comment": "# nothing\n", "a list": "- a\n", "no YAML": "a: [b\n", "a scalar": "hello"} {
		if _, err := Decode(name, []byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(manifests.Configuration))
	f.Add([]byte("apps: [{name: &a x, repository: *a}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := Decode("fuzz", text); err == nil && len(c.Apps) == 0 {
			t.Error("accepted without apps")
		}
	})
}

func TestSecrets(t *testing.T) {
	c, err := Decode("qabot.yaml", []byte(manifests.Configuration))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"QABOT_SLACK_BOT_TOKEN": "xoxb-1", "QABOT_GITHUB_TOKEN": "t"}
	_, err = readSecrets(c, func(k string) string { return env[k] })
	var faults *Faults
	if !errors.As(err, &faults) || len(faults.List) != 4 {
		t.Fatalf("got %v, want four missing secrets", err)
	}
	if strings.Contains(err.Error(), "xoxb-1") {
		t.Error("a secret is shown")
	}
	c.GitHub.Webhook.Listen = ""
	for _, name := range []string{"QABOT_SLACK_APP_TOKEN", "QABOT_MYSQL_DSN", "QABOT_REDIS_URL"} {
		env[name] = "x"
	}
	if _, err := readSecrets(c, func(k string) string { return env[k] }); err != nil {
		t.Errorf("without a webhook no secret for it is needed: %v", err)
	}
}
