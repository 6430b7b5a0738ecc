package bot

// Codes of words for the ways in which people speak. The comments name the arguments.
const (
	labelNew         = "label.new"
	labelMine        = "label.mine"
	labelEverybodys  = "label.everybodys"
	labelAllCommands = "label.all-commands"
	labelPrevious    = "label.previous"
	labelNext        = "label.next"
	labelRefresh     = "label.refresh"
	labelPage        = "label.page"       // this page, pages
	labelListsMine   = "label.lists-mine" // how many

	answerNoneMine   = "answer.none-mine"    // no arguments
	answerListWhat   = "answer.list-what"    // typed, names of apps
	answerNoSuchPull = "answer.no-such-pull" // number, repositories
	answerWhichPull  = "answer.which-pull"   // number, repositories
	answerFork       = "answer.fork"         // what was named
	answerRolling    = "answer.rolling"      // branch, commit

	// forms
	formTitle         = "form.title"
	formStart         = "form.start"
	formClose         = "form.close"
	formDone          = "form.done"
	formApp           = "form.app"
	formBranch        = "form.branch"
	formSearch        = "form.search"
	formHint          = "form.hint"
	formKeep          = "form.keep"
	formUsual         = "form.usual"
	formHours         = "form.hours" // how many
	formDays          = "form.days"  // how many
	formWhere         = "form.where"
	formWhereNone     = "form.where-none"
	formWhereHint     = "form.where-hint"
	formSure          = "form.sure"
	formFork          = "form.fork"
	formTyped         = "form.typed"
	formNothing       = "form.nothing"
	formGone          = "form.gone"
	formOutside       = "form.outside"
	formElsewhere     = "form.elsewhere" // places
	formNoBranch      = "form.no-branch" // branch, repository
	formReading       = "form.reading"
	formNoneInMessage = "form.none-in-message"
	formInMessage     = "form.in-message"
	formMoreInMessage = "form.more-in-message" // names
	formThere         = "form.there"           // branch, commit
	formAsleep        = "form.asleep"          // branch
	formTold          = "form.told"            // branch, channel
	formToldDirect    = "form.told-direct"     // branch

	// App Home
	homeTitle    = "home.title"
	homeUpdated  = "home.updated" // when
	homeYours    = "home.yours"   // how many
	homeFailed   = "home.failed"  // how many
	homeOthers   = "home.others"  // how many
	homeAsleep   = "home.asleep"  // how many
	homeThread   = "home.thread"
	homeRedeploy = "home.redeploy"
	homeSleep    = "home.sleep"
)
