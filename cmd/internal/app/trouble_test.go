package app_test

import (
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"qabot/store"
	"qabot/store/servers/servertest"
)

// TestFrozenDuringADeployment: services that take connections and never answer are waited for, and named. The stories have
// those that refuse.
func TestFrozenDuringADeployment(t *testing.T) {
	t.Parallel()
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

// TestStoreGoesAwayDuringADeployment: without its memory qabot takes nothing on and says so, and goes on when it is back.
func TestStoreGoesAwayDuringADeployment(t *testing.T) {
	t.Parallel()
	s := newStage(t, "store-away")
	address := servertest.Database(t)
	looker, err := store.Open(t.Context(), "mysql:"+address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { looker.Close() })
	dsn, err := mysql.ParseDSN(address)
	if err != nil {
		t.Fatal(err)
	}
	w := newWeather(t, dsn.Addr)
	dsn.Addr = w.addr
	s.world.Config.Store, s.world.Secrets.Store = "mysql", dsn.FormatDSN()
	s.store, s.lease = looker, crashLease
	s.begin()
	s.say("ana", "/qa up qa/hello")
	s.until("Build the image")
	w.Break()
	s.say("ben", "/qa up feature/login")
	s.until("could not take that down in writing. Nothing was started.")
	w.Mend()
	s.settled()
	match(t, "^200.*Hello from the branch qa/hello", s.page("app", "qa/hello"), true)
	s.madeOnce("qa/hello")
	thread := s.thread()
	for _, once := range []string{"Migrations of 13cb516 ran", "@ana qa/hello is up"} {
		if n := strings.Count(thread, once); n != 1 {
			t.Errorf("%q is said %d times:\n%s", once, n, thread)
		}
	}
	if n := len(s.environments()); n != 1 {
		t.Errorf("%d environments, want 1", n)
	}
	s.harmless()
}
