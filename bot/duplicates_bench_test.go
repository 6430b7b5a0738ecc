package bot

import (
	"fmt"
	"net/http"
	"testing"

	"golang.org/x/time/rate"

	"qabot/bot/slacksim"
)

// duplicated has people ask for something a number of times, each once, while every event comes twice, over any two
// connections; it tells how often the bot did what was asked, and how often it answered.
func duplicated(t testing.TB, asked int) (acts, answers int) {
	const envs = 10
	w := newWorld(t, func(_ *Options, so *slacksim.Options) {
		*so = burstOptions(nil)
		so.EventsTwice = true
	})
	w.bot.slack.client.Transport = http.DefaultTransport.(*http.Transport).Clone()
	w.bot.narrator.budget.edits = rate.NewLimiter(rate.Inf, 100)
	for i := range envs {
		branch := fmt.Sprintf("feature/%d", i)
		w.want(branch, w.commit(branch, "1"))
	}
	w.run()
	w.await("both connections", func() bool { return w.slack.Connections() == connections })
	for i := range asked {
		w.message(fmt.Sprintf("user%02d", i%20), "qa", fmt.Sprintf("@qabot extend feature/%d 1h", i%envs), "")
	}
	whispers := func() (n int) {
		for _, m := range w.slack.Messages("qa") {
			if m.Ephemeral != "" {
				n++
			}
		}
		return n
	}
	for n := 0; n <= asked; n += 20 {
		w.await("answers", func() bool { return whispers() >= n })
	}
	w.await("an empty inbox", func() bool {
		lanes, err := w.store.Lanes(t.Context())
		unsent, err2 := w.store.Unsent(t.Context())
		return err == nil && err2 == nil && len(lanes)+len(unsent) == 0
	})
	w.stop()
	for i := range envs {
		acts += int(w.env(fmt.Sprintf("feature/%d", i)).Spec.Version) - 1
	}
	return acts, whispers()
}

func TestDuplicatedEventsAreObeyedOnce(t *testing.T) {
	if acts, answers := duplicated(t, 20); acts != 20 || answers != 20 {
		t.Errorf("20 events, each twice, led to %d acts and %d answers", acts, answers)
	}
}

// BenchmarkDuplicates counts what a thousand events lead to that all come twice.
func BenchmarkDuplicates(b *testing.B) {
	for b.Loop() {
		const asked = 1000
		acts, answers := duplicated(b, asked)
		b.ReportMetric(float64(acts-asked), "duplicate-acts")
		b.ReportMetric(float64(answers-asked), "duplicate-answers")
		b.Logf("\n1,000 events, each delivered twice\n  acts                         %6d (%d too many)\n  answers                      %6d (%d too many)",
			acts, acts-asked, answers, answers-asked)
	}
}
