package compute

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"

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

func TestNothingStartsTwiceWhenAnswersAreLost(t *testing.T) {
	for _, project := range []string{"shop-image", "shop-migration"} {
		t.Run(project, func(t *testing.T) {
			w := newWorld(t)
			var lost atomic.Int32
			w.region.Fault(func(c awssim.Call) awssim.Fault {
				if c.Action == "StartBuild" && strings.Contains(string(c.Input), project) && lost.Add(1) <= attempts {
					return awssim.Fault{Kind: awssim.Drop, After: true}
				}
				return awssim.Fault{}
			})
			w.push(first)
			w.until("all answers are lost", func(store.Environment) bool { return lost.Load() >= attempts })
			w.region.Advance(6 * time.Minute) // longer than the token is remembered
			w.untilPhase(store.Up)
			out, err := w.hand.CodeBuild.ListBuildsForProject(t.Context(), &codebuild.ListBuildsForProjectInput{ProjectName: &project})
			if err != nil || len(out.Ids) != 1 {
				t.Errorf("%d runs, %v; want 1", len(out.Ids), err)
			}
		})
	}
}
