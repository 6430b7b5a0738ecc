package app_test

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/google/go-cmp/cmp"

	"qabot/provisioner/awssim"
)

// nobody is what the listener that all share answers names with that no rule knows.
const nobody = http.StatusNotFound

// byHost puts the roles on one listener that all share, from qabot's next start on. It is made as operators make it.
func (s *stage) byHost() {
	s.t.Helper()
	b := &s.world.Config.Apps[0].Balancer
	b.By, b.Listener, b.Ports = "host", b.Ports[0], nil
	if _, err := s.world.AWS.AddListener(b.Name, b.Listener, nobody); err != nil {
		s.t.Fatal(err)
	}
	s.listeners = s.world.AWS.State().Listeners
}

// listenerStays proves that the listener is as it was made, has no rule left, and that nobody tried to change it.
func (s *stage) listenerStays() {
	s.t.Helper()
	now := s.world.AWS.State()
	if d := cmp.Diff(s.listeners, now.Listeners); d != "" || len(now.Rules) > 0 {
		s.t.Errorf("listeners changed, or rules are left: %s %+v", d, now.Rules)
	}
	if slices.ContainsFunc(s.world.AWS.Calls(), func(c awssim.Call) bool { return c.Action == "ModifyListener" || c.Action == "DeleteListener" }) {
		s.t.Error("somebody tried to change a listener")
	}
	answer, err := client.Get("http://nobody." + s.world.Config.Apps[0].Balancer.Domain + ":" + strconv.Itoa(s.world.Config.Apps[0].Balancer.Listener))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != nobody {
		s.t.Errorf("a name of nobody is answered %s", answer.Status)
	}
}

// opens opens each address in qabot's newest message that is not Slack's, GitHub's or AWS's: one for each role.
func (s *stage) opens(branch string) {
	s.t.Helper()
	shown := regexp.MustCompile(`http://[a-z0-9.-]+\.`+regexp.QuoteMeta(s.world.Config.Apps[0].Balancer.Domain)+`:\d+`).
		FindAllString(string(s.parent(s.world.Slack).Blocks), -1)
	slices.Sort(shown)
	shown = slices.Compact(shown)
	want := []string{s.url("admin", branch), s.url("app", branch)}
	slices.Sort(want)
	if d := cmp.Diff(want, shown); d != "" {
		s.t.Fatalf("addresses of the message: %s", d)
	}
	for _, address := range shown {
		answer, err := client.Get(address)
		if err != nil {
			s.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			s.t.Errorf("%s answers %s", address, answer.Status)
		}
	}
}
