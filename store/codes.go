package store

// Codes of Details and Events: what happened, without words. The bot's catalogue has a sentence for each; the comments name
// the arguments.
const (
	// for every resource
	Unreachable = "unreachable" // what cannot be reached: "MySQL", "Redis, AWS"; tried again
	Denied      = "denied"      // IAM action that is missing, resource
	Paced       = "paced"       // AWS takes so many calls in a second, and others come first; tried again; no arguments
	Retrying    = "retrying"    // tried again later; no arguments
	Foreign     = "foreign"     // what it is, name: something not ours has the name
	Broke       = "broke"       // reference for the log: a fault without words of its own
	AppMissing  = "app.missing" // app: no longer in the configuration

	// image
	BuildQueued  = "build.queued"
	BuildRunning = "build.running" // phase
	BuildFailed  = "build.failed"  // phase
	BuildStopped = "build.stopped"
	BuildTimeout = "build.timeout"  // phase
	BuildQuota   = "build.quota"    // the service's own message names the quota
	BuildNoQuota = "build.no-quota" // the account's limit of builds is zero; no arguments
	BuildUnbegun = "build.unbegun"  // phase: no builder became free in time
	BuildLimited = "build.limited"  // phase: a registry refuses more downloads, as Docker Hub does
	BuildNoFile  = "build.no-file"  // phase: there is no Dockerfile
	BuildNoImage = "build.no-image" // repository, tag: the build succeeded and pushed nothing
	ImageThere   = "image.there"

	PipelineUnfit = "pipeline.unfit" // pipeline, Unfit code

	// schema
	SchemaCreating      = "schema.creating"
	SchemaThere         = "schema.there"           // name
	SchemaUnisolated    = "schema.unisolated"      // name: its account can reach other schemas
	SchemaBestEffort    = "schema.best-effort"     // name: there, but not isolated, as the configuration allows
	SchemaRefused       = "schema.refused"         // what the database account of qabot may not do
	SchemaFilling       = "schema.filling"         // tables that are copied, all of them
	SchemaNoSource      = "schema.no-source"       // source: there is no such data, or it is not whole
	SchemaUnfit         = "schema.unfit"           // what cannot be copied, source
	SchemaUnmasked      = "schema.unmasked"        // table.column: the rule for it cannot be kept
	SchemaMaking        = "schema.making"          // template: it is being made for the first time; tried again
	SaveNoRoom          = "save.no-room"           // name, bytes of the data, bytes in use, quota in bytes
	SchemaNotCopied     = "schema.not-copied"      // source
	SchemaUnmaskedKept  = "schema.unmasked-kept"   // as without Kept; the data that was to be replaced is still there
	SchemaUnfitKept     = "schema.unfit-kept"      // likewise
	SchemaRefusedKept   = "schema.refused-kept"    // likewise
	SchemaNotCopiedKept = "schema.not-copied-kept" // likewise
	SchemaShared        = "schema.shared"          // name: reached by the account of the staging service
	SchemaQueued        = "schema.queued"          // connections that it needs, that are free, its place among those that wait
	SchemaTooLarge      = "schema.too-large"       // connections that it needs, that environments may have in all, that the server takes
	SchemaBlocked       = "schema.blocked"         // account, for how long (time.Duration): its open transaction keeps a table from being dropped

	// keyspace
	KeyspaceThere        = "keyspace.there"         // prefix, database number: with an account of its own
	KeyspaceShared       = "keyspace.shared"        // likewise, without an account of its own
	KeyspaceNumber       = "keyspace.number"        // database number that is leased to it
	KeyspaceNumberShared = "keyspace.number-shared" // likewise, without an account of its own
	KeyspaceEmptied      = "keyspace.emptied"       // keys left
	KeyspaceEmptying     = "keyspace.emptying"      // keys that were walked over
	KeyspaceFull         = "keyspace.full"          // first, last number; who has them
	KeyspaceCrowded      = "keyspace.crowded"       // as KeyspaceFull, and numbers with keys of others
	KeyspaceRefused      = "keyspace.refused"       // setting that the server does not allow
	KeyspaceUnisolated   = "keyspace.unisolated"    // account: it reaches keys of others

	// keys of Redis that go with data
	KeysKept     = "keys.kept"     // how many
	KeysTooMany  = "keys.too-many" // bytes, keys, most bytes, most keys
	KeysRefused  = "keys.refused"  // the server does not give them away, or does not take them; no arguments
	KeysUnwalked = "keys.unwalked" // finding them among all takes longer than a pass; no arguments

	// redis
	RedisThere     = "redis.there"      // no arguments
	RedisNoAddress = "redis.no-address" // staging service, whose tasks have no addresses of their own

	// route
	RouteThere      = "route.there"
	PortsFull       = "route.full"     // first, last port
	PortTaken       = "route.taken"    // port: a listener that is not ours has it
	ListenerMissing = "route.listener" // load balancer, port: by host, the shared listener is the operator's to make
	BalancerFull    = "route.quota"    // load balancer, what is full: "full." and the code with which AWS refuses

	// migration
	MigrationRunning = "migration.running" // phase
	MigrationFailed  = "migration.failed"  // phase
	MigrationTimeout = "migration.timeout" // phase
	MigrationExited  = "migration.exited"  // exit code of the container that ran it
	MigrationDone    = "migration.done"

	// service
	TasksStarting   = "service.starting"    // running, wanted
	TasksUnhealthy  = "service.unhealthy"   // running, wanted
	TasksRunning    = "service.running"     // running, wanted
	RolloutFailed   = "service.failed"      // reason in AWS's words
	RolledBack      = "service.rolled-back" // as RolloutFailed, when AWS's words are gone with the deployment that failed
	TasksAnswering  = "service.answering"   // running, wanted, health path, HTTP status that it answers with
	TasksNoRoom     = "service.no-room"     // capacity, or AWS's words for want of it: there is none free, and it is asked again
	TaskExited      = "service.exited"      // container, exit code
	TaskEnded       = "service.ended"       // container: it ended, and ended well
	TaskKilled      = "service.killed"      // container, MiB that it may use: killed by nobody that is known
	TaskNoMemory    = "service.memory"      // container, MiB that it may use
	TaskNoImage     = "service.no-pull"     // image
	TaskNoSecret    = "service.no-secret"   // names of the variables
	TaskNoStart     = "service.no-start"    // container, reason in AWS's words
	TaskSick        = "service.sick"        // health path, HTTP status
	TaskSilent      = "service.silent"      // health path
	TaskUnfit       = "service.unfit"       // container whose own health check fails
	StagingMissing  = "service.no-staging"  // staging service, cluster
	ServiceDraining = "service.draining"
	ServiceAsleep   = "service.asleep"
	ServiceAsked    = "service.asked" // it runs, and is asked for the commit that it serves
)

