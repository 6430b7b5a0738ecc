package store

import (
	"errors"
	"testing"
	"time"
)

func TestSaves(t *testing.T) { onEachStore(t, testSaves) }

func testSaves(t *testing.T, s *Store) {
	ctx := t.Context()
	env, err := s.Want(ctx, "e1", func(w *Spec) ([]Event, error) { w.App = "shop"; return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	w := SaveWish{App: "shop", Name: "before", Environment: env.ID, Branch: "qa/x", By: "U1", At: time.Unix(1000, 0), Letter: "l1"}
	for range 2 {
		if err := s.WantSave(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	other := w
	other.Letter = "l2"
	if err := s.WantSave(ctx, other); !errors.Is(err, ErrTaken) {
		t.Errorf("a second one of the name: %v", err)
	}
	c, err := s.ClaimName(ctx, "fill/x", "me")
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	if held, err := s.Held(ctx, "fill/x"); err != nil || !held {
		t.Error(held, err)
	}
	if err := s.SettleSave(ctx, c, w, SaveStatus{Done: Succeeded, Bytes: 7}, Event{Key: "saved/before", Code: EventSaved}); err != nil {
		t.Fatal(err)
	}
	if events, err := s.Events(ctx, env.ID, 10); err != nil || len(events) != 1 || events[0].Code != EventSaved {
		t.Error(events, err)
	}
	if err := s.DropSave(ctx, "shop", "before"); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Saves(ctx); err != nil || len(all) != 1 || !all[0].Dropped || all[0].Status.Bytes != 7 {
		t.Error(all, err)
	}
	if err := s.Release(ctx, c); err != nil {
		t.Fatal(err)
	}
	if held, err := s.Held(ctx, "fill/x"); err != nil || held {
		t.Error(held, err)
	}
	if err := s.ForgetSave(ctx, c, w); !errors.Is(err, ErrFenced) {
		t.Errorf("without a claim: %v", err)
	}
}

func TestSourceOf(t *testing.T) {
	for text, want := range map[string]Source{
		"empty": {Sort: FromEmpty}, "template a_b": {FromTemplate, "a_b"}, " environment  qa/x ": {FromEnvironment, "qa/x"}, "save before checkout": {FromSave, "before checkout"},
		"": {}, "template": {}, "empty x": {}, "nonsense x": {},
	} {
		if got, ok := SourceOf(text); ok != (want.Sort != "") || ok && got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
}
