package app

import (
	"time"
)

// Config is the configuration file. Secrets are not in it; see Secrets.
type Config struct {
	Installation string   `yaml:"installation" help:"Names this qabot in tags and names; lower case letters, digits, hyphens, at most 20."`
	Store        string   `yaml:"store" default:"sqlite:qabot.db" help:"Where wishes and observations are kept: sqlite:PATH, or mysql with the DSN in QABOT_STORE_DSN."`
	Slack        Slack    `yaml:"slack"`
	GitHub       GitHub   `yaml:"github"`
	AWS          AWS      `yaml:"aws"`
	Database     Database `yaml:"database"`
	Redis        Redis    `yaml:"redis"`
	Pace         Pace     `yaml:"pace"`
	Apps         []App    `yaml:"apps" help:"What can be deployed."`
}

// Slack is how people are reached.
type Slack struct {
	Command string `yaml:"command" default:"/qa" help:"The slash command, as the Slack app has it."`
	API     string `yaml:"api" help:"Base URL of Slack's Web API, when it is not Slack's own."`
}

// GitHub is where branches come from.
type GitHub struct {
	API     string  `yaml:"api" help:"Base URL of the REST API, when it is not api.github.com: GitHub Enterprise."`
	Web     string  `yaml:"web" default:"https://github.com" help:"Base URL for links."`
	Webhook Webhook `yaml:"webhook"`
}

// Webhook receives pushes at once; without it they are noticed within pace.branches.
type Webhook struct {
	Listen string `yaml:"listen" help:"Address for GitHub's webhooks, such as :8080. Empty: none."`
	Path   string `yaml:"path" default:"/github" help:"Path of the webhook."`
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
	Connections int      `yaml:"connections" help:"MAX_USER_CONNECTIONS of each environment's account; 0: no limit."`
	Protected   []string `yaml:"protected" help:"Schemas that are never touched, whatever they are called."`
}

// Redis is the shared Redis. Its URL, with the database number, is a secret.
type Redis struct {
	Host string `yaml:"host" help:"host:port as tasks reach it; empty: the one in the URL."`
}

// Pace says how often the world is looked at.
type Pace struct {
	Quick    time.Duration `yaml:"quick" default:"500ms" help:"Until the next look after a step."`
	Look     time.Duration `yaml:"look" default:"2.5s" help:"Between two looks at what is on its way."`
	Backoff  time.Duration `yaml:"backoff" default:"2s" help:"After the first error; doubled up to two minutes."`
	Sweep    time.Duration `yaml:"sweep" default:"1m" help:"Between two looks at all settled environments."`
	Branches time.Duration `yaml:"branches" default:"1m" help:"Between two comparisons of branches with environments."`
	Patience time.Duration `yaml:"patience" default:"15s" help:"How long trouble may last before the thread tells of it."`
}

// App is one application that can be deployed.
type App struct {
	Name        string            `yaml:"name" help:"Lower case letters, digits, hyphens, at most 20."`
	Repository  string            `yaml:"repository" help:"GitHub repository, owner/name."`
	Deploys     []string          `yaml:"deploys" help:"Patterns of branches that deploy by themselves, such as qa/*."`
	Channel     string            `yaml:"channel" help:"Slack channel (ID or #name) that hears of branches deployed by a push."`
	TTL         time.Duration     `yaml:"ttl" default:"72h" help:"How long an environment lives after it was last asked for."`
	Cluster     string            `yaml:"cluster" help:"ECS cluster of the staging services."`
	Roles       []Role            `yaml:"roles" help:"What runs of it."`
	Balancer    Balancer          `yaml:"load_balancer"`
	Image       Image             `yaml:"image"`
	Migration   Migration         `yaml:"migration"`
	Network     Network           `yaml:"network"`
	Environment map[string]string `yaml:"environment" help:"Extra variables for QA tasks only, such as RAILS_MAX_THREADS."`
}

// Role is one service of an app.
type Role struct {
	Name      string `yaml:"name" help:"Lower case letters and digits, at most 7."`
	Service   string `yaml:"service" help:"The staging service it is derived from."`
	Port      int    `yaml:"port" help:"Container port; 0: none, nothing is put on the load balancer."`
	Health    string `yaml:"health" default:"/" help:"Path that answers 200 when it is healthy."`
	Container string `yaml:"container" help:"Container that gets the image; empty: the one with the port, else the first."`
}

// Balancer is the QA load balancer, never staging's.
type Balancer struct {
	Name        string `yaml:"name" help:"Name of the QA load balancer."`
	Ports       []int  `yaml:"ports" help:"First and last port that environments may have: [20000, 20199]."`
	Domain      string `yaml:"domain" help:"Every environment is <id>.<domain>; a wildcard record points to the load balancer."`
	Certificate string `yaml:"certificate" help:"ARN of a wildcard certificate: then the URLs are https."`
}

// Image is how a commit becomes an image.
type Image struct {
	Repository string `yaml:"repository" help:"ECR repository."`
	Project    string `yaml:"project" help:"CodeBuild project that builds and pushes it."`
}

// Migration is how a schema is brought up to date.
type Migration struct {
	Project string `yaml:"project" help:"CodeBuild project, in the VPC of the database."`
	Command string `yaml:"command" help:"Run in the image; its exit code is the gate."`
	Seed    string `yaml:"seed" help:"Run once after it, when the schema is new. Empty: no seeds."`
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
	GitHubToken   string `env:"QABOT_GITHUB_TOKEN" help:"Reads the repositories"`
	WebhookSecret string `env:"QABOT_GITHUB_WEBHOOK_SECRET" help:"Only with github.webhook"`
	MySQL         string `env:"QABOT_MYSQL_DSN" help:"Administrator on the staging server: user:password@tcp(host:3306)/"`
	Redis         string `env:"QABOT_REDIS_URL" help:"redis:// or rediss://, with the database number"`
	Store         string `env:"QABOT_STORE_DSN" help:"Only with store: mysql"`
}
