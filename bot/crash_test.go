package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"qabot/bot/slacksim"
	"qabot/store"
)

var errKilled = errors.New("killed")

// reaper kills a bot at one of its calls to the store or to Slack: before the call, or after its effect and before its
// answer. Of a killed bot no call has an effect any more.
type reaper struct {
	mu     sync.Mutex
	calls  int
	cut    int // the call at which it dies, from 1; 0: never
	after  bool
	dead   bool
	died   string
	claims []*store.Claim
}

// step is asked before and after each call. writes tells whether the call changes anything.
func (r *reaper) step(what string, writes bool, call func() error) error {
	r.mu.Lock()
	if r.dead {
		r.mu.Unlock()
		return errKilled
	}
	r.calls++
	now := r.calls == r.cut && (writes || !r.after)
	if now && !r.after {
		r.dead, r.died = true, "before "+what
		r.mu.Unlock()
		return errKilled
	}
	if now {
		r.dead, r.died = true, "after "+what
	}
	r.mu.Unlock()
	err := call()
	if now {
		return errKilled
	}
	return err
}

func (r *reaper) RoundTrip(q *http.Request) (resp *http.Response, err error) {
	err = r.step(q.URL.Path[strings.LastIndex(q.URL.Path, "/")+1:], true, func() (err error) {
		resp, err = http.DefaultTransport.RoundTrip(q)
		return err
	})
	if err != nil && resp != nil {
		resp.Body.Close()
		resp = nil
	}
	return resp, err
}

// mortalStore is the store of a bot that may be killed.
type mortalStore struct {
	*store.Store
	r *reaper
}

func (m mortalStore) Want(ctx context.Context, id store.ID, change func(*store.Spec) ([]store.Event, error), acts ...store.Act) (e store.Environment, err error) {
	err = m.r.step("Want", true, func() (err error) { e, err = m.Store.Want(ctx, id, change, acts...); return err })
	return e, err
}

func (m mortalStore) Get(ctx context.Context, id store.ID) (e store.Environment, err error) {
	err = m.r.step("Get", false, func() (err error) { e, err = m.Store.Get(ctx, id); return err })
	return e, err
}

func (m mortalStore) ClaimName(ctx context.Context, name, owner string) (c *store.Claim, err error) {
	err = m.r.step("ClaimName", true, func() (err error) {
		if c, err = m.Store.ClaimName(ctx, name, owner); c != nil {
			m.r.mu.Lock()
			m.r.claims = append(m.r.claims, c)
			m.r.mu.Unlock()
		}
		return err
	})
	return c, err
}

func (m mortalStore) Renew(ctx context.Context, c *store.Claim) error {
	return m.r.step("Renew", true, func() error { return m.Store.Renew(ctx, c) })
}

func (m mortalStore) Release(ctx context.Context, c *store.Claim) error {
	return m.r.step("Release", true, func() error { return m.Store.Release(ctx, c) })
}

func (m mortalStore) Told(ctx context.Context, c *store.Claim, id store.ID, n int64) error {
	return m.r.step("Told", true, func() error { return m.Store.Told(ctx, c, id, n) })
}

func (m mortalStore) SaveThread(ctx context.Context, c *store.Claim, id store.ID, t store.Thread, changed int64) error {
	return m.r.step("SaveThread", true, func() error { return m.Store.SaveThread(ctx, c, id, t, changed) })
}

func (m mortalStore) Finish(ctx context.Context, c *store.Claim, key string, answers ...store.Message) error {
	return m.r.step("Finish", true, func() error { return m.Store.Finish(ctx, c, key, answers...) })
}

func (m mortalStore) Try(ctx context.Context, c *store.Claim, key string) error {
	return m.r.step("Try", true, func() error { return m.Store.Try(ctx, c, key) })
}

func (m mortalStore) Sent(ctx context.Context, c *store.Claim, key string) error {
	return m.r.step("Sent", true, func() error { return m.Store.Sent(ctx, c, key) })
}

