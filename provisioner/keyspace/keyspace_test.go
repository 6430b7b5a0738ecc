package keyspace

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"qabot/provisioner/resourcetest"
	"qabot/store"
	"qabot/store/servers/servertest"
)

func TestMain(m *testing.M) { os.Exit(servertest.Main(m)) }

// shelf is a Vault in memory.
type shelf struct {
	mu     sync.Mutex
	values map[store.ID]string
}

func (v *shelf) Look(_ context.Context, ids []store.ID, _ string) (map[store.ID]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := map[store.ID]string{}
	for _, id := range ids {
		if value, there := v.values[id]; there {
			found[id] = value
		}
	}
	return found, nil
}

func (v *shelf) Put(_ context.Context, c *store.Claim, _, value string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.values[c.ID] == "" {
		v.values[c.ID] = value
	}
	return v.values[c.ID], nil
}

func (v *shelf) Delete(_ context.Context, c *store.Claim, _ string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.values, c.ID)
	return nil
}

func (v *shelf) Ref(id store.ID, name string) string { return "ref:" + string(id) + "/" + name }

const password = "hunter22-hunter22"

// world is one environment on a server.
type world struct {
	t     *testing.T
	admin *redis.Client
	store *store.Store
	vault *shelf
	log   *bytes.Buffer
	*Server
	id   store.ID
	spec store.Spec
}

// newWorld makes a world in an emptied database of the test binary's Redis, as a user with a password.
func newWorld(t *testing.T) *world {
	t.Helper()
	const db = 9
	addr := servertest.Redis(t).Addr
	w := newWorldAt(t, addr, fmt.Sprintf("redis://tester:%s@%s/%d", password, addr, db), db)
	w.must(w.admin.Do(t.Context(), "ACL", "SETUSER", "tester", "on", ">"+password, "~*", "+@all").Err())
	return w
}

func newWorldAt(t *testing.T, addr, url string, db int) *world {
	t.Helper()
	w := &world{t: t, store: resourcetest.Store(t), vault: &shelf{values: map[store.ID]string{}}, log: &bytes.Buffer{}}
	w.id = store.NewID("test", "shop", "feature/login")
	w.spec = store.Spec{App: "shop", Repo: "acme/shop", Branch: "feature/login", Commit: "c1"}
	w.admin = redis.NewClient(&redis.Options{Addr: addr, DB: db})
	t.Cleanup(func() { w.admin.Close() })
	w.must(w.admin.FlushDB(t.Context()).Err())
	var err error
	w.Server, err = New(Options{URL: url, Installation: "test", Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, w.vault, w.store)
	w.must(err)
	t.Cleanup(func() { w.Server.Close() })
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		w.must(w.admin.Set(w.t.Context(), key, "x", 0).Err())
	}
}

// keys counts those that begin so.
func (w *world) keys(begin string) int {
	w.t.Helper()
	all, err := w.admin.Keys(w.t.Context(), "*").Result()
	w.must(err)
	n := 0
	for _, key := range all {
		if strings.HasPrefix(key, begin) {
			n++
		}
	}
	return n
}

func (w *world) claimed(wanted bool, f func(c *store.Claim)) {
	w.t.Helper()
	spec := w.spec
	spec.Released = !wanted
	c := resourcetest.Claim(w.t, w.store, w.id, spec)
	f(c)
	w.must(w.store.Settle(w.t.Context(), c, store.Status{Version: c.Spec.Version, Generation: c.Spec.Generation}, 0))
}

func (w *world) apply() (err error) {
	w.t.Helper()
	w.claimed(true, func(c *store.Claim) { err = w.Apply(w.t.Context(), c, store.Observation{}) })
	return err
}

func (w *world) remove(ctx context.Context) (err error) {
	w.t.Helper()
	w.claimed(false, func(c *store.Claim) { err = w.Remove(ctx, c, store.Observation{}) })
	return err
}

func (w *world) see(wanted bool) (o store.Observation) {
	w.t.Helper()
	w.claimed(wanted, func(c *store.Claim) {
		seen, err := w.Observe(w.t.Context(), []store.Environment{c.Environment})
		w.must(err)
		o = seen[0]
	})
	return o
}

func (w *world) want(wanted bool, state store.State) store.Observation {
	w.t.Helper()
	o := w.see(wanted)
	if o.State != state {
		w.t.Fatalf("it is %s (%+v), want %s", o.State, o.Detail, state)
	}
	return o
}

func TestSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject { return newWorld(t).subject(2) })
}

func TestSuiteOnMiniredis(t *testing.T) {
	r := miniredis.RunT(t)
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		return newWorldAt(t, r.Addr(), "redis://"+r.Addr(), 0).subject(1)
	})
}

func (w *world) subject(made int) resourcetest.Subject {
	return resourcetest.Subject{
		Resource: w.Server, Store: w.store, Spec: w.spec, ID: w.id, Made: made,
		Drift: func(*testing.T) { w.must(w.admin.Del(w.t.Context(), markerOf(Name(w.id))).Err()) },
		Count: func(*testing.T) int { return w.keys(store.Prefix) + len(w.vault.values) },
	}
}

