// Package npmtest gives tests what others publish on npm: packages are installed once for every machine, in the user's cache
// folder, at the versions of a lock file. A test that needs them and cannot have them fails and says what is missing.
package npmtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Install gives a folder with the packages that package.json and package-lock.json in folder name. It is named after the
// lock file.
func Install(t testing.TB, folder string) string {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: install Node.js 20 or later with npm (Debian: apt-get install nodejs npm)", name)
		}
	}
	lock, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	return Once(t, fmt.Sprintf("qabot-npm-%x", sha256.Sum256(lock))[:32], func(dir string) {
		for _, name := range []string{"package.json", "package-lock.json"} {
			raw, err := os.ReadFile(filepath.Join(folder, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), raw, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		Run(t, dir, "ci")
	})
}

// Once gives a folder of the user's cache that fill has filled once. It appears all at once, so that runs side by side do
// not disturb each other.
func Once(t testing.TB, name string, fill func(dir string)) string {
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

// Run runs npm in a folder, without the scripts of packages.
func Run(t testing.TB, dir string, args ...string) {
	t.Helper()
	install := exec.CommandContext(t.Context(), "npm", append(args, "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")...)
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm %s (the registry is needed once): %v\n%s", args[0], err, out)
	}
}

// Node gives a Node.js that is new enough for what is tested: the machine's, or where that is older, as on Debian 12, one from npm.
func Node(t testing.TB) string {
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
	dir := Once(t, "qabot-"+name+"-"+version, func(dir string) { Run(t, dir, "install", name+"@"+version) })
	return filepath.Join(dir, "node_modules", name, "bin", "node")
}
