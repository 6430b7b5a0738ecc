variable "installation" {
  description = "Names this qabot in tags and names, as `installation` of its configuration: lower case letters, digits, hyphens, at most 20."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$|^[a-z]$", var.installation))
    error_message = "Lower case letters, digits and hyphens, at most 20, beginning with a letter."
  }
}

variable "tags" {
  description = "Further tags for everything that is made."
  type        = map(string)
  default     = {}
}

# Network

variable "vpc_id" {
  description = "VPC of the staging services, which reaches the staging MySQL and Redis."
  type        = string
}

variable "load_balancer_subnets" {
  description = "Subnets of the QA load balancer, in two zones at least: public ones, or private ones with internal = true."
  type        = list(string)
}

variable "private_subnets" {
  description = "Private subnets with a NAT gateway: CodeBuild's migrations and qabot itself run in them."
  type        = list(string)
}

variable "internal" {
  description = "Whether the QA load balancer is reachable from inside the VPC only, such as through a VPN."
  type        = bool
  default     = true
}

variable "allowed_cidrs" {
  description = "Networks of the people who test: they reach the ports of the environments. 0.0.0.0/0 is refused."
  type        = list(string)
  validation {
    condition     = !contains(var.allowed_cidrs, "0.0.0.0/0")
    error_message = "Environments of unfinished branches are not for the whole world. Name the networks of office and VPN."
  }
}

variable "ports" {
  description = "First and last port that environments may have, as `load_balancer.ports` of the configuration."
  type        = tuple([number, number])
  default     = [20000, 20199]
}

variable "listener_port" {
  description = "With `load_balancer.by: host`: port of the listener that all environments share, as `load_balancer.listener`; 443 needs a certificate. 0: by port, and no listener is made here."
  type        = number
  default     = 0
}

variable "more_load_balancers" {
  description = "Names of further QA load balancers, as in `load_balancer.more` of the configuration: qabot may put environments there. Make each with its own wildcard record and certificate."
  type        = list(string)
  default     = []
}

variable "task_security_groups" {
  description = "Security groups of the QA tasks (staging's, unless the configuration names others): the load balancer is let in."
  type        = list(string)
}

variable "database_security_group" {
  description = "Security group of the staging MySQL: migrations and qabot are let in. Empty: seen to elsewhere."
  type        = string
  default     = ""
}

variable "redis_security_group" {
  description = "Security group of the staging Redis: qabot is let in. Empty: seen to elsewhere."
  type        = string
  default     = ""
}

variable "own_redis" {
  description = "Whether each environment has a Redis of its own, as by `redis.mode: own` of the configuration: QA tasks and migrations are let in at its port."
  type        = bool
  default     = false
}

# Names and certificates

variable "domain" {
  description = "Environments are <id>.<domain>, as `load_balancer.domain` of the configuration."
  type        = string
}

variable "zone_id" {
  description = "Route 53 zone of the domain, for the wildcard record and the certificate's proof. Empty: both are seen to elsewhere."
  type        = string
  default     = ""
}

variable "certificate_arn" {
  description = "A certificate for *.<domain> that is there. Empty: one is made, if there is a zone."
  type        = string
  default     = ""
}

# Applications

variable "cluster" {
  description = "Name of the ECS cluster of the staging services."
  type        = string
}

variable "apps" {
  description = <<-EOT
    What is deployed, by name: the repository that the image project builds from (HTTPS address, reached by `source_connection_arn`
    or by CodeBuild's own credentials), the ECR repository, the role ARNs that the staging task definitions have (task and
    execution), and their log groups. With `migration.via: ecs`, `migrate_by_task` is true. With `image.pipeline` the names of the
    pipelines, or of the templates and the ARNs of the roles in them, and of the CodeBuild projects that they run.
  EOT
  type = map(object({
    repository_url        = string
    source_connection_arn = optional(string, "")
    image_repository      = string
    create_repository     = optional(bool, false)
    task_role_arns        = list(string)
    execution_role_names  = optional(list(string), [])
    log_groups            = list(string)
    migrate_by_task       = optional(bool, false)
    pipelines             = optional(list(string), [])
    pipeline_templates    = optional(list(string), [])
    pipeline_role_arns    = optional(list(string), [])
    pipeline_projects     = optional(list(string), [])
    build_compute         = optional(string, "BUILD_GENERAL1_SMALL")
    build_image           = optional(string, "aws/codebuild/amazonlinux-x86_64-standard:5.0")
  }))
}

variable "save_bucket" {
  description = "Name of the bucket that is made for save points, as `database.save_bucket` of the configuration. Empty: none is made."
  type        = string
  default     = ""
}

variable "save_prefix" {
  description = "`database.save_prefix` of the configuration: qabot may change objects below it alone."
  type        = string
  default     = "qabot"
}

variable "images_kept" {
  description = "How many days an image of a branch stays after it was pushed."
  type        = number
  default     = 30
}

# Events of GitHub

variable "webhook" {
  description = "Whether GitHub's webhooks are received by a Lambda URL and queued. Without it branches are polled."
  type        = bool
  default     = true
}

# qabot itself

variable "image" {
  description = "qabot's own image, built from manifests/Dockerfile. Empty: qabot runs elsewhere, and only its role's policy is made."
  type        = string
  default     = ""
}

variable "configuration" {
  description = "The text of qabot.yaml. The store must be mysql: a task's own disk does not outlive it."
  type        = string
  default     = ""
  validation {
    condition     = var.configuration == "" || can(regex("(?m)^store:\\s*mysql\\s*$", var.configuration))
    error_message = "The configuration needs the line `store: mysql`: a file on the disk of a task is gone with the task."
  }
}

variable "secrets" {
  description = "Names of the environment variables that qabot's task gets from SecureStrings below /qabot-own/<installation>/. The values are put there by hand, never by Terraform."
  type        = list(string)
  default = [
    "QABOT_SLACK_BOT_TOKEN", "QABOT_SLACK_APP_TOKEN", "QABOT_GITHUB_TOKEN", "QABOT_MYSQL_DSN", "QABOT_REDIS_URL", "QABOT_STORE_DSN",
  ]
}

variable "replicas" {
  description = "How many qabots run side by side: they share the store, and one takes over from the other."
  type        = number
  default     = 1
}
