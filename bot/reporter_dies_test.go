package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/bot/githubsim"
	"qabot/store"
)

// dying is a store whose user dies at a boundary, and again some boundaries later: before a call to GitHub, before a note
// of it, or right after.
type dying struct {
	*store.Store
	n, every int // boundaries so far; how far apart the deaths are
	deaths   int
}

var errDied = errors.New("the process died")

func (d *dying) boundary() error {
	if d.n++; d.n%d.every == 0 {
		d.deaths++
		return errDied
	}
	return nil
}

func (d *dying) ClaimName(ctx context.Context, name, owner string) (*store.Claim, error) {
	c, err := d.Store.ClaimName(ctx, name, owner)
	if c != nil {
		c.Hook = d.boundary
	}
	return c, err
}

func (d *dying) SaveReport(ctx context.Context, c *store.Claim, id store.ID, r store.Report, changed int64) error {
	if err := d.boundary(); err != nil {
		return err
	}
	if err := d.Store.SaveReport(ctx, c, id, r, changed); err != nil {
		return err
	}
	return d.boundary()
}

// The reporter dies again and again during a whole life, in each life at other boundaries, and another one goes on:
// nothing is told twice, and nothing is forgotten.
func TestReporterDiesAtEveryBoundary(t *testing.T) {
	h := newHub(t, githubsim.Options{}, Tells()...)
	h.hub.SetWebhook("", "") // nobody listens
	const apart = 16         // more than it takes to look up what is in doubt and to tell one thing
	deaths := 0
	for n, l := range h.lives(apart) {
		b := *h.bot
		d := &dying{Store: h.store, n: n, every: apart}
		b.store = d
		b.opt.Now = func() time.Time { return time.Now().Add(threadFirst) } // nobody narrates
		l.life(func() {
			for range 5 {
				again, _, err := newReporter(&b).tell(t.Context(), h.id(l.branch), func() bool { return false })
				if err == nil && again == 0 {
					return
				}
				if !errors.Is(err, errDied) {
					t.Fatalf("life %d: again in %s, %v", n, again, err)
				}
			}
			t.Fatalf("life %d: it makes no headway", n)
		})
		if t.Failed() {
			t.Fatalf("life %d is wrong", n)
		}
		deaths += d.deaths
	}
	if deaths < 5*apart {
		t.Errorf("only %d deaths in %d lives: the test looks at little", deaths, apart)
	}
}

// life is a branch with the commits that it will have.
type life struct {
	*shown
	commits []string
}

// lives makes branches, all in one go: Git would take most of the test's time.
func (h *shown) lives(n int) (out []*life) {
	h.t.Helper()
	var in strings.Builder
	for i := range n {
		for c := range 3 {
			fmt.Fprintf(&in, "commit refs/heads/life/%d\nmark :%d\ncommitter ben <ben@example.com> 179%07d +0000\ndata 1\n%d\n", i, 3*i+c+1, 3*i+c, c)
		}
	}
	marks := filepath.Join(h.t.TempDir(), "marks")
	importing := exec.Command("git", "--git-dir", h.bare, "fast-import", "--quiet", "--export-marks="+marks)
	importing.Stdin = strings.NewReader(in.String())
	if text, err := importing.CombinedOutput(); err != nil {
		h.t.Fatalf("%v: %s", err, text)
	}
	text, err := os.ReadFile(marks)
	if err != nil {
		h.t.Fatal(err)
	}
	made := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		mark, commit, _ := strings.Cut(line, " ")
		made[mark] = commit
	}
	for i := range n {
		one := &life{shown: &shown{world: h.world, branch: fmt.Sprintf("life/%d", i)}}
		for c := range 3 {
			one.commits = append(one.commits, made[fmt.Sprintf(":%d", 3*i+c+1)])
		}
		out = append(out, one)
	}
	return out
}

// wish wishes for the next commit.
func (l *life) wish() string {
	c := l.commits[0]
	l.commits = l.commits[1:]
	l.want(l.branch, c)
	return c
}

// life is an environment's life with what GitHub must show at each of its turns.
func (h *life) life(tell func()) {
	h.t.Helper()
	h.openPull()
	one := h.wish()
	tell()
	h.wants("queued", h.states(), map[string][]string{one: {ghQueued}})
	h.provision(h.branch, serve(one))
	tell()
	h.wants("up", h.states(), map[string][]string{one: {ghQueued, ghSuccess}})
	two := h.wish()
	h.provision(h.branch, func(st *store.Status) { all(store.Ready)(st); migrationFailed(st); st.Serving = one })
	tell()
	h.wants("failed", h.states(), map[string][]string{one: {ghQueued, ghSuccess}, two: {ghFailure}})
	three := h.wish()
	h.provision(h.branch, serve(three))
	tell()
	h.wants("repaired", h.states(), map[string][]string{one: {ghQueued, ghSuccess, ghInactive}, two: {ghFailure}, three: {ghSuccess}})
	h.wants("first", h.statuses(one), []string{ghPending, ghSuccess})
	h.wants("second", h.statuses(two), []string{ghFailure})
	if c := h.comment(); !strings.Contains(c, "✅ Up") || !strings.Contains(c, sha(three)) {
		h.t.Errorf("the comment is\n%s", c)
	}
	h.down()
	h.provision(h.branch, all(store.Absent))
	tell()
	h.wants("deleted", h.states(), map[string][]string{})
	h.wants("third", h.statuses(three), []string{ghSuccess, ghSuccess})
	if slices.Contains(h.hub.Environments("acme", "shop"), placeOf(h.id(h.branch))) {
		h.t.Error("GitHub's environment is still there")
	}
	if c := h.comment(); !strings.Contains(c, "Taken down") {
		h.t.Errorf("the comment is\n%s", c)
	}
}
