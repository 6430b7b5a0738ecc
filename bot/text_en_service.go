package bot

import "qabot/store"

const (
	keepsEN = "The new version does not serve; the old one, if there is one, keeps serving."
	againEN = "Fix it and push, or type `{cmd} retry {branch}` to start the same version again."
)

// serviceEN says what happens to the tasks of a role.
func serviceEN() map[string]phrase {
	return map[string]phrase{
		store.TasksAnswering: {"{0} of {1} running, but `{2}` answers {3}", "The load balancer sends nobody there before it answers 200.", waitEN},
		store.TasksNoRoom:    {"AWS has no room free ({0}); it is asked again and again", "Nothing is wrong with this version: it starts when there is room.", lastsEN},

		store.TaskExited:   {"The container `{0}` ended with exit code {1}.", keepsEN, "Its last lines usually tell why. " + againEN},
		store.TaskEnded:    {"The container `{0}` ended by itself, without an error.", "It is meant to run on: one that ends serves nobody. " + keepsEN, "Look whether its command starts the server and stays with it. " + againEN},
		store.TaskKilled:   {"The container `{0}` was killed (exit code 137).", "Most often that means that it needed more memory than the {1} MiB that it may use. " + keepsEN, "Make it need less, or ask whoever runs {bot} to give the staging service more memory. " + retryEN},
		store.TaskNoMemory: {"The container `{0}` ran out of memory.", "It needed more than the {1} MiB that it may use. " + keepsEN, "Make it need less, or ask whoever runs {bot} to give the staging service more memory. " + retryEN},
		store.TaskNoImage:  {"AWS could not fetch the image `{0}`.", "Without it nothing can be started. " + keepsEN, "Type `{cmd} retry {branch}`. If it happens again, ask whoever runs {bot} whether the image is there, and whether tasks may and can reach it."},
		store.TaskNoSecret: {"AWS could not read the secret for `{0}`.", "The container needs it to start. " + keepsEN, "Ask whoever runs {bot} whether the secret is there, and whether the execution role may read it. " + retryEN},
		store.TaskNoStart:  {"The container `{0}` could not be started: {1}", keepsEN, "Look whether its command exists in the image; otherwise ask whoever runs {bot}. " + retryEN},
		store.TaskSick:     {"The health check of `{0}` got the answer {1} instead of 200.", "The load balancer sends nobody to a version that is not healthy. " + keepsEN, "Open `{0}` of this version on your machine, fix it and push, or type `{cmd} retry {branch}`."},
		store.TaskSilent:   {"The health check of `{0}` got no answer in time.", "The container runs, but does not listen on its port, or is too slow. " + keepsEN, "Look in the log whether the server has started. " + againEN},
		store.TaskUnfit:    {"The container `{0}` runs, but its own health check fails.", keepsEN, "Try the check's command in the container. " + againEN},

		store.EventDrift:    {Say: "*{0}*: something of {1} was changed in AWS by hand: {2:words}. It is put right; there is nothing to do."},
		store.EventLost:     {Say: "*{0}*: its Redis had to start anew, and what was in it is gone, for it keeps everything in memory. Its services are given the new address; there is nothing to do."},
		store.DriftCount:    {Say: "the number of tasks"},
		store.DriftCapacity: {Say: "where its tasks run"},
		store.DriftNetwork:  {Say: "its network"},
		store.DriftHealth:   {Say: "its health check"},
		store.DriftRouting:  {Say: "its place on the load balancer"},
		store.DriftRollout:  {Say: "how new versions replace old ones"},
		store.DriftVersion:  {Say: "the version that runs"},
		store.DriftSettings: {Say: "its settings"},
		store.DriftGone:     {Say: "it was deleted"},

		hintConnections: {"Hint from the log: the database takes no more connections.", "Many environments share it, and its limit may be reached. This is a guess from the last lines, no more.", "Take down what nobody needs (`{cmd} list`), or wait a little. " + retryEN},
		hintShare:       {"Hint from the log: this environment's share of database connections is used up.", "Its processes open more than one environment may. This is a guess from the last lines, no more.", "Make its pool smaller, or ask whoever runs {bot} to raise the share. " + retryEN},
	}
}
