package app

import (
	"time"
)

// Config is the configuration file. Secrets are not in it; see Secrets.
type Config struct {
	Installation string   `yaml:"installation" help:"Names this qabot in tags and names; lower case letters, digits, hyphens, at most 20."`
	Store        string   `yaml:"store" default:"sqlite:qabot.db" help:"Where wishes and observations are kept: sqlite:PATH, or mysql with the DSN in QABOT_STORE_DSN."`
	Language     string   `yaml:"language" default:"en" help:"en or ja: the language of threads, and of answers to people whose Slack is in neither."`
	Slack        Slack    `yaml:"slack"`
	GitHub       GitHub   `yaml:"github"`
	AWS          AWS      `yaml:"aws"`
	Database     Database `yaml:"database"`
	Redis        Redis    `yaml:"redis"`
	Health       Health   `yaml:"health"`
	Pace         Pace     `yaml:"pace"`
	Permissions  []Rule   `yaml:"permissions" help:"Who may do what, for apps without rules of their own. Empty: members may do everything."`
	Audit        Audit    `yaml:"audit"`
	Apps         []App    `yaml:"apps" help:"What can be deployed."`
}

// Slack is how people are reached.
type Slack struct {
	Command string `yaml:"command" default:"/qa" help:"The slash command, as the Slack app has it."`
	API     string `yaml:"api" help:"Base URL of Slack's Web API, when it is not Slack's own."`
	Admin   string `yaml:"admin" help:"Channel (ID or #name) of those who run it: told each week of keys of Redis that belong to no environment, and when a template cannot be refreshed. Empty: none."`
}

// GitHub is where branches come from.
type GitHub struct {
	API     string    `yaml:"api" help:"Base URL of the REST API, when it is not api.github.com: GitHub Enterprise."`
	Web     string    `yaml:"web" default:"https://github.com" help:"Base URL for links."`
	App     GitHubApp `yaml:"app"`
	Events  string    `yaml:"events" help:"How pushes come: polling, sqs or webhook. Empty: webhook when github.webhook.listen is set, else polling."`
	Queue   string    `yaml:"queue" help:"URL of the SQS queue with GitHub's events, with github.events: sqs."`
	Webhook Webhook   `yaml:"webhook"`
	Tell    []string  `yaml:"tell" help:"What GitHub is told of environments: any of deployments, statuses, comments, environments. Empty: nothing."`
}

// GitHubApp is the GitHub App that qabot acts as; without it a token is needed. Its private key is a secret.
type GitHubApp struct {
	ID           int `yaml:"id" help:"ID of the GitHub App that qabot acts as. 0: it uses QABOT_GITHUB_TOKEN."`
	Installation int `yaml:"installation" help:"Its installation, when it is not to be found out."`
}

// Webhook receives pushes at once. Otherwise they are noticed within pace.branches, or come from a queue.
type Webhook struct {
	Listen string `yaml:"listen" help:"Address for GitHub's webhooks, such as :8080."`
	Path   string `yaml:"path" default:"/github" help:"Path of the webhook."`
}

// Health is for those who watch qabot itself.
type Health struct {
	Listen string `yaml:"listen" help:"Address of /healthz and of /metrics for Prometheus, such as :9090. Empty: none."`
}

// tell is what GitHub is told of an app's environments.
func (c *Config) tell(a App) []string {
	if a.Tell != nil {
		return a.Tell
	}
	return c.GitHub.Tell
}

// AWS is the account and Region.
type AWS struct {
	Region   string `yaml:"region" help:"Region of the cluster; empty: as the AWS SDK finds it."`
	Endpoint string `yaml:"endpoint" help:"Base endpoint of all services, when it is not AWS's own."`
}

