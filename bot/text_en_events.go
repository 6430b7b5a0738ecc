package bot

import "qabot/store"

func eventsEN() map[string]phrase {
	return map[string]phrase{
		store.EventAsked:      {Say: "Asked: {0:word}."},
		store.EventPushed:     {Say: "*{0}* pushed `{1}`: {2}"},
		"pushed.nameless":     {Say: "New commit `{0}` on the branch."},
		store.EventMigrated:   {Say: "Migrations of `{0}` ran in `{1:span}`."},
		"migrated.seeded":     {Say: "Seed data was put in."},
		"migrated.nothing":    {Say: "The structure of the database stayed as it was."},
		"migrated.changes":    {Say: "What changed in the structure:"},
		labelRan:              {Say: "What ran:"},
		store.WarnTableGone:   {Say: "The table `{0}` was dropped with its rows. A version that still reads it fails."},
		store.WarnColumnGone:  {Say: "The column `{0}.{1}` was dropped with its data. A version that still reads it fails."},
		store.WarnNotNull:     {Say: "The column `{0}.{1}` must be given and has no default. A version that does not know it cannot write to `{0}`."},
		store.WarnRebuilt:     {Say: "The table `{0}` was written anew; rows: {1}. On staging that takes as long as it has rows, and may lock it."},
		store.WarnRebuiltMany: {Say: "The table `{0}` was written anew; rows: more than {1}. On staging that takes as long as it has rows, and may lock it."},
		store.EventAsleep:     {Say: "*{0}* sleeps. Its data is kept; `{cmd} wake {0}` brings it back."},
		store.EventExtended:   {Say: "It stays longer now, until {1:date}."},
		store.EventExpiring:   {Say: "*{0}* ends soon and takes its database with it. Its end: {1:date}."},
		store.EventReady:      {Say: "*{0}* is up at `{1}`."},
		store.EventFailed:     {Say: "*{0}* failed at *{1}*."},
		store.EventRemoved:    {Say: "*{0}* is taken down; nothing of it is left."},
		store.EventTrouble:    {Say: "*{0}* has to wait."},
		store.EventOver:       {Say: "The trouble is over; *{0}* goes on."},
		"over.answers":        {Say: "*{0}* goes on: {1:list} answers again."},
		"failed.lines":        {Say: "The last lines of the log:"},

		"change.table":       {Say: "table"},
		"change.column":      {Say: "column"},
		"change.index":       {Say: "index"},
		"change.foreign key": {Say: "foreign key"},
		"change.view":        {Say: "view"},
		"change.trigger":     {Say: "trigger"},
		"change.routine":     {Say: "routine"},

		"verb." + verbUp:      {Say: "up"},
		"verb." + verbDown:    {Say: "down"},
		"verb." + verbRetry:   {Say: "retry"},
		"verb." + verbExtend:  {Say: "extend"},
		"verb." + verbSleep:   {Say: "sleep"},
		"verb." + verbWake:    {Say: "wake"},
		"verb." + verbPush:    {Say: "push"},
		"verb." + verbDeleted: {Say: "branch deleted"},
	}
}
