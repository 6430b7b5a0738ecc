package provisioner

import (
	"context"

	"qabot/store"
)

// use notes, now and then, when people last used environments. Without an answer what was known stays.
func (s *Sweeper) use(ctx context.Context, c *store.Claim, all []store.Environment) {
	now := s.Now()
	if s.Used == nil || now.Sub(s.used) < s.Usage {
		return
	}
	s.used = now
	ctx, cancel := context.WithTimeout(ctx, store.Guard)
	defer cancel()
	last, err := s.Used(ctx, all)
	if err == nil {
		err = s.Store.Use(ctx, c, last)
	}
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("look which environments are used", "error", err)
	}
}
