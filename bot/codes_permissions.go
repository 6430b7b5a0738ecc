package bot

// Codes of refusals. Their first arguments are the verb and the branch.
const (
	refusedGuest    = "refused.guest"
	refusedStranger = "refused.stranger"
	refusedRobot    = "refused.robot"
	refusedDeparted = "refused.departed"
	refusedShared   = "refused.shared"
	refusedRule     = "refused.rule"
	refusedPlace    = "refused.place"
	refusedNobody   = "refused.nobody"
)

// Codes of refusals because something could not be found out.
const (
	doubtAway    = "refused.away"    // method of Slack's
	doubtScope   = "refused.scope"   // scope that the app lacks, or a method of Slack's
	doubtLimited = "refused.limited" // time to wait
	doubtHidden  = "refused.hidden"  // no arguments: the channel is closed to the bot
)

// Codes of questions before something is destroyed, and of answers to what became of them.
const (
	confirmOthers  = "confirm.others"  // branch, verb; the owner follows
	confirmNobodys = "confirm.nobodys" // branch, verb: it came up by a push
	confirmKept    = "confirm.kept"    // branch
	confirmLate    = "confirm.late"    // branch, verb
	confirmForeign = "confirm.foreign" // no arguments: somebody else was asked
)

// Answers and labels of histories.
const (
	answerNoActs = "answer.no-acts" // no arguments
	labelLately  = "label.lately"
)

// Labels of refusals. {0} is a list of people or places.
const (
	labelMayAsk = "label.may-ask"
	labelMayGo  = "label.may-go"
	labelMember = "label.member"
	labelDirect = "label.direct"
	labelOr     = "label.or"
	labelOwns   = "label.owns"
	labelHasIt  = "label.has-it"
)
