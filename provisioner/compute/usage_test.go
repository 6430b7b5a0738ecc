package compute

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"qabot/provisioner/awssim"
	"qabot/store"
)

// What people ask of a role is use of it; what qabot asks itself, health checks, and what no target answers are not.
func TestUsageIsWhatPeopleAsk(t *testing.T) {
	w := newWorld(t)
	proving(w)
	usage := NewUsage(w.clients, w.options, w.app)
	w.push(first)
	env := w.untilPhase(store.Up)
	last := func(env store.Environment) map[store.ID]time.Time {
		t.Helper()
		found, err := usage.Last(t.Context(), []store.Environment{env, {ID: "other", Spec: store.Spec{App: "other"}}, {ID: "new", Spec: store.Spec{App: "shop"}}})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	prove := func() {
		t.Helper()
		if p, err := w.resource("service/app").(*service).Prove(t.Context(), env); err != nil || p.Said.Code != store.ProofGiven {
			t.Fatal(p, err)
		}
	}
	open := func(port int32) {
		w.region.ListenerHandler("qa", port).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
	door := int32(env.Allotted["route/app"])
	prove()
	if found := last(env); len(found) != 0 {
		t.Errorf("nobody was there, and it was used %v", found)
	}
	w.region.Advance(time.Hour)
	at := w.region.Now().UTC().Truncate(time.Minute)
	open(door)
	w.region.Advance(10 * time.Minute)
	prove()
	if found := last(env); len(found) != 1 || !found[env.ID].Equal(at) {
		t.Errorf("used %v, want %s", found, at)
	}
	open(door) // in a minute in which qabot asked, too
	if found := last(env); !found[env.ID].Equal(at.Add(10 * time.Minute)) {
		t.Errorf("used %v, want %s", found, at.Add(10*time.Minute))
	}

	w.region.Advance(usageSpan + time.Minute)
	if found := last(env); len(found) != 0 {
		t.Errorf("long ago it was used %v", found)
	}
	w.region.ForgetCalls()
	env.Spec.Asleep = true
	if found := last(env); len(found) != 0 || slices.Contains(w.region.Actions(), "cloudwatch.GetMetricData") {
		t.Errorf("of one that sleeps: %v by %v", found, w.region.Actions())
	}
}

func TestUsageIsAskedForInBatches(t *testing.T) {
	w := newWorld(t)
	taps := make([]tap, 2*metricsPerCall+1)
	for i := range taps {
		taps[i] = tap{id: store.ID(fmt.Sprint("e", i)), group: fmt.Sprint("targetgroup/g/", i), balancer: "app/qa/1"}
	}
	w.region.ForgetCalls()
	last, err := NewUsage(w.clients, w.options, w.app).count(t.Context(), taps)
	if err != nil || len(last) != 0 {
		t.Error(last, err)
	}
	if n := len(w.region.Calls()); n != 3 {
		t.Errorf("%d calls for %d roles", n, len(taps))
	}
	w.region.Fault(func(awssim.Call) awssim.Fault { return awssim.Fault{Kind: awssim.Refuse} })
	if _, err := NewUsage(w.clients, w.options, w.app).count(t.Context(), taps); err == nil {
		t.Error("a refusal is no error")
	}
}

// A process knows only what it asked itself since it began: what came before is not taken for use.
func TestUsageBeginsWithTheProcess(t *testing.T) {
	w := newWorld(t)
	proving(w)
	w.push(first)
	env := w.untilPhase(store.Up)
	w.region.Advance(2 * time.Minute)
	w.clients.asks = asks{}
	found, err := NewUsage(w.clients, w.options, w.app).Last(t.Context(), []store.Environment{env})
	if err != nil || len(found) != 0 {
		t.Error(found, err)
	}
}