func TestOnlyOwnKeysGo(t *testing.T) {
	w := newWorld(t)
	name := Name(w.id)
	w.must(w.apply())
	others := []string{name, name + "x:a", name + "_x:.qabot", "qa_:a", "x" + name + ":a", "staging:a", "QA_" + name[3:] + ":a"}
	w.set(others...)
	w.set(name+":a", name+":", name+":b:c", name+":*")
	if err := w.remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(false, store.Absent)
	if n := w.keys(name + ":"); n != 0 {
		t.Errorf("%d keys of ours are left", n)
	}
	if n := w.keys(""); n != len(others) {
		t.Errorf("%d keys are left, want the %d of others", n, len(others))
	}
}

func TestGlobIsEscaped(t *testing.T) {
	w := newWorld(t)
	w.set("qa_[ab]*?:1", "qa_a*?:1", "qa_[ab]zz:1", `qa_\:1`)
	for _, name := range []string{"qa_[ab]*?", `qa_\`} {
		var walked walk
		over, err := w.step(t.Context(), resourcetest.Claim(t, w.store, store.NewID("test", "shop", name), w.spec), name, &walked)
		if err != nil || !over || walked.Found != 1 {
			t.Errorf("purging %s found %d keys (%v, %v), want its one", name, walked.Found, over, err)
		}
	}
	if n := w.keys("qa_"); n != 2 {
		t.Errorf("%d keys of others are left, want 2", n)
	}
}

func TestForeignMarker(t *testing.T) {
	for name, mark := range map[string]func(*world, string) error{
		"another installation": func(w *world, key string) error {
			return w.admin.HSet(w.t.Context(), key, "installation", "other", "environment", string(w.id)).Err()
		},
		"another environment": func(w *world, key string) error {
			return w.admin.HSet(w.t.Context(), key, "installation", "test", "environment", "other").Err()
		},
		"no marker at all": func(w *world, key string) error { return w.admin.Set(w.t.Context(), key, "x", 0).Err() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must(mark(w, markerOf(Name(w.id))))
			w.set(Name(w.id) + ":a")
			if o := w.want(true, store.Failed); o.Detail.Code != store.Foreign {
				t.Errorf("observed %+v, want foreign", o.Detail)
			}
			w.want(false, store.Absent)
			for what, err := range map[string]error{"apply": w.apply(), "remove": w.remove(t.Context())} {
				if p, ok := err.(*store.Problem); !ok || p.Code != store.Foreign {
					t.Errorf("%s: %v, want the problem that it is foreign", what, err)
				}
			}
			if n := w.keys(Name(w.id)); n != 2 {
				t.Errorf("%d keys are left, want 2 untouched", n)
			}
		})
	}
}

func TestManyKeysOverSeveralCalls(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	const many = 20 * page
	_, err := w.admin.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range many {
			p.Set(t.Context(), fmt.Sprintf("%s:%d", Name(w.id), i), "x", 0)
			p.Set(t.Context(), fmt.Sprintf("other:%d", i), "x", 0)
		}
		return nil
	})
	w.must(err)
	calls := 0
	w.claimed(false, func(c *store.Claim) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c.Hook = func() error { // the context ends in the middle
			if calls++; calls == 5 {
				cancel()
			}
			return nil
		}
		if err := w.Remove(ctx, c, store.Observation{}); err == nil {
			t.Error("removal came to its end although its context did not last")
		}
	})
	if n := w.keys(Name(w.id)); n == 0 || n > many {
		t.Errorf("%d keys are left after the first call, want some", n)
	}
	w.want(false, store.Stale)
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	if n := w.keys("other:"); n != many {
		t.Errorf("%d keys of others are left, want %d", n, many)
	}
}

func TestKeysWrittenLate(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	w.set(Name(w.id) + ":late")
	if o := w.want(false, store.Stale); o.Detail.Code != store.KeyspaceEmptied || o.Detail.Args[0] != "1" {
		t.Errorf("observed %+v, want one key left", o.Detail)
	}
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
}

func TestOneScanForMany(t *testing.T) {
	w := newWorld(t)
	envs := make([]store.Environment, 50)
	for i := range envs {
		envs[i].ID = store.NewID("test", "shop", fmt.Sprint("branch-", i))
		envs[i].Spec.Released = true
	}
	w.set(Name(envs[7].ID)+":a", Name(envs[7].ID)+":b", Name(envs[9].ID)+"x:a")
	seen, err := w.Observe(t.Context(), envs)
	w.must(err)
	for i, o := range seen {
		want := store.Absent
		if i == 7 {
			want = store.Stale
		}
		if o.State != want {
			t.Errorf("environment %d is %s, want %s", i, o.State, want)
		}
	}
}

// data is there, or not yet.
type data bool

func (d data) Fresh(_ context.Context, envs []store.Environment) ([]bool, error) {
	return slices.Repeat([]bool{bool(d)}, len(envs)), nil
}

func TestFreshDataWhenTheEpochRises(t *testing.T) {
	w := newWorld(t)
	w.must(w.apply())
	w.set(Name(w.id) + ":cart")
	w.must(w.apply())
	if w.keys(Name(w.id)+":cart") != 1 {
		t.Error("keys went although the epoch is the same")
	}
	w.spec.Data.Epoch++
	w.o.Data = data(false)
	w.want(true, store.Ready) // for the data before
	w.o.Data = data(true)
	w.want(true, store.Stale)
	w.must(w.apply())
	w.want(true, store.Ready)
	if w.keys(Name(w.id)+":cart") != 0 {
		t.Error("a key of the older epoch is still there")
	}
}
