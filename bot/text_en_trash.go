package bot

import "qabot/store"

// trashEN are the words around data that is kept.
func trashEN() map[string]phrase {
	const nothing = "Nothing was changed."
	return map[string]phrase{
		store.EventKept:     {Say: "*{0}* is taken down. Its data is kept until {1:date}; `{cmd} undo {0}` brings it back."},
		store.EventEmptied:  {Say: "The data of *{0}* was kept long enough and is gone; nothing of it is left."},
		store.EventRestored: {Say: "*{0}* comes back with the data that it had."},

		answerInTrash:       {"`{0}` is taken down already. Its data is kept until {1:date}.", nothing, "`{cmd} undo {0}` brings it back with that data, `{cmd} down {0} now` takes the data away."},
		answerDiscarded:     {Say: "Taking down `{0}` and its data."},
		answerBack:          {Say: "Bringing back `{0}` at `{1}`, with the data that it had."},
		answerNothingToUndo: {"`{0}` was not taken down, so there is nothing to bring back.", nothing, "`{cmd} status {0}` shows how it is."},
		answerTooLate:       {"The data of `{0}` is no longer kept, so it cannot be brought back.", nothing, "`{cmd} up {0}` brings it up with new data."},
		answerBranchGone:    {"The branch `{0}` is no longer on GitHub, so there is nothing to run. Its data is kept until {1:date}.", nothing, "Push the branch again, then type `{cmd} undo {0}`."},

		confirmData:        {Say: "The data of `{0}` goes at once, for good, and no `{cmd} undo` brings it back. Shall I take it down?"},
		confirmOthersKept:  {Say: "`{0}` is somebody else's. Its data is kept until {2:date}, so that `{cmd} undo` can bring it back. Shall I take it down?"},
		confirmNobodysKept: {Say: "`{0}` came up by a push, so others may be using it. Its data is kept until {2:date}, so that `{cmd} undo` can bring it back. Shall I take it down?"},

		labelKept:     {Say: "Taken down, data kept"},
		labelKeptTill: {Say: "Its data is kept until {0:date}."},
		labelUndo:     {Say: "Bring it back"},
		labelSureKept: {Say: "Its URLs stop working. Its data is kept for {0:span}, and until then it can be brought back with it. The branch stays as it is."},
		labelEndsKept: {Say: "*{0}* ends soon: {1:date}. Its data is kept until {2:date}."},

		"verb." + verbUndo: {Say: "undo"},
		"help.undo":        {"`{cmd} undo <branch>`", "brings back what was taken down, with its data.", "On the same URLs, for as long as the data is kept: the closing message says until when. `{cmd} up` does the same."},
		"example.undo":     {Means: "`{cmd} undo feature/login`, or `@{bot} undo` in its thread."},
	}
}
