package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"qabot/cmd/internal/app"
)

type doctor struct {
	Config string `short:"c" default:"qabot.yaml" env:"QABOT_CONFIG" help:"Configuration file; it need not be complete." type:"path"`
	Text   string `hidden:"" env:"QABOT_CONFIG_TEXT" help:"The configuration itself, in place of a file."`
	JSON   bool   `name:"json" help:"Print the report as JSON."`
}

// Help is shown below the flags.
func (doctor) Help() string {
	return "It changes nothing. OK: as it should be. NG: somebody has to do something; the line below says what. " +
		"SKIP: it could not be looked at. The exit code is 1 where anything is NG."
}

// errUnwell makes the exit code; the report has said the rest.
var errUnwell = errors.New("something needs a hand: see the lines with NG")

func (d *doctor) Run(ctx context.Context, out io.Writer) error {
	text, file := d.Text, "QABOT_CONFIG_TEXT"
	if text == "" {
		file = d.Config
		read, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read the configuration: %w", err)
		}
		text = string(read)
	}
	report := app.Doctor{Options: app.Options{Log: slog.New(slog.DiscardHandler)}, Text: text, File: file}.Examine(ctx)
	if d.JSON {
		pretty := json.NewEncoder(out)
		pretty.SetIndent("", "  ")
		if err := pretty.Encode(report); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	} else if _, err := io.WriteString(out, app.Print(report)); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if app.HasBad(report) {
		return errUnwell
	}
	return nil
}
