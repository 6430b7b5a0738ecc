// Command qabot gives any Git branch its own QA environment on ECS, from Slack.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"qabot/cmd/internal/app"
)

type cli struct {
	Serve   serve   `cmd:"" help:"Run the bot and the provisioner until SIGTERM."`
	Version version `cmd:"" help:"Print the version."`
	Help    help    `cmd:"" help:"Show help, for all or for one command."`
}

type serve struct {
	Config string `short:"c" default:"qabot.yaml" env:"QABOT_CONFIG" help:"Configuration file." type:"path"`
	Debug  bool   `env:"QABOT_DEBUG" help:"Log every call."`
}

// Help is shown below the flags: the secrets, which are no flags.
func (serve) Help() string {
	text := "Secrets come from the environment:\n"
	t := reflect.TypeFor[app.Secrets]()
	for i := range t.NumField() {
		text += fmt.Sprintf("\n  %-28s %s", t.Field(i).Tag.Get("env"), t.Field(i).Tag.Get("help"))
	}
	return text
}

func (s *serve) Run(ctx context.Context) error {
	level := slog.LevelInfo
	if s.Debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	config, err := app.Load(s.Config)
	if err != nil {
		return err
	}
	secrets, err := app.ReadSecrets(config)
	if err != nil {
		return err
	}
	return app.Run(ctx, app.Options{Config: config, Secrets: secrets, Log: log})
}

type version struct{}

func (version) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "qabot "+Version())
	return err
}

// Version is the module's version, or the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "(devel)"
}

type help struct {
	Command []string `arg:"" optional:"" help:"Command to explain."`
}

func (h *help) Run(k *kong.Kong) error {
	_, err := k.Parse(append(h.Command, "--help"))
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "qabot: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		args = []string{"help"}
	}
	parser, err := kong.New(&cli{},
		kong.Name("qabot"),
		kong.Description("qabot gives any Git branch its own QA environment on ECS, from Slack."),
		kong.Writers(out, os.Stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(out, (*io.Writer)(nil)),
		kong.UsageOnError())
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if err != nil {
		return err
	}
	if err := k.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
