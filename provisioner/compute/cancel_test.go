package compute

import (
	"slices"
	"strings"
	"testing"

	"qabot/provisioner/awssim"
	"qabot/store"
)

// An update is given up by wishing for the commit before it. At whatever point that happens, the old version serves on, the
// new one is never rolled out after it, and no migration is cut in half.
func TestGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		at     func(w *world) store.Environment
		builds []string // what became of the runs of the newer commit
	}{
		"while it builds": {
			func(w *world) store.Environment { return w.untilState(ImageKind, store.Working) }, []string{"STOPPED"},
		},
		"while it migrates": {
			func(w *world) store.Environment { return w.untilState(MigrationKind, store.Working) }, []string{"SUCCEEDED", "SUCCEEDED"},
		},
		"while it rolls out": {
			func(w *world) store.Environment { return w.untilState("service/app", store.Working) }, []string{"SUCCEEDED", "SUCCEEDED"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.push(first)
			w.untilPhase(store.Up)
			w.push(second)
			c.at(w)
			w.push(first)
			rolls := len(w.rolledOut(second))
			env := w.untilPhase(store.Up)
			if env.Status.Serving != first || env.Facts[MigrationKind].Passed != first {
				t.Errorf("it serves %q and may run %q", env.Status.Serving, env.Facts[MigrationKind].Passed)
			}
			if n := len(w.rolledOut(second)); n != rolls {
				t.Errorf("what was given up was rolled out %d times", n-rolls)
			}
			var became []string
			for _, b := range w.region.State().Builds {
				became = append(became, b.Status)
			}
			if want := append([]string{"SUCCEEDED", "SUCCEEDED"}, c.builds...); !sameSet(became, want) { // the first commit's, and these
				t.Errorf("runs became %v, want %v", became, want)
			}
			w.push(second) // it may come back
			if env := w.untilPhase(store.Up); env.Status.Serving != second {
				t.Errorf("wished for again it serves %q", env.Status.Serving)
			}
		})
	}
}

// rolledOut gives the calls that bade the service run a commit's task definition.
func (w *world) rolledOut(commit string) (calls []awssim.Call) {
	w.Helper()
	var definitions []string
	for _, d := range w.region.State().TaskDefinitions {
		if d.Tags[tagCommit] == commit {
			definitions = append(definitions, d.ARN)
		}
	}
	for _, c := range w.region.Calls() {
		if c.Action == "UpdateService" && slices.ContainsFunc(definitions, func(arn string) bool { return strings.Contains(string(c.Input), arn) }) {
			calls = append(calls, c)
		}
	}
	return calls
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
