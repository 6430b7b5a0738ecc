package bot

const nothingEN = "Nothing was started."

func answersEN() map[string]phrase {
	return map[string]phrase{
		answerUnknownVerb:    {"I do not know the word `{0}`.", nothingEN, "Did you mean `{cmd} {1}`? `{cmd} help` shows every command."},
		answerVerbForgotten:  {"`{0}` looks like a branch, but what shall I do with it?", nothingEN, "Type `{cmd} up {0}` to bring it up."},
		answerTooManyWords:   {"That is more than one branch.", nothingEN, "One at a time, and without spaces: `{cmd} {0} <branch>`."},
		answerNoBranch:       {"Which branch?", nothingEN, "Type `{cmd} {0} <branch>`, for example `{cmd} {0} feature/login`."},
		answerLongBranch:     {"`{0}` is longer than the {1} bytes that Git takes for a branch.", nothingEN, "Type `{cmd} list` to see what is there."},
		answerOddBranch:      {"`{0}` cannot be the name of a branch in Git.", nothingEN, "Copy the name from `git branch --show-current` and type `{cmd} up <branch>`."},
		answerNotABranchLink: {"`{0}` is not a link to a branch.", nothingEN, "Give the name of the branch, or a link of the form `https://github.com/owner/name/tree/branch`."},
		answerUnknownApp:     {"There is no app `{0}` here.", nothingEN, "The apps are: {1}. Type `{cmd} up <app> <branch>`."},
		answerUnknownRepo:    {"I do not look after the repository `{0}`.", nothingEN, "`{cmd} help` shows the ones that I do look after."},
		answerWhichApp:       {"There is a branch `{0}` in several apps: {1}.", nothingEN, "Choose one, or type `{cmd} up <app> {0}`."},
		answerUnknownTopic:   {"There is no command `{0}`.", "", "`{cmd} help` shows every command."},

		answerNoSuchBranch: {"There is no branch `{0}` in {1}.", nothingEN, "Look whether it was pushed, then type `{cmd} up {0}` again."},
		"answer.meant":     {Say: "Did you mean one of these?"},
		answerGitHubDown:   {"GitHub does not answer.", nothingEN, "Try again in a minute."},
		answerRepoHidden:   {"I cannot see the repository `{0}` on GitHub.", nothingEN, "Ask whoever runs {bot} to give its GitHub token access to it."},

		answerStarted:         {Say: "Bringing up `{0}` at `{1}`."},
		answerMoved:           {Say: "Deploying `{1}` to `{0}`, in place of `{2}`. The data stays."},
		answerRetrying:        {Say: "Trying `{0}` at `{1}` again."},
		answerRetryingRemoval: {Say: "Trying again to take down `{0}`."},
		answerReleased:        {Say: "Taking down `{0}`."},
		answerAlreadyUp:       {"`{0}` is up already, at its newest commit `{1}`.", nothingEN, ""},
		answerOnItsWay:        {"`{0}` at `{1}` is on its way already.", "Nothing new was started.", ""},
		answerLeaving:         {"`{0}` is being taken down already.", "Nothing new was started.", ""},
		answerNothingFailed:   {"`{0}` is up at `{1}`; there is nothing to try again.", nothingEN, "To deploy something newer, push it."},
		answerNotThere:        {"`{0}` has no environment.", "Nothing was changed.", "`{cmd} list` shows those that there are; `{cmd} up {0}` brings it up."},
		answerDone:            {Say: "That is done already."},
		answerNoDuration:      {"For how long?", "Nothing was changed.", "Type `{cmd} extend <branch> <time>`, with a time such as 12h, 2d or 1w."},
		answerExtended:        {Say: "`{0}` stays for another {1}."},
		answerLetGo:           {Say: "Then `{0}` ends by itself. Until then `{cmd} extend {0} <time>` keeps it."},
		answerNoEnd:           {"`{0}` has no end: it stays until it is taken down.", "Nothing was changed.", ""},
		answerLongEnough:      {"`{0}` stays for {1} already, which is the longest.", "Nothing was changed.", "Type `{cmd} extend {0} <time>` again when its end is nearer."},
		answerToSleep:         {Say: "Putting `{0}` to sleep. Its data is kept; `{cmd} wake {0}` brings it back."},
		answerAsleep:          {"`{0}` sleeps already.", "Nothing was changed.", "`{cmd} wake {0}` brings it back."},
		answerWaking:          {Say: "Waking `{0}`."},
		answerAwake:           {"`{0}` is awake already.", "Nothing was changed.", "`{cmd} status {0}` shows how it is."},

		answerNoneThere:     {Say: "No branch has an environment at the moment. Type `{cmd} up <branch>` to bring one up."},
		answerUnknownThread: {"I do not know which branch this thread is about.", "Nothing was changed.", "Type `{cmd} {0} <branch>` in the channel."},
		answerStale:         {"This changed meanwhile, so I did nothing.", "", "Look at the newest message, or type `{cmd} list`."},
		answerInvite:        {Say: "I am not in this channel, so I tell you the rest in a direct message. To have it told here next time, type `/invite @{bot}`."},
		answerSeeThread:     {Say: "Follow it here: "},
		answerLooking:       {Say: "Looking at `{0}` …"},
		answerWorking:       {Say: "One moment …"},
		answerNotKept:       {"I could not take that down in writing.", nothingEN, "Please send it again in a minute."},
		answerWrong:         {"Something went wrong here; reference `{0}`.", "", "Look at `{cmd} list` before you try again, and give the reference to whoever runs {bot}."},
		"answer.others":     {Say: "There are environments for:"},
	}
}

