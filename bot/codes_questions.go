package bot

// Codes of words around questions. The comments name the arguments.
const (
	labelProven   = "label.proven"   // roles, commit
	labelUnproven = "label.unproven" // branch, commit: it is up, and somebody answers with something else
	labelUntold   = "label.untold"   // branch, commit: it is up, and somebody cannot tell what he serves
	labelUsually  = "label.usually"  // time
	unitAbout     = "unit.about"     // minutes

	answerNoRole   = "answer.no-role"   // typed, names
	answerNoAnswer = "answer.no-answer" // no arguments

	labelLogs          = "label.logs"           // branch, role
	labelLogsShow      = "label.logs-show"      // a button
	labelLogsOf        = "label.logs-of"        // a button: role
	labelNoLogs        = "label.no-logs"        // role
	labelLogsElsewhere = "label.logs-elsewhere" // no arguments
	labelCloudWatch    = "label.cloudwatch"     // a link
	labelRunsSince     = "label.runs-since"     // date
	labelEndedAt       = "label.ended-at"       // date, reason

	labelPlan        = "label.plan"         // branch, commit
	labelPlanStays   = "label.plan-stays"   // no arguments
	labelPlanChanges = "label.plan-changes" // no arguments
	labelPlanGoes    = "label.plan-goes"    // no arguments
	labelPlanWaits   = "label.plan-waits"   // no arguments
	labelPlanUsual   = "label.plan-usual"   // time
	labelPlanMade    = "label.plan-made"    // no arguments
	labelPlanSame    = "label.plan-same"    // no arguments
	labelDoIt        = "label.do-it"        // a button
	labelPool        = "label.pool"         // connections, while versions change
	labelPoolUnknown = "label.pool-unknown" // roles
	labelPoolTight   = "label.pool-tight"   // limit

	servesHead    = "serves.head"    // role, commit, since, head
	servesBehind  = "serves.behind"  // likewise
	servesOnly    = "serves.only"    // likewise
	servesOther   = "serves.other"   // role, commit that answers, since, commit that runs
	servesNothing = "serves.nothing" // role
	runsHead      = "runs.head"      // role, commit, since, head: it has no version path
	runsBehind    = "runs.behind"    // likewise
	runsOnly      = "runs.only"      // likewise

	answerWakingUntil     = "answer.waking-until"      // branch, date
	answerNothingToCancel = "answer.nothing-to-cancel" // branch
	answerNothingOlder    = "answer.nothing-older"     // branch, commit
	answerCancelledFirst  = "answer.cancelled-first"   // branch, commit
	answerCancelled       = "answer.cancelled"         // branch, commit that serves, commit given up

	labelCancel      = "label.cancel"       // a button
	labelGoOn        = "label.go-on"        // a button
	labelCancelSure  = "label.cancel-sure"  // no arguments
	labelCancelFirst = "label.cancel-first" // no arguments
	labelCancelBack  = "label.cancel-back"  // commit that serves
	labelCancelling  = "label.cancelling"   // no arguments
	labelBack        = "label.back"         // branch, commit
	labelDozed       = "label.dozed"        // branch, date
	labelRisen       = "label.risen"        // branch, commit
	labelWakes       = "label.wakes"        // date

	labelConnections   = "label.connections"    // in use, limit
	labelLastMigration = "label.last-migration" // commit, time, date
	labelLastPush      = "label.last-push"      // commit, who, date
	labelByName        = "label.by-name"        // no arguments
)
