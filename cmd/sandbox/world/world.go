package world

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"qabot/bot/githubsim"
	"qabot/bot/slacksim"
	"qabot/cmd/internal/app"
	"qabot/cmd/sandbox/shop"
	"qabot/provisioner/awssim"
)

// AppID is the ID of the GitHub App that is installed for the shop.
const AppID = 4711

// Brisk is the usual speed of simulated time: an environment is up in some ten seconds.
const Brisk = 12

// Options say what the world is like. Zero values are fit for a test.
type Options struct {
	Dir          string        // where everything lies; must exist
	Program      []string      // how to call this binary: containers are `<program> shop <what>`
	Speed        float64       // of simulated time; 0: Brisk
	MySQL        string        // administrator's DSN of a given server; empty: a private one
	Redis        string        // URL of a given server, without a database number; empty: a private one
	Embedded     bool          // private servers are the embedded ones, even where real ones are installed
	Page         string        // address of the Slack page; empty: a free port
	Installation string        // names qabot in this world; empty: sandbox
	Language     string        // of the installation; empty: English
	Grace        time.Duration // how long data outlives its environment
	Log          *slog.Logger

	RateLimits bool          // enforce Slack's rate limits
	AckWithin  time.Duration // how long Slack waits for an acknowledgement; 0: as long as Slack does
}

// World is a running world.
type World struct {
	Slack  *slacksim.Workspace
	GitHub *githubsim.Server
	AWS    *awssim.Region

	Page      string // base URL of the Slack page, Web API and control API
	GitHubURL string // base URL of the simulated GitHub
	AWSURL    string // endpoint of the simulated Region
	Remote    string // git remote of the shop
	Bare      string // path of the shop's bare repository
	MySQLDSN  string // administrator's
	RedisURL  string // with the database number of QA
	Notes     []string

	AppKey string // private key of the GitHub App, PEM, by which qabot could speak instead of the token

	ConfigFile string // what `qabot serve` reads
	Config     *app.Config
	Secrets    app.Secrets

	firstPort int // of the load balancer's
	closers   []func()
}

// Start brings a world up. The context bounds the start; Close ends the world.
func Start(ctx context.Context, o Options) (_ *World, err error) {
	if o.Speed == 0 {
		o.Speed = Brisk
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w := &World{}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	for _, step := range []func(context.Context, Options) error{w.startServers, w.startGitHub, w.startSlack, w.startAWS, w.configure} {
		if err := step(ctx, o); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Close ends everything, in the reverse order, and waits for it.
func (w *World) Close() {
	for i := len(w.closers) - 1; i >= 0; i-- {
		w.closers[i]()
	}
	w.closers = nil
}

func (w *World) closing(f func()) { w.closers = append(w.closers, f) }

func (w *World) startServers(ctx context.Context, o Options) error {
	s, err := startServers(ctx, o)
	if err != nil {
		return err
	}
	w.closing(s.stop)
	redis, err := url.Parse(s.redisURL)
	if err != nil {
		return fmt.Errorf("parse URL of Redis: %w", err)
	}
	redis.Path = "/" + strconv.Itoa(redisNumber)
	w.MySQLDSN, w.RedisURL, w.Notes = s.mysqlDSN, redis.String(), s.notes
	return nil
}

func (w *World) startGitHub(ctx context.Context, o Options) (err error) {
	l, url, err := listen("")
	if err != nil {
		return err
	}
	w.GitHubURL = url
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make the key of the GitHub App: %w", err)
	}
	w.AppKey = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	w.GitHub, err = githubsim.New(githubsim.Options{
		Dir: filepath.Join(o.Dir, "git"), Token: githubToken, URL: url, Poll: 200 * time.Millisecond, Log: o.Log.With("part", "github"),
		Login: "qabot", App: &githubsim.App{ID: AppID, Slug: "qabot", Key: &key.PublicKey},
		Users: []githubsim.User{
			{Login: "ana", Name: "Ana Silva", Email: "ana@example.com"}, {Login: "ben", Name: "Ben Okafor", Email: "ben@example.com"},
			{Login: "chen", Name: "Chen Wei", Email: "chen@example.com"},
		},
	})
	if err != nil {
		l.Close()
		return fmt.Errorf("start the simulated GitHub: %w", err)
	}
	w.closing(func() { w.GitHub.Close() })
	w.serve(l, w.GitHub.Handler())
	if w.Bare, err = w.GitHub.AddRepository("acme", "shop"); err != nil {
		return err
	}
	if _, err := w.GitHub.Install("acme"); err != nil {
		return err
	}
	w.Remote = url + "/acme/shop.git"
	if err := shop.SeedRepository(ctx, w.Bare); err != nil {
		return err
	}
	// What was there before qabot came is nobody's push.
	if err := w.GitHub.Sync(ctx); err != nil {
		return err
	}
	return w.openFirstPull(ctx)
}

// openFirstPull has somebody wait for a look at qa/hello. Where an earlier run left a repository without that branch, or with
// all of it merged, there is nothing to look at.
func (w *World) openFirstPull(ctx context.Context) error {
	_, err := w.GitHub.OpenPull(ctx, "acme", "shop", githubsim.NewPull{
		Branch: "qa/hello", Title: "Hello, shelves", Author: "ben",
		Body: "A banner and a greeting on each product.\n\nPlease look at it **on a phone**, and say whether the new colour is too warm.",
	})
	if githubsim.Refused(err) {
		return nil
	}
	return err
}

func (w *World) startSlack(_ context.Context, o Options) error {
	l, url, err := listen(o.Page)
	if err != nil {
		return err
	}
	w.Slack, err = newSlack(o)
	if err != nil {
		l.Close()
		return err
	}
	w.closing(func() { w.Slack.Close() })
	w.Page = url
	w.serve(l, w.Slack.Handler())
	return nil
}

func (w *World) startAWS(ctx context.Context, o Options) error {
	var err error
	if w.firstPort, err = w.reservePorts(); err != nil {
		return err
	}
	durations := lifelike()
	c := &containers{
		program: o.Program, bare: w.Bare, images: filepath.Join(o.Dir, "images"), path: filepath.Join(o.Dir, "bin"), work: pace(durations.BuildWork, o.Speed, 0),
	}
	if err := errors.Join(os.MkdirAll(c.images, 0o755), c.install()); err != nil {
		return err
	}
	w.AWS = awssim.NewRegion(awssim.Options{
		Region: region, Speed: o.Speed, Durations: &durations, Log: o.Log.With("part", "aws"),
		Arrivals: time.Now, // as people and qabot have it
		Runner:   &awssim.Runner{Build: c.build, Start: c.start, Check: c.check},
		Address:  w.address,
		Listen: func(port int32) (net.Listener, error) {
			return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
		},
	})
	c.push = w.AWS.PushImage
	w.closing(c.close)
	w.closing(func() { w.AWS.Close() })
	l, url, err := listen("")
	if err != nil {
		return err
	}
	w.AWSURL = url
	w.serve(l, w.AWS)
	return w.furnish(ctx)
}

// serve answers on l until the world ends.
func (w *World) serve(l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	w.closing(func() { s.Close(); <-done })
}

// listen opens an address; when it is empty, or another program has it, any free port of this machine.
func listen(addr string) (net.Listener, string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, "", err
	}
	return l, "http://localhost:" + port, nil
}
