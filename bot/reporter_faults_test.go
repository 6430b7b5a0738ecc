package bot

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"qabot/bot/githubsim"
	"qabot/store"
)

// Each way needs its own permission; what is refused rests, is named once, and holds nothing else up.
func TestEachWayNeedsItsPermission(t *testing.T) {
	enough := githubsim.Permissions{"contents": "read", "deployments": "write", "statuses": "write", "pull_requests": "write"}
	for tell, permission := range map[string]string{TellDeployments: "deployments", TellStatuses: "statuses", TellComments: "pull_requests"} {
		t.Run(tell, func(t *testing.T) {
			may := githubsim.Permissions{}
			for k, v := range enough {
				may[k] = v
			}
			may[permission] = "read"
			h := newHub(t, githubsim.Options{Permissions: may}, TellDeployments, TellStatuses, TellComments)
			r := h.bot.reporter
			one := h.push()
			h.provision(h.branch, all(store.Working))
			for range 3 {
				if again, err := h.try(r); err != nil || again <= 0 || again > reportRests {
					t.Fatalf("again in %s, %v; what is refused is to be tried again", again, err)
				}
			}
			h.provision(h.branch, serve(one))
			if _, err := h.try(r); err != nil {
				t.Fatal(err)
			}
			told := map[string]bool{TellDeployments: len(h.states()[one]) > 0, TellStatuses: len(h.statuses(one)) > 0, TellComments: len(h.hub.Comments("acme", "shop", h.pull)) > 0}
			for way, was := range told {
				if was == (way == tell) {
					t.Errorf("without %s: %s told %v", permission, way, was)
				}
			}
			if n := strings.Count(h.said.String(), permission+": write"); n != 1 {
				t.Errorf("the permission is named %d times:\n%s", n, h.said.String())
			}
			if changed, err := h.store.Unreported(t.Context()); err != nil || len(changed) != 1 {
				t.Errorf("nothing is left to tell: %v, %v", changed, err)
			}
			may[permission] = "write" // somebody gives it
			h.later(reportRests)
			h.told(r)
			h.wants("given", h.states()[one][len(h.states()[one])-1], ghSuccess)
			h.wants("given", h.statuses(one)[len(h.statuses(one))-1], ghSuccess)
			if c := h.comment(); !strings.Contains(c, "✅ Up") {
				t.Errorf("the comment is\n%s", c)
			}
		})
	}
}

// A repository that the token no longer sees lets everything rest, and is named once.
func TestRepositoryOutOfSight(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	h.push()
	if err := h.hub.Delete("acme", "shop", "ben"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if again, err := h.try(h.bot.reporter); err != nil || again <= 0 {
			t.Fatalf("again in %s, %v", again, err)
		}
	}
	if n := strings.Count(h.said.String(), "shows no repository acme/shop"); n != 1 {
		t.Errorf("named %d times:\n%s", n, h.said.String())
	}
}

// The App was taken away from the repository; once it is back, everything is told.
func TestAppIsTakenAway(t *testing.T) {
	h := newHub(t, githubsim.Options{App: &githubsim.App{}}, Tells()...)
	one := h.push()
	h.provision(h.branch, all(store.Working))
	h.told(h.bot.reporter)
	if err := h.hub.Uninstall("acme"); err != nil {
		t.Fatal(err)
	}
	h.provision(h.branch, serve(one))
	for range 2 {
		if again, err := h.try(h.bot.reporter); err != nil || again <= 0 {
			t.Fatalf("again in %s, %v", again, err)
		}
	}
	if n := strings.Count(h.said.String(), "shows no repository acme/shop"); n != 1 {
		t.Errorf("named %d times:\n%s", n, h.said)
	}
	if _, err := h.hub.Install("acme"); err != nil {
		t.Fatal(err)
	}
	h.later(reportRests)
	h.told(h.bot.reporter)
	h.wants("deployment", h.states(), map[string][]string{one: {ghInProgress, ghSuccess}})
	h.comment()
}

// The repository has another name now: calls are redirected there, whatever they change.
func TestRepositoryRenamed(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	one := h.push()
	h.provision(h.branch, all(store.Working))
	h.told(h.bot.reporter)
	if err := h.hub.Rename("acme", "shop", "store", "ben"); err != nil {
		t.Fatal(err)
	}
	h.provision(h.branch, serve(one))
	h.told(h.bot.reporter)
	d := h.hub.Deployments("acme", "store")
	if len(d) != 1 || d[0].State() != ghSuccess {
		t.Errorf("deployments: %+v", d)
	}
	if c := h.hub.Comments("acme", "store", h.pull); len(c) != 1 || !strings.Contains(c[0].Body, "✅ Up") {
		t.Errorf("comments: %+v", c)
	}
}

