package provisioner

import (
	"context"
	"log/slog"
	"time"
)

// Every does something at each tick until the context ends. What fails is logged by its name and tried at the next tick.
func Every(ctx context.Context, pause time.Duration, log *slog.Logger, name string, do func(context.Context) error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			log.Warn(name, "error", err)
		}
	}
}
