package app_test

import (
	"io"
	"net"
	"net/http"
	"regexp"
	"testing"
)

// TestHealth watches qabot from outside while an environment comes up.
func TestHealth(t *testing.T) {
	t.Parallel()
	s := newStage(t, "health")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.world.Config.Health.Listen = l.Addr().String()
	l.Close()
	s.begin()
	s.say("ana", "/qa up qa/hello")
	s.settled()
	get := func(path string) string {
		resp, err := http.Get("http://" + s.world.Config.Health.Listen + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v %s", path, resp.Status, err, body)
		}
		return string(body)
	}
	match(t, `^ok\n(?s:.*)slack connection 1: connected`, get("/healthz"), true)
	match(t, `(?m)^github: branches compared \d+s ago, events by webhook$`, get("/healthz"), true)
	figures := get("/metrics")
	for _, want := range []string{
		`(?m)^qabot_environments\{app="shop",phase="up"\} 1$`, `(?m)^qabot_oldest_due_seconds `, `(?m)^qabot_inbox_lanes 0$`,
		`(?m)^qabot_github_troubles 0$`, `(?m)^qabot_github_last_look_seconds `,
		`(?m)^qabot_slack_connections [12]$`, `(?m)^qabot_passes_total\{end="done"\} [1-9]`, `(?m)^qabot_pass_seconds_count [1-9]`,
	} {
		if !regexp.MustCompile(want).MatchString(figures) {
			t.Errorf("/metrics lacks %s:\n%s", want, figures)
		}
	}
}
