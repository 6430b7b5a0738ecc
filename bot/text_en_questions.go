package bot

import "qabot/store"

const doubtEN = "It runs, but nothing proves which commit people see."

func questionsEN() map[string]phrase {
	return map[string]phrase{
		labelProven:   {Say: "Proven to serve `{1}`: {0:list}."},
		labelUnproven: {Say: "*{0}* is up at `{1}`, but that is not what everybody gets."},
		labelUntold:   {Say: "*{0}* is up at `{1}`, but not all of it can tell what it serves."},
		labelUsually:  {Say: "usually `{0}`"},
		unitAbout:     {Say: "{0} min"},

		answerNoRole:   {"There is no role `{0}` here.", "Nothing was looked up.", "The roles are: {1:list}. Type `{cmd} logs <branch> <role>`."},
		answerNoAnswer: {"That cannot be found out at the moment.", "Nothing was changed.", "Try again in a minute; if it lasts, tell whoever runs {bot}."},

		labelLogs:          {Say: "The last lines of *{1}* (`{0}`):"},
		labelLogsShow:      {Say: "Logs"},
		labelLogsOf:        {Say: "Logs of {0}"},
		labelNoLogs:        {Say: "No task of *{0}* has run yet, so there is nothing to read."},
		labelLogsElsewhere: {Say: "It does not log to CloudWatch."},
		labelCloudWatch:    {Say: "in CloudWatch"},
		labelRunsSince:     {Say: "runs since {0:date}"},
		labelEndedAt:       {Say: "ended {0:date}: {1}"},

		servesHead:    {Say: "*{0}* serves `{1}` = branch head, proven; since {2:date}."},
		servesBehind:  {Say: "*{0}* serves `{1}`, proven; since {2:date}. The branch's head is `{3}`."},
		servesOnly:    {Say: "*{0}* serves `{1}`, proven; since {2:date}."},
		servesOther:   {Say: "*{0}* answers with `{1}`, since {2:date}, and not with `{3}`."},
		servesNothing: {Say: "*{0}* serves nothing at the moment."},
		runsHead:      {Say: "*{0}* runs `{1}` = branch head since {2:date}; it has no version path to ask."},
		runsBehind:    {Say: "*{0}* runs `{1}` since {2:date}; it has no version path to ask. The branch's head is `{3}`."},
		runsOnly:      {Say: "*{0}* runs `{1}` since {2:date}; it has no version path to ask."},

		answerWakingUntil:     {Say: "Waking `{0}`. It stays awake until {1:date}."},
		answerNothingToCancel: {"`{0}` is not being deployed, so there is nothing to cancel.", "Nothing was changed.", "`{cmd} down {0}` takes it away, `{cmd} status {0}` shows how it is."},
		answerNothingOlder:    {"`{0}` is being started anew at `{1}`, and there is no older version to go back to.", "It goes on.", "`{cmd} down {0}` takes it away."},
		answerCancelledFirst:  {Say: "Cancelled. What was made so far for `{0}` is taken away again."},
		answerCancelled:       {"Cancelled. `{0}` stays at `{1}`; `{2}` is given up.", "A migration that runs comes to its end, and what it changed stays in the database.", "`{cmd} up {0}` deploys it after all."},

		labelCancel:      {Say: "Cancel"},
		labelGoOn:        {Say: "Go on"},
		labelCancelSure:  {Say: "Cancel the deployment?"},
		labelCancelFirst: {Say: "It stops after the current step, and what was made so far is taken away again."},
		labelCancelBack:  {Say: "It stops after the current step, and {0} goes on serving. A migration that runs comes to its end."},
		labelCancelling:  {Say: "Cancelling"},
		labelBack:        {Say: "*{0}* is at `{1}` again; the deployment was cancelled."},
		labelDozed:       {Say: "*{0}* sleeps, for its hours are over; it wakes {1:date}. Whoever needs it before types `{cmd} wake {0}`."},
		labelRisen:       {Say: "*{0}* is awake again, at `{1}`."},
		labelWakes:       {Say: "It wakes by itself {0:date}."},

		"verb." + verbCancel: {Say: "cancel"},
		"verb." + verbDoze:   {Say: "sleep by its hours"},
		"verb." + verbRise:   {Say: "wake by its hours"},
		"help.cancel":        {"`{cmd} cancel <branch>`", "stops a deployment.", "It stops after the current step, and the version before goes on serving; a first deployment is taken away again."},
		"example.cancel":     {Means: "`{cmd} cancel feature/login`, or `@{bot} cancel` in its thread."},

		labelConnections:   {Say: "Connections to the database: {0} of {1}"},
		labelLastMigration: {Say: "Last migration: `{0}`, took {1:span}, {2:date}"},
		labelLastPush:      {Say: "Last push: `{0}` by {1}, {2:date}"},
		labelByName:        {Say: "*What it has*"},

		"help.logs":    {"`{cmd} logs <branch> [role]`", "shows the last lines of a role's log.", "When the last deployment failed, what it failed with as well. Values that look like secrets are hidden."},
		"help.plan":    {"`{cmd} plan <branch>`", "shows what an up would make, and makes nothing.", "Resources by name, ports and connections to the database."},
		"example.logs": {Means: "`{cmd} logs feature/login worker`, or `@{bot} logs worker` in its thread."},
		"example.plan": {Means: "`{cmd} plan feature/login`, `{cmd} plan #12`."},

		store.ServiceAsked: {Say: "asked what it serves"},
		store.ProofGiven:   {Say: "*{0}* serves `{1}`, proven."},
		store.ProofAsking:  {Say: "*{0}* was not asked yet."},
		store.ProofOther:   {"*{0}* answers with `{1}`, not with `{2}`.", "People see another version than the one that was deployed.", "Look at `{cmd} logs {branch} {0}`; `{cmd} status {branch}` asks again."},
		store.ProofStatus:  {"What *{0}* serves cannot be told: `{1}` answers {2}.", doubtEN, "Let `{1}` answer 200 with the commit, or ask whoever runs {bot} to take it out of the configuration."},
		store.ProofText:    {"What *{0}* serves cannot be told: `{1}` names no commit.", doubtEN, "Let `{1}` answer with the commit alone, or with a JSON field `commit`."},
		store.ProofSilent:  {"What *{0}* serves cannot be told: `{1}` does not answer.", doubtEN, "Look at `{cmd} logs {branch} {0}`; `{cmd} status {branch}` asks again."},
	}
}
