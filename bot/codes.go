package bot

// Codes of answers. The comments name the arguments; text_en_*.go and text_ja_*.go have the words.
const (
	// words that are no command
	answerUnknownVerb    = "answer.unknown-verb"    // typed, verb that may be meant
	answerVerbForgotten  = "answer.verb-forgotten"  // branch
	answerTooManyWords   = "answer.too-many-words"  // verb, words
	answerNoBranch       = "answer.no-branch"       // verb
	answerLongBranch     = "answer.long-branch"     // beginning, most bytes
	answerOddBranch      = "answer.odd-branch"      // as typed
	answerNotABranchLink = "answer.not-branch-link" // link
	answerUnknownApp     = "answer.unknown-app"     // typed, names (list)
	answerUnknownRepo    = "answer.unknown-repo"    // repository
	answerWhichApp       = "answer.which-app"       // branch, names (list)
	answerUnknownTopic   = "answer.unknown-topic"   // typed

	// branches
	answerNoSuchBranch = "answer.no-such-branch" // branch, repositories
	answerGitHubDown   = "answer.github-down"    // no arguments
	answerRepoHidden   = "answer.repo-hidden"    // repository

	// wishes
	answerStarted         = "answer.started"          // branch, commit
	answerMoved           = "answer.moved"            // branch, commit, commit before
	answerRetrying        = "answer.retrying"         // branch, commit
	answerRetryingRemoval = "answer.retrying-removal" // branch
	answerReleased        = "answer.released"         // branch
	answerAlreadyUp       = "answer.already-up"       // branch, commit
	answerOnItsWay        = "answer.on-its-way"       // branch, commit
	answerLeaving         = "answer.leaving"          // branch
	answerNothingFailed   = "answer.nothing-failed"   // branch, commit
	answerNotThere        = "answer.not-there"        // branch
	answerDone            = "answer.done"             // no arguments
	answerNoDuration      = "answer.no-duration"      // no arguments
	answerExtended        = "answer.extended"         // branch, time left (span)
	answerLetGo           = "answer.let-go"           // branch
	answerNoEnd           = "answer.no-end"           // branch
	answerLongEnough      = "answer.long-enough"      // branch, most time (span)
	answerToSleep         = "answer.to-sleep"         // branch
	answerAsleep          = "answer.asleep"           // branch
	answerWaking          = "answer.waking"           // branch
	answerAwake           = "answer.awake"            // branch

	// places
	answerNoneThere     = "answer.none-there"     // no environment exists at all
	answerUnknownThread = "answer.unknown-thread" // verb
	answerStale         = "answer.stale"          // no arguments
	answerInvite        = "answer.invite"         // name of the bot
	answerSeeThread     = "answer.see-thread"     // no arguments; followed by a link
	answerLooking       = "answer.looking"        // branch
	answerNotKept       = "answer.not-kept"       // no arguments
	answerWrong         = "answer.wrong"          // reference
)

// Codes of what Check finds.
const (
	checkToken        = "check.token"         // code of Slack
	checkTokenKind    = "check.token-kind"    // no arguments
	checkScopes       = "check.scopes"        // scopes
	checkNotInstalled = "check.not-installed" // code of Slack
	checkSlack        = "check.slack"         // no arguments
	checkGitHubToken  = "check.github-token"  // no arguments
	checkGitHubRepo   = "check.github-repo"   // repository
	checkGitHub       = "check.github"        // no arguments
	checkGitHubTell   = "check.github-tell"   // what, repository, permission, name in the configuration
)
