package app_test

import (
	"strings"
	"testing"

	"qabot/store"
)

// TestFrozenDuringADeployment: services that take connections and never answer are waited for, and named. The stories have
// those that refuse.
func TestFrozenDuringADeployment(t *testing.T) {
	for name, services := range map[string][]string{"mysql": {"MySQL"}, "others": {"AWS", "Redis"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "frozen-"+name)
			for _, service := range services {
				s.behind(service)
			}
			s.begin()
			s.say("ana", "/qa up qa/hello")
			s.until("Build the image")
			for _, service := range services {
				s.weather[service].Freeze()
			}
			s.until("qa/hello has to wait. No answer from (" + strings.Join(services, "|") + ")")
			for _, service := range services {
				s.weather[service].Mend()
			}
			s.settled()
			match(t, "^200.*Hello from the branch qa/hello", s.page("app", "qa/hello"), true)
			s.madeOnce("qa/hello")
			match(t, "qa/hello goes on: .*("+strings.Join(services, "|")+") answers again.*@ana qa/hello is up", s.thread(), true)
			s.say("ana", "/qa down qa/hello")
			s.settled()
			s.nothingLeft("qa/hello")
		})
	}
}

// TestSlackFreezesDuringADeployment: the deployment goes on, and each word comes once when Slack is back.
func TestSlackFreezesDuringADeployment(t *testing.T) {
	t.Parallel()
	s := newStage(t, "frozen-slack")
	w := s.behind("Slack")
	s.begin()
	s.say("ana", "/qa up qa/hello")
	s.until("Build the image")
	w.Freeze()
	s.reaches("qa/hello", store.Up)
	w.Mend()
	s.settled()
	thread := s.thread()
	match(t, "Up  <", thread, true)
	for _, once := range []string{"Migrations of 13cb516 ran", "@ana qa/hello is up"} {
		if n := strings.Count(thread, once); n != 1 {
			t.Errorf("%q is said %d times:\n%s", once, n, thread)
		}
	}
}

// TestGitHubFreezes: what is asked for meanwhile is answered, and nothing is started.
func TestGitHubFreezes(t *testing.T) {
	t.Parallel()
	s := newStage(t, "frozen-github")
	w := s.behind("GitHub")
	s.begin()
	w.Freeze()
	s.say("ana", "/qa up feature/login")
	s.until("GitHub does not answer. Nothing was started.")
	s.settled()
	if all := s.environments(); len(all) != 0 {
		t.Errorf("started: %+v", all)
	}
	w.Mend()
	s.say("ana", "/qa up feature/login")
	s.settled()
	s.reaches("feature/login", store.Up)
}
