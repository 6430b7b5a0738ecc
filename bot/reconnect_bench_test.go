package bot

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qabot/bot/slacksim"
)

// traffic is people typing and writing without a pause.
type traffic struct {
	commands, refused, events atomic.Int64
}

func (tr *traffic) run(ctx context.Context, w *slacksim.Workspace, n int) {
	who := fmt.Sprintf("user%02d", n)
	for i := 0; ctx.Err() == nil; i++ {
		if i%2 == 0 {
			tr.commands.Add(1)
			if _, err := w.Command(context.WithoutCancel(ctx), who, "qa", "status feature/x"); err != nil {
				tr.refused.Add(1)
			}
		} else {
			tr.events.Add(1)
			w.Message(context.WithoutCancel(ctx), who, "qa", "@qabot status feature/x", "")
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (tr *traffic) said() int64 { return tr.commands.Load() + tr.events.Load() }

// kept counts the letters in the inbox.
func (w *world) kept() (n int64) {
	w.t.Helper()
	lanes, err := w.store.Lanes(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, lane := range lanes {
		letters, err := w.store.Letters(w.t.Context(), lane)
		if err != nil {
			w.t.Fatal(err)
		}
		n += int64(len(letters))
	}
	return n
}

// receiving is the bot's connections alone, without the brake on openings, and people who talk to it meanwhile.
func receiving(t testing.TB) (w *world, talk *traffic, quiet func()) {
	w = newWorld(t, func(_ *Options, so *slacksim.Options) {
		*so = burstOptions(nil)
		so.WarnAhead = 50 * time.Millisecond
	})
	w.bot.slack.client.Transport = http.DefaultTransport.(*http.Transport).Clone()
	ctx, cancel := context.WithCancel(context.Background())
	var listening, talking sync.WaitGroup
	for n := range connections {
		listening.Go(func() {
			if err := w.bot.listen(ctx, n); err != nil {
				t.Errorf("listen: %v", err)
			}
		})
	}
	w.stop = func() { cancel(); listening.Wait() }
	w.await("both connections", func() bool { return w.slack.Connections() == connections })
	talk = &traffic{}
	saying, silence := context.WithCancel(ctx)
	for n := range 5 {
		talking.Go(func() { talk.run(saying, w.slack, n) })
	}
	return w, talk, func() { silence(); talking.Wait() }
}

// recycle ends one connection after the other, as Slack does, each when both are open and some more was said.
func (w *world) recycle(talk *traffic, times int) {
	w.t.Helper()
	for i := range times {
		said := talk.said()
		w.await("both connections, and talk", func() bool { return w.slack.Connections() == connections && talk.said() >= said+5 })
		if _, err := w.slack.Recycle([]string{"warning", "refresh_requested"}[i%2]); err != nil {
			w.t.Fatal(err)
		}
	}
}

// BenchmarkReconnects has Slack end a connection a thousand times while people talk: how much of what they say is lost.
func BenchmarkReconnects(b *testing.B) {
	for b.Loop() {
		w, talk, quiet := receiving(b)
		began := time.Now()
		w.recycle(talk, 1000)
		quiet()
		took := time.Since(began)
		sent := talk.said()
		w.await("stragglers", func() bool { return w.kept() >= sent-talk.refused.Load() })
		lost := sent - w.kept()
		b.ReportMetric(float64(lost), "lost")
		b.ReportMetric(float64(talk.refused.Load()), "commands-failed")
		b.ReportMetric(float64(sent), "sent")
		b.Logf("\n1,000 connections ended by Slack in %s while people talk\n  envelopes sent               %6d (%d commands, %d events)\n  lost                         %6d\n  commands seen to fail        %6d",
			took.Round(time.Second), sent, talk.commands.Load(), talk.events.Load(), lost, talk.refused.Load())
		w.stop()
	}
}

// Slack ends connections while people talk: nothing of what they say is lost, and nobody is told that it was.
func TestNothingIsLostWhenSlackEndsConnections(t *testing.T) {
	w, talk, quiet := receiving(t)
	w.recycle(talk, 30)
	quiet()
	sent := talk.said()
	w.await("all that was said", func() bool { return w.kept() >= sent })
	if n := w.kept(); n != sent || talk.refused.Load() != 0 {
		t.Errorf("of %d envelopes %d were kept; %d commands failed", sent, n, talk.refused.Load())
	}
	w.stop()
}