// Database is the shared staging MySQL. The administrator's DSN is a secret.
type Database struct {
	Host        string   `yaml:"host" help:"host:port as tasks reach it; empty: the one in the administrator's DSN."`
	Scheme      string   `yaml:"scheme" default:"mysql" help:"Scheme of DATABASE_URL, such as mysql2 for Rails."`
	Parameters  string   `yaml:"parameters" help:"Query of DATABASE_URL, without the question mark."`
	Isolation   string   `yaml:"isolation" default:"strict" help:"strict: an account that can reach another schema fails. best-effort: it is used, and said so."`
	Account     string   `yaml:"account" default:"own" help:"own: each environment has an account with rights on its own schema. shared: all use the staging service's own DATABASE_URL, beside DB_NAME; nothing keeps them apart then."`
	Connections int      `yaml:"connections" help:"MAX_USER_CONNECTIONS of each environment's account; 0: what its tasks may open, while one version follows another."`
	Reserve     string   `yaml:"reserve" default:"40%" help:"How much of the server's max_connections no environment gets: 40%, or a number. Never less than staging uses, and a quarter of that."`
	SaveQuota   int      `yaml:"save_quota" default:"20" help:"Gigabytes that all save points together may take; 0: no limit."`
	SaveBucket  string   `yaml:"save_bucket" help:"S3 bucket in which save points are kept, as files. Empty: they are schemas on the server."`
	SavePrefix  string   `yaml:"save_prefix" default:"qabot" help:"What their keys in the bucket begin with; the installation's name and the app's come behind it."`
	Protected   []string `yaml:"protected" help:"Schemas that are never touched, whatever they are called."`
}

// Redis is the shared Redis, whose URL, with the database number, is a secret; or what each environment has in place of it.
type Redis struct {
	Host      string `yaml:"host" help:"host:port as tasks reach it; empty: the one in the URL."`
	Mode      string `yaml:"mode" default:"auto" help:"database: a number for each environment, which Sidekiq 7 needs. prefix: keys that begin with its name. auto: numbers where redis.databases are given and the server has them. own: a small server for each environment, in place of the shared one."`
	Databases []int  `yaml:"databases" help:"First and last number that environments may have, such as [10, 15]. 0, the URL's own, and those with other people's keys are left alone. Empty: none."`
	Image     string `yaml:"image" default:"public.ecr.aws/valkey/valkey:8-alpine" help:"With redis.mode: own, the image of Valkey or Redis that these run, with a shell in it."`
	Account   string `yaml:"account" default:"auto" help:"own: an account for each environment, which reaches its own keys alone. shared: the URL's. auto: own where the server allows it."`
}

// ownRedis is the mode in which there is no shared server.
const ownRedis = "own"

// own tells whether each environment has a server for its own.
func (r Redis) own() bool { return r.Mode == ownRedis }

// first and last are the numbers that environments may have; 0, 0: none.
func (r Redis) first() int { return r.number(0) }
func (r Redis) last() int  { return r.number(1) }

func (r Redis) number(i int) int {
	if len(r.Databases) != 2 {
		return 0
	}
	return r.Databases[i]
}

// Pace says how often the world is looked at.
type Pace struct {
	Quick    time.Duration `yaml:"quick" default:"500ms" help:"Until the next look after a step."`
	Look     time.Duration `yaml:"look" default:"2.5s" help:"Between two looks at what is on its way."`
	Backoff  time.Duration `yaml:"backoff" default:"2s" help:"After the first error; doubled up to two minutes."`
	Sweep    time.Duration `yaml:"sweep" default:"1m" help:"Between two looks at all settled environments."`
	Branches time.Duration `yaml:"branches" default:"1m" help:"Between two comparisons of branches with environments."`
	Usage    time.Duration `yaml:"usage" default:"5m" help:"Between two looks at how many requests environments had. CloudWatch takes $0.01 for 1,000 metrics: at 5m, 9 cents a month for each role that people open. 0s: never; idle is then what nobody asks anything of."`
	Patience time.Duration `yaml:"patience" default:"15s" help:"How long trouble may last before the thread tells of it."`
}

