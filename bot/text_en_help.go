package bot

func helpEN() map[string]phrase {
	return map[string]phrase{
		"help":         {Say: "*An environment of its own for any branch*"},
		"help.up":      {"`{cmd} up <branch>`", "brings the branch up, or deploys its newest commit.", "It gets its own URLs, database and Redis corner. Every push deploys again and keeps the data. A link to the branch on GitHub does as well as its name."},
		"help.down":    {"`{cmd} down <branch>`", "takes it down.", "Its data is kept for a while, as the configuration says, and `{cmd} undo` brings it back; with `now` behind the branch the data goes at once. Deleting the branch takes it down, too."},
		"help.list":    {"`{cmd} list`", "shows all environments, `{cmd} list mine` yours.", "With their state, commit, owner and end; those first that failed. `{cmd} list <app>` shows one app's."},
		"help.status":  {"`{cmd} status <branch>`", "shows one in detail.", "Every stage, what is served, the URLs and when it ends."},
		"help.retry":   {"`{cmd} retry <branch>`", "tries a failed one again.", "The same commit is tried; a push does it with a newer one."},
		"help.extend":  {"`{cmd} extend <branch> <time>`", "puts its end off.", "With a time such as 12h, 2d or 1w; at most 30 days from now."},
		"help.sleep":   {"`{cmd} sleep <branch>`", "stops it and keeps its data.", "Its URLs do not answer meanwhile. It ends by itself at the same time as before."},
		"help.wake":    {"`{cmd} wake <branch>`", "starts it again.", "On the same URLs, with the data that it had."},
		"help.history": {"`{cmd} history [branch]`", "shows who did what, and what became of it.", "The newest things of one environment, or without a branch of all."},
		"help.help":    {"`{cmd} help <command>`", "tells more about a command.", ""},
		"help.apps":    {Say: "Apps: {0:list}. Where a branch could be of several, put the app first: `{cmd} up <app> <branch>`."},
		"help.thread":  {Say: "In a thread Slack knows no commands: write `@{bot} retry`, `@{bot} down` or `@{bot} status` there. Nothing happened? Send it again, it does no harm."},
	}
}
