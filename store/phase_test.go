package store

import (
	"testing"
	"time"
)

func TestPhase(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	wish := Spec{Version: 3, Generation: 2}
	released := Spec{Version: 3, Generation: 2, Released: true}
	kept := Spec{Version: 3, Generation: 2, Released: true, KeepDataUntil: now.Add(time.Hour)}
	saw := func(version, generation int64, states ...State) Status {
		return Status{Version: version, Generation: generation, Seen: seen(states...)}
	}
	for _, c := range []struct {
		why    string
		spec   Spec
		status Status
		want   Phase
	}{
		{"nothing was seen yet", wish, Status{}, Deploying},
		{"all is as wanted", wish, saw(3, 2, Ready, Ready), Up},
		{"something is on its way", wish, saw(3, 2, Ready, Working), Deploying},
		{"something cannot be told", wish, saw(3, 2, Ready, Unknown), Deploying},
		{"one is stuck, whatever the others do", wish, saw(3, 2, Working, Failed), Broken},
		{"it was up before a new commit", wish, saw(2, 1, Ready), Deploying},
		{"it was stuck before it is tried again", wish, saw(2, 1, Failed), Deploying},
		{"a wish that changes no resource, such as a longer life", wish, saw(2, 2, Ready), Up},
		{"released just now", released, saw(2, 2, Ready), Removing},
		{"released before anything was made, and not looked at since", released, saw(2, 2, Absent), Removing},
		{"released, something is left", released, saw(3, 2, Absent, Leaving), Removing},
		{"released and gone", released, saw(3, 2, Absent, Absent), Removed},
		{"all but the data is gone", kept, Status{Version: 3, Generation: 2, Seen: map[Kind]Observation{"schema": {State: Ready}, "service/app": {State: Absent}}}, Kept},
		{"the data is kept, something runs still", kept, Status{Version: 3, Generation: 2, Seen: map[Kind]Observation{"schema": {State: Ready}, "service/app": {State: Leaving}}}, Removing},
		{"there was no data to keep", kept, Status{Version: 3, Generation: 2, Seen: map[Kind]Observation{"schema": {State: Absent}, "service/app": {State: Absent}}}, Removed},
		{"the data has been kept long enough", Spec{Version: 3, Generation: 2, Released: true, KeepDataUntil: now}, Status{Version: 3, Generation: 2, Seen: map[Kind]Observation{"schema": {State: Ready}}}, Removing},
		{"its time is over", Spec{Version: 3, Generation: 2, ExpiresAt: now}, saw(3, 2, Absent), Removed},
	} {
		env := Environment{Spec: c.spec, Status: c.status}
		if got := env.Phase(now); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func TestWants(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	kept := now.Add(time.Hour)
	for _, c := range []struct {
		why  string
		spec Spec
		kind Kind
		want bool
	}{
		{"wanted", Spec{}, "service/app", true},
		{"its time is not over", Spec{ExpiresAt: kept}, "service/app", true},
		{"its time is over at that very moment", Spec{ExpiresAt: now}, "service/app", false},
		{"compute goes at once", Spec{Released: true, KeepDataUntil: kept}, "service/app", false},
		{"data goes later", Spec{Released: true, KeepDataUntil: kept}, "schema", true},
		{"data of every sort", Spec{Released: true, KeepDataUntil: kept}, Of("keyspace", "cache"), true},
		{"data is kept no longer", Spec{Released: true, KeepDataUntil: now}, "schema", false},
		{"data was not to be kept", Spec{Released: true}, "schema", false},
	} {
		if got := c.spec.Wants(c.kind, now); got != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}
