package bot

import "qabot/store"

func gitHubEN() map[string]phrase {
	return map[string]phrase{
		labelForPull:      {Say: "for pull request {0}"},
		labelUnlabelled:   {Say: "pull request {0} lost its label"},
		labelClosed:       {Say: "pull request {0} was closed"},
		labelMerged:       {Say: "pull request {0} was merged"},
		labelDeletedBy:    {Say: "{0} deleted the branch"},
		store.EventMissed: {Say: "{bot} heard of this late. It happened {1:date}."},
		missedDeletion:    {Say: "*{0}* deleted the branch {1:date}; {bot} heard of it late."},

		"verb." + verbLabelled:   {Say: "label on a pull request"},
		"verb." + verbUnlabelled: {Say: "label taken off a pull request"},
		"verb." + verbClosed:     {Say: "pull request closed"},
		"verb." + verbMerged:     {Say: "pull request merged"},

		checkGitHubApp:     {"GitHub refuses the GitHub App.", "No branch can be looked up.", "Put the App's ID into `github.app.id` and its private key into `QABOT_GITHUB_APP_KEY`; both are on the App's settings page."},
		checkGitHubInstall: {"The GitHub App is not installed for {0}, or suspended there.", "Its branches cannot be brought up.", "Install it for that repository, or correct `github.app.installation`."},
	}
}
