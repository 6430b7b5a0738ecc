package bot

import "qabot/store"

func budgetEN() map[string]phrase {
	return map[string]phrase{
		store.SchemaShared:   {"database `{0}`, with the staging account: nothing keeps this branch from staging's data", "", ""},
		store.SchemaQueued:   {"It needs {0} connections to the database, {1} are free: number {2} in the queue.", "The server is shared, and a part of it stays for staging. It goes on by itself as soon as there is room.", "Nothing to do, or put one to sleep that nobody needs: `{cmd} list` shows them."},
		store.SchemaTooLarge: {"It needs {0} connections to the database, and all environments together may have {1} of the server's {2}.", "Even alone it would take what is kept for staging, so it is not started.", "Ask whoever runs {bot} for smaller pools (`pool` of the roles, `RAILS_MAX_THREADS`), a smaller `database.reserve` or a larger server. " + retryEN},
		store.SchemaBlocked:  {"A transaction of `{0}`, open for {1:span}, holds a table that has to go.", "The database waits for its end, and does not end it: it is not {bot}'s.", "Ask whoever uses `{0}` to commit it or to close the connection; then it goes on by itself."},
		store.EventHeld:      {Say: "*{0}* has to wait for room in the database."},
		heldBuilder:          {Say: "*{0}* has to wait for a builder."},

		labelQueued:      {Say: "Waiting for room"},
		labelRoom:        {Say: "What would make room:"},
		labelFrees:       {Say: "*{0}*, idle since {1:date}: frees {2}"},
		labelFreesOf:     {Say: "*{0}* of {3}, idle since {1:date}: frees {2}"},
		labelFreesUsed:   {Say: "*{0}*, in use (last {1:date}): frees {2}"},
		labelFreesUsedOf: {Say: "*{0}* of {3}, in use (last {1:date}): frees {2}"},
		labelSleepIt:     {Say: "Sleep {0}"},

		labelTop:        {Say: "*The database now*: {0} of {1} connections are in use, {2} of them by staging and others."},
		labelTopShare:   {Say: "All environments together may have {0}; {1} of these are promised to nobody."},
		labelTopWaiting: {Say: "Waiting for room: {0}."},
		labelTopUse:     {Say: "{0} of {1} connections"},
		labelTopUseOnly: {Say: "{0} connections"},
		labelTopLongest: {Say: "transaction open for {0:span}"},
		labelTopWaits:   {Say: "waiting for a lock: {0}"},
		labelTopGuest:   {Say: "`{0}` has had a transaction open in it for {1:span}; while it is, no table of it can be dropped or altered."},
		labelTopBlind:   {"What others do on the server is hidden from {bot}.", "So connections and transactions may be missing here.", "Whoever runs {bot} can let it see them: `GRANT PROCESS ON *.*` to its account."},
		"help.top":      {"`{cmd} top [app]`", "shows who uses how much of the database.", "Connections, size, open transactions and waits for locks of each environment, and what is left for new ones."},
		"example.top":   {Means: "`{cmd} top`, or `{cmd} top shop` for one app."},

		labelPriced:  {Say: "Of {1} connections for all environments {0} are free."},
		labelPlace:   {Say: "It would have to wait for room: number {0} in the queue."},
		labelAssumed: {Say: "Nothing tells how many these open, so 10 for each process are counted: {0:list}."},
	}
}
