package bot

import (
	"fmt"
	"strings"
)

// Actions of buttons, as Slack gives them back when one is pressed.
const (
	actionOpen   = "qa_open" // a link; numbered
	actionLog    = "qa_log"  // a link
	actionPick   = "qa_pick" // numbered; the value says what was picked
	actionUp     = "qa_up"
	actionDown   = "qa_down"
	actionRetry  = "qa_retry"
	actionWake   = "qa_wake"
	actionSleep  = "qa_sleep" // numbered; of another environment than the message tells of
	actionExtend = "qa_extend"
	actionLetGo  = "qa_let_go" // leaves the end as it is
	actionCancel = "qa_cancel"
	actionUndo   = "qa_undo"
	actionLogs   = "qa_logs" // numbered; the value may say whose
	actionList   = "qa_list" // numbered; the value says what is listed
	actionHelp   = "qa_help"
	actionNew    = "qa_new"  // opens the form for a new environment
	actionHome   = "qa_home" // numbered; the value is the page of App Home
	actionMenu   = "qa_menu" // of an environment in App Home; the value says what and on which state of it
)

// numbered tells buttons of one action apart: Slack wants each action once in a message.
func numbered(action string, n int) string { return fmt.Sprintf("%s:%d", action, n) }

// actionOf is an action without its number; ok is false for one that is not ours.
func actionOf(id string) (action string, ok bool) {
	action, _, _ = strings.Cut(id, ":")
	return action, strings.HasPrefix(action, "qa_")
}

// verbOf is what a button asks for by itself, empty where it asks for nothing.
func verbOf(action string) string {
	return map[string]string{
		actionUp: verbUp, actionDown: verbDown, actionRetry: verbRetry, actionWake: verbWake, actionSleep: verbSleep, actionExtend: verbExtend,
		actionLogs: verbLogs, actionCancel: verbCancel, actionUndo: verbUndo, actionAnew: verbAnew, actionKeepOn: verbKeepOn,
	}[action]
}
