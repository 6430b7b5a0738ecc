package app

import (
	"slices"
	"strings"
	"testing"

	"qabot/manifests"
)

// An app's own list takes the place of the general one, and an empty one is a list too.
func TestWhatGitHubIsTold(t *testing.T) {
	for _, c := range []struct {
		general, own string
		want         []string
	}{
		{"", "", nil},
		{"tell: [comments]", "", []string{"comments"}},
		{"tell: [comments]", "tell: [statuses, deployments]", []string{"statuses", "deployments"}},
		{"tell: [comments]", "tell: []", nil},
		{"", "tell: [comments]", []string{"comments"}},
	} {
		text := tellIn(manifests.Configuration, c.general, c.own)
		got, err := Decode("qabot.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if told := got.tell(got.Apps[0]); !slices.Equal(told, c.want) {
			t.Errorf("%q and %q: %v, want %v", c.general, c.own, told, c.want)
		}
	}
	_, err := Decode("qabot.yaml", []byte(tellIn(manifests.Configuration, "tell: [comment]", "tell: [statuses, checks]")))
	if err == nil || !strings.Contains(err.Error(), `github.tell[0]: "comment" must be one of deployments,`) || !strings.Contains(err.Error(), "apps[0].tell[1]") {
		t.Errorf("got %v", err)
	}
}

// tellIn puts lines into the example in place of its own.
func tellIn(text, general, own string) string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "tell:") {
			continue
		}
		out = append(out, line)
		switch {
		case strings.HasPrefix(line, "github:") && general != "":
			out = append(out, "  "+general+"\n")
		case strings.HasPrefix(line, "  - name: shop") && own != "":
			out = append(out, "    "+own+"\n")
		}
	}
	return strings.Join(out, "")
}
