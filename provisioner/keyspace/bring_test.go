package keyspace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// cupboard is a Saves in memory.
type cupboard struct {
	keys []store.Key
	why  store.Detail
}

func (c *cupboard) Keys(context.Context, store.Environment) ([]store.Key, store.Detail, error) {
	return c.keys, c.why, nil
}

// furnish puts a key of every sort into an environment's corner.
func furnish(t *testing.T, c *redis.Client, prefix string) {
	t.Helper()
	ctx := t.Context()
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, prefix+"text", "a\x00b\xff'\"`\\", 0)
		p.Set(ctx, prefix+"a b\xfe", "odd name", 0)
		p.Set(ctx, prefix+"session", "soon gone", time.Hour)
		p.RPush(ctx, prefix+"queue:default", "{\"a\":1}", strings.Repeat("x", 5000))
		p.HSet(ctx, prefix+"hash", "f", "v")
		p.SAdd(ctx, prefix+"set", "m")
		p.ZAdd(ctx, prefix+"schedule", redis.Z{Score: 1.5, Member: "m"})
		p.XAdd(ctx, &redis.XAddArgs{Stream: prefix + "stream", Values: []any{"f", "v"}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// contents is what lies behind a prefix, but for markers.
func contents(t *testing.T, c *redis.Client, prefix string) map[string]string {
	t.Helper()
	names, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest == marker {
			continue
		}
		payload, err := c.Dump(t.Context(), name).Result()
		if err != nil {
			t.Fatal(err)
		}
		ends := "stays"
		if c.TTL(t.Context(), name).Val() > 50*time.Minute {
			ends = "ends"
		}
		all[rest] = ends + " " + payload
	}
	return all
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("%s:\n%q\nwant\n%q", what, got, want)
	}
}

// neighbour brings up another environment on the same server.
func (w *world) neighbour(branch string) store.Environment {
	w.t.Helper()
	spec := w.spec
	spec.Branch, spec.Data = branch, store.Data{}
	id := store.NewID("test", "shop", branch)
	c := resourcetest.Claim(w.t, w.store, id, spec)
	w.must(w.Apply(w.t.Context(), c, store.Observation{}))
	w.must(w.store.Settle(w.t.Context(), c, store.Status{Version: c.Spec.Version}, 0))
	env, err := w.store.Get(w.t.Context(), id)
	w.must(err)
	return env
}

func (w *world) environment() store.Environment {
	w.t.Helper()
	env, err := w.store.Get(w.t.Context(), w.id)
	w.must(err)
	return env
}

func (w *world) told() (codes []string) {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), w.id, 100)
	w.must(err)
	for _, e := range events {
		codes = append(codes, e.Code+" "+e.Answer.Code)
	}
	return codes
}

func TestKeysGoWithSavesAndCopies(t *testing.T) {
	w := newWorld(t)
	saves := &cupboard{}
	w.o.Saves = saves
	w.must(w.apply())
	mine := Name(w.id) + ":"
	furnish(t, w.admin, mine)
	was := contents(t, w.admin, mine)
	if len(was) != 8 {
		t.Fatalf("%d keys, want 8", len(was))
	}
	keys, why, err := w.Collect(t.Context(), w.environment())
	if err != nil || why.Code != "" || len(keys) != 8 {
		t.Fatalf("%d keys, %+v (%v)", len(keys), why, err)
	}
	saves.keys = append(keys, store.Key{Name: []byte("over"), Scoped: true, Expires: 1000, Payload: keys[0].Payload})

	w.set(mine + "later")
	w.admin.Del(t.Context(), mine+"text")
	w.spec.Data = store.Data{Epoch: 1, From: "save before"}
	w.want(true, store.Stale)
	w.must(w.apply())
	w.want(true, store.Ready)
	same(t, "loaded", contents(t, w.admin, mine), was)

	w.set(mine + "kept")
	w.must(w.admin.Del(t.Context(), mine+marker).Err())
	w.must(w.apply())
	if got := contents(t, w.admin, mine); len(got) != 9 {
		t.Errorf("a lost marker brought the save again: %d keys, want 9", len(got))
	}

	other := w.neighbour("feature/other")
	theirs := Name(other.ID) + ":"
	w.set(theirs+"a", theirs+"b:c")
	w.spec.Data = store.Data{Epoch: 2, From: "environment feature/other"}
	w.must(w.apply())
	w.want(true, store.Ready)
	same(t, "copied", contents(t, w.admin, mine), contents(t, w.admin, theirs))

	w.spec.Data = store.Data{Epoch: 3, From: "environment nobody"}
	var p *store.Problem
	if err := w.apply(); !errors.As(err, &p) || p.Code != store.SchemaNoSource {
		t.Errorf("%v, want that there is no such data", err)
	}
	if n := len(contents(t, w.admin, mine)); n != 2 {
		t.Errorf("%d keys, want those that were there: %q", n, contents(t, w.admin, mine))
	}
	if told := w.told(); len(told) != 0 {
		t.Errorf("told %v", told)
	}
}

