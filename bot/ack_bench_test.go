package bot

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"qabot/bot/slacksim"
)

// ackTimes collects how long acknowledgements took.
type ackTimes struct {
	mu   sync.Mutex
	took []time.Duration
}

func (a *ackTimes) note(_ string, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took = append(a.took, took)
}

// at gives the length of time that the share p of all acknowledgements stayed below.
func (a *ackTimes) at(p float64) time.Duration {
	if len(a.took) == 0 {
		return 0
	}
	slices.Sort(a.took)
	return a.took[min(len(a.took)-1, int(p*float64(len(a.took))))]
}

func burstOptions(acked func(string, time.Duration)) slacksim.Options {
	o := slacksim.Options{Acked: acked, Channels: []slacksim.Channel{{Name: "qa", HasBot: true}}}
	for i := range 20 {
		o.Users = append(o.Users, slacksim.User{Name: fmt.Sprintf("user%02d", i)})
	}
	return o
}

// burst has twenty people type ten commands each, all at once, and tells how many were not acknowledged.
func burst(b *testing.B, w *slacksim.Workspace) (failed int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 200 {
		wg.Go(func() {
			if _, err := w.Command(b.Context(), fmt.Sprintf("user%02d", i%20), "qa", "status feature/x"); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed++
			}
		})
	}
	wg.Wait()
	return failed
}

// BenchmarkAcknowledgement has 200 commands come at once, and measures what people wait for before Slack tells them that
// the command failed: the acknowledgement, as a share of the three seconds that Slack waits. Beside it, in the same run, a
// program of slack-go that acknowledges at once and does nothing.
func BenchmarkAcknowledgement(b *testing.B) {
	for b.Loop() {
		var ours, bare ackTimes
		w := newWorld(b, func(_ *Options, so *slacksim.Options) { *so = burstOptions(ours.note) })
		w.want("feature/x", w.commit("feature/x", "1"))
		w.run()
		await(b, w.slack, connections)
		failed := burst(b, w.slack)
		w.await("answers", func() bool {
			lanes, err := w.store.Lanes(b.Context())
			left, err2 := w.store.Unsent(b.Context())
			return err == nil && err2 == nil && len(lanes)+len(left) == 0
		})
		w.stop()
		failed += bareBurst(b, &bare)

		share := func(d time.Duration) float64 { return 100 * d.Seconds() / slacksim.AckWithin.Seconds() }
		b.ReportMetric(share(ours.at(0.5)), "%of3s-p50")
		b.ReportMetric(share(ours.at(0.99)), "%of3s-p99")
		b.ReportMetric(share(ours.at(1)), "%of3s-max")
		b.ReportMetric(share(bare.at(0.99)), "%of3s-p99-bare")
		b.ReportMetric(float64(failed), "not-acknowledged")
		line := func(what string, a *ackTimes) string {
			return fmt.Sprintf("\n  %-34s %6.2f %% %6.2f %% %6.2f %%", what, share(a.at(0.5)), share(a.at(0.99)), share(a.at(1)))
		}
		b.Logf("\n200 commands at once, acknowledged; share of Slack's 3 s\n  %34s %8s %8s %8s%s%s\n  not acknowledged: %d", "", "p50", "p99", "max",
			line("qabot: kept in the store before", &ours), line("slack-go alone: nothing is done", &bare), failed)
	}
}

func await(b *testing.B, w *slacksim.Workspace, n int) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	if err := w.AwaitConnections(ctx, n); err != nil {
		b.Fatal(err)
	}
}

// bareBurst is the same burst at a program that only acknowledges.
func bareBurst(b *testing.B, times *ackTimes) (failed int) {
	w := slacksim.New(burstOptions(times.note))
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	defer w.Close()
	api := slack.New(w.BotToken(), slack.OptionAPIURL(server.URL+"/api/"), slack.OptionAppLevelToken(w.AppToken()))
	client := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { client.RunContext(ctx) })
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-client.Events:
				if e.Type == socketmode.EventTypeSlashCommand {
					client.AckCtx(ctx, e.Request.EnvelopeID, nil)
				}
			}
		}
	})
	await(b, w, 1)
	return burst(b, w)
}