// App is one application that can be deployed.
type App struct {
	Name        string            `yaml:"name" help:"Lower case letters, digits, hyphens, at most 20."`
	Repository  string            `yaml:"repository" help:"GitHub repository, owner/name."`
	Deploys     []string          `yaml:"deploys" help:"Patterns of branches that deploy by themselves, such as qa/*."`
	Label       string            `yaml:"label" help:"Label of pull requests that get an environment for as long as they bear it, such as qa. Empty: none do."`
	Bots        bool              `yaml:"bots" help:"Whether what programs such as dependabot push may deploy by itself, too."`
	Channel     string            `yaml:"channel" help:"Slack channel (ID or #name) that hears of branches deployed by a push or a label."`
	TTL         time.Duration     `yaml:"ttl" default:"72h" help:"How long an environment lives after it was last asked for."`
	Grace       time.Duration     `yaml:"data_grace" default:"24h" help:"How long the data of an environment is kept after it was taken down, so that undo brings it back; 0s: it goes at once."`
	Awake       Awake             `yaml:"awake"`
	Tell        []string          `yaml:"tell" help:"What GitHub is told of this app's environments, in place of github.tell; [] for nothing."`
	Cluster     string            `yaml:"cluster" help:"ECS cluster of the staging services."`
	Roles       []Role            `yaml:"roles" help:"What runs of it."`
	Balancer    Balancer          `yaml:"load_balancer"`
	Image       Image             `yaml:"image"`
	Migration   Migration         `yaml:"migration"`
	Database    AppDatabase       `yaml:"database"`
	Network     Network           `yaml:"network"`
	Permissions []Rule            `yaml:"permissions" help:"Who may do what with this app, in place of the rules for all."`
	Environment map[string]string `yaml:"environment" help:"Extra variables for QA tasks only, such as RAILS_MAX_THREADS."`
}

// Role is one service of an app.
type Role struct {
	Name      string `yaml:"name" help:"Lower case letters and digits, at most 7."`
	Service   string `yaml:"service" help:"The staging service it is derived from."`
	Port      int    `yaml:"port" help:"Container port; 0: none, nothing is put on the load balancer."`
	Health    string `yaml:"health" default:"/" help:"Path that answers 200 when it is healthy."`
	Version   string `yaml:"version" help:"Path that answers with the commit, as text or in a JSON field commit, sha, revision or version; empty: what is served is not proven."`
	Container string `yaml:"container" help:"Container that gets the image; empty: the one with the port, else the first."`
	Processes int    `yaml:"processes" help:"Processes of a task that open connections to the database; 0: its WEB_CONCURRENCY, else 1."`
	Pool      int    `yaml:"pool" help:"Connections of each process; 0: its DB_POOL, DATABASE_POOL or RAILS_MAX_THREADS, else 10."`
	Replace   bool   `yaml:"replace" help:"Stop the old version before the new one starts: a short gap, and never twice the connections to the database."`
}

// Balancer is the QA load balancer, never staging's.
type Balancer struct {
	Name        string         `yaml:"name" help:"Name of the QA load balancer."`
	By          string         `yaml:"by" default:"port" help:"port: every role of an environment has a port of its own, and a listener there. host: it has a name of its own, <id>-<role>.<domain>, and a rule of the listener that all share."`
	Ports       []int          `yaml:"ports" help:"By port: first and last one that environments may have: [20000, 20199]."`
	Listener    int            `yaml:"listener" default:"443" help:"By host: port of the shared listener, which is there already. At 443 the URLs are https."`
	Domain      string         `yaml:"domain" help:"Every environment is <id>.<domain>; a wildcard record points to the load balancer."`
	Certificate string         `yaml:"certificate" help:"ARN of a wildcard certificate: then the URLs are https."`
	More        []MoreBalancer `yaml:"more" help:"Further load balancers, each filled when those before it are near a quota. Add new ones at the end."`
}

// MoreBalancer is a further load balancer, with a domain of its own: a wildcard record points to one only.
type MoreBalancer struct {
	Name        string `yaml:"name" help:"Its name."`
	Domain      string `yaml:"domain" help:"Environments there are <id>.<domain>."`
	Certificate string `yaml:"certificate" help:"ARN of a wildcard certificate for that domain."`
}

// names are those of all load balancers.
func (b Balancer) names() []string {
	names := []string{balancerName(b.Name)}
	for _, m := range b.More {
		names = append(names, balancerName(m.Name))
	}
	return names
}

// Image is how a commit becomes an image.
type Image struct {
	Repository string   `yaml:"repository" help:"ECR repository."`
	Project    string   `yaml:"project" help:"CodeBuild project that builds and pushes it."`
	Pipeline   Pipeline `yaml:"pipeline"`
}

