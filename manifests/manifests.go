// Package manifests holds what operators read and install: the example configuration, the Slack app's manifest, the
// buildspecs of the two CodeBuild projects. The program embeds what it prints.
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
