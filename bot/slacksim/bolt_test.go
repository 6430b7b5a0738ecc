package slacksim_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"qabot/bot/slacksim"
)

// TestBolt runs Slack's own framework, Bolt for JavaScript, against the workspace: what an official client takes for
// Slack is close enough. Its packages are installed once for every machine, in the user's cache folder.
func TestBolt(t *testing.T) {
	t.Parallel()
	packages := installBolt(t)
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

// installBolt gives a folder with the pinned packages. It is named after the lock file and appears all at once, so
// that runs side by side do not disturb each other.
func installBolt(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: install Node.js 20 or later with npm (Debian: apt-get install nodejs npm)", name)
		}
	}
	lock, err := os.ReadFile("testdata/bolt/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	return installOnce(t, fmt.Sprintf("qabot-bolt-%x", sha256.Sum256(lock))[:32], func(dir string) {
		for _, name := range []string{"package.json", "package-lock.json"} {
			raw, err := os.ReadFile("testdata/bolt/" + name)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), raw, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		npm(t, dir, "ci")
	})
}

// installOnce gives a folder of the user's cache that fill has filled once. It appears all at once.
func installOnce(t *testing.T, name string, fill func(dir string)) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, name)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(cache, name+"-new-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(fresh) }() // left over when somebody was faster
	fill(fresh)
	if err := os.Rename(fresh, dir); err != nil {
		if _, gone := os.Stat(dir); gone != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func npm(t *testing.T, dir string, args ...string) {
	t.Helper()
	install := exec.CommandContext(t.Context(), "npm", append(args, "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")...)
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm %s (the registry is needed once): %v\n%s", args[0], err, out)
	}
}

// node gives a Node.js that is new enough for Bolt: the machine's, or where that is older, as on Debian 12, one from npm.
func node(t *testing.T) string {
	t.Helper()
	const least, version = 20, "20.20.2"
	said, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var major int
	if _, err := fmt.Sscanf(string(said), "v%d.", &major); err == nil && major >= least {
		return "node"
	}
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS != "linux" || arch == "" {
		t.Fatalf("Node.js is %s: install %d or later", bytes.TrimSpace(said), least)
	}
	name := "node-linux-" + arch
	dir := installOnce(t, "qabot-"+name+"-"+version, func(dir string) { npm(t, dir, "install", name+"@"+version) })
	return filepath.Join(dir, "node_modules", name, "bin", "node")
}

// startBolt runs the app until the test ends. What it complains of is told when the test fails.
func startBolt(w *world, packages string) {
	w.t.Helper()
	dir := w.t.TempDir()
	w.must(os.CopyFS(dir, os.DirFS("testdata/bolt")))
	w.must(os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(dir, "node_modules")))
	var said bytes.Buffer
	app := exec.Command(node(w.t), "app.mjs")
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
