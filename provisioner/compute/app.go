package compute

import (
	"context"
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
	Domain       string // an environment is <id>.<domain>
	Certificate  string // ARN; empty: plain HTTP

	Repository   string // ECR repository, by name or URI
	ImageProject string // CodeBuild project that builds the image

	MigrateProject string // CodeBuild project that runs migrations
	MigrateCommand string
	SeedCommand    string // empty: no seeds

	Subnets        []string // of QA tasks; empty: as staging has them
	SecurityGroups []string // likewise

	Environment map[string]string // further variables for QA tasks and migrations
}

// Role is one service of an app.
type Role struct {
	Name      string // at most 7 bytes
	Service   string // staging service that it is derived from
	Port      int    // container port; 0: nothing on the load balancer
	Container string // that gets the image; empty: the one with the port, else the first essential one
	Health    string // path that answers 200
}

// Options are the resources' own. The zero value is good.
type Options struct {
	Now func() time.Time // default time.Now
}

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
	Finish(ctx context.Context, c *store.Claim, passed bool) ([]store.Change, error)
}

// Notebook is where resources remember, by environment: the store.
type Notebook interface {
	Note(ctx context.Context, c *store.Claim, k store.Kind, f store.Fact) error
	Forget(ctx context.Context, c *store.Claim, k store.Kind) error
	Tell(ctx context.Context, c *store.Claim, e store.Event) error
	// Allot gives the environment a number of the pool for its own: the one that it has, where that is a candidate.
	Allot(ctx context.Context, c *store.Claim, k store.Kind, pool string, candidates []int) (int, error)
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
func unique(values []string) (once []string) {
	for _, v := range values {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}
