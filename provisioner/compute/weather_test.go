package compute

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"qabot/provisioner/awssim"
	"qabot/store"
)

// TestRoughWeather goes up, on and down while calls fail before and after their effect, answers lag and buckets are empty.
func TestRoughWeather(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, func(o *awssim.Options) { o.ReadLag, o.Throttle = 15*time.Second, true })
			var mu sync.Mutex
			dice := rand.New(rand.NewPCG(seed, 1))
			kinds := []awssim.FaultKind{awssim.Throttle, awssim.ServerError, awssim.Drop}
			w.region.Fault(func(c awssim.Call) awssim.Fault {
				mu.Lock()
				defer mu.Unlock()
				if c.Fence == 0 || dice.IntN(4) > 0 {
					return awssim.Fault{}
				}
				return awssim.Fault{Kind: kinds[dice.IntN(len(kinds))], After: dice.IntN(2) == 0}
			})
			w.push(first)
			w.untilPhase(store.Up)
			w.push(second)
			if env := w.untilPhase(store.Up); env.Status.Serving != second {
				t.Errorf("serving %q", env.Status.Serving)
			}
			w.want(func(s *store.Spec) { s.Released = true })
			w.untilPhase(store.Removed)
			w.region.Advance(time.Minute)
			w.region.Fault(nil)
			if n := w.routed() + w.serves("app"); n != 0 {
				t.Errorf("%d things are left", n)
			}
		})
	}
}
