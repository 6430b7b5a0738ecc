package keyspace

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"qabot/store"
)

// fill puts so many keys of ours and as many of others there.
func (w *world) fill(many int) {
	w.t.Helper()
	_, err := w.admin.Pipelined(w.t.Context(), func(p redis.Pipeliner) error {
		for i := range many {
			p.Set(w.t.Context(), fmt.Sprintf("%s:%d", Name(w.id), i), "x", 0)
			p.Set(w.t.Context(), fmt.Sprintf("other:%d", i), "x", 0)
		}
		return nil
	})
	w.must(err)
}

// memo is what the store has of the environment's corner.
func (w *world) memo() (m memo, there bool) {
	w.t.Helper()
	env, err := w.store.Get(w.t.Context(), w.id)
	w.must(err)
	return memoOf(env)
}

// A removal that one pass has no time for is gone on with by the next, where the one before stopped, and by any process.
func TestRemovalOverManyPasses(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	const many = 10 * page
	w.fill(many)
	w.pages = 2
	passes, last := 0, int64(0)
	for ; ; passes++ {
		w.must(w.remove(t.Context()))
		m, there := w.memo()
		if !there {
			break
		}
		if passes > 100 {
			t.Fatal("it never ends")
		}
		if o := w.want(false, store.Stale); o.Detail.Code != store.KeyspaceEmptying || o.Detail.Args[0] != fmt.Sprint(m.Walk.Seen) {
			t.Errorf("observed %+v, want how far it is", o.Detail)
		}
		if m.Walk.Found > 0 && m.Walk.Seen <= last {
			t.Errorf("after %d keys it is at %d: it began again", last, m.Walk.Seen)
		}
		if last = m.Walk.Seen; m.Walk.Cursor == 0 {
			last = 0
		}
	}
	w.want(false, store.Absent)
	if passes < 5 || w.keys(Name(w.id)) != 0 || w.keys("other:") != many {
		t.Errorf("after %d passes %d keys of ours and %d of others are left", passes, w.keys(Name(w.id)), w.keys("other:"))
	}
}

// A cursor of a server that was started anew means nothing, nor does one of a walk for something else.
func TestWalkThatCannotBeGoneOnWith(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	w.fill(3 * page)
	for what, spoil := range map[string]func(*walk){
		"another process": func(k *walk) { k.Server = "another" },
		"another purpose": func(k *walk) { k.For = "epoch 1" },
	} {
		w.claimed(false, func(c *store.Claim) {
			m := memo{Prefix: true, Walk: &walk{For: "removal", Begun: true, Cursor: 1 << 40, Seen: 1 << 40}}
			info, err := w.info(t.Context())
			w.must(err)
			m.Walk.Server = info["run_id"]
			spoil(m.Walk)
			w.pages = 1
			over, err := w.walkOn(t.Context(), c, &m, "removal")
			w.must(err)
			if over || m.Walk.Seen != page {
				t.Errorf("%s: it was gone on with: %+v", what, m.Walk)
			}
		})
	}
}

// Data of an older epoch goes over many passes, too, and the corner is ready only then.
func TestFreshDataOverManyPasses(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	w.fill(6 * page)
	w.spec.Data.Epoch++
	w.pages = 3
	for n := 0; ; n++ {
		w.must(w.apply())
		seen := w.see(true)
		if seen.State == store.Ready {
			break
		}
		if n > 50 || seen.State != store.Stale {
			t.Fatalf("after %d passes it is %s", n, seen.State)
		}
	}
	if w.keys(Name(w.id)) != 1 {
		t.Errorf("%d keys are there, want the marker alone", w.keys(Name(w.id)))
	}
}