// Pipeline is a CodePipeline that builds the image, in place of a project.
type Pipeline struct {
	Name     string `yaml:"name" help:"In place of project: a CodePipeline of type V2 in PARALLEL mode that builds and pushes the image of any branch, see Pipelines."`
	Template string `yaml:"template" help:"In place of project: a CodePipeline of which each environment gets a copy of its own."`
	Source   string `yaml:"source" help:"The pipeline's action that takes the commit. Empty: the first source action."`
}

// Migration is how a schema is brought up to date.
type Migration struct {
	Via     string `yaml:"via" default:"codebuild" help:"codebuild: in the project. ecs: as a task of its own, like the role's in staging, on its capacity (but never on Spot)."`
	Project string `yaml:"project" help:"CodeBuild project, in the VPC of the database."`
	Role    string `yaml:"role" help:"With via: ecs, the role whose staging task runs it. Empty: the first."`
	Preset  string `yaml:"preset" help:"rails, django, laravel, prisma or sql: the steps are known, see Migrations. Empty: command."`
	Command string `yaml:"command" help:"Run in the image by sh; its exit code is the gate."`
	Seed    string `yaml:"seed" help:"Run once after it, when the schema is new. Empty: the preset's, or no seeds; none: no seeds."`
}

// The ways of migrating.
const (
	viaCodeBuild = "codebuild"
	viaECS       = "ecs"
)

// migrationRole is the one whose staging task runs migrations; empty: none does.
func (a App) migrationRole() string {
	if a.Migration.Via != viaECS {
		return ""
	}
	if a.Migration.Role == "" && len(a.Roles) > 0 {
		return a.Roles[0].Name
	}
	return a.Migration.Role
}

// AppDatabase is how the data of an app's environments begins.
type AppDatabase struct {
	From string `yaml:"from" default:"empty" help:"What new data begins as: empty, template <schema> on the same server, or environment <branch>."`
	Warm int    `yaml:"warm" help:"How many copies of the template are kept ready, so that new data is there at once. Each takes the template's size on the disk."`
	Mask []Mask `yaml:"mask" help:"What becomes of columns while a template is copied."`

	Refresh Refresh `yaml:"refresh"`
}

// Refresh is how qabot makes the template from a live schema. Without From it does not.
type Refresh struct {
	From string `yaml:"from" help:"Live schema on the same server, such as staging's. qabot then makes the template from it, all rows as of one moment, and keeps it. Empty: somebody else makes the template."`
	At   string `yaml:"at" default:"04:00" help:"When it is made anew."`
	Days string `yaml:"days" default:"mon-sun" help:"On which days: mon-sun, or sat."`
	Zone string `yaml:"zone" default:"UTC" help:"Time zone of at, such as Asia/Tokyo."`
}

// Mask is the rule for one column.
type Mask struct {
	Column string `yaml:"column" help:"table.column of the template."`
	As     string `yaml:"as" help:"null, hash (the same for the same value), email (nobody's, unique), fixed, or keep (it may be seen)."`
	Value  string `yaml:"value" help:"With as: fixed."`
}

// Network is where QA tasks run; what is empty is as staging has it.
type Network struct {
	Subnets        []string `yaml:"subnets" help:"Subnets of the tasks."`
	SecurityGroups []string `yaml:"security_groups" help:"Security groups of the tasks."`
}

// Secrets come from the environment of the process and are shown nowhere.
type Secrets struct {
	SlackBotToken string `env:"QABOT_SLACK_BOT_TOKEN" help:"xoxb-..."`
	SlackAppToken string `env:"QABOT_SLACK_APP_TOKEN" help:"xapp-..., with connections:write"`
	GitHubToken   string `env:"QABOT_GITHUB_TOKEN" help:"Reads the repositories; without github.app"`
	GitHubAppKey  string `env:"QABOT_GITHUB_APP_KEY" help:"Private key of github.app: PEM, or the path of a file"`
	WebhookSecret string `env:"QABOT_GITHUB_WEBHOOK_SECRET" help:"With github.events: webhook; two, with a comma, while they are being changed"`
	MySQL         string `env:"QABOT_MYSQL_DSN" help:"Administrator on the staging server: user:password@tcp(host:3306)/"`
	Redis         string `env:"QABOT_REDIS_URL" help:"redis:// or rediss://, with the database number; without redis.mode: own"`
	Store         string `env:"QABOT_STORE_DSN" help:"Only with store: mysql"`
}
