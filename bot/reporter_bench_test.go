package bot

import (
	"testing"

	"qabot/bot/githubsim"
	"qabot/store"
)

// BenchmarkCallsToGitHub counts what one deployment costs of GitHub's hourly limit when everything is told: an environment
// comes up, is pushed to, and goes.
func BenchmarkCallsToGitHub(b *testing.B) {
	h := newHub(b, githubsim.Options{}, Tells()...)
	used := func() int {
		limits, _, err := h.bot.github.client.RateLimit.Get(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return githubsim.RateLimit - limits.Core.Remaining
	}
	spent := func(turn func()) float64 {
		before := used()
		turn()
		return float64(used() - before)
	}
	deploy := func() {
		c := h.push()
		h.told(h.bot.reporter)
		h.provision(h.branch, all(store.Working))
		h.told(h.bot.reporter)
		h.provision(h.branch, serve(c))
		h.told(h.bot.reporter)
	}
	var up, push, down float64
	for b.Loop() {
		up += spent(deploy)
		push += spent(deploy)
		down += spent(func() {
			h.down()
			h.provision(h.branch, all(store.Leaving))
			h.told(h.bot.reporter)
			h.provision(h.branch, all(store.Absent))
			h.told(h.bot.reporter)
		})
	}
	n := float64(b.N)
	b.ReportMetric(up/n, "calls/up")
	b.ReportMetric(push/n, "calls/push")
	b.ReportMetric(down/n, "calls/down")
	b.ReportMetric(0, "ns/op")
}
