package app_test

import (
	"fmt"
	"strings"

	"qabot/bot/githubsim"
	"qabot/store"
)

// shown is what GitHub shows of a branch once it was told everything: the comments on its pull requests, its deployments
// with their last word, the last word about each commit.
func (s *stage) shown(branch string) string {
	s.t.Helper()
	id := store.NewID(s.world.Config.Installation, "shop", branch)
	s.eventually(func() string {
		waiting, err := s.store.Unreported(s.t.Context())
		if _, ok := waiting[id]; ok || err != nil {
			return fmt.Sprintf("GitHub was not told everything of %s (%v)", branch, err)
		}
		for _, p := range s.world.GitHub.Pulls("acme", "shop") {
			if p.Branch == branch && len(s.world.GitHub.Comments("acme", "shop", p.Number)) == 0 {
				return fmt.Sprintf("pull request %d has no comment", p.Number)
			}
		}
		return ""
	})
	hub, b := s.world.GitHub, strings.Builder{}
	commits := []string{}
	for _, p := range hub.Pulls("acme", "shop") {
		if p.Branch != branch {
			continue
		}
		fmt.Fprintf(&b, "pull request %d: %s\n", p.Number, p.Title)
		for _, c := range hub.Comments("acme", "shop", p.Number) {
			fmt.Fprintf(&b, "\n%s:\n  %s\n", c.Author, strings.ReplaceAll(c.Body, "\n", "\n  "))
		}
	}
	b.WriteString("\ndeployments:\n")
	for _, d := range hub.Deployments("acme", "shop") {
		if d.Environment != "qa/"+string(id) {
			continue
		}
		last := githubsim.DeploymentStatus{}
		if len(d.Statuses) > 0 {
			last = d.Statuses[len(d.Statuses)-1]
		}
		fmt.Fprintf(&b, "  %s %s: %s %s %s\n", d.Environment, d.Commit[:7], last.State, last.EnvironmentURL, last.Description)
		commits = append(commits, d.Commit)
	}
	if env, err := s.store.Get(s.t.Context(), id); err == nil && len(commits) == 0 {
		commits = append(commits, env.Spec.Commit)
	}
	b.WriteString("\ncommits:\n")
	for _, c := range commits {
		if all := hub.Statuses("acme", "shop", c); len(all) > 0 {
			last := all[len(all)-1]
			fmt.Fprintf(&b, "  %s %s: %s %s %s\n", c[:7], last.Context, last.State, last.TargetURL, last.Description)
		}
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return steady(out.String())
}
