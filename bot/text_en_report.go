package bot

// reportEN are the words that GitHub shows. Those of statuses have room for 140 characters.
func reportEN() map[string]phrase {
	return map[string]phrase{
		reportQueued:      {Say: "Waiting for its turn."},
		reportDeploying:   {Say: "Being deployed."},
		reportUp:          {Say: "Deployed, and served."},
		reportFailed:      {Say: "{0}: {1}"},
		reportAsleep:      {Say: "Asleep; its data is kept."},
		reportRemoving:    {Say: "Being taken down."},
		reportRemoved:     {Say: "Taken down."},
		reportSuperseded:  {Say: "A newer commit took its place."},
		reportReplaced:    {Say: "Served until the newer commit is."},
		reportNeverServed: {Say: "Taken down before it was up."},
		reportServedOnce:  {Say: "Was deployed and served; taken down since."},

		reportPrompt:   {Say: "In Slack:"},
		reportThread:   {Say: "The whole story in Slack"},
		reportNothing:  {Say: "Its URLs, its database and its Redis keys are gone."},
		reportLogLines: {Say: "The last lines of the log"},
		reportChanges:  {Say: "Changes of the structure: {0}"},

		checkGitHubTell: {"GitHub does not let {bot} write {0:word} in {1}.", "That part rests and is tried again now and then; everything else goes on.", "Give its GitHub token or App the permission {2} there, or take {3} out of `github.tell`."},

		"report.what.deployments":  {Say: "deployments"},
		"report.what.statuses":     {Say: "commit statuses"},
		"report.what.comments":     {Say: "comments on pull requests"},
		"report.what.environments": {Say: "environments"},
	}
}
