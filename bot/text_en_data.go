package bot

import "qabot/store"

// dataEN are the words of copies, fresh data and save points.
func dataEN() map[string]phrase {
	return map[string]phrase{
		store.SchemaFilling:       {"Copying data: {0} of {1} tables.", "", ""},
		store.SchemaNoSource:      {"There is no whole data to copy in `{0}`.", "What the environment has stays as it is; without its own data it cannot start.", "See `{cmd} data list`, or ask whoever runs {bot} to look at `database.from`. " + retryEN},
		store.SchemaUnfit:         {"`{0}` of `{1}` cannot be copied.", "The environment has no data, and half a copy is given to nobody.", "Ask whoever runs {bot}: the log says what is in the way. " + retryEN},
		store.SchemaMaking:        {"The template `{0}` is being made for the first time.", "The data is copied as soon as it is there.", lastsEN},
		store.SchemaUnmasked:      {"The rule that masks `{0}` cannot be kept.", "So nothing was copied: what it hides would be seen.", "Ask whoever runs {bot} to correct `database.mask`. " + retryEN},
		store.SchemaNotCopied:     {"Copying the data from `{0}` failed.", "The environment has no data, and half a copy is given to nobody.", "Type `{cmd} retry {branch}` to copy it again. If it happens again, ask whoever runs {bot}: the log says why."},
		store.SchemaUnmaskedKept:  {"The rule that masks `{0}` cannot be kept.", "So nothing was copied: what it hides would be seen. The data stays as it was.", "Ask whoever runs {bot} to correct `database.mask`. " + retryEN},
		store.SchemaUnfitKept:     {"`{0}` of `{1}` cannot be copied.", "The data stays as it was, and half a copy is given to nobody.", "Ask whoever runs {bot}: the log says what is in the way. " + retryEN},
		store.SchemaRefusedKept:   {"MySQL refuses {bot} `{0}`.", "The data stays as it was.", "Ask whoever runs {bot} for the missing right. " + retryEN},
		store.SchemaNotCopiedKept: {"Copying the data from `{0}` failed.", "The data stays as it was, and half a copy is given to nobody.", "Type `{cmd} retry {branch}` to copy it again. If it happens again, ask whoever runs {bot}: the log says why."},

		store.SaveNoRoom:   {"There is no room for the save point `{0}`: it would take {1:size}, and {2:size} of {3:size} are in use.", "Nothing was saved.", "Delete one that nobody needs: `{cmd} data list` shows them, `{cmd} data delete \"name\"` deletes one."},
		store.EventSaved:   {Say: "The data of *{0}* is saved as “{1}” ({2:size}). `{cmd} data load {0} \"{1}\"` brings it back."},
		store.KeysKept:     {Say: "Keys of Redis that are kept with it: {0}."},
		store.KeysTooMany:  {Say: "Without Redis: {0:size} in {1} keys are there, at most {2:size} in {3} keys are kept."},
		store.KeysRefused:  {Say: "Without Redis: the server does not let its keys be copied."},
		store.KeysUnwalked: {Say: "Without Redis: its keys lie among too many others to find them all."},
		store.EventKeyless: {Say: "Redis of *{0}* begins empty."},
		store.EventUnsaved: {Say: "The data of *{0}* was not saved as “{1}”.", Next: "`{cmd} data save {0} \"{1}\"` tries again; if it fails again, ask whoever runs {bot}: the log says why."},

		answerDataWhat:  {"That is nothing I can do with data.", "Nothing was changed.", "Try `{cmd} data reset <branch>`, `data save <branch> \"name\"`, `data load <branch> \"name\"`, `data copy <branch> to <branch>`, `data list` or `data delete \"name\"`."},
		answerSaveName:  {"A save point needs a name of letters, digits, spaces, dots and hyphens, at most 40.", "Nothing was changed.", "Try `{cmd} {0} \"before checkout\"`, with the branch before the name."},
		answerCopyWhat:  {"Whose data, and where to?", "Nothing was changed.", "Try `{cmd} data copy <branch> to <branch>`."},
		answerResetting: {Say: "`{0}` gets fresh data. Until it is there, what it has stays in use; what is written there until then goes with it."},
		answerLoading:   {Say: "`{0}` gets the data of “{1}”. Until it is there, what it has stays in use; what is written there until then goes with it."},
		answerCopying:   {Say: "`{0}` gets a copy of the data of `{1}`. Until it is there, what it has stays in use; what is written there until then goes with it."},
		answerSaving:    {Say: "Saving the data of `{0}` as “{1}”. Everything goes on meanwhile; the thread tells when it is done."},
		answerSaveTaken: {"There is a save point “{0}” already.", "Nothing was saved.", "Take another name, or delete that one: `{cmd} data delete \"{0}\"`."},
		answerNoData:    {"The database of `{0}` is not there yet.", "Nothing was saved.", "Try again once the environment is up: `{cmd} status {0}`."},
		answerNoSave:    {"There is no save point “{0}”.", "Nothing was changed.", "There are: {1:list}."},
		answerNoSaves:   {"Nothing was saved yet.", "", "`{cmd} data save <branch> \"name\"` saves the data of an environment."},
		answerUnsaved:   {Say: "The save point “{0}” is being deleted."},

		confirmFresh:      {Say: "`{0}` is not yours, and the data that it has now goes for good. Shall I replace it?"},
		confirmApart:      {Say: "The data of “{4}” and that of `{0}` are migrations apart: {2} that ran on yours would run again, {3} that ran on it are unknown to yours. What `{0}` has now goes for good. Shall I replace it?"},
		labelReplace:      {Say: "Replace the data"},
		labelSaves:        {Say: "*Save points*: {0}, together {1:size}"},
		labelTemplate:     {Say: "Fresh data is `{0}`: `{1}` as it was on {2:date}."},
		labelTemplateNone: {Say: "Fresh data is `{0}`, which is being made from `{1}` for the first time."},
		labelTemplateOld: {"The template `{1}` of `{0}` could not be refreshed from `{2}`, since {3:date}.", "It stays as it is, and new environments begin with older data. It is tried again every 15 minutes.",
			"`qabot doctor` says why."},
		saveLine:    {Say: "*{0}*  `{1}`  ·  {2:size}  ·  {3:date}  ·  {4}"},
		savePending: {Say: "*{0}*  `{1}`  ·  {2}"},

		"verb." + verbReset:  {Say: "fresh data"},
		"verb." + verbSave:   {Say: "save data"},
		"verb." + verbLoad:   {Say: "load data"},
		"verb." + verbCopy:   {Say: "copy data"},
		"verb." + verbSaves:  {Say: "list save points"},
		"verb." + verbUnsave: {Say: "delete a save point"},

		"help.data":    {"`{cmd} data ...`", "gives an environment fresh data, saves it, and brings it back.", "`data reset <branch>` begins anew, `data save <branch> \"name\"` keeps the data under a name, `data load <branch> \"name\"` brings it back, `data copy <branch> to <branch>` takes another environment's, `data list` shows what was saved, `data delete \"name\"` deletes it. What is replaced goes for good, and the environment starts anew."},
		"example.data": {Means: "`{cmd} data save feature/login \"before checkout\"`, or `@{bot} data reset` in its thread."},
	}
}
