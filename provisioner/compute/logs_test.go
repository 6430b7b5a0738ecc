package compute

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qabot/provisioner/awssim"
	"qabot/store"
)

const mostLines = 30

func (w *world) logs(most int) []store.Log {
	w.Helper()
	env, err := w.store.Get(w.Context(), w.id)
	if err != nil {
		w.Fatal(err)
	}
	logs, err := w.resource("service/app").(*service).Logs(w.Context(), env, most)
	if err != nil {
		w.Fatal(err)
	}
	return logs
}

func TestLogsOfTheNewestTasks(t *testing.T) {
	w := newWorld(t)
	w.region.OnTask(func(job awssim.TaskJob) awssim.TaskOutcome {
		if job.Container != "web" {
			return awssim.TaskOutcome{}
		}
		var lines []string
		for i := range 60 {
			lines = append(lines, fmt.Sprintf("%s line %d of mysql://qa:hunter2@db/x", job.Image[len(job.Image)-4:], i))
		}
		return awssim.TaskOutcome{Log: lines}
	})
	w.push(first)
	if logs := w.logs(mostLines); len(logs) != 0 {
		t.Errorf("before there is anything there are logs: %+v", logs)
	}
	w.untilPhase(store.Up)
	logs := w.logs(mostLines)
	if len(logs) != 1 {
		t.Fatalf("%d logs, want that of the container that logs to CloudWatch: %+v", len(logs), logs)
	}
	l := logs[0]
	if len(l.Lines) != mostLines || l.Lines[mostLines-1] != "1111 line 59 of mysql://[hidden]@db/x" {
		t.Errorf("%d lines, the last is %q", len(l.Lines), l.Lines[len(l.Lines)-1])
	}
	if l.Role != "app" || l.Container != "web" || l.Commit != first || l.Began.IsZero() || !l.Ended.IsZero() || l.Group != "/staging/shop" {
		t.Errorf("it is %+v", l)
	}
	want := "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Fstaging$252Fshop/log-events/web$252Fweb$252F" + l.Task
	if l.URL != want {
		t.Errorf("it is to be read at\n%s, want\n%s", l.URL, want)
	}

	w.push(second)
	w.untilPhase(store.Up)
	w.region.Advance(time.Minute)
	logs = w.logs(mostLines)
	if len(logs) != 2 || logs[0].Commit != second || logs[1].Commit != first {
		t.Fatalf("logs of %+v, want the newer task's and then the older one's", logs)
	}
	if len(logs[0].Lines) != mostLines || len(logs[1].Lines) != 0 {
		t.Errorf("%d and %d lines, want %d in all", len(logs[0].Lines), len(logs[1].Lines), mostLines)
	}
	if logs[1].Ended.IsZero() || logs[1].Reason == "" {
		t.Errorf("the older one is %+v", logs[1])
	}
	before := len(w.region.Calls())
	w.logs(mostLines)
	for _, c := range w.region.Calls()[before:] {
		if c.Changes {
			t.Errorf("to ask for logs changed the world: %s", c.Action)
		}
	}
}

func TestLogsOfATaskThatDied(t *testing.T) {
	w := newWorld(t)
	w.region.OnTask(func(job awssim.TaskJob) awssim.TaskOutcome {
		if job.Container == "web" && job.Service != "shop-app" {
			return awssim.TaskOutcome{Exits: true, ExitCode: 3, After: time.Second, Log: []string{"cannot load such file", "bye"}}
		}
		return awssim.TaskOutcome{}
	})
	w.push(first)
	w.untilPhase(store.Broken)
	logs := w.logs(mostLines)
	if len(logs) == 0 || len(logs) > tasksRead {
		t.Fatalf("%d logs", len(logs))
	}
	if l := logs[len(logs)-1]; !strings.Contains(l.Reason, "exit code 3") || strings.Join(l.Lines, "|") != "cannot load such file|bye" {
		t.Errorf("it died as %+v", l)
	}
}
