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
	Init    begin   `cmd:"" help:"Begin a configuration from staging services."`
	Doctor  doctor  `cmd:"" help:"Look whether everything is there that qabot needs, and say what to do where it is not."`
	Plan    plan    `cmd:"" help:"Show what would be made for a branch; nothing is made."`
	GC      gc      `cmd:"" name:"gc" help:"Take away what bears qabot's marks and belongs to no environment; --dry-run lists it."`
	Audit   audit   `cmd:"" help:"Print who asked for what, and what came of it."`
	Version version `cmd:"" help:"Print the version."`
	Help    help    `cmd:"" help:"Show help, for all or for one command."`
}

// configured is what all commands have that need the configuration.
type configured struct {
	Config string `short:"c" default:"qabot.yaml" env:"QABOT_CONFIG" help:"Configuration file." type:"path"`
	Text   string `hidden:"" env:"QABOT_CONFIG_TEXT" help:"The configuration itself, in place of a file: for tasks, which have none."`
	Debug  bool   `env:"QABOT_DEBUG" help:"Log every call."`
}

// Help is shown below the flags: the secrets, which are no flags.
func (configured) Help() string {
	text := "The configuration may also come as a text, in QABOT_CONFIG_TEXT. Secrets come from the environment:\n"
	t := reflect.TypeFor[app.Secrets]()
	for i := range t.NumField() {
		text += fmt.Sprintf("\n  %-28s %s", t.Field(i).Tag.Get("env"), t.Field(i).Tag.Get("help"))
	}
	return text
}

// options reads the configuration and the secrets, and logs to standard error from that level on.
func (c configured) options(level slog.Level) (app.Options, error) {
	if c.Debug {
		level = slog.LevelDebug
	}
	config, err := c.load()
	if err != nil {
		return app.Options{}, err
	}
	secrets, err := app.ReadSecrets(config)
	return app.Options{Config: config, Secrets: secrets, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))}, err
}

// load reads the configuration from the environment, where it is, else from the file.
func (c configured) load() (*app.Config, error) {
	if c.Text != "" {
		return app.Decode("QABOT_CONFIG_TEXT", []byte(c.Text))
	}
	return app.Load(c.Config)
}

type serve struct{ configured }

func (s *serve) Run(ctx context.Context) error {
	o, err := s.options(slog.LevelInfo)
	if err != nil {
		return err
	}
	return app.Run(ctx, o)
}

type plan struct {
	configured
	App    string `arg:"" help:"App, as the configuration calls it."`
	Branch string `arg:"" help:"Branch on GitHub."`
}

func (p *plan) Run(ctx context.Context, out io.Writer) error {
	o, err := p.options(slog.LevelWarn)
	if err != nil {
		return err
	}
	text, err := app.Plan(ctx, o, p.App, p.Branch)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
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
