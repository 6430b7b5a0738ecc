package bot

import "qabot/store"

// english is the catalogue of everything that people read.
func english() texts {
	all := map[string]phrase{}
	for _, part := range []map[string]phrase{labelsEN(), resourcesEN(), eventsEN(), answersEN(), helpEN(), checksEN()} {
		for code, p := range part {
			all[code] = p
		}
	}
	return texts{phrases: all}
}

// Labels: words without a code of their own.
const (
	labelDeploying  = "label.deploying"
	labelUp         = "label.up"
	labelFailed     = "label.failed"
	labelRemoving   = "label.removing"
	labelRemoved    = "label.removed"
	labelAsleep     = "label.asleep"
	labelDozing     = "label.dozing"
	labelWake       = "label.wake"
	labelExtend     = "label.extend"
	labelLetGo      = "label.let-go"
	labelHistory    = "label.history"
	labelAskedBy    = "label.asked-by"
	labelPushedBy   = "label.pushed-by"
	labelBranchGone = "label.branch-gone"
	labelExpired    = "label.expired"
	labelTook       = "label.took"
	labelSince      = "label.since"
	labelExpires    = "label.expires"
	labelNever      = "label.never-expires"
	labelServing    = "label.serving"
	labelNoneServes = "label.none-serves"
	labelRuns       = "label.runs"
	labelOlder      = "label.older"
	labelSkipped    = "label.skipped"
	labelTakenAway  = "label.taken-away"
	labelOpen       = "label.open"
	labelRetry      = "label.retry"
	labelDown       = "label.down"
	labelUpAgain    = "label.up-again"
	labelLog        = "label.log"
	labelSure       = "label.sure"
	labelSureText   = "label.sure-text"
	labelKeep       = "label.keep"
	labelGoesOn     = "label.goes-on"
	labelMore       = "label.more"
	labelOwner      = "label.owner"
	labelAge        = "label.age"
	labelGoneNow    = "label.gone-now"
	labelLists      = "label.lists"
)

func labelsEN() map[string]phrase {
	return map[string]phrase{
		labelDeploying:  {Say: "Deploying"},
		labelUp:         {Say: "Up"},
		labelFailed:     {Say: "Failed"},
		labelRemoving:   {Say: "Taking down"},
		labelRemoved:    {Say: "Taken down"},
		labelAsleep:     {Say: "Asleep"},
		labelDozing:     {Say: "Going to sleep"},
		labelWake:       {Say: "Wake it"},
		labelExtend:     {Say: "Extend 1 day"},
		labelLetGo:      {Say: "Let it go"},
		labelHistory:    {Say: "*What became of {0}*"},
		labelAskedBy:    {Say: "asked by "},
		labelPushedBy:   {Say: "pushed by {0}"},
		labelBranchGone: {Say: "the branch was deleted"},
		labelExpired:    {Say: "its time was over"},
		labelTook:       {Say: "took `{0}`"},
		labelSince:      {Say: "Asked for"},
		labelExpires:    {Say: "Ends by itself"},
		labelNever:      {Say: "Stays until it is taken down"},
		labelServing:    {Say: "Still serving `{0}`."},
		labelNoneServes: {Say: "Nothing is served at the moment."},
		labelRuns:       {Say: "`{1}` runs as {0}."},
		labelOlder:      {Say: "`{0}` until then"},
		labelSkipped:    {Say: "not reached"},
		labelTakenAway:  {Say: "Gone: {0}."},
		labelOpen:       {Say: "Open {0}"},
		labelRetry:      {Say: "Retry"},
		labelDown:       {Say: "Take down"},
		labelUpAgain:    {Say: "Bring it up again"},
		labelLog:        {Say: "Full log"},
		labelSure:       {Say: "Take it down?"},
		labelSureText:   {Say: "Its URLs stop working, and its database and Redis keys are deleted. The branch stays as it is."},
		labelKeep:       {Say: "Keep it"},
		labelGoesOn:     {Say: "This story goes on in a newer message."},
		labelMore:       {Say: "… and {0} more"},
		labelOwner:      {Say: "owner"},
		labelAge:        {Say: "age `{0}`"},
		labelGoneNow:    {Say: "gone"},
		labelLists:      {Say: "*Environments: {0}*"},

		"stage.image":     {Say: "Build the image"},
		"stage.schema":    {Say: "Create the database"},
		"stage.keyspace":  {Say: "Reserve a Redis corner"},
		"stage.route":     {Say: "Put it on the load balancer"},
		"stage.migration": {Say: "Run migrations"},
		"stage.service":   {Say: "Start {0}"},
		"gone.image":      {Say: "Stop builds"},
		"gone.schema":     {Say: "Drop the database"},
		"gone.keyspace":   {Say: "Empty the Redis corner"},
		"gone.route":      {Say: "Take it off the load balancer"},
		"gone.migration":  {Say: "Stop migrations"},
		"gone.service":    {Say: "Stop {0}"},
		"thing.image":     {Say: "running builds"},
		"thing.schema":    {Say: "the database with its data"},
		"thing.keyspace":  {Say: "the Redis keys"},
		"thing.route":     {Say: "the URLs"},
		"thing.migration": {Say: "running migrations"},
		"thing.service":   {Say: "service {0}"},
	}
}

