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
	actionExtend = "qa_extend"
	actionLetGo  = "qa_let_go" // leaves the end as it is
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
		actionUp: verbUp, actionDown: verbDown, actionRetry: verbRetry, actionWake: verbWake, actionExtend: verbExtend,
	}[action]
}
