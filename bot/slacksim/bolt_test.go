//go:build bolt

package slacksim_test

import (
	"os"
	"os/exec"
	"testing"

	"qabot/bot/slacksim"
)

// TestBolt runs Slack's own framework, Bolt for JavaScript, against the workspace: what an official client takes for
// Slack is close enough. It needs Node 20 and the npm registry (or npm's cache), hence the build tag:
//
//	go test -tags bolt -run TestBolt ./bot/slacksim
func TestBolt(t *testing.T) {
	dir := installBolt(t)
	w := open(t, slacksim.Options{})
	startBolt(w, dir)

	ack, err := w.Command(w.ctx, "ana", "qa", "up x")
	w.must(err)
	if ack.Text != "bolt: up x" {
		t.Fatalf("ack %+v", ack)
	}
	parent := w.awaitMessage("qa", "parent")
	if m := w.awaitMessage("qa", "later"); m.Ephemeral != w.UserID("ana") {
		t.Fatalf("respond() was seen by %q", m.Ephemeral)
	}

	w.must(w.Click(w.ctx, "ana", "qa", parent.TS, "form"))
	w.eventually("a modal", func() bool { return len(w.Views("ana")) == 1 })
	view := w.Views("ana")[0].ID
	for _, branch := range []string{"bad", "good"} {
		options, err := w.Suggest(w.ctx, slacksim.Action{User: "ana", ViewID: view, ActionID: "branch"}, branch)
		w.must(err)
		if len(options) != 1 || options[0].Text != "feature/"+branch {
			t.Fatalf("options %+v", options)
		}
		faults, err := w.Submit(w.ctx, "ana", view, slacksim.Values{"branch": {"branch": branch}})
		w.must(err)
		if (branch == "bad") != (faults["branch"] == "no such branch") {
			t.Fatalf("branch %s: faults %v", branch, faults)
		}
	}

	w.must(w.Click(w.ctx, "ana", "qa", parent.TS, "go"))
	if m := w.awaitMessage("qa", "edited"); m.TS != parent.TS || m.Edits != 1 {
		t.Fatalf("edited %+v", m)
	}
	w.awaitMessage("qa", "in thread")
	w.awaitMessage("qa", "clicked")

	ts, err := w.Message(w.ctx, "ben", "qa", "@qabot hello", "")
	w.must(err)
	if m := w.awaitMessage("qa", "mentioned"); m.ThreadTS != ts {
		t.Fatalf("answer to the mention in thread %q", m.ThreadTS)
	}
	w.must(w.OpenHome("ana", ""))
	w.eventually("a Home tab", func() bool { _, ok := w.Home("ana"); return ok })
}

// installBolt puts the pinned packages and the app into a folder of the test.
func installBolt(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: install Node.js 20 or later (Debian: apt-get install nodejs npm)", name)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/bolt")); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}

func startBolt(w *world, dir string) {
	w.t.Helper()
	app := exec.Command("node", "app.mjs")
	app.Dir, app.Stderr = dir, os.Stderr
	app.Env = append(os.Environ(), "SLACK_API_URL="+w.url+"/api/", "BOT_TOKEN="+w.BotToken(), "APP_TOKEN="+w.AppToken())
	w.must(app.Start())
	w.t.Cleanup(func() {
		_ = app.Process.Kill() // it has no end of its own
		_ = app.Wait()
	})
	w.must(w.AwaitConnections(w.ctx, 1))
}
