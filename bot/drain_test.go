package bot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestLingering lets work outlive its context by so much and no more, and leaves nothing behind when it is done before.
func TestLingering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		work, done := lingering(ctx)
		defer done()
		time.Sleep(time.Hour)
		end()
		began := time.Now()
		synctest.Wait()
		if work.Err() != nil {
			t.Fatal("the work ends with its context")
		}
		<-work.Done()
		if took := time.Since(began); took != drainTime {
			t.Errorf("it outlives its context by %s, want %s", took, drainTime)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		work, done := lingering(ctx)
		end()
		done()
		<-work.Done()
	})
}