const (
	retryEN = "Then type `{cmd} retry {branch}`."
	waitEN  = "Nothing to do: it goes on by itself."
	calmEN  = "Nothing is lost: {bot} tries again by itself, and goes on from here."
	lastsEN = "You need not do anything; if this lasts, tell whoever runs {bot}."
	logEN   = "Whoever runs {bot} can see more in its log."
)

func resourcesEN() map[string]phrase {
	return map[string]phrase{
		store.Unreachable: {"No answer from {0}.", calmEN, lastsEN},
		store.Denied:      {"AWS refuses {bot} the action `{0}` on {1}.", "The environment cannot go on until the permission is there.", "Ask whoever runs {bot} to allow it. " + retryEN},
		store.Retrying:    {"It did not work yet.", calmEN, lastsEN},
		store.Foreign:     {"{0} `{1}` exists already and does not belong to {bot}.", "It is left alone, so this branch cannot use that name.", "Ask whoever runs {bot} to look at it. " + retryEN},
		store.AppMissing:  {"The app `{0}` is no longer in the configuration.", "Its environments can neither be brought up nor be taken down.", "Ask whoever runs {bot} to put it back, or to remove what is left. " + logEN},
		store.Broke:       {"Something went wrong inside {bot}; reference `{0}`.", "The environment waits as it is.", "Type `{cmd} retry {branch}`. If it happens again, give the reference to whoever runs {bot}."},

		store.BuildQueued:  {"Waiting for a builder.", "", ""},
		store.BuildRunning: {"Building: {0}.", "", ""},
		store.BuildFailed:  {"The build failed in phase {0}.", "No image was made of this commit.", "Fix it and push, or type `{cmd} retry {branch}` to build the same commit again."},
		store.BuildStopped: {"The build was stopped by somebody.", "No image was made of this commit.", "Type `{cmd} retry {branch}` to build it again."},
		store.BuildTimeout: {"The build took too long and was ended.", "No image was made of this commit.", "Type `{cmd} retry {branch}`; if it happens again, make the build shorter or its time longer."},
		store.BuildQuota:   {"AWS has no builder free: {0}", "The build waits for a limit of the AWS account.", waitEN + " Whoever runs {bot} can ask AWS for a higher limit."},
		store.BuildNoImage: {"The build succeeded, but there is no image `{0}:{1}`.", "Without it nothing can be started.", "Look whether the build pushes its image. " + retryEN},
		store.ImageThere:   {"built", "", ""},

		store.SchemaCreating:   {"Being created.", "", ""},
		store.SchemaThere:      {"database `{0}`", "", ""},
		store.SchemaUnisolated: {"The account of database `{0}` can reach other databases too.", "To keep them safe nothing is started with it.", "Ask whoever runs {bot} to look at the grants. " + retryEN},
		store.SchemaBestEffort: {"database `{0}`, without an account of its own", "", ""},
		store.SchemaRefused:    {"MySQL refuses {bot}: {0}", "The database of this environment cannot be made.", "Ask whoever runs {bot} for the missing right. " + retryEN},

		store.KeyspaceThere:   {"prefix `{0}` in database {1}", "", ""},
		store.KeyspaceEmptied: {"{0} keys left", "", ""},

		store.RouteThere:   {"listening", "", ""},
		store.PortsFull:    {"All ports from {0} to {1} are in use.", "There is no room for one more environment.", "Take one down that nobody needs: `{cmd} list` shows them. " + retryEN},
		store.PortTaken:    {"Port {0} of the load balancer belongs to something else.", "This environment cannot be reached there.", "Ask whoever runs {bot} to free the port or to leave it out. " + retryEN},
		store.BalancerFull: {"The load balancer is full: {0}", "There is no room for one more environment.", "Take one down that nobody needs: `{cmd} list` shows them. " + retryEN},

		store.MigrationRunning: {"Running: {0}.", "", ""},
		store.MigrationFailed:  {"The migration failed in phase {0}.", "The new version is not started; the old one, if there is one, keeps serving.", "Fix it and push, or type `{cmd} retry {branch}` to run the same migration again."},
		store.MigrationDone:    {"done", "", ""},

		store.TasksStarting:   {"{0} of {1} running", "", ""},
		store.TasksUnhealthy:  {"{0} of {1} running, not healthy yet", "", ""},
		store.TasksRunning:    {"{0} of {1} running", "", ""},
		store.RolloutFailed:   {"It did not stay up: {0}", "The new version does not serve; the old one, if there is one, keeps serving.", "Look at the log, fix it and push, or type `{cmd} retry {branch}`."},
		store.StagingMissing:  {"There is no staging service `{0}` in cluster `{1}`.", "It is the pattern for every environment, so nothing can be started.", "Ask whoever runs {bot} to correct the configuration. " + retryEN},
		store.ServiceDraining: {"Letting requests finish.", "", ""},
		store.ServiceAsleep:   {"asleep", "", ""},
	}
}

