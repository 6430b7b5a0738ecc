package bot

// Codes of answers. The comments name the arguments; text_en.go has the words.
const (
	// words that are no command
	AnswerUnknownVerb    = "answer.unknown-verb"    // typed, verb that may be meant
	AnswerVerbForgotten  = "answer.verb-forgotten"  // branch
	AnswerTooManyWords   = "answer.too-many-words"  // verb
	AnswerNoBranch       = "answer.no-branch"       // verb
	AnswerLongBranch     = "answer.long-branch"     // beginning, most bytes
	AnswerOddBranch      = "answer.odd-branch"      // as typed
	AnswerNotABranchLink = "answer.not-branch-link" // link
	AnswerUnknownApp     = "answer.unknown-app"     // typed, names
	AnswerUnknownRepo    = "answer.unknown-repo"    // repository
	AnswerWhichApp       = "answer.which-app"       // branch, names
	AnswerUnknownTopic   = "answer.unknown-topic"   // typed

	// branches
	AnswerNoSuchBranch = "answer.no-such-branch" // branch, repositories
	AnswerGitHubDown   = "answer.github-down"    // no arguments
	AnswerRepoHidden   = "answer.repo-hidden"    // repository

	// wishes
	AnswerStarted         = "answer.started"          // branch, commit
	AnswerMoved           = "answer.moved"            // branch, commit, commit before
	AnswerRetrying        = "answer.retrying"         // branch, commit
	AnswerRetryingRemoval = "answer.retrying-removal" // branch
	AnswerReleased        = "answer.released"         // branch
	AnswerAlreadyUp       = "answer.already-up"       // branch, commit
	AnswerOnItsWay        = "answer.on-its-way"       // branch, commit
	AnswerLeaving         = "answer.leaving"          // branch
	AnswerNothingFailed   = "answer.nothing-failed"   // branch, commit
	AnswerNotThere        = "answer.not-there"        // branch
	AnswerDone            = "answer.done"             // no arguments
	AnswerNoDuration      = "answer.no-duration"      // no arguments
	AnswerExtended        = "answer.extended"         // branch, time left
	AnswerLetGo           = "answer.let-go"           // branch
	AnswerNoEnd           = "answer.no-end"           // branch
	AnswerLongEnough      = "answer.long-enough"      // branch, most time
	AnswerToSleep         = "answer.to-sleep"         // branch
	AnswerAsleep          = "answer.asleep"           // branch
	AnswerWaking          = "answer.waking"           // branch
	AnswerAwake           = "answer.awake"            // branch

	// places
	AnswerNoneThere     = "answer.none-there"     // no environment exists at all
	AnswerUnknownThread = "answer.unknown-thread" // verb
	AnswerStale         = "answer.stale"          // no arguments
	AnswerInvite        = "answer.invite"         // name of the bot
	AnswerSeeThread     = "answer.see-thread"     // no arguments; followed by a link
	AnswerLooking       = "answer.looking"        // branch
	AnswerWorking       = "answer.working"        // no arguments
	AnswerNotKept       = "answer.not-kept"       // no arguments
	AnswerWrong         = "answer.wrong"          // reference
)

// Codes of what Check finds.
const (
	CheckToken        = "check.token"         // code of Slack
	CheckTokenKind    = "check.token-kind"    // no arguments
	CheckScopes       = "check.scopes"        // scopes
	CheckNotInstalled = "check.not-installed" // code of Slack
	CheckSlack        = "check.slack"         // no arguments
	CheckGitHubToken  = "check.github-token"  // no arguments
	CheckGitHubRepo   = "check.github-repo"   // repository
	CheckGitHub       = "check.github"        // no arguments
)
