package bot

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/slack-go/slack"
)

// The manifest from which the Slack app is made is one that Slack knows, and has what this package needs.
func TestManifestHasWhatIsNeeded(t *testing.T) {
	text, err := os.ReadFile("../manifests/slack-app.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var m slack.Manifest
	dec := json.NewDecoder(strings.NewReader(string(asJSON)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		t.Fatal(err)
	}
	for _, scope := range append(neededScopes(), "reactions:write") {
		if !slices.Contains(m.OAuthConfig.Scopes.Bot, scope) {
			t.Errorf("scope %s is missing", scope)
		}
	}
	for _, event := range []string{"app_mention", "message.im", "app_home_opened"} {
		if !slices.Contains(m.Settings.EventSubscriptions.BotEvents, event) {
			t.Errorf("event %s is missing", event)
		}
	}
	shortcuts := map[string]string{}
	for _, s := range m.Features.Shortcuts {
		shortcuts[s.CallbackID] = string(s.Type)
		if len(s.Name) > 24 || len(s.Description) > 150 {
			t.Errorf("shortcut %s: its name or description is too long", s.Name)
		}
	}
	if shortcuts[callbackNew] != "global" || shortcuts[callbackMessage] != "message" || len(shortcuts) != 2 {
		t.Errorf("shortcuts %v", shortcuts)
	}
	if !m.Features.AppHome.HomeTabEnabled || !m.Features.AppHome.MessagesTabEnabled || m.Features.AppHome.MessagesTabReadOnlyEnabled {
		t.Errorf("app home %+v", m.Features.AppHome)
	}
}
