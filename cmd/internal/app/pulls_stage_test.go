package app_test

import (
	"fmt"
	"strings"
	"time"

	"qabot/bot/githubsim"
	"qabot/cmd/sandbox/world"
)

// labels gives pull requests that bear the label an environment, from qabot's next start on; branches deploy no longer by
// themselves.
func (s *stage) labels(name string) {
	s.world.Config.Apps[0].Label, s.world.Config.Apps[0].Deploys = name, nil
}

// asApp has qabot speak as the GitHub App, from its next start on.
func (s *stage) asApp() {
	s.world.Config.GitHub.App.ID = world.AppID
	s.world.Secrets.GitHubToken, s.world.Secrets.GitHubAppKey = "", s.world.AppKey
}

// away makes it later for qabot, from its next start on.
func (s *stage) away(text string) error {
	d, err := time.ParseDuration(text)
	s.later += d
	return err
}

func (s *stage) pull(person, branch, title string) error {
	branch, fork := strings.CutPrefix(branch, "fork:")
	_, err := s.world.GitHub.OpenPull(s.t.Context(), "acme", "shop", githubsim.NewPull{Branch: branch, Title: title, Author: person, Fork: fork})
	return err
}

// pullDoes changes the newest pull request of a branch.
func (s *stage) pullDoes(person, branch, what string) error {
	number := 0
	for _, p := range s.world.GitHub.Pulls("acme", "shop") {
		if p.Branch == branch {
			number = p.Number
		}
	}
	edit := githubsim.PullEdit{By: person}
	verb, name, _ := strings.Cut(what, " ")
	switch verb {
	case "label":
		edit.Label = []string{name}
	case "unlabel":
		edit.Unlabel = []string{name}
	case "close":
		edit.State = "closed"
	case "reopen":
		edit.State = "open"
	case "merge":
		_, err := s.world.GitHub.MergePull(s.t.Context(), "acme", "shop", number, false, person)
		return err
	default:
		return fmt.Errorf("a pull request does not %s", verb)
	}
	_, err := s.world.GitHub.EditPull(s.t.Context(), "acme", "shop", number, edit)
	return err
}
