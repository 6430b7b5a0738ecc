package bot

// Codes of what comes from GitHub.
const (
	labelForPull    = "label.for-pull"   // link to the pull request
	labelUnlabelled = "label.unlabelled" // likewise
	labelClosed     = "label.closed"     // likewise
	labelMerged     = "label.merged"     // likewise
	labelDeletedBy  = "label.deleted-by" // name
	missedDeletion  = "missed.deleted"   // name, when

	checkGitHubApp     = "check.github-app"     // no arguments
	checkGitHubInstall = "check.github-install" // repository
)
