package bot

import "qabot/store"

const (
	retryEN = "Then type `{cmd} retry {branch}`."
	waitEN  = "Nothing to do: it goes on by itself."
	calmEN  = "Nothing is lost: {bot} tries again by itself, and goes on from here."
	lastsEN = "You need not do anything; if this lasts, tell whoever runs {bot}."
	logEN   = "Whoever runs {bot} can see more in its log."
)

func resourcesEN() map[string]phrase {
	return map[string]phrase{
		store.Unreachable: {"No answer from {0:list}.", calmEN, lastsEN},
		store.Denied:      {"AWS refuses {bot} the action `{0}` on {1}.", "The environment cannot go on until the permission is there.", "Ask whoever runs {bot} to allow it. " + retryEN},
		store.Paced:       {"AWS takes only so many requests in a second, and other environments come first.", calmEN, lastsEN},
		store.Retrying:    {"It did not work yet.", calmEN, lastsEN},
		store.Foreign:     {"{0:word} `{1}` exists already and does not belong to {bot}.", "It is left alone, so this branch cannot use that name.", "Ask whoever runs {bot} to look at it. " + retryEN},
		store.AppMissing:  {"The app `{0}` is no longer in the configuration.", "Its environments can neither be brought up nor be taken down.", "Ask whoever runs {bot} to put it back, or to remove what is left. " + logEN},
		store.Broke:       {"Something went wrong inside {bot}; reference `{0}`.", "The environment waits as it is.", "Type `{cmd} retry {branch}`. If it happens again, give the reference to whoever runs {bot}."},

		store.BuildQueued:  {"Waiting for a builder.", "", ""},
		store.BuildRunning: {"Building: {0}.", "", ""},
		store.BuildFailed:  {"The build failed in phase {0}.", "No image was made of this commit.", "Fix it and push, or type `{cmd} retry {branch}` to build the same commit again."},
		store.BuildStopped: {"The build was stopped by somebody.", "No image was made of this commit.", "Type `{cmd} retry {branch}` to build it again."},
		store.BuildTimeout: {"The build took longer than its project allows, and was ended in phase {0}.", "No image was made of this commit.", "Type `{cmd} retry {branch}`. If it happens again, make the build shorter and push, or ask whoever runs {bot} for a longer time-out of the build project."},
		store.BuildQuota:   {"AWS takes no more builds for now (`{0}`).", "The build begins once others of the AWS account have ended.", waitEN + " Whoever runs {bot} can ask AWS for a higher limit."},
		store.BuildNoQuota: {"This AWS account may not build: its quota of builds at once is zero.", "New accounts begin like that; the build waits until AWS raises the quota.", "Whoever runs {bot} has to ask AWS for it, in Service Quotas under CodeBuild (`L-9D07B6EF` is the one for small Linux builders). Then it goes on by itself."},
		store.BuildUnbegun: {"No builder became free in time (phase {0}).", "The build waited in AWS's queue as long as its project lets it, and never began.", "Type `{cmd} retry {branch}`. If it happens again, ask whoever runs {bot} for a higher limit of builds at once."},
		store.BuildLimited: {"A registry refuses to give more images for now (phase {0}).", "Docker Hub limits what is fetched from one address, and builds share theirs with others. Nothing is wrong with this commit.", "Type `{cmd} retry {branch}` in some hours. Whoever runs {bot} can end it for good: base images from a registry of your own (ECR's pull-through cache), or a login to Docker Hub in the build."},
		store.BuildNoFile:  {"The build finds no Dockerfile (phase {0}).", "No image was made of this commit.", "Add it to the branch and push. If it is there under another name or in a folder, ask whoever runs {bot} to correct the buildspec."},
		store.BuildNoImage: {"The build succeeded, but there is no image `{0}:{1}`.", "Without it nothing can be started.", "Look whether the build pushes its image. " + retryEN},
		store.ImageThere:   {"built", "", ""},

		store.PipelineUnfit:  {"The pipeline `{0}` cannot build this: {1:word}.", "No image can be made of any branch.", "Ask whoever runs {bot} to correct the pipeline or the configuration: `qabot doctor` says what cures it. " + retryEN},
		store.UnfitMissing:   {Say: "it is not there"},
		store.UnfitMode:      {Say: "one branch would overtake another in it"},
		store.UnfitVariables: {Say: "it does not declare the variables that {bot} sets"},
		store.UnfitUnread:    {Say: "the variables of its actions cannot be read"},
		store.UnfitSource:    {Say: "it has no such source action"},
		store.UnfitBuild:     {Say: "none of its actions builds with CodeBuild"},

		store.SchemaCreating:   {"Being created.", "", ""},
		store.SchemaThere:      {"database `{0}`", "", ""},
		store.SchemaUnisolated: {"The account of database `{0}` can reach other databases too.", "To keep them safe nothing is started with it.", "Ask whoever runs {bot} to look at the grants. " + retryEN},
		store.SchemaBestEffort: {"database `{0}`, without an account of its own", "", ""},
		store.SchemaRefused:    {"MySQL refuses {bot} `{0}`.", "The database of this environment cannot be made.", "Ask whoever runs {bot} for the missing right. " + retryEN},

		store.KeyspaceThere:        {"prefix `{0}` in database {1}", "", ""},
		store.KeyspaceShared:       {"prefix `{0}` in database {1}, without an account of its own", "", ""},
		store.KeyspaceNumber:       {"database {0}", "", ""},
		store.KeyspaceNumberShared: {"database {0}, without an account of its own", "", ""},
		store.KeyspaceEmptied:      {"{0} keys left", "", ""},
		store.KeyspaceEmptying:     {"{0} keys looked through", "", ""},
		store.KeyspaceFull:         {"All database numbers of Redis from {0} to {1} are in use: `{2}`.", "There is no room for one more environment.", "Take one of these down that nobody needs. " + retryEN},
		store.KeyspaceCrowded:      {"All database numbers of Redis from {0} to {1} are in use: `{2}`. Keys that are not of {bot} lie in `{3}`.", "There is no room for one more environment.", "Take one of these down that nobody needs, or ask whoever runs {bot} for other numbers. " + retryEN},
		store.KeyspaceRefused:      {"Redis does not allow what the configuration asks for: `{0}`.", "This environment gets no corner of Redis, so nothing of it can be started.", "Ask whoever runs {bot}: `qabot doctor` says why. " + retryEN},
		store.KeyspaceUnisolated:   {"The Redis account `{0}` can reach keys of others too.", "To keep them safe nothing is started with it.", "Ask whoever runs {bot} to look at the accounts of Redis. " + retryEN},

		store.RedisThere:     {"its own, in memory only", "", ""},
		store.RedisNoAddress: {"A Redis of its own needs tasks with addresses of their own, and those of `{0}` have none.", "Nothing of this environment can be started without it.", "Ask whoever runs {bot}: the staging service needs the network mode `awsvpc` and subnets with IPv4, or `redis.mode` another value. " + retryEN},

		store.RouteThere:                                {"listening", "", ""},
		store.PortsFull:                                 {"All ports from {0} to {1} are in use.", "There is no room for one more environment.", "Take one down that nobody needs: `{cmd} list` shows them. " + retryEN},
		store.PortTaken:                                 {"Port {0} of the load balancer belongs to something else.", "This environment cannot be reached there.", "Ask whoever runs {bot} to free the port or to leave it out. " + retryEN},
		store.ListenerMissing:                           {"The load balancer `{0}` has no listener at port {1}.", "Names of environments are looked up there, so this one cannot be reached.", "Ask whoever runs {bot} to make the listener, or to correct `load_balancer.listener`. " + retryEN},
		"full.TooManyRules":                             {Say: "rules"},
		"full.TooManyListeners":                         {Say: "listeners"},
		"full.TooManyTargetGroups":                      {Say: "target groups"},
		"full.TooManyUniqueTargetGroupsPerLoadBalancer": {Say: "target groups"},
		store.BalancerFull:                              {"The load balancer `{0}` has no room for more {1:word}.", "AWS allows no more of them, so there is no room for one more environment.", "Take one down that nobody needs: `{cmd} list` shows them. " + retryEN},

		store.MigrationRunning: {"Running: {0}.", "", ""},
		store.MigrationFailed:  {"The migration failed in phase {0}.", "The new version is not started; the old one, if there is one, keeps serving.", "Fix it and push, or type `{cmd} retry {branch}` to run the same migration again."},
		store.MigrationTimeout: {"The migration took longer than its project allows, and was ended in phase {0}.", "It may be half done. The new version is not started; the old one, if there is one, keeps serving.", "Make it shorter and push, or type `{cmd} retry {branch}` to run the same migration again. If it stumbles over what is half done, `{cmd} data reset {branch}` begins anew with fresh data."},
		store.MigrationExited:  {"The migration ended with exit code {0}.", "The new version is not started; the old one, if there is one, keeps serving.", "Fix it and push, or type `{cmd} retry {branch}` to run the same migration again."},
		store.MigrationDone:    {"done", "", ""},

		store.TasksStarting:   {"{0} of {1} running", "", ""},
		store.TasksUnhealthy:  {"{0} of {1} running, not healthy yet", "", ""},
		store.TasksRunning:    {"{0} of {1} running", "", ""},
		store.RolloutFailed:   {"It did not stay up: {0}", "The new version does not serve; the old one, if there is one, keeps serving.", "Look at the log, fix it and push, or type `{cmd} retry {branch}`."},
		store.RolledBack:      {"It did not stay up: ECS went back to the version before.", "The new version does not serve; the old one, if there is one, keeps serving.", "Look at the log, fix it and push, or type `{cmd} retry {branch}`."},
		store.StagingMissing:  {"There is no staging service `{0}` in cluster `{1}`.", "It is the pattern for every environment, so nothing can be started.", "Ask whoever runs {bot} to correct the configuration. " + retryEN},
		store.ServiceDraining: {"Letting requests finish.", "", ""},
		store.ServiceAsleep:   {"asleep", "", ""},
	}
}
