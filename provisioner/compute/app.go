package compute

import (
	"cmp"
	"context"
	"net"
	"slices"
	"time"

	"qabot/store"
)

// App is one application as AWS has to know it.
type App struct {
	Name         string
	Installation string // names this qabot in tags and names
	Cluster      string // of the staging services
	Roles        []Role

	LoadBalancer string // name or ARN; shared by all environments, never staging's
	FirstPort    int    // of the range that environments may have
	LastPort     int
	Domain       string     // an environment is <id>.<domain>
	Certificate  string     // ARN; empty: plain HTTP
	More         []Balancer // filled in turn when the one before is near a limit

	ByHost   bool // rules on a shared listener, with a name for each role, in place of a listener for each
	Listener int  // port of the shared one

	Repository   string // ECR repository, by name or URI
	ImageProject string // CodeBuild project that builds the image

	// In place of the project one of these, CodePipelines by name:
	Pipeline         string // V2, PARALLEL: it serves all branches
	PipelineTemplate string // from which each environment has a copy
	PipelineSource   string // action that takes the commit; empty: the first source action

	MigrateProject string // CodeBuild project that runs migrations
	MigrateRole    string // role whose staging task runs them, as an ECS task; empty: the project does
	MigrateTitle   string // what people are shown of the command; empty: the command
	MigrateCommand string
	CreateCommand  string // in place of it while the data is new; empty: the same
	SeedCommand    string // follows it while the data is new; empty: no seeds

	Subnets        []string // of QA tasks; empty: as staging has them
	SecurityGroups []string // likewise

	Environment map[string]string // further variables for QA tasks and migrations

	Redis string // image of the Redis that each environment has for its own; empty: it has none
}

// Role is one service of an app.
type Role struct {
	Name      string // at most 7 bytes
	Service   string // staging service that it is derived from
	Port      int    // container port; 0: nothing on the load balancer
	Container string // that gets the image; empty: the one with the port, else the first essential one
	Health    string // path that answers 200
	Version   string // path that answers with the commit; empty: it cannot be asked
	Replace   bool   // the old task stops before the new one starts
	Processes int    // of each task that open connections to the database; 0: as its variables tell
	Pool      int    // connections of each process; 0: likewise
}

func (r Role) healthPath() string { return cmp.Or(r.Health, "/") }

// Options are the resources' own. The zero value is good.
type Options struct {
	Now func() time.Time // default time.Now
	// Patience is how long a role that runs as wanted may answer with another commit, or not at all, before people are
	// told; half a minute when zero.
	Patience time.Duration
	// Rationed says that tasks start only once the environment was promised the connections that they need.
	Rationed bool
	// Share is how old what was read of a service for another environment's look may be; zero: each look asks by itself.
	Share time.Duration
	// Dial opens a connection to the load balancer, to ask roles what they serve; nil: as usual.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (o Options) patience() time.Duration { return cmp.Or(o.Patience, 30*time.Second) }

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// A Source gives variables of an environment: those to be shown, and for secrets the reference that a task definition
// needs. It gives the same each time.
type Source interface {
	Environ(env store.Environment) (plain, secret map[string]string)
}

// A Ledger keeps the story of migrations with the data that they changed.
type Ledger interface {
	// Migrated tells of each environment whether its Spec.Commit has migrated the present incarnation of its data.
	Migrated(ctx context.Context, envs []store.Environment) ([]bool, error)
	// Begin notes the structure before a run, and tells whether the data is new, so that seeds are due.
	Begin(ctx context.Context, c *store.Claim) (seed bool, err error)
	// Finish notes the outcome of the run that was begun last, and gives what it changed; the same answer each time.
	Finish(ctx context.Context, c *store.Claim, passed bool) (store.Migrated, error)
}

// Notebook is where resources remember, by environment: the store.
type Notebook interface {
	Note(ctx context.Context, c *store.Claim, k store.Kind, f store.Fact) error
	Forget(ctx context.Context, c *store.Claim, k store.Kind) error
	Tell(ctx context.Context, c *store.Claim, e store.Event) error
	// Allot gives the environment a number of the pool for its own: the one that it has, where that is a candidate.
	Allot(ctx context.Context, c *store.Claim, k store.Kind, pool string, candidates []int) (int, error)
	// Offer tells which number Allot would give, and gives none.
	Offer(ctx context.Context, id store.ID, k store.Kind, pool string, candidates []int) (int, error)
}

// The kinds that have no role.
const (
	ImageKind     store.Kind = "image"
	MigrationKind store.Kind = "migration"
)

// environ gives all variables of an environment's code: the app's own, the sources', and which branch and commit it is.
func (a App) environ(env store.Environment, commit string, sources []Source) (plain, secret map[string]string) {
	plain, secret = map[string]string{}, map[string]string{}
	for k, v := range a.Environment {
		plain[k] = v
	}
	for _, s := range sources {
		p, q := s.Environ(env)
		for k, v := range p {
			plain[k] = v
		}
		for k, v := range q {
			secret[k] = v
		}
	}
	plain["BRANCH"], plain["COMMIT"] = env.Spec.Branch, commit
	for k := range secret {
		delete(plain, k)
	}
	return plain, secret
}

// imageTag names a commit's image.
func imageTag(commit string) string { return "git-" + commit }

// targetGroup names the target group of an environment's role; its route makes it, its service uses it.
func targetGroup(id store.ID, role string) string { return string(id) + "-" + role }

// unique gives the values once each, in order of appearance.
func unique[T comparable](values []T) (once []T) {
	for _, v := range values {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}