// An answer that is lost, a server in trouble and a connection cut: it is tried again, and nothing is there twice.
func TestAnswersAreLost(t *testing.T) {
	w := newHub(t, githubsim.Options{}, Tells()...).world
	branches := 0
	for name, fault := range map[string]githubsim.Fault{
		"after the effect":  {Lose: true, Times: 1},
		"before the effect": {Cut: true, Times: 1},
		"server error":      {Status: http.StatusBadGateway, Times: 1},
	} {
		for _, path := range []string{"/deployments", "/statuses", "/comments", "/issues/comments/"} {
			for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodGet} {
				fault.Path, fault.Method = path, method
				t.Run(strings.ReplaceAll(name+" of "+method+path, "/", "_"), func(t *testing.T) {
					branches++
					w.branch(fmt.Sprintf("lost/%d", branches)).losesAnswer(t, fault)
				})
			}
		}
	}
}

func (h *shown) losesAnswer(t *testing.T, fault githubsim.Fault) {
	r := h.bot.reporter
	one := h.push()
	h.hub.Fail(fault)
	defer h.hub.Fail()
	for _, st := range []func(*store.Status){all(store.Working), serve(one)} {
		h.provision(h.branch, st)
		for tries := 0; ; tries++ {
			again, err := h.try(r)
			if err == nil && again == 0 {
				break
			}
			if tries == 3 {
				t.Fatalf("never told: again in %s, %v", again, err)
			}
		}
	}
	h.wants("deployment", h.states(), map[string][]string{one: {ghInProgress, ghSuccess}})
	h.wants("statuses", h.statuses(one), []string{ghPending, ghSuccess})
	if c := h.comment(); !strings.Contains(c, "✅ Up") {
		t.Errorf("the comment is\n%s", c)
	}
}

// Where one way of telling does not get through, the others do.
func TestOneWayIsBroken(t *testing.T) {
	for tell, path := range map[string]string{TellDeployments: "/deployments", TellStatuses: "/statuses/", TellComments: "/pulls"} {
		t.Run(tell, func(t *testing.T) {
			h := newHub(t, githubsim.Options{}, TellDeployments, TellStatuses, TellComments)
			one := h.push()
			h.provision(h.branch, serve(one))
			h.hub.Fail(githubsim.Fault{Path: path, Status: http.StatusServiceUnavailable})
			if _, err := h.try(h.bot.reporter); err == nil {
				t.Fatal("nothing went wrong")
			}
			told := map[string]bool{TellDeployments: len(h.states()) > 0, TellStatuses: len(h.statuses(one)) > 0, TellComments: len(h.hub.Comments("acme", "shop", h.pull)) > 0}
			for way, was := range told {
				if was == (way == tell) {
					t.Errorf("%s: told %v", way, was)
				}
			}
			h.hub.Fail()
			h.told(h.bot.reporter)
			h.wants("deployment", h.states(), map[string][]string{one: {ghSuccess}})
			h.wants("statuses", h.statuses(one), []string{ghSuccess})
			h.comment()
		})
	}
}

// GitHub wants to hear less: it is left alone as long as it says, and everything is told after that.
func TestGitHubWantsToHearLess(t *testing.T) {
	for name, fault := range map[string]githubsim.Fault{
		"primary": {Limit: githubsim.PrimaryLimit}, "secondary": {Limit: githubsim.SecondaryLimit},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t, githubsim.Options{}, Tells()...)
			one := h.push()
			h.provision(h.branch, serve(one))
			fault.Method = http.MethodPost
			h.hub.Fail(fault)
			again, err := h.try(h.bot.reporter)
			if err != nil || again < 50*time.Second || again > time.Hour {
				t.Fatalf("again in %s, %v", again, err)
			}
			h.hub.Fail()
			if left, err := h.try(h.bot.reporter); err != nil || left <= 0 || len(h.states()) != 0 {
				t.Fatalf("again in %s, %v, and told %v: it was not left alone", left, err, h.states())
			}
			h.later(again)
			// The library holds a process back by the real clock: another one goes on.
			h.told(newReporter(h.anotherBot()))
			h.wants("deployment", h.states(), map[string][]string{one: {ghSuccess}})
		})
	}
}

// anotherBot is another replica over the same store.
func (w *world) anotherBot() *Bot {
	w.t.Helper()
	b, err := New(w.bot.opt, w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		b.slack.client.CloseIdleConnections()
		b.github.close()
	})
	return b
}
