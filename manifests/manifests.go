// Package manifests holds what operators read and install: the example configuration, the Slack app's manifest, the
// buildspecs of the two CodeBuild projects, a role's task definition, qabot's own IAM policy. The program embeds what it prints.
package manifests

import _ "embed"

// Configuration is an example of the configuration file, with every setting that most teams need.
//
//go:embed qabot.yaml
var Configuration string

// SlackApp is the manifest from which the Slack app is made.
//
//go:embed slack-app.yaml
var SlackApp string

// Policy is the IAM policy of qabot's own role: every action that it takes and no other. ${...} stand for what the account
// has; a list of ARNs goes in joined by `","`.
//
//go:embed iam/policy.json
var Policy string

// TaskDefinition is an example of what a role runs in staging, from which environments are derived.
//
//go:embed task-definition.json
var TaskDefinition string
