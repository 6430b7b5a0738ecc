package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
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

// TestTerraformsExampleConfiguration keeps the one that Terraform's example hands to qabot good.
func TestTerraformsExampleConfiguration(t *testing.T) {
	c, err := Load(filepath.Join("..", "..", "..", "manifests", "terraform", "examples", "complete", "qabot.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Store != "mysql" {
		t.Errorf("its store is %s: a file on the disk of a task is gone with the task", c.Store)
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
language: fr
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
		{17, "apps[0].load_balancer.ports"}, {19, "apps[0].migration"}, {19, "apps[0].migration.project"}, {19, "apps[0].migration.command"}, {20, "language"},
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
	c.GitHub.Events, c.GitHub.Webhook.Listen = "polling", ""
	for _, name := range []string{"QABOT_SLACK_APP_TOKEN", "QABOT_MYSQL_DSN", "QABOT_REDIS_URL"} {
		env[name] = "x"
	}
	if _, err := readSecrets(c, func(k string) string { return env[k] }); err != nil {
		t.Errorf("without a webhook no secret for it is needed: %v", err)
	}
	delete(env, "QABOT_REDIS_URL")
	if _, err := readSecrets(c, func(k string) string { return env[k] }); err == nil {
		t.Error("a shared Redis is not asked for")
	}
	c.Redis.Mode = ownRedis
	if _, err := readSecrets(c, func(k string) string { return env[k] }); err != nil {
		t.Errorf("with a Redis for each environment none is shared: %v", err)
	}
}

func TestFaultsOfOneSetting(t *testing.T) {
	for _, c := range []struct{ github, app, want string }{
		{"{}", "", ""},
		{"{events: polling}", "", ""},
		{"{webhook: {listen: ':8080'}}", "", ""},
		{"{events: webhook, webhook: {listen: ':8080'}}", "", ""},
		{"{events: sqs, queue: 'https://sqs.eu-west-1.amazonaws.com/123456789012/github'}", "", ""},
		{"{app: {id: 7, installation: 8}}", "label: qa, bots: true", ""},
		{"{events: smoke}", "", "github.events"},
		{"{events: webhook}", "", "github.webhook.listen"},
		{"{events: polling, webhook: {listen: ':8080'}}", "", "github.webhook.listen"},
		{"{events: sqs}", "", "github.queue"},
		{"{events: sqs, queue: github}", "", "github.queue"},
		{"{queue: 'https://sqs.eu-west-1.amazonaws.com/123456789012/github'}", "", "github.queue"},
		{"{app: {installation: 8}}", "", "github.app.id"},
		{"{app: {id: -1}}", "", "github.app"},
		{"{webhook: {path: github}}", "", "github.webhook.path"},
		{"{}", "label: " + strings.Repeat("q", 51), "apps[0].label"},
		{"{}", "label: qa, channel: ''", "apps[0].channel"},
		{"{}", "database: {from: template staging_copy, mask: [{column: users.email, as: email}, {column: users.name, as: fixed, value: Tester}]}", ""},
		{"{}", "database: {from: template staging_copy, warm: 2}", ""},
		{"{}", "database: {warm: 2}", "apps[0].database.warm"},
		{"{}", "database: {from: template}", "apps[0].database.from"},
		{"{}", "database: {from: template qa_template_shop, refresh: {from: shop_staging, at: '4:30', days: sat, zone: Asia/Tokyo}}", ""},
		{"{}", "database: {from: template qa_template_shop, refresh: {at: '4 am'}}", ""},
		{"{}", "database: {refresh: {from: shop_staging}}", "apps[0].database.refresh"},
		{"{}", "database: {from: template staging_copy, refresh: {from: shop_staging}}", "apps[0].database.from"},
		{"{}", "database: {from: template qa__save_x, refresh: {from: shop_staging}}", "apps[0].database.from"},
		{"{}", "database: {from: template qa_x, refresh: {from: qa_x}}", "apps[0].database.refresh.from"},
		{"{}", "database: {from: template qa_x, refresh: {from: y, at: 4 am}}", "apps[0].database.refresh.at"},
		{"{}", "database: {from: template qa_x, refresh: {from: y, days: someday}}", "apps[0].database.refresh.days"},
		{"{}", "database: {from: template qa_x, refresh: {from: y, zone: Tokio}}", "apps[0].database.refresh.zone"},
		{"{}", "database: {from: template qa_x, refresh: {from: y}}}\n  - {name: other, repository: acme/shop, channel: '#qa', cluster: c, roles: [{name: app, service: a}], image: {repository: r, project: p}, migration: {project: p, command: x}, database: {from: template qa_x, refresh: {from: y}}", "apps[1].database.refresh"},
		{"{}", "database: {from: save x}", "apps[0].database.from"},
		{"{}", "database: {mask: [{column: email, as: email}]}", "apps[0].database.mask[0].column"},
		{"{}", "database: {mask: [{column: users.email, as: e-mail}]}", "apps[0].database.mask[0].as"},
		{"{}", "database: {mask: [{column: users.email, as: hash, value: x}]}", "apps[0].database.mask[0].value"},
	} {
		text := "installation: acme\ngithub: " + c.github + "\napps:\n  - {name: shop, repository: acme/shop, channel: '#qa', cluster: c, roles: [{name: app, service: a}], image: {repository: r, project: p}, migration: {project: p, command: x}, " + c.app + "}\n"
		if strings.Contains(c.app, "channel") {
			text = strings.Replace(text, "channel: '#qa', ", "", 1)
		}
		_, err := Decode("qabot.yaml", []byte(text))
		var faults *Faults
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s %s: %v", c.github, c.app, err)
		case c.want != "" && (!errors.As(err, &faults) || len(faults.List) != 1 || faults.List[0].Path != c.want):
			t.Errorf("%s %s: %v; want one fault of %s", c.github, c.app, err, c.want)
		}
	}
}

func TestOwnRedisFaults(t *testing.T) {
	for _, c := range []struct{ redis, role, want string }{
		{"{mode: own}", "app", ""},
		{"{mode: shared}", "app", "redis.mode"},
		{"{mode: own, image: ''}", "app", "redis.image"},
		{"{mode: own, databases: [10, 15]}", "app", "redis.databases"},
		{"{mode: own}", "redis", "apps[0].roles[0].name"},
		{"{mode: prefix}", "redis", ""},
	} {
		text := "installation: acme\nredis: " + c.redis + "\napps:\n  - {name: shop, repository: acme/shop, channel: '#qa', cluster: c, roles: [{name: " + c.role + ", service: a}], image: {repository: r, project: p}, migration: {project: p, command: x}}\n"
		_, err := Decode("qabot.yaml", []byte(text))
		var faults *Faults
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.redis, err)
		case c.want != "" && (!errors.As(err, &faults) || len(faults.List) != 1 || faults.List[0].Path != c.want):
			t.Errorf("%s with role %s: %v; want one fault of %s", c.redis, c.role, err, c.want)
		}
	}
}

