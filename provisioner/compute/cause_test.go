package compute

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/provisioner/awssim"
	"qabot/store"
)

func TestCauseOf(t *testing.T) {
	for line, want := range map[string]string{
		`ERROR: failed to solve: node:20: failed to resolve source metadata for docker.io/library/node:20: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`: store.BuildLimited,
		`error pulling image configuration: unexpected status code 429 Too Many Requests`:                                                                   store.BuildLimited,
		`ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory`:                                                     store.BuildNoFile,
		`unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat /codebuild/output/src1/src/Dockerfile: no such file or directory`: store.BuildNoFile,
		`Cannot locate specified Dockerfile: qa/Dockerfile`:                                                                                                 store.BuildNoFile,
		`shop build: open Dockerfile: openat Dockerfile: no such file or directory`:                                                                         store.BuildNoFile,
		`COPY failed: file not found in build context: Gemfile.lock`:                                                                                        store.BuildFailed,
		`Step 3/9 : COPY Dockerfile /doc/`:                                                                                                                  store.BuildFailed,
		`  429 examples, 1 failure`:                                                                                                                         store.BuildFailed,
		`cat: config/database.yml: No such file or directory (see Dockerfile, which has it)`:                                                                store.BuildFailed,
	} {
		if got := causeOf(store.Say(store.BuildFailed, "BUILD"), []string{"first", line, "exit status 1"}); got.Code != want || !slices.Equal(got.Args, []string{"BUILD"}) {
			t.Errorf("%s\nis %v, want %s", line, got, want)
		}
	}
	if got := causeOf(store.Say(store.BuildTimeout), []string{"toomanyrequests"}); got.Code != store.BuildTimeout {
		t.Errorf("a state is named by words: %v", got)
	}
}

// TestFailedBuildsAreNamed plays each way in which a build can fail to the end, and reads its log once.
func TestFailedBuildsAreNamed(t *testing.T) {
	w := newWorld(t)
	for i, test := range []struct {
		outcome awssim.Outcome
		waits   time.Duration
		want    store.Detail
		line    string
	}{
		{awssim.Outcome{FailIn: "BUILD", Log: []string{"ERROR: failed to solve: toomanyrequests: You have reached your pull rate limit"}}, 0, store.Say(store.BuildLimited, "BUILD"), "toomanyrequests"},
		{awssim.Outcome{FailIn: "BUILD", Log: []string{"failed to read dockerfile: open Dockerfile: no such file or directory"}}, 0, store.Say(store.BuildNoFile, "BUILD"), "read dockerfile"},
		{awssim.Outcome{FailIn: "PROVISIONING", Message: "Unable to pull customer's container image"}, 0, store.Say(store.BuildFailed, "PROVISIONING"), "Unable to pull customer's"},
		{awssim.Outcome{Queue: 9 * time.Hour}, 9 * time.Hour, store.Say(store.BuildUnbegun, "QUEUED"), "timed out in the queue"},
		{awssim.Outcome{Hang: true, Log: []string{"waiting"}}, 2 * time.Hour, store.Say(store.BuildTimeout, "BUILD"), "waiting"},
	} {
		w.region.OnBuild(func(awssim.BuildJob) awssim.Outcome { return test.outcome })
		w.push(strings.Repeat(string(rune('a'+i)), 40))
		w.untilState(ImageKind, store.Working)
		w.region.Advance(test.waits)
		env := w.untilPhase(store.Broken)
		o := env.Status.Seen[ImageKind]
		if o.State != store.Failed || o.Detail.Code != test.want.Code || !slices.Equal(o.Detail.Args, test.want.Args) {
			t.Errorf("failed as %+v, want %+v", o, test.want)
		}
		if lines, url := w.explained(ImageKind); !strings.Contains(strings.Join(lines, "\n"), test.line) {
			t.Errorf("%s is explained as %q at %q", test.want.Code, lines, url)
		}
		w.region.ForgetCalls()
		if err := w.store.Wake(t.Context(), w.id); err != nil {
			t.Fatal(err)
		}
		w.pass()
		for _, c := range w.region.Calls() {
			if c.Service == "codebuild" || c.Service == "logs" {
				t.Errorf("%s is asked about what is known to have failed: %s", c.Service, c.Action)
			}
		}
	}
}

// TestAFailureIsToldAtOnce: a build that fails within its first minute is no build that is not to be seen yet.
func TestAFailureIsToldAtOnce(t *testing.T) {
	w := newWorld(t, func(o *awssim.Options) {
		d := awssim.DefaultDurations()
		d.BuildQueued, d.BuildProvisioning, d.BuildStep, d.BuildWork = 0, 0, 0, time.Second
		o.Durations = &d
	})
	w.failBuilds("shop-image", "BUILD")
	w.push(first)
	for range 4 {
		w.region.Advance(time.Second)
		if env := w.pass(); env.Status.Seen[ImageKind].State == store.Failed {
			return
		}
	}
	t.Error("it has failed, and nobody is told")
}

func TestAnAccountThatMayNotBuild(t *testing.T) {
	w := newWorld(t)
	w.region.Adjust(func(q *awssim.Quotas, _ *awssim.Durations) { q.ConcurrentBuilds = 0 })
	w.push(first)
	env := w.untilState(ImageKind, store.Held)
	if d := env.Status.Seen[ImageKind].Detail; d.Code != store.BuildNoQuota {
		t.Errorf("held with %+v", d)
	}
	w.pass()
	events, err := w.store.Events(t.Context(), w.id, 10)
	if err != nil {
		t.Fatal(err)
	}
	events = slices.DeleteFunc(events, func(e store.Event) bool { return e.Code != store.EventHeld })
	if len(events) != 1 || events[0].Detail.Code != store.BuildNoQuota {
		t.Errorf("told %+v, want the quota once", events)
	}
	w.region.Adjust(func(q *awssim.Quotas, _ *awssim.Durations) { q.ConcurrentBuilds = 1 })
	w.untilPhase(store.Up)
}
