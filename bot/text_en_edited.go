package bot

import "qabot/store"

// editedEN are the words around migrations that were edited after they had run.
func editedEN() map[string]phrase {
	return map[string]phrase{
		store.EventEdited:     {Say: "`{1}` changes migrations that ran on the data of *{0}* already, so nothing of it runs yet:"},
		store.EditChanged:     {Say: "`{0}` was edited"},
		store.EditRemoved:     {Say: "`{0}` was removed"},
		store.EditMoved:       {Say: "`{1}` is called `{0}` now, so they run in another order"},
		store.MigrationEdited: {Say: "Waits for a decision in the thread: migrations that ran were changed ({0})."},

		labelEdited:   {Say: "The data has what they did then, and frameworks do not run them twice. Reset the data to run all of them anew, go on to run only what is new, or cancel."},
		labelPlanHeld: {Say: "Its migrations would not run by themselves, for it changes some that ran on the data already:"},
		labelPlanAsks: {Say: "The thread would ask whether to reset the data, to keep it and run only what is new, or to cancel."},
		labelAnew:     {Say: "Reset data"},
		labelKeepOn:   {Say: "Keep and go on"},
		labelAnewSure: {Say: "Its database and Redis keys are deleted and made anew. That cannot be taken back."},
		answerAnew:    {Say: "Going on with `{0}` at `{1}` on new data, on which all migrations run."},
		answerKeepOn:  {Say: "Going on with `{0}` at `{1}`. The data stays, and only migrations that are new run."},

		store.EventRadar: {Say: "Another branch changes the database, too."},
		radarVersion:     {Say: "*{0}* and `{1}` both have a migration with the version `{2}`; there it is `{3}`. Whichever is merged second has to be renumbered."},
		radarTable:       {Say: "*{0}* and `{1}` both change the table `{2}`. Whichever is merged second has to be tried on top of the other."},

		"verb." + verbAnew:   {Say: "reset of the data"},
		"verb." + verbKeepOn: {Say: "go on"},
	}
}
