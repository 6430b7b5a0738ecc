package store

import (
	"errors"
	"testing"
)

func TestMarks(t *testing.T) {
	type place struct {
		ID   int64
		Name string
	}
	onEachStore(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		var got place
		if found, err := s.Mark(ctx, "repository/acme/shop", &got); found || err != nil {
			t.Fatalf("before anything was kept: %v, %v", found, err)
		}
		c := must[*Claim](t)(s.ClaimName(ctx, "branches", "a"))
		for _, want := range []place{{1, "acme/shop"}, {1, "acme/štore"}} {
			if err := s.SetMark(ctx, c, "repository/acme/shop", want); err != nil {
				t.Fatal(err)
			}
			if err := s.SetMark(ctx, c, "repository/acme/Shop", place{2, "another"}); err != nil {
				t.Fatal(err)
			}
			if found, err := s.Mark(ctx, "repository/acme/shop", &got); !found || err != nil || got != want {
				t.Errorf("kept %v, read %v (%v, %v)", want, got, found, err)
			}
		}
		if err := s.Release(ctx, c); err != nil {
			t.Fatal(err)
		}
		if err := s.SetMark(ctx, c, "x", 1); !errors.Is(err, ErrFenced) {
			t.Errorf("kept without a claim: %v", err)
		}
	})
}