// live lets a bot do once what there is to do: read letters, send answers, tell stories. It ends early when it is killed.
func (w *world) live(r *reaper) {
	w.t.Helper()
	b, err := New(w.bot.opt, mortalStore{w.store, r})
	if err != nil {
		w.t.Fatal(err)
	}
	b.slack.client.Transport = r
	b.narrator.budget.posts, b.narrator.budget.edits = rate.Inf, rate.NewLimiter(rate.Inf, 100)
	ctx := w.t.Context()
	b.dispatcher.once(ctx)
	b.sender.once(ctx)
	ids, err := w.store.Changed(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range ids {
		b.narrator.tell(ctx, id) // a life that follows tells what this one could not
	}
	b.github.close()
	if !r.dead {
		return
	}
	for _, c := range r.claims { // as time would
		if err := w.store.Release(ctx, c); err != nil && !errors.Is(err, store.ErrFenced) {
			w.t.Fatal(err)
		}
	}
}

// said lists everything that people were told since, each once with how often; what is whispered apart from the rest.
func (w *world) said(since map[string]bool, branch string) (open, whispered map[string]int) {
	open, whispered = map[string]int{}, map[string]int{}
	note := func(m slacksim.Message) {
		if !m.Bot || since[m.Channel+m.TS+m.Text] {
			return
		}
		text := m.Channel + ": " + numbers.ReplaceAllString(strings.ReplaceAll(m.Text, branch, "BRANCH"), "N")
		if m.Ephemeral == "" {
			open[text]++
		} else if !strings.Contains(text, "Looking at") {
			whispered[text]++
		}
	}
	for _, channel := range []string{"qa", "dev", "@ana", "@ben"} {
		for _, m := range w.slack.Messages(channel) {
			note(m)
			for _, r := range m.Replies {
				note(r)
			}
		}
	}
	return open, whispered
}

func (w *world) everything() map[string]bool {
	all := map[string]bool{}
	for _, channel := range []string{"qa", "dev", "@ana", "@ben"} {
		for _, m := range w.slack.Messages(channel) {
			all[m.Channel+m.TS+m.Text] = true
			for _, r := range m.Replies {
				all[r.Channel+r.TS+r.Text] = true
			}
		}
	}
	return all
}

// TestKilledWhileAnswering kills the bot before and after each of its calls to the store and to Slack while it reads what
// somebody said, answers, and tells the story of it. The next bot does the rest: the wish is made once, nothing is lost,
// and only what is whispered may come twice, as nobody can ask Slack whether it was seen.
func TestKilledWhileAnswering(t *testing.T) {
	scenes := map[string]struct {
		up   bool // the environment is there before
		say  func(w *world, branch string)
		wish int64 // version of the Spec afterwards
	}{
		"a command that begins a story": {false, func(w *world, branch string) { w.type_("ana", "qa", "up "+branch) }, 1},
		"a direct message that begins a story": {false, func(w *world, branch string) {
			w.message("ana", "@qabot", "up "+branch, "")
		}, 1},
		"a story that goes on in another channel": {true, func(w *world, branch string) {
			w.commit(branch, "another")
			w.type_("ana", "dev", "up "+branch)
		}, 2},
		"a question by command":        {true, func(w *world, branch string) { w.type_("ana", "qa", "status "+branch) }, 1},
		"a question by direct message": {true, func(w *world, branch string) { w.message("ben", "@qabot", "status "+branch, "") }, 1},
		"a mention in the thread": {true, func(w *world, branch string) {
			w.message("ben", "qa", "@qabot extend 1h", w.env(branch).Thread.TS)
		}, 2},
		"a button": {true, func(w *world, branch string) {
			if err := w.slack.Click(w.t.Context(), "ben", "qa", w.env(branch).Thread.TS, actionDown); err != nil {
				w.t.Fatal(err)
			}
		}, 2},
	}
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(_ *Options, o *slacksim.Options) {
				o.Channels = []slacksim.Channel{{Name: "qa", HasBot: true}, {Name: "dev", HasBot: true}}
			})
			w.listen()
			n, total := 0, 0
			play := func(r *reaper) (open, whispered map[string]int) {
				n++
				branch := fmt.Sprintf("feature/n%d", n)
				commit := w.commit(branch, "same")
				if scene.up {
					w.want(branch, commit)
					w.live(&reaper{})
					w.provision(branch, serve(commit))
					w.live(&reaper{})
				}
				before := w.everything()
				scene.say(w, branch)
				w.await("letter", func() bool { lanes, err := w.store.Lanes(t.Context()); return err == nil && len(lanes) == 1 })
				w.live(r)
				w.live(&reaper{})
				w.live(&reaper{}) // what was put off by a doubt
				w.settled(r.died)
				if e := w.env(branch); e.Spec.Version != scene.wish {
					t.Errorf("killed %s: version %d, want %d", r.died, e.Spec.Version, scene.wish)
				}
				open, whispered = w.said(before, branch)
				return open, whispered
			}
			whole := &reaper{}
			open, whispered := play(whole)
			if len(open)+len(whispered) == 0 {
				t.Fatal("nothing was said at all")
			}
			for cut := 1; cut <= whole.calls; cut++ {
				for _, after := range []bool{false, true} {
					r := &reaper{cut: cut, after: after}
					gotOpen, gotWhispered := play(r)
					if !r.dead {
						continue
					}
					total++
					if diff := differ(open, gotOpen, 1); diff != "" {
						t.Errorf("killed %s (call %d): said openly: %s", r.died, cut, diff)
					}
					if diff := differ(whispered, gotWhispered, 2); diff != "" {
						t.Errorf("killed %s (call %d): whispered: %s", r.died, cut, diff)
					}
				}
			}
			if total < whole.calls {
				t.Errorf("killed %d times in %d calls", total, whole.calls)
			}
			t.Logf("%d calls, killed %d times", whole.calls, total)
		})
	}
}

