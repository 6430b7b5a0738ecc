package world

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"qabot/bot/slacksim"
	"qabot/manifests"
)

// slackApp is what a Slack app gets from its manifest.
type slackApp struct {
	Features struct {
		SlashCommands []struct {
			Command     string `yaml:"command"`
			Description string `yaml:"description"`
			UsageHint   string `yaml:"usage_hint"`
		} `yaml:"slash_commands"`
		Shortcuts []struct {
			Name        string `yaml:"name"`
			Type        string `yaml:"type"`
			CallbackID  string `yaml:"callback_id"`
			Description string `yaml:"description"`
		} `yaml:"shortcuts"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
	} `yaml:"settings"`
}

// newSlack makes a workspace in which qabot is installed from the manifest that operators use: with its scopes, events,
// command and shortcuts, and no others.
func newSlack(o Options) (*slacksim.Workspace, error) {
	var app slackApp
	if err := yaml.Unmarshal([]byte(manifests.SlackApp), &app); err != nil {
		return nil, fmt.Errorf("read manifest of the Slack app: %w", err)
	}
	if len(app.Features.SlashCommands) != 1 {
		return nil, fmt.Errorf("read manifest of the Slack app: it has %d commands", len(app.Features.SlashCommands))
	}
	command := app.Features.SlashCommands[0]
	options := slacksim.Options{
		BotToken: slackBotToken, AppToken: slackAppToken, RateLimits: o.RateLimits, AckWithin: o.AckWithin, Log: o.Log.With("part", "slack"),
		Command: command.Command, Description: command.Description, UsageHint: command.UsageHint,
		Scopes: app.OAuth.Scopes.Bot, Events: app.Settings.Events.Bot,
		Locale: o.Language, // people speak what the installation speaks
	}
	for _, s := range app.Features.Shortcuts {
		options.Shortcuts = append(options.Shortcuts, slacksim.Shortcut{Type: s.Type, Name: s.Name, CallbackID: s.CallbackID, Description: s.Description})
	}
	return slacksim.New(options), nil
}