func helpEN() map[string]phrase {
	return map[string]phrase{
		"help":         {Say: "*An environment of its own for any branch*"},
		"help.up":      {"`{cmd} up <branch>`", "brings the branch up, or deploys its newest commit.", "It gets its own URLs, database and Redis corner. Every push deploys again and keeps the data. A link to the branch on GitHub does as well as its name."},
		"help.down":    {"`{cmd} down <branch>`", "takes everything of it away.", "The database goes too. Deleting the branch does the same."},
		"help.list":    {"`{cmd} list`", "shows all environments.", "With their state, commit, owner and end."},
		"help.status":  {"`{cmd} status <branch>`", "shows one in detail.", "Every stage, what is served, the URLs and when it ends."},
		"help.retry":   {"`{cmd} retry <branch>`", "tries a failed one again.", "The same commit is tried; a push does it with a newer one."},
		"help.extend":  {"`{cmd} extend <branch> <time>`", "puts its end off.", "With a time such as 12h, 2d or 1w; at most 30 days from now."},
		"help.sleep":   {"`{cmd} sleep <branch>`", "stops it and keeps its data.", "Its URLs do not answer meanwhile. It ends by itself at the same time as before."},
		"help.wake":    {"`{cmd} wake <branch>`", "starts it again.", "On the same URLs, with the data that it had."},
		"help.history": {"`{cmd} history <branch>`", "shows who did what, and what became of it.", "The newest things of one environment."},
		"help.help":    {"`{cmd} help <command>`", "tells more about a command.", ""},
		"help.apps":    {Say: "Apps: {0}. Where a branch could be of several, put the app first: `{cmd} up <app> <branch>`."},
		"help.thread":  {Say: "In a thread Slack knows no commands: write `@{bot} retry`, `@{bot} down` or `@{bot} status` there. Nothing happened? Send it again, it does no harm."},
	}
}

func checksEN() map[string]phrase {
	const install = "Open the app on api.slack.com/apps, "
	return map[string]phrase{
		checkToken:        {"Slack refuses the token ({0}).", "Without it nothing can be received or told.", install + "install it to the workspace again, and put the new tokens into the configuration."},
		checkTokenKind:    {"Slack says that the token is of the wrong kind.", "The bot token begins with xoxb-, the app token with xapp-.", "Put each where it belongs; the app token is made under Basic Information, App-Level Tokens, with the scope connections:write."},
		checkScopes:       {"The Slack app lacks scopes: {0}.", "Some of what {bot} does would be refused.", install + "add them under OAuth & Permissions (connections:write belongs to the app token), and install it again."},
		checkNotInstalled: {"The Slack app is not installed or not active in the workspace ({0}).", "Nothing can be received or told.", install + "and install it; if it is, ask an administrator of the workspace to allow it."},
		checkSlack:        {"Slack does not answer.", "Nothing can be received or told.", "Look whether this machine may reach slack.com by HTTPS."},
		checkGitHubToken:  {"GitHub refuses the token.", "No branch can be looked up.", "Make a new token with read access to contents and metadata, and put it into the configuration."},
		checkGitHubRepo:   {"GitHub shows no repository {0} to this token.", "Its branches cannot be brought up.", "Correct the name in the configuration, or give the token read access to it."},
		checkGitHub:       {"GitHub does not answer.", "No branch can be looked up.", "Look whether this machine may reach the address of GitHub's API."},
	}
}
