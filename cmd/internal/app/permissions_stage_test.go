package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"qabot/bot/slacksim"
	"qabot/cmd/internal/app"
)

// slacks are the workspaces that a story goes on in.
func (s *stage) slacks() []*slacksim.Workspace {
	if s.echo == nil {
		return []*slacksim.Workspace{s.world.Slack}
	}
	return []*slacksim.Workspace{s.world.Slack, s.echo.slack}
}

// shared opens #qa to another organisation.
func (s *stage) shared() error {
	yes := true
	for _, w := range s.slacks() {
		if err := w.ChangeChannel(slacksim.ChannelChange{Channel: "qa", Shared: &yes}); err != nil {
			return err
		}
	}
	return nil
}

// group puts people into a user group.
func (s *stage) group(handle, people string) error {
	for _, w := range s.slacks() {
		if err := w.ChangeGroup(slacksim.GroupChange{Handle: handle, Users: strings.Split(people, ",")}); err != nil {
			return err
		}
	}
	return nil
}

// rules gives the installation the permissions of a file, from qabot's next start on.
func (s *stage) rules(text string) error {
	config, err := os.ReadFile(s.world.ConfigFile)
	if err != nil {
		return err
	}
	c, err := app.Decode("rules", []byte(text+string(config)))
	if err != nil {
		return err
	}
	s.world.Config.Permissions = c.Permissions
	return nil
}

// journal is what `qabot audit --json` prints, without what differs from run to run.
func (s *stage) journal() (string, error) {
	var b strings.Builder
	err := app.ReadAudit(s.t.Context(), s.world.Config, "", app.AuditQuery{}, func(a app.Act) error {
		a.At = "WHEN"
		line, err := json.Marshal(a)
		fmt.Fprintln(&b, string(line))
		return err
	})
	return b.String(), err
}
