package bot

import (
	"cmp"
	"fmt"
	"math/rand"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qabot/bot/slacksim"
	"qabot/store"
)

// virtual is a clock that is moved by hand.
type virtual struct {
	mu sync.Mutex
	at time.Time
}

func (v *virtual) now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.at
}

func (v *virtual) move(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at = v.at.Add(d)
}

// change is something that becomes visible in one deployment.
type change struct {
	after  time.Duration
	branch string
	end    bool
	do     func()
}

// deployment gives the changes of one deployment, at random lengths of time.
func (w *world) deployment(r *rand.Rand, branch, commit string) (changes []change) {
	seconds := func(from, to int) time.Duration {
		return time.Duration(from*1000+r.Intn((to-from)*1000)) * time.Millisecond
	}
	state := map[store.Kind]store.State{}
	at := time.Duration(0)
	show := func(after time.Duration, k store.Kind, s store.State, events ...store.Event) {
		changes = append(changes, change{after: after, branch: branch, end: len(events) > 0, do: func() {
			state[k] = s
			w.provision(branch, func(st *store.Status) {
				all(store.Absent)(st)
				for k, s := range state {
					st.Seen[k] = store.Observation{State: s}
				}
				if len(events) > 0 {
					serve(commit)(st)
				}
			}, events...)
		}})
	}
	for _, side := range testStages() {
		end := at
		for _, k := range side {
			takes := map[string]time.Duration{"image": seconds(60, 120), "migration": seconds(10, 40), "service": seconds(20, 60)}
			show(at, k, store.Working)
			done := at + cmp.Or(takes[k.Sort()], seconds(3, 10))
			show(done, k, store.Ready)
			end = max(end, done)
		}
		at = end
	}
	show(at, "image", store.Ready, store.Event{Key: "ready", Code: store.EventReady, Commit: commit, Took: at})
	return changes
}

// editsMeter counts edits by the minute, and refusals.
type editsMeter struct {
	next    http.RoundTripper
	now     func() time.Time
	mu      sync.Mutex
	edits   []time.Time
	refused int
}

func (m *editsMeter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		m.refused++
	}
	if strings.HasSuffix(r.URL.Path, "/chat.update") {
		m.edits = append(m.edits, m.now())
	}
	return resp, err
}

// most is how many edits there were in a minute at most.
func (m *editsMeter) most() (n int) {
	for i, at := range m.edits {
		j := i
		for j < len(m.edits) && m.edits[j].Sub(at) < time.Minute {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

// BenchmarkEdits lets fifty environments deploy at once, on a clock of its own, with Slack's rate limits: how many edits are
// sent for everything that changes, and for how long a thread shows what is no longer so.
func BenchmarkEdits(b *testing.B) {
	for b.Loop() {
		const envs, step = 50, 500 * time.Millisecond
		clock := &virtual{at: time.Now()}
		w := newWorld(b, func(o *Options, so *slacksim.Options) {
			o.Now, so.Now, so.RateLimits = clock.now, clock.now, true
		})
		n := w.bot.narrator
		n.now, n.budget.posts = clock.now, 1
		meter := &editsMeter{next: w.bot.slack.client.Transport, now: clock.now}
		w.bot.slack.client.Transport = meter
		defer func() { w.bot.slack.client.Transport = meter.next }()

		r := rand.New(rand.NewSource(1))
		var plan []change
		commit := w.commit("main", "1")
		for i := range envs {
			branch := fmt.Sprintf("feature/%02d", i)
			w.want(branch, commit)
			plan = append(plan, w.deployment(r, branch, commit)...)
		}
		slices.SortStableFunc(plan, func(x, y change) int { return cmp.Compare(x.after, y.after) })
		changes := len(plan)

		stale := staleness{since: map[string]time.Time{}, ended: map[string]bool{}}
		begin, beat := clock.now(), clock.now()
		for len(plan) > 0 || stale.waiting() {
			for len(plan) > 0 && plan[0].after <= clock.now().Sub(begin) {
				plan[0].do()
				stale.changed(plan[0], clock.now())
				plan = plan[1:]
			}
			n.changed(b.Context())
			if clock.now().Sub(beat) >= heartbeatTime {
				beat = clock.now()
				n.growing(b.Context())
			}
			for range envs / storiesAtOnce {
				n.start(b.Context())
				n.wg.Wait()
			}
			stale.look(w, clock.now())
			clock.move(step)
			if clock.now().Sub(begin) > time.Hour {
				b.Fatalf("never told: %v", stale.since)
			}
		}
		took := clock.now().Sub(begin)
		b.ReportMetric(float64(len(meter.edits)), "edits")
		b.ReportMetric(float64(changes), "changes")
		b.ReportMetric(float64(meter.most()), "edits/busiest-minute")
		b.ReportMetric(float64(meter.refused), "429s")
		b.ReportMetric(stale.end.Seconds(), "s-stale-worst-end")
		b.ReportMetric(stale.stage.Seconds(), "s-stale-worst-stage")
		b.Logf(`
50 environments deploying at once, told in %s
  changes of what a thread shows   %4d
  edits sent                       %4d   (%.2f for each change; %d in the busiest minute, Slack allows 50)
  calls that Slack refused (429)   %4d
  an end shown late by at most     %4.0f s
  a stage shown late by at most    %4.0f s`,
			took.Round(time.Second), changes, len(meter.edits), float64(len(meter.edits))/float64(changes), meter.most(),
			meter.refused, stale.end.Seconds(), stale.stage.Seconds())
	}
}

// staleness is how long parents show what is no longer so.
type staleness struct {
	since      map[string]time.Time // by branch: since when its parent is out of date
	ended      map[string]bool
	stage, end time.Duration // worst
}

func (s *staleness) changed(c change, now time.Time) {
	if _, there := s.since[c.branch]; !there || c.end {
		s.since[c.branch] = now
	}
	s.ended[c.branch] = c.end
}

func (s *staleness) waiting() bool { return len(s.since) > 0 }

// look notes which parents have been brought up to date.
func (s *staleness) look(w *world, now time.Time) {
	shown := map[string]bool{}
	for _, p := range w.parents("qa") {
		shown[p.Text] = true
	}
	for branch, since := range s.since {
		if s.ended[branch] {
			s.end = max(s.end, now.Sub(since))
		} else {
			s.stage = max(s.stage, now.Sub(since))
		}
		if shown[w.bot.scene(w.env(branch)).parent().Text] {
			delete(s.since, branch)
		}
	}
}
