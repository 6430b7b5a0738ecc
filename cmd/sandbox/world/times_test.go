package world

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qabot/cmd/sandbox/shop"
	"qabot/provisioner/awssim"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "shop" {
		os.Exit(shop.Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// What --speed 1 promises.
func TestLifelikeTimes(t *testing.T) {
	d := lifelike()
	const smallPhases = 6 // DOWNLOAD_SOURCE, INSTALL, PRE_BUILD, POST_BUILD, UPLOAD_ARTIFACTS, FINALIZING
	around := d.BuildQueued + d.BuildProvisioning + smallPhases*d.BuildStep
	for _, c := range []struct {
		what      string
		got, want time.Duration
	}{
		{"build", around + d.BuildWork, 90 * time.Second},
		{"migration", around + migrationWork, 20 * time.Second},
		{"task start", d.TaskProvisioning + d.TaskPending, 40 * time.Second},
	} {
		if c.got != c.want {
			t.Errorf("%s takes %s, want %s", c.what, c.got, c.want)
		}
	}
}

// An image is there when the work has taken its time, and not at all when the build was stopped before.
func TestImageIsPushedWhenTheWorkIsDone(t *testing.T) {
	bare := filepath.Join(t.TempDir(), "shop.git")
	if out, err := exec.Command("git", "init", "--quiet", "--bare", bare).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := shop.SeedRepository(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	var pushed time.Time
	c := &containers{program: os.Args[:1], bare: bare, images: t.TempDir(), push: func(string, string) error {
		pushed = time.Now()
		return nil
	}}
	job := awssim.BuildJob{Project: imageProject, SourceVersion: "main", Env: map[string]string{"IMAGE_TAG": "git-1", "IMAGE_REPOSITORY": "registry/shop"}}

	c.work = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var log bytes.Buffer
	if code, err := c.build(ctx, job, &log); code == 0 && err == nil || !pushed.IsZero() {
		t.Errorf("a stopped build: exit code %d, %v, pushed %s\n%s", code, err, pushed, &log)
	}

	c.work = 300 * time.Millisecond
	start := time.Now()
	log.Reset()
	if code, err := c.build(t.Context(), job, &log); code != 0 || err != nil || pushed.Sub(start) < c.work {
		t.Errorf("exit code %d, %v; pushed after %s, want %s at least\n%s", code, err, pushed.Sub(start), c.work, &log)
	}
	if !strings.Contains(log.String(), "pushing registry/shop:git-1") {
		t.Errorf("log:\n%s", &log)
	}
}
