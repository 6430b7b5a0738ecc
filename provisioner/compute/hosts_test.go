package compute

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/provisioner"
	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// share makes the listener that rules are put on, as operators do, and lets the world's app be routed by host.
func (w *world) share(balancerName string) string {
	w.Helper()
	lb, err := balancer{clients: w.hand, name: balancerName}.find(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	out, err := w.hand.ELB.CreateListener(w.Context(), &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: new(int32(80)),
		Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse,
			FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new("404")}}}})
	if err != nil {
		w.Fatal(err)
	}
	w.app.ByHost, w.app.Listener = true, 80
	w.build()
	return *out.Listeners[0].ListenerArn
}

// rules are those of the region, as "host priority".
func (w *world) rules() (all []string) {
	for _, r := range w.region.State().Rules {
		all = append(all, r.Name+" "+r.Detail["priority"])
	}
	return all
}

func TestRouteByHostSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		w.share("qa")
		s := w.subject("route/app")
		s.Made = 2
		s.Count = func(*testing.T) int { return w.routed() + len(w.rules()) }
		s.Drift = func(t *testing.T) {
			if _, err := w.hand.ELB.ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: &w.region.State().Rules[0].ARN,
				Conditions: []elbtypes.RuleCondition{{Field: new("host-header"), Values: []string{"elsewhere.example.com"}}}}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}

// By host a role is proven through the shared listener, by its name, and other names get nobody.
func TestByHostIsProvenThroughTheLoadBalancer(t *testing.T) {
	w := newWorld(t)
	v := proving(w)
	shared := w.share("qa")
	// Somebody else's rule has the first priority, and keeps it.
	if _, err := w.hand.ELB.CreateRule(t.Context(), &elb.CreateRuleInput{ListenerArn: &shared, Priority: new(int32(1)),
		Conditions: []elbtypes.RuleCondition{{Field: new("path-pattern"), Values: []string{"/ops/*"}}},
		Actions:    []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new("200")}}}}); err != nil {
		t.Fatal(err)
	}
	w.push(first)
	env := w.untilPhase(store.Up)
	host := fmt.Sprintf("%s-app.qa.example.com", w.id)
	if url := env.Status.Seen["route/app"].URL; url != "http://"+host {
		t.Errorf("the URL is %s", url)
	}
	if p := w.proof(env); p.Code != store.ProofGiven || env.Status.Serving != first {
		t.Errorf("proof %+v, serving %q", p, env.Status.Serving)
	}
	if len(v.dialled) != 1 || !v.dialled["qa.localhost:80"] {
		t.Errorf("dialled %v", v.dialled)
	}
	if got := strings.Join(w.rules(), ", "); got != "/ops/* 1, "+host+" 2" {
		t.Errorf("rules: %s", got)
	}
	front := w.region.ListenerHandler("qa", 80)
	for name, want := range map[string]int{host: http.StatusOK, "other-app.qa.example.com": http.StatusNotFound} {
		rw, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://"+name+"/version", nil)
		if front.ServeHTTP(rw, req); rw.Code != want {
			t.Errorf("%s answers %d, want %d", name, rw.Code, want)
		}
	}
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if got := w.rules(); len(got) != 1 || w.routed() != 0 {
		t.Errorf("left: %v and %d more", got, w.routed())
	}
	if lost := w.changed("DeleteListener"); lost != 0 {
		t.Error("the shared listener was deleted")
	}
}

func TestByHostNeedsItsListener(t *testing.T) {
	w := newWorld(t)
	w.app.ByHost, w.app.Listener = true, 8443
	w.build()
	w.push(first)
	env := w.untilState("route/app", store.Failed)
	if d := env.Status.Seen["route/app"].Detail; d.Code != store.ListenerMissing || d.Args[0] != "qa" || d.Args[1] != "8443" {
		t.Errorf("told %+v", d)
	}
}

// Load balancers are filled in turn, by the account's own limits; an environment stays where it is.
func TestLoadBalancersAreFilledInTurn(t *testing.T) {
	w := newWorld(t, func(o *awssim.Options) {
		q := awssim.DefaultQuotas()
		q.ListenersPerBalancer = spare + 2
		o.Quotas = &q
	})
	w.region.AddLoadBalancer("qa-2", "qa-2.localhost")
	w.app.FirstPort, w.app.LastPort = 20000, 20099
	w.app.More = []Balancer{{Name: "qa-2", Domain: "qa-2.example.com"}}
	w.build()
	rt := w.resource("route/app")
	up := func(name string) (env store.Environment, url string) {
		c := resourcetest.Claim(t, w.store, store.ID(name), store.Spec{App: "shop", Branch: name, Commit: first})
		if err := rt.Apply(t.Context(), c, store.Observation{}); err != nil {
			t.Fatal(err)
		}
		env, err := w.store.Get(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := rt.Observe(provisioner.Look(t.Context()), []store.Environment{env})
		if err != nil || seen[0].State != store.Ready {
			t.Fatal(seen, err)
		}
		return env, seen[0].URL
	}
	var urls []string
	for _, name := range []string{"one", "two", "three"} {
		_, url := up(name)
		urls = append(urls, url)
	}
	want := "http://one.qa.example.com:20000 http://two.qa.example.com:20001 http://three.qa-2.example.com:20000"
	if got := strings.Join(urls, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if limits := w.called("DescribeAccountLimits"); limits != 1 {
		t.Errorf("the limits were asked for %d times", limits)
	}

	// The last one is filled to its end, and then told by name.
	w.region.Adjust(func(q *awssim.Quotas, _ *awssim.Durations) { q.ListenersPerBalancer = 2 })
	up("four")
	c := resourcetest.Claim(t, w.store, "five", store.Spec{App: "shop", Branch: "five", Commit: first})
	var problem *store.Problem
	if err := rt.Apply(t.Context(), c, store.Observation{}); !errors.As(err, &problem) || problem.Code != store.BalancerFull || problem.Args[0] != "qa-2" {
		t.Errorf("with both full: %v", err)
	}
}

// called counts all calls of an action.
func (w *world) called(action string) (n int) {
	for _, c := range w.region.Calls() {
		if c.Action == action {
			n++
		}
	}
	return n
}
