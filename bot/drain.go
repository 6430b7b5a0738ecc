package bot

import (
	"context"
	"time"

	"qabot/store"
)

// drainTime is how long what was begun may go on after the end was asked for. Those who stop a process kill it after half a
// minute, and a deployment of qabot itself is to take seconds. What is cut off is in the store, and the next process goes
// on with it.
const drainTime = store.LongestCall

// lingering is a context for work that is to be brought to its end: it outlives ctx by drainTime.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	return outliving(ctx, drainTime)
}

func outliving(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	asked := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(by, cancel)
		context.AfterFunc(out, func() { timer.Stop() })
	})
	return out, func() {
		asked()
		cancel()
	}
}
