package app_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"qabot/cmd/internal/app"
	"qabot/manifests"
	"qabot/store/servers/servertest"
)

// hush is part of every secret of the tests that look whether one gets out.
const hush = "hushhush"

// start runs qabot until it is ready or ends by itself, and gives what it logged and why it ended.
func start(t *testing.T, config *app.Config, secrets app.Secrets) (logged string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var log bytes.Buffer
	err = app.Run(ctx, app.Options{
		Config: config, Secrets: secrets, Ready: cancel,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return log.String(), err
}

// TestNothingAnswersAtTheStart: all that is away is named at once, with the reason and the setting, and no secret.
func TestNothingAnswersAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		turn   func(*weather)
		reason *regexp.Regexp
	}{
		"broken": {(*weather).Break, regexp.MustCompile("connection refused")},
		"frozen": {(*weather).Freeze, regexp.MustCompile("no answer in time|says nothing")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, err := app.Decode("qabot.yaml", []byte(manifests.Configuration))
			if err != nil {
				t.Fatal(err)
			}
			addr := func() string {
				w := newWeather(t, "127.0.0.1:9")
				c.turn(w)
				return w.addr
			}
			config.Store = "mysql"
			config.AWS.Endpoint, config.Slack.API, config.GitHub.API = "http://"+addr(), "http://"+addr()+"/api/", "http://"+addr()+"/"
			log, err := start(t, config, app.Secrets{
				SlackBotToken: "xoxb-" + hush, SlackAppToken: "xapp-" + hush, GitHubToken: hush, WebhookSecret: hush,
				MySQL: "qabot:" + hush + "@tcp(" + addr() + ")/", Redis: "redis://:" + hush + "@" + addr() + "/3",
				Store: "qabot:" + hush + "@tcp(" + addr() + ")/qabot",
			})
			if err == nil {
				t.Fatal("it started with nobody there")
			}
			for _, want := range []string{
				"The store cannot be used (see store and QABOT_STORE_DSN)", "MySQL cannot be used (see QABOT_MYSQL_DSN)",
				"Redis cannot be used (see QABOT_REDIS_URL)", "AWS cannot be used (see the credentials, aws.region and aws.endpoint)",
				"Slack cannot be used (see QABOT_SLACK_BOT_TOKEN, QABOT_SLACK_APP_TOKEN and slack.api)",
				"GitHub cannot be used (see github.app, QABOT_GITHUB_TOKEN or QABOT_GITHUB_APP_KEY, and github.api)",
			} {
				found := false
				for line := range strings.Lines(err.Error()) {
					found = found || strings.HasPrefix(line, want) && c.reason.MatchString(line)
				}
				if !found {
					t.Errorf("no line begins with %q and says %q:\n%v", want, c.reason, err)
				}
			}
			if strings.Contains(err.Error()+log, hush) {
				t.Error("a secret is shown")
			}
		})
	}
}

// TestOneIsAwayAtTheStart: only that one is named.
func TestOneIsAwayAtTheStart(t *testing.T) {
	t.Parallel()
	s := newStage(t, "start")
	config, secrets := *s.world.Config, s.world.Secrets
	for _, service := range []string{"MySQL", "Redis", "AWS", "Slack", "GitHub"} {
		changed := config
		s.world.Config, s.world.Secrets = &changed, secrets
		s.behind(service).Break()
		log, err := start(t, s.world.Config, s.world.Secrets)
		if err == nil || !strings.HasPrefix(err.Error(), service+" cannot be used") || strings.Count(err.Error(), "cannot be used") != 1 {
			t.Errorf("without %s: %v", service, err)
		}
		if strings.Contains(log, "at work") {
			t.Errorf("without %s it began to work", service)
		}
	}
}

// TestRefusedAtTheStart: who answers and refuses is named as well, in words and without the secret.
func TestRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	s := newStage(t, "refused")
	for want, spoil := range map[string]func(*app.Config, *app.Secrets){
		"MySQL cannot be used (see QABOT_MYSQL_DSN): reach MySQL server: Error 1045 (28000): Access denied for user 'nobody'": func(_ *app.Config, x *app.Secrets) {
			dsn, err := mysql.ParseDSN(x.MySQL)
			if err != nil {
				t.Fatal(err)
			}
			dsn.User, dsn.Passwd = "nobody", hush
			x.MySQL = dsn.FormatDSN()
		},
		"Redis cannot be used (see QABOT_REDIS_URL): reach Redis server: WRONGPASS": func(_ *app.Config, x *app.Secrets) {
			u, err := url.Parse(x.Redis)
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.UserPassword("nobody", hush)
			x.Redis = u.String()
		},
		"Slack refuses the token":                   func(_ *app.Config, x *app.Secrets) { x.SlackAppToken = "xapp-" + hush },
		"GitHub refuses the token":                  func(_ *app.Config, x *app.Secrets) { x.GitHubToken = hush },
		"QABOT_MYSQL_DSN: parse DSN":                func(_ *app.Config, x *app.Secrets) { x.MySQL = "qabot:" + hush + "@localhost" },
		"QABOT_REDIS_URL: parse URL":                func(_ *app.Config, x *app.Secrets) { x.Redis = "http://:" + hush + "@localhost" },
		"The store cannot be used (see store and Q": func(c *app.Config, x *app.Secrets) { c.Store, x.Store = "mysql", "qabot:"+hush+"@localhost" },
		"webhook secret: it may not be empty":       func(_ *app.Config, x *app.Secrets) { x.WebhookSecret = "" },
	} {
		config, secrets := *s.world.Config, s.world.Secrets
		spoil(&config, &secrets)
		log, err := start(t, &config, secrets)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		} else if strings.Contains(err.Error()+log, hush) {
			t.Errorf("a secret is shown: %v\n%s", err, log)
		}
	}
}

// TestStoreOnMySQL: with the store on MySQL, which is away, nothing else is blamed.
func TestStoreOnMySQL(t *testing.T) {
	t.Parallel()
	s := newStage(t, "storedb")
	dsn, err := mysql.ParseDSN(servertest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	w := newWeather(t, dsn.Addr)
	dsn.Addr = w.addr
	s.world.Config.Store, s.world.Secrets.Store = "mysql", dsn.FormatDSN()
	if _, err := start(t, s.world.Config, s.world.Secrets); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("with everybody there: %v", err)
	}
	w.Break()
	if _, err := start(t, s.world.Config, s.world.Secrets); err == nil || !strings.HasPrefix(err.Error(), "The store cannot be used") || strings.Count(err.Error(), "cannot be used") != 1 {
		t.Errorf("without the store: %v", err)
	}
}
