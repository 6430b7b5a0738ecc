package provisioner

import (
	"context"
	"fmt"

	"qabot/store"
)

// trace looks, now and then, at everything that bears our marks: what is there of an environment that was seen to be gone is
// to be looked at again. What no row knows of is named in the log; whoever runs qabot has to let it be removed.
func (s *Sweeper) trace(ctx context.Context, all []store.Environment, differ map[store.ID]store.Kind) {
	now := s.Now()
	if s.Traces == nil || s.traced.IsZero() || now.Sub(s.traced) < s.Seldom {
		if s.traced.IsZero() {
			s.traced = now
		}
		return
	}
	s.traced = now
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	traces, err := s.Traces(ctx)
	if err != nil {
		s.Log.Warn("look for marks", "error", err)
		return
	}
	said := map[store.ID]string{}
	for _, stray := range store.Strays(traces, all, now) {
		switch stray.Standing {
		case store.Unburied:
			differ[stray.ID] = "marks"
		case store.Unknownst:
			if said[stray.ID] = fmt.Sprint(stray.Things); s.said[stray.ID] != said[stray.ID] {
				s.Log.Warn("something bears our marks and belongs to no environment; qabot gc removes it", "environment", stray.ID, "app", stray.App, "things", stray.Things)
			}
		}
	}
	s.said = said
}
