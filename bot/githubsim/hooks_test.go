package githubsim_test

import (
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"qabot/bot/githubsim"
)

const zero = "0000000000000000000000000000000000000000"

func TestPushFiresSignedWebhooks(t *testing.T) {
	w := newWorld(t)
	before := w.git(w.clone, "rev-parse", "HEAD")
	w.commit("a.txt", "a\n", "Add a")
	after := w.commit("b.txt", "b\n", "Add b\n\nWith a body.")
	w.push("main")

	got := w.events()
	wantEvents(t, got, "push")
	e := got[0].event.(*github.PushEvent)
	if e.GetRef() != "refs/heads/main" || e.GetBefore() != before || e.GetAfter() != after {
		t.Errorf("push %s %s..%s, want refs/heads/main %s..%s", e.GetRef(), e.GetBefore(), e.GetAfter(), before, after)
	}
	if e.GetCreated() || e.GetDeleted() || e.GetForced() {
		t.Errorf("created, deleted, forced = %v, %v, %v on a plain push", e.GetCreated(), e.GetDeleted(), e.GetForced())
	}
	if n := len(e.Commits); n != 2 || e.Commits[0].GetMessage() != "Add a" || e.GetHeadCommit().GetMessage() != "Add b\n\nWith a body." {
		t.Errorf("%d commits, head %q", n, e.GetHeadCommit().GetMessage())
	}
	if added := e.GetHeadCommit().Added; !slices.Equal(added, []string{"b.txt"}) {
		t.Errorf("head commit added %v", added)
	}
	if e.GetPusher().GetName() != "ana" || e.GetSender().GetLogin() != "ana" || e.GetRepo().GetFullName() != "acme/shop" {
		t.Errorf("pusher %v, sender %v, repository %v", e.GetPusher(), e.GetSender(), e.GetRepo().GetFullName())
	}
	repo, _, err := w.api.Repositories.Get(t.Context(), "acme", "shop")
	if err != nil {
		t.Fatal(err)
	}
	if e.GetRepo().GetID() != repo.GetID() || e.GetRepo().GetOwner().GetLogin() != "acme" {
		t.Errorf("repository %d of %s in the webhook, %d in the API", e.GetRepo().GetID(), e.GetRepo().GetOwner().GetLogin(), repo.GetID())
	}
	d := w.sim.Deliveries()
	if last := d[len(d)-1]; last.StatusCode != http.StatusAccepted || last.Event != "push" || last.GUID != got[0].guid {
		t.Errorf("recorded %+v", last)
	}
	wantEvents(t, w.events()) // each change is told once
}

func TestBranchLife(t *testing.T) {
	w := newWorld(t)
	w.push("feature/login")
	got := w.events()
	wantEvents(t, got, "create", "push")
	if c := got[0].event.(*github.CreateEvent); c.GetRef() != "feature/login" || c.GetRefType() != "branch" {
		t.Errorf("create %s %s", c.GetRefType(), c.GetRef())
	}
	if p := got[1].event.(*github.PushEvent); !p.GetCreated() || p.GetBefore() != zero || len(p.Commits) != 0 {
		t.Errorf("created %v, before %s, %d commits new to the repository", p.GetCreated(), p.GetBefore(), len(p.Commits))
	}

	w.git(w.clone, "commit", "--quiet", "--amend", "-m", "Another first")
	w.push("feature/login", "--force")
	got = w.events()
	wantEvents(t, got, "push")
	if !got[0].event.(*github.PushEvent).GetForced() {
		t.Error("a forced push does not say so")
	}

	w.git(w.clone, "push", "--quiet", "origin", "--delete", "feature/login")
	got = w.events()
	wantEvents(t, got, "push", "delete")
	if p := got[0].event.(*github.PushEvent); !p.GetDeleted() || p.GetAfter() != zero || p.GetRef() != "refs/heads/feature/login" || p.HeadCommit != nil {
		t.Errorf("deletion as push: %s", got[0].payload)
	}
	if d := got[1].event.(*github.DeleteEvent); d.GetRef() != "feature/login" || d.GetRefType() != "branch" {
		t.Errorf("deletion: %s %s", d.GetRefType(), d.GetRef())
	}
}

func TestTagsAreToldAsTags(t *testing.T) {
	w := newWorld(t)
	w.git(w.clone, "tag", "-a", "v1", "-m", "one")
	w.git(w.clone, "push", "--quiet", "origin", "v1")
	got := w.events()
	wantEvents(t, got, "create", "push")
	if ref, kind := field(t, got[0], "ref"), field(t, got[0], "ref_type"); ref != "v1" || kind != "tag" {
		t.Errorf("create %v %v", kind, ref)
	}
	if ref := field(t, got[1], "ref"); ref != "refs/tags/v1" {
		t.Errorf("push of %v", ref)
	}
}