// Cut off anywhere, it comes to the same end.
func TestKeysComeWholeAfterACut(t *testing.T) {
	for _, numbers := range []bool{false, true} {
		for cut := 1; ; cut++ {
			w := newWorld(t)
			if numbers {
				w = newNumbers(t, 11, 11, func(o *Options) { o.Account = Shared })
			}
			saves := &cupboard{}
			w.o.Saves = saves
			w.must(w.apply())
			admin, mine := w.admin, Name(w.id)+":"
			if numbers {
				admin, mine = w.in(w.leased()), ""
			}
			furnish(t, admin, mine)
			was := contents(t, admin, mine)
			var err error
			saves.keys, _, err = w.Collect(t.Context(), w.environment())
			w.must(err)
			w.spec.Data = store.Data{Epoch: 1, From: "save before"}
			done := false
			w.claimed(true, func(c *store.Claim) {
				calls := 0
				c.Hook = func() error {
					if calls++; calls == cut {
						return context.Canceled
					}
					return nil
				}
				done = w.Apply(t.Context(), c, store.Observation{}) == nil && calls < cut
			})
			w.must(w.apply())
			w.want(true, store.Ready)
			same(t, fmt.Sprintf("numbers %v, cut off at call %d", numbers, cut), contents(t, admin, mine), was)
			if done {
				break
			}
		}
	}
}

func TestKeysOfNumbersTakeTheNamespaceOfWhoeverGetsThem(t *testing.T) {
	w := newNumbers(t, 11, 12, func(o *Options) { o.Account = Shared })
	w.must(w.apply())
	other := w.neighbour("feature/other")
	in := w.in(other.Allotted[Kind])
	w.must(in.Set(t.Context(), Name(other.ID)+":cart", "x", 0).Err())
	w.must(in.Set(t.Context(), "queue:default", "x", 0).Err())
	w.spec.Data = store.Data{Epoch: 1, From: "environment feature/other"}
	w.must(w.apply())
	got := contents(t, w.in(w.leased()), "")
	if len(got) != 2 || got[Name(w.id)+":cart"] == "" || got["queue:default"] == "" {
		t.Errorf("%q", got)
	}
}

func TestKeysThatAreNotKept(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	_, err := w.admin.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range mostKeys + 1 {
			p.Set(t.Context(), fmt.Sprintf("%s:%d", Name(w.id), i), "x", 0)
		}
		return nil
	})
	w.must(err)
	keys, why, err := w.Collect(t.Context(), w.environment())
	if err != nil || keys != nil || why.Code != store.KeysTooMany || why.Args[1] != fmt.Sprint(mostKeys+1) {
		t.Errorf("%d keys, %+v (%v)", len(keys), why, err)
	}
	w.must(w.admin.FlushDB(t.Context()).Err())
	w.must(w.apply())
	w.must(w.admin.Set(t.Context(), Name(w.id)+":cache", strings.Repeat("x", mostBytes+1), 0).Err())
	if keys, why, err = w.Collect(t.Context(), w.environment()); err != nil || keys != nil || why.Code != store.KeysTooMany {
		t.Errorf("%d keys, %+v (%v)", len(keys), why, err)
	}

	w.must(w.admin.Do(t.Context(), "ACL", "SETUSER", "tester", "-dump").Err())
	w.must(w.admin.Set(t.Context(), Name(w.id)+":cache", "x", 0).Err())
	if keys, why, err = w.Collect(t.Context(), w.environment()); err != nil || keys != nil || why.Code != store.KeysRefused {
		t.Errorf("%d keys, %+v (%v)", len(keys), why, err)
	}

	// What is not taken leaves nothing behind, and is told.
	payload, err := w.admin.Dump(t.Context(), Name(w.id)+":cache").Bytes()
	w.must(err)
	w.o.Saves = &cupboard{keys: []store.Key{{Name: []byte("a"), Scoped: true, Payload: payload}, {Name: []byte("b"), Scoped: true, Payload: []byte("of another version")}}}
	w.spec.Data = store.Data{Epoch: 1, From: "save before"}
	w.must(w.apply())
	w.want(true, store.Ready)
	if got := contents(t, w.admin, Name(w.id)+":"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	w.o.Saves = &cupboard{why: store.Say(store.KeysTooMany, 1, 2, 3, 4)}
	w.spec.Data.Epoch++
	w.must(w.apply())
	if told := fmt.Sprint(w.told()); told != "[keyless keys.refused keyless keys.too-many]" && told != "[keyless keys.too-many keyless keys.refused]" {
		t.Errorf("told %s", told)
	}
}

// Miniredis gives texts alone away.
func TestKeysOfTheEmbeddedServer(t *testing.T) {
	r := miniredis.RunT(t)
	w := newWorldAt(t, r.Addr(), "redis://"+r.Addr(), 0)
	w.must(w.apply())
	w.set(Name(w.id) + ":a")
	if keys, why, err := w.Collect(t.Context(), w.environment()); err != nil || len(keys) != 1 || why.Code != "" {
		t.Errorf("%d keys, %+v (%v)", len(keys), why, err)
	}
	w.must(w.admin.RPush(t.Context(), Name(w.id)+":orders", "x").Err())
	if keys, why, err := w.Collect(t.Context(), w.environment()); err != nil || keys != nil || why.Code != store.KeysRefused {
		t.Errorf("%d keys, %+v (%v)", len(keys), why, err)
	}
}
