package compute

import (
	"strings"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/provisioner/awssim"
	"qabot/store"
)

// said gives everything that the doctor says, one finding a line.
func (w *world) said(servers ...Server) string {
	var lines []string
	var walk func([]store.Finding)
	walk = func(all []store.Finding) {
		for _, f := range all {
			lines = append(lines, strings.TrimSuffix(string(f.Verdict)+" "+f.What+": "+f.Said+" > "+f.Fix, " > "))
			walk(f.Below)
		}
	}
	walk(Examine(w.Context(), w.app, w.clients, servers...))
	return strings.Join(lines, "\n")
}

func TestDoctorTellsTheRoomLeft(t *testing.T) {
	w := newWorld(t, func(o *awssim.Options) {
		q := awssim.DefaultQuotas()
		q.RulesPerBalancer, q.TargetGroups = 1, 1
		o.Quotas = &q
	})
	w.push(first)
	w.untilState("route/app", store.Ready)
	report := w.said()
	for _, want := range []string{"1 of 50 listeners are taken: room for 49 more environment(s)", "1 of 100 target groups are taken", "1 of 1 target groups are taken"} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is missing from\n%s", want, report)
		}
	}
	w.app.ByHost, w.app.Listener = true, 80
	if report = w.said(); !strings.Contains(report, "there is none at port 80") {
		t.Errorf("without the shared listener:\n%s", report)
	}
}

func TestDoctorLooksWhetherThereCanBeARedis(t *testing.T) {
	w := newRedisWorld(t)
	if report := w.said(); !strings.Contains(report, "Redis for each environment: a task of 256 CPU units and 512 MiB, in memory only") {
		t.Errorf("%s", report)
	}
	if f := (examiner{app: w.app}).redis(ecstypes.Service{}); f.Verdict != store.Bad || !strings.Contains(f.Fix, "awsvpc") {
		t.Errorf("without addresses: %+v", f)
	}
}

// TestDoctorCountsPipelines warns before the limit that every account has; whether one was given more is not seen.
func TestDoctorCountsPipelines(t *testing.T) {
	for n, want := range map[int]string{3: "OK there are 3 of 1000 that AWS allows at least: room for 997 more environment(s)",
		800: "SKIP there are 800, and AWS allows 1000 unless the account was given more"} {
		if f := roomForPipelines(n); string(f.Verdict)+" "+f.Said != want {
			t.Errorf("%d: %+v", n, f)
		}
	}
}
