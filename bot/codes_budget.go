package bot

// Codes of words around the database's connections. The comments name the arguments.
const (
	heldBuilder = "held.builder" // branch: store.EventHeld, of a build

	labelQueued      = "label.queued"        // no arguments
	labelRoom        = "label.room"          // no arguments; what would make room follows
	labelFrees       = "label.frees"         // branch, since when it is idle, connections
	labelFreesOf     = "label.frees-of"      // likewise, and who has it
	labelFreesUsed   = "label.frees-used"    // branch, when it was last used, connections
	labelFreesUsedOf = "label.frees-used-of" // likewise, and who has it
	labelSleepIt     = "label.sleep-it"      // a button: branch

	labelTop        = "label.top"          // connections in use, of all, by others than environments
	labelTopShare   = "label.top-share"    // connections for environments, free
	labelTopWaiting = "label.top-waiting"  // environments that wait
	labelTopUse     = "label.top-use"      // connections, promised
	labelTopUseOnly = "label.top-use-only" // connections
	labelTopLongest = "label.top-longest"  // time
	labelTopWaits   = "label.top-waits"    // sessions
	labelTopGuest   = "label.top-guest"    // account, time
	labelTopBlind   = "label.top-blind"    // no arguments

	labelPriced  = "label.priced"  // connections that are free, that environments may have
	labelPlace   = "label.place"   // place in the queue
	labelAssumed = "label.assumed" // roles
)