func TestPushByPathIsNoticedByThePoll(t *testing.T) {
	sim, err := githubsim.New(githubsim.Options{Dir: t.TempDir(), Poll: time.Millisecond, WebhookURL: "http://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	path, err := sim.AddRepository("acme", "shop")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clone: t.TempDir()}
	w.git(w.clone, "init", "--quiet")
	w.commit("README", "x", "First")
	w.git(w.clone, "push", "--quiet", path, "HEAD:refs/heads/main")
	deadline := time.After(20 * time.Second)
	for tick := time.Tick(5 * time.Millisecond); ; {
		if d := sim.Deliveries(); len(d) == 2 && d[1].Event == "push" {
			if d[1].Err == "" || d[1].StatusCode != 0 {
				t.Errorf("nobody listens, recorded %d %q", d[1].StatusCode, d[1].Err)
			}
			return
		}
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("deliveries %+v", sim.Deliveries())
		}
	}
}

func TestRedeliveryKeepsTheGUID(t *testing.T) {
	w := newWorld(t)
	w.hooks.answer(http.StatusServiceUnavailable)
	w.push("feature/x")
	first := w.events()
	d := w.sim.Deliveries()
	if status := d[len(d)-1].StatusCode; status != http.StatusServiceUnavailable {
		t.Errorf("recorded status %d", status)
	}
	if err := w.sim.Redeliver(first[1].guid); err != nil {
		t.Fatal(err)
	}
	again := w.events()
	wantEvents(t, again, "push")
	if again[0].guid != first[1].guid || string(again[0].payload) != string(first[1].payload) {
		t.Errorf("redelivered %s, first was %s", again[0].guid, first[1].guid)
	}
	d = w.sim.Deliveries()
	if last := d[len(d)-1]; !last.Redelivery || last.ID == d[len(d)-2].ID {
		t.Errorf("recorded %+v", last)
	}
	if err := w.sim.Redeliver("nonsense"); err == nil {
		t.Error("redelivers what it never sent")
	}
}

func TestManners(t *testing.T) {
	w := newWorld(t)

	w.sim.SetManner(githubsim.Manner{Lose: true})
	w.push("lost")
	wantEvents(t, w.events())
	lost := w.sim.Deliveries()
	if last := lost[len(lost)-1]; last.Err != "lost" || last.StatusCode != 0 {
		t.Errorf("recorded %+v", last)
	}

	w.sim.SetManner(githubsim.Manner{Copies: 1})
	w.git(w.clone, "push", "--quiet", "origin", "--delete", "lost")
	got := w.events()
	wantEvents(t, got, "push", "push", "delete", "delete")
	if got[0].guid != got[1].guid || got[1].guid == got[2].guid {
		t.Errorf("copies carry %s and %s, the next event %s", got[0].guid, got[1].guid, got[2].guid)
	}

	w.sim.SetManner(githubsim.Manner{Hold: true})
	w.push("one")
	w.push("two")
	wantEvents(t, w.events())
	w.sim.SetManner(githubsim.Manner{Reverse: true, Delay: time.Millisecond})
	got = w.events()
	wantEvents(t, got, "push", "create", "push", "create")
	if ref := field(t, got[0], "ref"); ref != "refs/heads/two" {
		t.Errorf("first came %v, want the newest", ref)
	}

	w.sim.SetWebhook("", "")
	w.push("three")
	wantEvents(t, w.events())
	if len(w.hooks.bad) > 0 {
		t.Errorf("webhooks that no receiver accepts: %v", w.hooks.bad)
	}
}

func TestOddBranchNames(t *testing.T) {
	w := newWorld(t)
	branches := []string{
		"feature/x", "fix#12", "größe/café", "日本", "a`b", "Case", "case", "100%", "a&b=c;d", "q\"uote", "x+y", "-" + strings.Repeat("é", 121) + "z",
	}
	for _, branch := range branches {
		w.push(branch)
		got := w.events()
		wantEvents(t, got, "create", "push")
		if ref := field(t, got[1], "ref"); ref != "refs/heads/"+branch {
			t.Errorf("pushed %q, told %q", branch, ref)
		}
		ref, _, err := w.api.Git.GetRef(t.Context(), "acme", "shop", "heads/"+branch)
		if err != nil || ref.GetRef() != "refs/heads/"+branch {
			t.Errorf("ref of %q: %v, %v", branch, ref.GetRef(), err)
		}
		b, _, err := w.api.Repositories.GetBranch(t.Context(), "acme", "shop", branch, 0)
		if err != nil || b.GetName() != branch {
			t.Errorf("branch %q: %v, %v", branch, b.GetName(), err)
		}
		resp, err := http.Get(w.url + "/acme/shop/tree/" + strings.TrimPrefix(ref.GetURL(), w.url+"/api/v3/repos/acme/shop/git/refs/heads/"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("page of %q: %s", branch, resp.Status)
		}
		w.git(w.clone, "push", "--quiet", "origin", "--delete", "refs/heads/"+branch)
		wantEvents(t, w.events(), "push", "delete")
	}
}

func TestLargePushComesInChunks(t *testing.T) {
	w := newWorld(t)
	noise, err := exec.Command("git", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	w.commit("big", strings.Repeat(string(noise), 100_000), "Add much")
	w.git(w.clone, "-c", "core.compression=0", "-c", "http.postBuffer=65536", "push", "--quiet", "origin", "HEAD:main")
	wantEvents(t, w.events(), "push")
}