func eventsEN() map[string]phrase {
	return map[string]phrase{
		store.EventAsked:    {Say: "Asked: {0}."},
		store.EventPushed:   {Say: "*{0}* pushed `{1}`: {2}"},
		"pushed.nameless":   {Say: "New commit `{0}` on the branch."},
		store.EventMigrated: {Say: "Migrations of `{0}` ran in `{1}`."},
		"migrated.seeded":   {Say: "Seed data was put in."},
		"migrated.nothing":  {Say: "The structure of the database stayed as it was."},
		"migrated.changes":  {Say: "What changed in the structure:"},
		store.EventAsleep:   {Say: "*{0}* sleeps. Its data is kept; `{cmd} wake {0}` brings it back."},
		store.EventExtended: {Say: "It stays longer now, until"},
		store.EventExpiring: {Say: "*{0}* ends soon and takes its database with it. Its end:"},
		store.EventReady:    {Say: "*{0}* is up at `{1}`."},
		store.EventFailed:   {Say: "*{0}* failed at *{1}*."},
		store.EventRemoved:  {Say: "*{0}* is taken down; nothing of it is left."},
		store.EventTrouble:  {Say: "*{0}* has to wait."},
		store.EventOver:     {Say: "The trouble is over; *{0}* goes on."},
		"over.answers":      {Say: "*{0}* goes on: {1} answers again."},
		"failed.lines":      {Say: "The last lines of the log:"},
	}
}