// Why a pipeline cannot build images: arguments of PipelineUnfit.
const (
	UnfitMissing   = "pipeline.is.not-there"
	UnfitMode      = "pipeline.is.not-parallel" // not of type V2, or not in PARALLEL mode
	UnfitVariables = "pipeline.is.no-variables" // it does not declare those by which executions are known
	UnfitUnread    = "pipeline.is.unread"       // variables of an action are no list in JSON
	UnfitSource    = "pipeline.is.no-source"
	UnfitBuild     = "pipeline.is.no-build"
)

// Codes of Observation.Proof: what a role's version path answered through its URL.
const (
	ProofGiven  = "proof.given"  // commit: the one that runs
	ProofOther  = "proof.other"  // commit that answers, commit that runs
	ProofStatus = "proof.status" // path, HTTP status: it cannot be told, no other than 200 counts
	ProofText   = "proof.text"   // path: it cannot be told, the answer names no commit
	ProofSilent = "proof.silent" // path: it cannot be told, nobody answers
	ProofAsking = "proof.asking" // since when it is asked (RFC 3339); no arguments: it was not asked yet
)

// Codes of Foreseen.Things: what an environment has in the world, by name.
const (
	ThingImage      = "thing.named.image"      // repository:tag
	ThingBuild      = "thing.named.build"      // CodeBuild project
	ThingPipeline   = "thing.named.pipeline"   // pipeline, template that it is copied from
	ThingSchema     = "thing.named.schema"     // name
	ThingAccount    = "thing.named.account"    // name
	ThingKeys       = "thing.named.keys"       // prefix, database number
	ThingNumber     = "thing.named.number"     // database number of Redis
	ThingCommon     = "thing.named.common"     // no arguments: no account of its own
	ThingGroup      = "thing.named.group"      // target group
	ThingListener   = "thing.named.listener"   // port, load balancer
	ThingRule       = "thing.named.rule"       // host name, load balancer
	ThingURL        = "thing.named.url"        // address
	ThingMigration  = "thing.named.migration"  // command, CodeBuild project or family of task definitions
	ThingService    = "thing.named.service"    // name, tasks
	ThingGap        = "thing.named.gap"        // role: nobody answers while the new task starts, as the old one stops before
	ThingShell      = "thing.named.shell"      // cluster, service, container: ECS Exec opens a shell there
	ThingDefinition = "thing.named.definition" // family, staging service that it is derived from
	ThingTagged     = "thing.named.tagged"     // service of AWS, with the thing's name in it
	ThingSecret     = "thing.named.secret"     // variable, parameter
	ThingRedis      = "thing.named.redis"      // image, MiB
)

