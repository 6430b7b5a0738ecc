package world

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"qabot/bot"
	"qabot/cmd/internal/app"
)

// What both sides of the world agree on. None of it is a secret: it opens nothing but simulators.
const (
	region        = "us-east-1"
	slackBotToken = "xoxb-sandbox"
	slackAppToken = "xapp-sandbox"
	githubToken   = "ghp-sandbox"
	webhookSecret = "sandbox-webhook"
	redisNumber   = 9
	domain        = "qa.localhost"
)

// Credentials are what the AWS SDK needs in the environment of the process to talk to the simulated Region, and to leave
// alone what this machine may know of a real account.
func Credentials() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	}
}

var configuration = template.Must(template.New("").Parse(`installation: {{.Installation}}
store: sqlite:{{.Dir}}/qabot.db
language: {{.Language}}
slack:
  api: {{.Slack}}/api/
github:
  api: {{.GitHub}}/api/v3/
  web: {{.GitHub}}
  webhook: {listen: "{{.Webhook}}", path: /github}
  tell: [deployments, statuses, comments, environments]
aws: {region: {{.Region}}, endpoint: "{{.AWS}}"}
database: {isolation: strict, protected: [shop_staging]}
pace: {quick: {{.Quick}}, look: {{.Look}}, backoff: {{.Look}}, sweep: {{.Sweep}}, usage: {{.Usage}}, branches: {{.Sweep}}, patience: {{.Patience}}}
apps:
  - name: shop
    repository: acme/shop
    deploys: ["qa/*"]
    channel: "#qa"
    ttl: 72h
    data_grace: {{.Grace}}
    cluster: staging
    roles:
      - {name: app, service: shop-app, port: 3000, health: /health, version: /version}
      - {name: admin, service: shop-admin, port: 3000, health: /health, version: /version}
      - {name: worker, service: shop-worker}
    load_balancer: {name: qa, ports: [{{.FirstPort}}, {{.LastPort}}], domain: {{.Domain}}}
    image: {repository: shop, project: shop-image}
    migration: {project: shop-migration, command: shop migrate, seed: shop seed}
    environment: {RAILS_MAX_THREADS: "2"}
`))

// configure writes qabot's configuration for this world, and reads it as qabot does.
func (w *World) configure(_ context.Context, o Options) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	first := w.firstPort
	webhook := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	var text strings.Builder
	if err := configuration.Execute(&text, map[string]any{
		"Installation": cmp.Or(o.Installation, "sandbox"), "Language": cmp.Or(o.Language, bot.English), "Dir": o.Dir, "Grace": o.Grace, "Slack": w.Page, "GitHub": w.GitHubURL, "AWS": w.AWSURL, "Region": region, "Domain": domain,
		"Webhook": webhook, "FirstPort": first, "LastPort": first + balancerPorts - 1,
		"Quick":    pace(500*time.Millisecond, o.Speed, 30*time.Millisecond),
		"Look":     pace(2500*time.Millisecond, o.Speed, 100*time.Millisecond),
		"Sweep":    pace(time.Minute, o.Speed, time.Second),
		"Usage":    pace(5*time.Minute, o.Speed, time.Second),
		"Patience": pace(15*time.Second, o.Speed, 300*time.Millisecond),
	}); err != nil {
		return err
	}
	w.ConfigFile = filepath.Join(o.Dir, "qabot.yaml")
	if err := os.WriteFile(w.ConfigFile, []byte(text.String()), 0o644); err != nil {
		return err
	}
	if w.Config, err = app.Load(w.ConfigFile); err != nil {
		return fmt.Errorf("configure qabot: %w", err)
	}
	w.Secrets = app.Secrets{
		SlackBotToken: slackBotToken, SlackAppToken: slackAppToken, GitHubToken: githubToken, WebhookSecret: webhookSecret,
		MySQL: w.MySQLDSN, Redis: w.RedisURL,
	}
	w.GitHub.SetWebhook("http://"+webhook+w.Config.GitHub.Webhook.Path, webhookSecret)
	return nil
}

// pace shortens a time as the world is sped up, but not below least.
func pace(d time.Duration, speed float64, least time.Duration) time.Duration {
	return max(time.Duration(float64(d)/speed), least)
}

// address is where the n-th task is reached: on this machine, and apart from the tasks of other worlds.
func (w *World) address(n int) string {
	return fmt.Sprintf("127.%d.%d.%d", 100+(w.firstPort-lowestPort)/block, n>>8&255, n&255)
}

// block is how many ports lie between the beginnings of two worlds' ranges, and balancerPorts how many of them a world uses.
const (
	block                   = 100
	balancerPorts           = 40
	lowestPort, highestPort = 20000, 30000
)

// reservePorts finds a range of ports for the load balancer of which none is in use, and keeps other worlds of this machine
// out of it: each world holds the last port of its block.
func (w *World) reservePorts() (first int, err error) {
search:
	for first = lowestPort; first < highestPort; first += block {
		guard, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first+block-1)))
		if err != nil {
			continue
		}
		for port := first; port < first+balancerPorts; port++ {
			l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				guard.Close()
				continue search
			}
			l.Close()
		}
		w.closing(func() { guard.Close() })
		return first, nil
	}
	return 0, fmt.Errorf("no %d free ports in a row between %d and %d", balancerPorts, lowestPort, highestPort)
}
