package bot

const nothingEN = "Nothing was started."

func answersEN() map[string]phrase {
	return map[string]phrase{
		answerUnknownVerb:    {"I do not know the word `{0}`.", nothingEN, "Did you mean `{cmd} {1}`? `{cmd} help` shows every command."},
		answerVerbForgotten:  {"`{0}` looks like a branch, but what shall I do with it?", nothingEN, "Type `{cmd} up {0}` to bring it up."},
		answerTooManyWords:   {"`{1}` is more than one word, and a branch is one.", nothingEN, "One branch at a time, without spaces: `{cmd} {0} <branch>`."},
		answerNoBranch:       {"Which branch?", nothingEN, "Type `{cmd} {0} <branch>`, for example `{cmd} {0} feature/login`."},
		answerLongBranch:     {"`{0}` is longer than the {1} bytes that Git takes for a branch.", nothingEN, "Type `{cmd} list` to see what is there."},
		answerOddBranch:      {"`{0}` cannot be the name of a branch in Git.", nothingEN, "Copy the name from `git branch --show-current` and type `{cmd} up <branch>`."},
		answerNotABranchLink: {"`{0}` is not a link to a branch or a pull request.", nothingEN, "Give the name of the branch, the number of the pull request, or a link such as `https://github.com/owner/name/pull/12`."},
		answerUnknownApp:     {"There is no app `{0}` here.", nothingEN, "The apps are: {1:list}. Type `{cmd} up <app> <branch>`."},
		answerUnknownRepo:    {"I do not look after the repository `{0}`.", nothingEN, "`{cmd} help` shows the ones that I do look after."},
		answerWhichApp:       {"There is a branch `{0}` in several apps: {1:list}.", nothingEN, "Choose one, or type `{cmd} up <app> {0}`."},
		answerUnknownTopic:   {"There is no command `{0}`.", "", "`{cmd} help` shows every command."},

		answerNoSuchBranch: {"There is no branch `{0}` in {1:list}.", nothingEN, "Look whether it was pushed, then type `{cmd} up {0}` again."},
		"answer.meant":     {Say: "Did you mean one of these?"},
		answerGitHubDown:   {"GitHub does not answer.", nothingEN, "Try again in a minute."},
		answerRepoHidden:   {"I cannot see the repository `{0}` on GitHub.", nothingEN, "Ask whoever runs {bot} to give its GitHub token access to it."},

		answerStarted:         {Say: "Bringing up `{0}` at `{1}`."},
		answerMoved:           {Say: "Deploying `{1}` to `{0}`, in place of `{2}`. The data stays."},
		answerRetrying:        {Say: "Trying `{0}` at `{1}` again."},
		answerRetryingRemoval: {Say: "Trying again to take down `{0}`."},
		answerReleased:        {Say: "Taking down `{0}`."},
		answerAlreadyUp:       {"`{0}` is up already, at its newest commit `{1}`.", nothingEN, "To start it anew, type `{cmd} redeploy {0}`."},
		answerOnItsWay:        {"`{0}` at `{1}` is on its way already.", "Nothing new was started.", ""},
		answerLeaving:         {"`{0}` is being taken down already.", "Nothing new was started.", ""},
		answerNothingFailed:   {"`{0}` is up at `{1}`; there is nothing to try again.", nothingEN, "To deploy something newer, push it."},
		answerNotThere:        {"`{0}` has no environment.", "Nothing was changed.", "`{cmd} list` shows those that there are; `{cmd} up {0}` brings it up."},
		answerDone:            {Say: "That is done already."},
		answerNoDuration:      {"For how long?", "Nothing was changed.", "Type `{cmd} extend <branch> <time>`, with a time such as 12h, 2d or 1w."},
		answerExtended:        {Say: "`{0}` stays for another {1:span}."},
		answerLetGo:           {Say: "Then `{0}` ends by itself. Until then `{cmd} extend {0} <time>` keeps it."},
		answerNoEnd:           {"`{0}` has no end: it stays until it is taken down.", "Nothing was changed.", ""},
		answerLongEnough:      {"`{0}` stays for {1:span} already, which is the longest.", "Nothing was changed.", "Type `{cmd} extend {0} <time>` again when its end is nearer."},
		answerToSleep:         {Say: "Putting `{0}` to sleep. Its data is kept; `{cmd} wake {0}` brings it back."},
		answerAsleep:          {"`{0}` sleeps already.", "Nothing was changed.", "`{cmd} wake {0}` brings it back."},
		answerWaking:          {Say: "Waking `{0}`."},
		answerAwake:           {"`{0}` is awake already.", "Nothing was changed.", "`{cmd} status {0}` shows how it is."},

		answerNoneThere:     {Say: "No branch has an environment at the moment. Type `{cmd} up <branch>` to bring one up."},
		answerUnknownThread: {"I do not know which branch this thread is about.", "Nothing was changed.", "Type `{cmd} {0} <branch>` in the channel."},
		answerStale:         {"This changed meanwhile, so I did nothing.", "", "Look at the newest message, or type `{cmd} list`."},
		answerInvite:        {Say: "I am not in this channel, so I tell you the rest in a direct message. To have it told here next time, type `/invite @{bot}`."},
		answerSeeThread:     {Say: "Follow it in its {0}."},
		answerLooking:       {Say: "Looking at `{0}` …"},
		answerNotKept:       {"I could not take that down in writing.", nothingEN, "Please send it again in a minute."},
		answerWrong:         {"Something went wrong here; reference `{0}`.", "", "Look at `{cmd} list` before you try again, and give the reference to whoever runs {bot}."},
		"answer.others":     {Say: "There are environments for:"},
	}
}
