package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHeads(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if got, err := s.Heads(ctx, "shop"); err != nil || got != nil {
			t.Fatalf("before anything was kept: %v, %v; want nil, so that the first look can be told from an empty one", got, err)
		}
		c := must[*Claim](t)(s.ClaimName(ctx, "branches", "a"))
		for _, want := range []map[string]string{{}, {"qa/a": "1", "QA/A": "2"}, {"qa/b": "3"}} {
			if err := s.SaveHeads(ctx, c, "shop", want); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Heads(ctx, "shop"); err != nil || got == nil || !cmp.Equal(got, want) {
				t.Errorf("kept %v, read %v (%v)", want, got, err)
			}
		}
		if err := s.Release(ctx, c); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveHeads(ctx, c, "shop", nil); !errors.Is(err, ErrFenced) {
			t.Errorf("kept without a claim: %v", err)
		}
	})
}
