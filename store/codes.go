package store

// Codes of Details and Events: what happened, without words. The bot's catalogue has a sentence for each; the comments name
// the arguments.
const (
	// for every resource
	Unreachable = "unreachable" // what cannot be reached: "MySQL", "Redis, AWS"; tried again
	Denied      = "denied"      // IAM action that is missing, resource
	Retrying    = "retrying"    // tried again later; no arguments
	Foreign     = "foreign"     // what it is, name: something not ours has the name
	Broke       = "broke"       // reference for the log: a fault without words of its own
	AppMissing  = "app.missing" // app: no longer in the configuration

	// image
	BuildQueued  = "build.queued"
	BuildRunning = "build.running" // phase
	BuildFailed  = "build.failed"  // phase
	BuildStopped = "build.stopped"
	BuildTimeout = "build.timeout"
	BuildQuota   = "build.quota"    // the service's own message names the quota
	BuildNoImage = "build.no-image" // repository, tag: the build succeeded and pushed nothing
	ImageThere   = "image.there"

	// schema
	SchemaCreating   = "schema.creating"
	SchemaThere      = "schema.there"       // name
	SchemaUnisolated = "schema.unisolated"  // name: its account can reach other schemas
	SchemaBestEffort = "schema.best-effort" // name: there, but not isolated, as the configuration allows
	SchemaRefused    = "schema.refused"     // what the database account of qabot may not do

	// keyspace
	KeyspaceThere   = "keyspace.there"   // prefix, database number
	KeyspaceEmptied = "keyspace.emptied" // keys left

	// route
	RouteThere   = "route.there"
	PortsFull    = "route.full"  // first, last port
	PortTaken    = "route.taken" // port: a listener that is not ours has it
	BalancerFull = "route.quota" // what is full, as the load balancer names it

	// migration
	MigrationRunning = "migration.running" // phase
	MigrationFailed  = "migration.failed"  // phase
	MigrationDone    = "migration.done"

	// service
	TasksStarting   = "service.starting"   // running, wanted
	TasksUnhealthy  = "service.unhealthy"  // running, wanted
	TasksRunning    = "service.running"    // running, wanted
	RolloutFailed   = "service.failed"     // reason in AWS's words
	StagingMissing  = "service.no-staging" // staging service, cluster
	ServiceDraining = "service.draining"
	ServiceAsleep   = "service.asleep"
)

// Codes of Events.
const (
	EventAsked    = "asked"    // By asked; Detail.Code is the verb
	EventPushed   = "pushed"   // Name pushed Commit; Args: short subject
	EventMigrated = "migrated" // Changes, Took; Args: "seeded" when seeds ran
	EventAsleep   = "asleep"   // By asked
	EventExtended = "extended" // By asked; Args: new end, RFC 3339
	EventExpiring = "expiring" // By owns it; Args: end, RFC 3339
	EventReady    = "ready"    // Took since it was asked
	EventFailed   = "failed"   // Kind, Detail, Lines, URL; Args of nothing
	EventRemoved  = "removed"  // Took
	EventTrouble  = "trouble"  // Detail: what is waited for
	EventOver     = "over"     // Detail: what was waited for; it is over
)
