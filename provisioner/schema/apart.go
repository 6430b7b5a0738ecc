package schema

import (
	"context"

	"qabot/store"
)

// Apart tells how far the data that an environment would get from elsewhere is from its own, in migrations by the framework's own
// word. It is a Problem where there is no such data.
func (s *Server) Apart(ctx context.Context, env store.Environment, from string) (store.Apart, error) {
	env.Spec.Data.From = from
	o, err := s.Resource(env.Spec.App).source(ctx, env)
	if err != nil || o == nil {
		return store.Apart{}, reach(err)
	}
	mine, err := s.applied(ctx, Name(env.Spec.App, env.ID))
	if err != nil || len(mine) == 0 {
		return store.Apart{}, reach(err)
	}
	theirs, err := s.appliedThere(ctx, o)
	if err != nil || len(theirs) == 0 {
		return store.Apart{}, reach(err)
	}
	return store.Apart{Known: true, Missing: len(newly(theirs, mine)), Surplus: len(newly(mine, theirs))}, nil
}

func (s *Server) appliedThere(ctx context.Context, o *origin) ([]migration, error) {
	if !o.file {
		return s.applied(ctx, o.schema)
	}
	a, err := s.aboutFile(ctx, o)
	return a.Migrations, err
}
