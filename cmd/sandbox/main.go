// Command sandbox shows qabot on one machine: the same program as in production, with a Slack workspace, a GitHub and an AWS
// Region beside it that are simulated, and a MySQL and a Redis server that are real where they are installed.
//
//	sandbox              everything, until Ctrl-C
//	sandbox slack, aws   one simulator alone, for anybody's client
//	sandbox shop ...     one process of the shop that is deployed; the simulated Region starts these
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/go-sql-driver/mysql"

	"qabot/bot/slacksim"
	"qabot/cmd/internal/app"
	"qabot/cmd/sandbox/shop"
	"qabot/cmd/sandbox/world"
	"qabot/provisioner/awssim"
)

type cli struct {
	Demo  demo   `cmd:"" default:"withargs" help:"Run qabot in a simulated world (the default)."`
	Slack slack  `cmd:"" help:"Run the simulated Slack alone."`
	AWS   region `cmd:"" name:"aws" help:"Run the simulated AWS Region alone."`
	Shop  struct {
		Args []string `arg:"" passthrough:""`
	} `cmd:"" hidden:""`
}

type demo struct {
	JSON     bool          `help:"Print one line of JSON on standard output once it is ready."`
	Speed    float64       `default:"${brisk}" help:"Speed of simulated time; 1 is life-like: build 90 s, migration 20 s, task start 40 s."`
	MySQL    string        `name:"mysql" placeholder:"DSN" help:"Administrator's DSN of a given server: user:password@tcp(host:3306)/."`
	Redis    string        `placeholder:"URL" help:"URL of a given server, without a database number."`
	Language string        `default:"en" enum:"en,ja" help:"Language of the installation: en or ja."`
	Embedded bool          `help:"Use the embedded servers of MySQL and Redis even where real ones are installed."`
	Listen   string        `default:"127.0.0.1:4700" help:"Address of the page; another port is taken when it is in use."`
	Dir      string        `help:"Where everything lies; kept at the end. Empty: a temporary folder." type:"path"`
	Grace    time.Duration `default:"1m" help:"How long data is kept after down, so that undo brings it back; 0s: it goes at once."`
	NoBot    bool          `help:"Leave qabot out, so that it can be run by hand against this world."`
	Debug    bool          `help:"Log every part."`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "shop" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		code := shop.Main(ctx, os.Args[2:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	for name, value := range world.Credentials() {
		os.Setenv(name, value)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// Who asks again does not want to wait. Not at once: some who end a program signal it twice.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	k := kong.Parse(&cli{}, kong.Name("sandbox"), kong.Description("qabot in a simulated world, on one machine."),
		kong.Vars{"brisk": fmt.Sprint(world.Brisk)}, kong.BindTo(ctx, (*context.Context)(nil)))
	// What fails once we were told to end fails because of that.
	if err := k.Run(); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "sandbox: "+err.Error())
		os.Exit(1)
	}
}

func (d *demo) Run(ctx context.Context) error {
	if err := d.check(); err != nil {
		return err
	}
	level := slog.LevelWarn
	if d.Debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	dir := d.Dir
	if dir == "" {
		temporary, err := os.MkdirTemp("", "qabot-sandbox-")
		if err != nil {
			return err
		}
		// The server of MySQL runs as another user when we are root.
		if err := os.Chmod(temporary, 0o755); err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		dir = temporary
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w, err := world.Start(ctx, world.Options{
		Dir: dir, Program: []string{self}, Speed: d.Speed, MySQL: d.MySQL, Redis: d.Redis, Embedded: d.Embedded, Language: d.Language, Grace: d.Grace, Page: d.Listen, RateLimits: true, Log: log,
	})
	if err != nil {
		return err
	}
	defer w.Close()
	notes := os.Stdout
	if d.JSON {
		notes = os.Stderr
	}
	for _, note := range w.Notes {
		fmt.Fprintln(notes, note)
	}
	ready := func() { d.announce(w) }
	if d.NoBot {
		ready()
		<-ctx.Done()
		return nil
	}
	// People are called in when a command would be answered.
	listening := func() {
		go func() {
			if w.Slack.AwaitConnections(ctx, 1) == nil {
				ready()
			}
		}()
	}
	return app.Run(ctx, app.Options{Config: w.Config, Secrets: w.Secrets, Log: log, Ready: listening})
}

// check refuses what cannot be, before anything is started.
func (d *demo) check() error {
	if d.Speed <= 0 {
		return fmt.Errorf("--speed %g: it must be above 0", d.Speed)
	}
	if _, err := mysql.ParseDSN(d.MySQL); d.MySQL != "" && err != nil {
		return fmt.Errorf("--mysql: it must be like user:password@tcp(host:3306)/: %w", err)
	}
	if u, err := url.Parse(d.Redis); d.Redis != "" && (err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "") {
		return errors.New("--redis: it must be like redis://user:password@host:6379, without a database number")
	}
	return nil
}

// announce says where everything is, to a person or to a script.
func (d *demo) announce(w *world.World) {
	if d.JSON {
		json.NewEncoder(os.Stdout).Encode(map[string]string{
			"page": w.Page, "slack_api": w.Page + "/api/", "control": w.Page + "/control", "aws": w.AWSURL,
			"github": w.GitHubURL, "github_api": w.GitHubURL + "/api/v3/", "git": w.Remote, "mysql": w.MySQLDSN, "redis": w.RedisURL,
		})
		return
	}
	fmt.Printf(`
qabot is ready.

  Open      %s  and type  /qa up qa/hello
  See also  %s/acme/shop/pulls  branches and pull requests: open, label, merge, delete
  Push to   %s  and see the branch deployed anew, for example:

              git clone --branch qa/hello %s && cd shop
              sed -i.old 's/Hello/Good morning/' shop.yaml && git commit -am 'Say good morning' && git push

  Stop      Ctrl-C

`, w.Page, w.GitHubURL, w.Remote, w.Remote)
	if d.NoBot {
		fmt.Printf("qabot itself is left out. Run it with:\n\n  %s \\\n    qabot serve --config %s\n\n", secretsLine(w), w.ConfigFile)
	}
}

func secretsLine(w *world.World) string {
	var parts []string
	for _, all := range []map[string]string{w.Secrets.Environ(), world.Credentials()} {
		for name, value := range all {
			parts = append(parts, fmt.Sprintf("%s='%s'", name, value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

type slack struct {
	Listen string `default:"127.0.0.1:4700" help:"Address."`
}

func (s *slack) Run(ctx context.Context) error {
	w := slacksim.New(slacksim.Options{RateLimits: true})
	defer w.Close()
	return alone(ctx, s.Listen, w.Handler(), func(url string) {
		fmt.Printf("Slack at %s (Web API %s/api/, bot token %s, app token %s)\n", url, url, w.BotToken(), w.AppToken())
	})
}

type region struct {
	Listen string  `default:"127.0.0.1:4566" help:"Address."`
	Speed  float64 `default:"${brisk}" help:"Speed of simulated time."`
}

func (r *region) Run(ctx context.Context) error {
	sim := awssim.NewRegion(awssim.Options{Speed: r.Speed, Throttle: true})
	defer sim.Close()
	sim.Seed()
	return alone(ctx, r.Listen, sim, func(url string) {
		fmt.Printf("AWS at %s; try: AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_REGION=us-east-1 aws ecs describe-clusters --clusters staging\n", url, url)
	})
}

// alone serves one simulator until the context ends.
func alone(ctx context.Context, addr string, h http.Handler, ready func(url string)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	ready("http://" + l.Addr().String())
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