// Codes of Events.
const (
	EventAsked    = "asked"    // By asked; Detail.Code is the verb
	EventPushed   = "pushed"   // Name pushed Commit; Args: short subject
	EventMissed   = "missed"   // Name did what Detail.Code says, while nobody listened; Args: when, RFC 3339
	EventMigrated = "migrated" // Changes, Took; Args: "seeded" when seeds ran
	EventAsleep   = "asleep"   // By asked
	EventExtended = "extended" // By asked; Args: new end, RFC 3339
	EventExpiring = "expiring" // By owns it; Args: end, RFC 3339
	EventReady    = "ready"    // Took since it was asked
	EventFailed   = "failed"   // Kind, Detail, Lines, URL; Args of nothing
	EventRemoved  = "removed"  // Took
	EventKept     = "kept"     // Took; Args: until when the data is kept, RFC 3339
	EventEmptied  = "emptied"  // the data that was kept is gone, too
	EventRestored = "restored" // By asked: it comes back with the data that was kept
	EventHeld     = "held"     // Detail: what it waits in a queue or for a quota for
	EventEdited   = "edited"   // Warnings: Edit codes; the migration waits for somebody
	EventRadar    = "radar"    // Detail: what another branch does to the database, too
	EventTrouble  = "trouble"  // Detail: what is waited for
	EventOver     = "over"     // Detail: what was waited for; it is over
	EventSaved    = "saved"    // By asked; Args: name, bytes; Answer: a Keys code
	EventKeyless  = "keyless"  // the data came without keys of Redis; Answer: a Keys code
	EventUnsaved  = "unsaved"  // By asked; Args: name; Detail: why it was not saved
	EventLost     = "lost"     // the environment's own Redis is another task, and what was in the old one is gone
	EventDrift    = "drift"    // Kind; Args: Drift codes of what was changed from outside, and is put right
)

// Codes of what somebody changed from outside.
const (
	DriftCount    = "drift.count"    // number of tasks
	DriftCapacity = "drift.capacity" // launch type, strategy
	DriftNetwork  = "drift.network"
	DriftHealth   = "drift.health"  // health check, grace
	DriftRouting  = "drift.routing" // listener, target group
	DriftRollout  = "drift.rollout" // how versions replace each other
	DriftVersion  = "drift.version" // task definition
	DriftSettings = "drift.settings"
	DriftGone     = "drift.gone" // the resource itself
)
