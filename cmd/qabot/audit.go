package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"qabot/cmd/internal/app"
)

type audit struct {
	configured
	Since  ago    `placeholder:"7d" help:"Only what was asked within that time: 90m, 12h, 7d, 2w. Empty: everything."`
	App    string `help:"Only of this app."`
	Branch string `help:"Only of this branch."`
	JSON   bool   `name:"json" help:"One line of JSON for each act."`
}

// Help is shown below the flags.
func (audit) Help() string {
	return "Who asked for what, where, and what came of it, the oldest first: what was refused, too, and what came by itself. " +
		"It is read from the store; of the secrets it needs QABOT_STORE_DSN alone, and that only with store: mysql."
}

func (a *audit) Run(ctx context.Context, out io.Writer) error {
	config, err := a.load()
	if err != nil {
		return err
	}
	want := app.AuditQuery{App: a.App, Branch: a.Branch}
	if a.Since > 0 {
		want.Since = time.Now().Add(-time.Duration(a.Since))
	}
	print, end := a.printer(out)
	if err := app.ReadAudit(ctx, config, strings.TrimSpace(os.Getenv("QABOT_STORE_DSN")), want, print); err != nil {
		return fmt.Errorf("read the audit journal: %w", err)
	}
	return end()
}

// printer writes acts as lines of JSON, or as a table for people.
func (a *audit) printer(out io.Writer) (each func(app.Act) error, end func() error) {
	if a.JSON {
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		return func(x app.Act) error { return lines.Encode(x) }, func() error { return nil }
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) error {
		for i, c := range cells {
			cells[i] = cmp.Or(strings.Map(printable, c), "-")
		}
		_, err := fmt.Fprintln(table, strings.Join(cells, "\t"))
		return err
	}
	first := true
	return func(x app.Act) error {
		if first {
			first = false
			if err := row("WHEN", "WHO", "COMMAND", "APP", "BRANCH", "WAY", "WHERE", "OUTCOME", "WHY"); err != nil {
				return err
			}
		}
		return row(x.At, cmp.Or(x.SlackUser, x.GitHubUser), x.Command, x.App, x.Branch, x.Way, x.Channel, x.Outcome, x.Why)
	}, table.Flush
}

// printable drops what would move the cursor of a terminal.
func printable(r rune) rune {
	if !strconv.IsPrint(r) {
		return -1
	}
	return r
}

// ago is a length of time with days and weeks.
type ago time.Duration

// UnmarshalText reads 90m, 12h, 7d or 2w.
func (a *ago) UnmarshalText(text []byte) error {
	s := string(text)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, found := strings.CutSuffix(s, unit); found {
			days, err := strconv.Atoi(n)
			if err != nil || days < 0 || days > 10000 {
				return fmt.Errorf("%q is no time such as 90m, 12h, 7d or 2w", s)
			}
			*a = ago(time.Duration(days) * length)
			return nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no time such as 90m, 12h, 7d or 2w", s)
	}
	*a = ago(d)
	return nil
}
