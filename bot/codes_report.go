package bot

// Codes of what GitHub is told. The comments name the arguments.
const (
	reportQueued      = "report.queued"       // no arguments
	reportDeploying   = "report.deploying"    // no arguments
	reportUp          = "report.up"           // no arguments
	reportFailed      = "report.failed"       // stage, cause
	reportAsleep      = "report.asleep"       // no arguments
	reportRemoving    = "report.removing"     // no arguments
	reportRemoved     = "report.removed"      // no arguments
	reportSuperseded  = "report.superseded"   // no arguments
	reportReplaced    = "report.replaced"     // no arguments
	reportNeverServed = "report.never-served" // no arguments
	reportServedOnce  = "report.served-once"  // no arguments

	reportPrompt   = "report.prompt"  // no arguments; followed by what can be typed
	reportThread   = "report.thread"  // no arguments
	reportNothing  = "report.nothing" // no arguments
	reportLogLines = "report.lines"   // no arguments
	reportChanges  = "report.changes" // number
)