// numbers are spans of time and commits, which differ from one play to the next: of "3d 1h" the hour may be over.
var numbers = regexp.MustCompile("\\b[0-9]+[dhms]( [0-9]+[hms])?\\b|`?\\b[0-9a-f]*[0-9][0-9a-f.]*\\b`?")

// differ tells what is missing, what is there more often than allowed, and what ought not to be there.
func differ(want, got map[string]int, most int) string {
	var faults []string
	for text, n := range want {
		if got[text] < n || got[text] > n*most {
			faults = append(faults, fmt.Sprintf("%d times instead of %d: %s", got[text], n, text))
		}
	}
	for text, n := range got {
		if want[text] == 0 {
			faults = append(faults, fmt.Sprintf("%d times, never expected: %s", n, text))
		}
	}
	slices.Sort(faults)
	return strings.Join(faults, "; ")
}

// listen keeps what people say in the inbox, and nothing else.
func (w *world) listen() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.bot.listen(ctx, 0) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("listen: %v", err)
		}
		w.stop = func() {}
	}
	wait, end := context.WithTimeout(ctx, 10*time.Second)
	defer end()
	if err := w.slack.AwaitConnections(wait, 1); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) message(user, channel, text, thread string) {
	w.t.Helper()
	if _, err := w.slack.Message(w.t.Context(), user, channel, text, thread); err != nil {
		w.t.Fatalf("%s says %q: %v", user, text, err)
	}
}

// settled proves that nothing is left to do.
func (w *world) settled(died string) {
	w.t.Helper()
	for what, list := range map[string]func(context.Context) ([]string, error){"letters": w.store.Lanes, "answers": w.store.Unsent} {
		if left, err := list(w.t.Context()); err != nil || len(left) != 0 {
			w.t.Errorf("killed %s: %s left in %v, %v", died, what, left, err)
		}
	}
	if left, err := w.store.Changed(w.t.Context()); err != nil || len(left) != 0 {
		w.t.Errorf("killed %s: stories of %v are not told to the end, %v", died, left, err)
	}
}
