package slacksim_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"qabot/bot/npmtest"
	"qabot/bot/slacksim"
)

// TestBolt runs Slack's own framework, Bolt for JavaScript, against the workspace: what an official client takes for
// Slack is close enough. Its packages are installed once for every machine, in the user's cache folder.
func TestBolt(t *testing.T) {
	t.Parallel()
	packages := npmtest.Install(t, "testdata/bolt")
	c := newClock()
	w := open(t, slacksim.Options{Now: c.now})
	startBolt(w, packages)

	ack, err := w.Command(w.ctx, "ana", "qa", "up x")
	w.must(err)
	if ack.Text != "bolt: up x" {
		t.Fatalf("ack %+v", ack)
	}
	parent := w.awaitMessage("qa", "parent")
	if m := w.awaitMessage("qa", "later"); m.Ephemeral != w.UserID("ana") {
		t.Fatalf("respond() was seen by %q", m.Ephemeral)
	}
	boltModal(w, parent.TS)

	w.must(w.Click(w.ctx, "ana", "qa", parent.TS, "go"))
	if m := w.awaitMessage("qa", "edited"); m.TS != parent.TS || m.Edits != 1 {
		t.Fatalf("edited %+v", m)
	}
	w.awaitMessage("qa", "in thread")
	w.awaitMessage("qa", "clicked")
	if m := w.awaitMessage("qa", "the log"); len(m.Files) != 1 || string(w.FileContent(m.Files[0].ID)) != "line 1\n" {
		t.Fatalf("uploaded %+v", m)
	}
	w.must(w.OpenHome("ana", ""))
	w.eventually("a Home tab", func() bool { _, ok := w.Home("ana"); return ok })

	ts, err := w.Message(w.ctx, "ben", "qa", "@qabot hello", "")
	w.must(err)
	if m := w.awaitMessage("qa", "mentioned in try 0"); m.ThreadTS != ts {
		t.Fatalf("answer to the mention in thread %q", m.ThreadTS)
	}
	// What is said while nobody is connected comes later.
	w.must(w.Disconnect("refresh_requested"))
	_, err = w.Message(w.ctx, "ben", "qa", "@qabot are you there?", "")
	w.must(err)
	w.must(w.AwaitConnections(w.ctx, 1))
	c.move(time.Minute)
	w.awaitMessage("qa", "mentioned in try 2 after connection_failed")
	if ack, err := w.Command(w.ctx, "ana", "qa", "again"); err != nil || ack.Text != "bolt: again" {
		t.Fatalf("after the reconnect: %+v %v", ack, err)
	}
}

// boltModal opens the form, asks for branches, and submits a bad one and a good one.
func boltModal(w *world, ts string) {
	w.t.Helper()
	w.must(w.Click(w.ctx, "ana", "qa", ts, "form"))
	w.eventually("a modal", func() bool { return len(w.Views("ana")) == 1 })
	view := w.Views("ana")[0].ID
	for _, branch := range []string{"bad", "good"} {
		options, err := w.Suggest(w.ctx, slacksim.Action{User: "ana", ViewID: view, ActionID: "branch"}, branch)
		w.must(err)
		if len(options) != 1 || options[0].Text != "feature/"+branch {
			w.t.Fatalf("options %+v", options)
		}
		faults, err := w.Submit(w.ctx, "ana", view, slacksim.Values{"branch": {"branch": branch}})
		w.must(err)
		if (branch == "bad") != (faults["branch"] == "no such branch") {
			w.t.Fatalf("branch %s: faults %v", branch, faults)
		}
	}
	if n := len(w.Views("ana")); n != 0 {
		w.t.Fatalf("%d modals after the good branch", n)
	}
}

// startBolt runs the app until the test ends. What it complains of is told when the test fails.
func startBolt(w *world, packages string) {
	w.t.Helper()
	dir := w.t.TempDir()
	w.must(os.CopyFS(dir, os.DirFS("testdata/bolt")))
	w.must(os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(dir, "node_modules")))
	var said bytes.Buffer
	app := exec.Command(npmtest.Node(w.t), "app.mjs")
	app.Dir, app.Stdout, app.Stderr = dir, &said, &said
	app.Env = append(os.Environ(), "SLACK_API_URL="+w.url+"/api/", "BOT_TOKEN="+w.BotToken(), "APP_TOKEN="+w.AppToken())
	w.must(app.Start())
	ended := make(chan struct{})
	go func() { _ = app.Wait(); close(ended) }() // how it ends is of no interest
	stop := sync.OnceFunc(func() { _ = app.Process.Kill(); <-ended })
	w.t.Cleanup(func() {
		stop()
		if w.t.Failed() {
			w.t.Logf("Bolt said: %s", &said)
		}
	})
	if err := w.AwaitConnections(w.ctx, 1); err != nil {
		w.t.Fatalf("Bolt does not connect: %v", err)
	}
}