// One of the two is needed to speak with GitHub, and nothing that is wrong with a key shows it.
func TestTokenOrApp(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason     string
		app        int
		token, key string
		want       []string
	}{
		{"a token", 0, "t", "", nil},
		{"an App with its key", 7, "", text, nil},
		{"a key in one line", 7, "", strings.ReplaceAll(text, "\n", `\n`), nil},
		{"a key in a file", 7, "", file, nil},
		{"neither", 0, "", "", []string{"QABOT_GITHUB_TOKEN"}},
		{"both", 7, "t", text, []string{"QABOT_GITHUB_TOKEN"}},
		{"an App without a key", 7, "", "", []string{"QABOT_GITHUB_APP_KEY"}},
		{"a key without an App", 0, "t", text, []string{"QABOT_GITHUB_APP_KEY"}},
		{"no such file", 7, "", "/nowhere/HIDDEN.pem", []string{"QABOT_GITHUB_APP_KEY"}},
		{"a file that is no key", 7, "", empty, []string{"QABOT_GITHUB_APP_KEY"}},
		{"half a key", 7, "", text[:200] + "HIDDEN", []string{"QABOT_GITHUB_APP_KEY"}},
		{"another kind of key", 7, "", "-----BEGIN CERTIFICATE-----\nSElEREVO\n-----END CERTIFICATE-----\n", []string{"QABOT_GITHUB_APP_KEY"}},
	} {
		config := &Config{Store: "sqlite:x"}
		config.GitHub.App.ID = c.app
		env := map[string]string{
			"QABOT_SLACK_BOT_TOKEN": "x", "QABOT_SLACK_APP_TOKEN": "x", "QABOT_MYSQL_DSN": "x", "QABOT_REDIS_URL": "x",
			"QABOT_GITHUB_TOKEN": c.token, "QABOT_GITHUB_APP_KEY": c.key,
		}
		_, err := readSecrets(config, func(name string) string { return env[name] })
		var faults *Faults
		var got []string
		if errors.As(err, &faults) {
			for _, f := range faults.List {
				got = append(got, f.Path)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want faults of %q", c.reason, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), "HIDDEN") || strings.Contains(err.Error(), text[100:140])) {
			t.Errorf("%s: the key is shown: %v", c.reason, err)
		}
	}
}
