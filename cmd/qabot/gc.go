package main

import (
	"context"
	"io"
	"log/slog"

	"qabot/cmd/internal/app"
)

type gc struct {
	configured
	DryRun bool `name:"dry-run" help:"List only; nothing is changed."`
}

// Help is shown below the flags.
func (gc) Help() string {
	return "Lists what bears this installation's marks in MySQL, Redis and AWS and belongs to no environment. Without --dry-run, what is proven " +
		"to be ours is noted as unwanted, and taken away by the qabot that serves. What only looks like ours is listed and never touched."
}

func (g *gc) Run(ctx context.Context, out io.Writer) error {
	o, err := g.options(slog.LevelWarn)
	if err != nil {
		return err
	}
	text, err := app.GC(ctx, o, g.DryRun)
	if _, failed := io.WriteString(out, text); failed != nil {
		return failed
	}
	return err
}
