package schema

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"qabot/store"
)

// corner gives keys as they are told.
type corner struct {
	keys []store.Key
	why  store.Detail
	err  error
}

func (c corner) Collect(context.Context, store.Environment) ([]store.Key, store.Detail, error) {
	return c.keys, c.why, c.err
}

func TestKeysOfRedisAreKeptWithASave(t *testing.T) {
	w, _ := templated(t)
	w.fills()
	t.Cleanup(func() {
		w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+quote(saveName("test", "shop", "before")))
	})
	wish := store.SaveWish{App: "shop", Name: "before", Environment: w.id, Branch: w.spec.Branch, By: "UANA", At: time.Unix(1000, 0)}
	saver := &Saver{Server: w.Server, Store: w.store}
	save := func(c corner) store.SaveStatus {
		t.Helper()
		if err := w.store.WantSave(t.Context(), wish); err != nil {
			t.Fatal(err)
		}
		saver.Corner = c
		if err := saver.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.jobs.Wait()
		all, err := w.store.Saves(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v (%v)", all, err)
		}
		return all[0].Status
	}
	drop := func() {
		t.Helper()
		if err := w.store.DropSave(t.Context(), "shop", "before"); err != nil {
			t.Fatal(err)
		}
		if err := saver.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.jobs.Wait()
	}
	env := store.Environment{ID: w.id, Spec: w.spec}
	env.Spec.Data.From = "save before"

	odd := make([]byte, 2*piece+1)
	rand.Read(odd)
	keys := []store.Key{{Name: []byte("a\x00\xff`'"), Scoped: true, Expires: 1 << 41, Payload: odd}, {Name: []byte("b"), Payload: []byte{}}}
	if s := save(corner{keys: keys}); s.Done != store.Succeeded || s.Keys != 2 || s.Bytes < int64(len(odd)) {
		t.Fatalf("%+v", s)
	}
	got, why, err := w.Keys(t.Context(), env)
	if err != nil || why.Code != "" || len(got) != 2 || !bytes.Equal(got[0].Name, keys[0].Name) || !bytes.Equal(got[0].Payload, odd) || got[0].Expires != 1<<41 || !got[0].Scoped || got[1].Scoped {
		t.Fatalf("%d keys, %+v (%v)", len(got), why, err)
	}
	w.spec.Data = store.Data{Epoch: 1, From: "save before"}
	w.fills()
	if n := w.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?", w.name(), keysTable); n != 0 {
		t.Error("the keys came into the environment's schema")
	}
	drop()
	var p *store.Problem
	if _, _, err := w.Keys(t.Context(), env); !errors.As(err, &p) || p.Code != store.SchemaNoSource {
		t.Errorf("%v, want that there is no such save", err)
	}

	if s := save(corner{why: store.Say(store.KeysTooMany, 1, 2, 3, 4)}); s.Done != store.Succeeded || s.Keyless.Code != store.KeysTooMany {
		t.Errorf("%+v", s)
	}
	if got, why, err := w.Keys(t.Context(), env); err != nil || why.Code != store.KeysTooMany || len(got) != 0 {
		t.Errorf("%d keys, %+v (%v)", len(got), why, err)
	}
	drop()
	if s := save(corner{err: store.NewProblem(nil, store.Unreachable, "Redis")}); s.Done != "" {
		t.Errorf("%+v although Redis does not answer", s)
	}
	drop()
	w.mustRemove()
}
