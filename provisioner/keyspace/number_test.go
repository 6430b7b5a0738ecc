package keyspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"qabot/provisioner/resourcetest"
	"qabot/store"
	"qabot/store/servers/servertest"
)

// newNumbers makes a world in which environments have the numbers from first to last, each emptied.
func newNumbers(t *testing.T, first, last int, change func(*Options)) *world {
	t.Helper()
	r := servertest.Redis(t)
	w := &world{t: t, store: resourcetest.Store(t), vault: &shelf{values: map[store.ID]string{}}}
	w.id = store.NewID("test", "shop", "feature/login")
	w.spec = store.Spec{App: "shop", Repo: "acme/shop", Branch: "feature/login", Commit: "c1"}
	w.admin = w.in(0)
	for n := first; n <= last; n++ {
		w.must(w.in(n).FlushDB(t.Context()).Err())
	}
	w.must(w.in(10).FlushDB(t.Context()).Err())
	names, err := w.admin.Do(t.Context(), "ACL", "USERS").StringSlice()
	w.must(err)
	for _, name := range names {
		if strings.HasPrefix(name, store.Prefix) {
			w.must(w.admin.Do(t.Context(), "ACL", "DELUSER", name).Err())
		}
	}
	o := Options{URL: fmt.Sprintf("redis://%s/10", r.Addr), Installation: "test", Mode: Auto, First: first, Last: last, Account: Auto}
	if change != nil {
		change(&o)
	}
	w.Server, err = New(o, w.vault, w.store)
	w.must(err)
	t.Cleanup(func() { w.Server.Close() })
	return w
}

// in is a client in a number, with all rights.
func (w *world) in(n int) *redis.Client {
	w.t.Helper()
	c := redis.NewClient(&redis.Options{Addr: servertest.Redis(w.t).Addr, DB: n})
	w.t.Cleanup(func() { c.Close() })
	return c
}

// users counts accounts of environments.
func (w *world) users() int {
	w.t.Helper()
	names, err := w.admin.Do(w.t.Context(), "ACL", "USERS").StringSlice()
	w.must(err)
	n := 0
	for _, name := range names {
		if strings.HasPrefix(name, store.Prefix) {
			n++
		}
	}
	return n
}

// leased is the number that the store leases to the environment.
func (w *world) leased() int {
	w.t.Helper()
	env, err := w.store.Get(w.t.Context(), w.id)
	w.must(err)
	return env.Allotted[Kind]
}

func (w *world) size(n int) int64 {
	w.t.Helper()
	size, err := w.in(n).DBSize(w.t.Context()).Result()
	w.must(err)
	return size
}

func TestSuiteOnNumbers(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newNumbers(t, 20, 22, nil)
		s := w.subject(3)
		s.Drift = func(*testing.T) { w.must(w.admin.Do(t.Context(), "ACL", "DELUSER", Name(w.id)).Err()) }
		s.Count = func(*testing.T) int { return int(w.size(20)+w.size(21)+w.size(22)) + w.users() + len(w.vault.values) }
		return s
	})
}

func TestSuiteOfAccountsWithPrefixes(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newNumbers(t, 0, 0, nil)
		s := w.subject(3)
		s.Drift = func(*testing.T) {
			w.must(w.admin.Do(t.Context(), "ACL", "SETUSER", Name(w.id), ">another").Err())
		}
		s.Count = func(*testing.T) int { return int(w.size(10)) + w.users() + len(w.vault.values) }
		return s
	})
}

func TestNumberIsLeasedAndGivenBack(t *testing.T) {
	w := newNumbers(t, 20, 22, nil)
	w.must(w.in(20).Set(t.Context(), "staging", "x", 0).Err())
	w.must(w.apply())
	if o := w.want(true, store.Ready); o.Detail.Code != store.KeyspaceNumber || o.Detail.Args[0] != "21" {
		t.Fatalf("observed %+v, want number 21, since somebody's keys lie in 20", o.Detail)
	}
	o, err := redis.ParseURL(w.vault.values[w.id])
	w.must(err)
	if o.DB != 21 || o.Username != Name(w.id) {
		t.Errorf("its address is of %s in %d", o.Username, o.DB)
	}
	app := redis.NewClient(o)
	defer app.Close()
	w.must(app.LPush(t.Context(), "queue:default", "job").Err())
	w.must(app.Info(t.Context(), "server").Err())
	known, err := w.way(t.Context())
	w.must(err)
	if known.confined {
		w.must(app.FlushDB(t.Context()).Err())
		w.must(app.LPush(t.Context(), "queue:default", "job").Err())
	} else if err := app.FlushDB(t.Context()).Err(); !redis.HasErrorPrefix(err, "NOPERM") {
		t.Errorf("the environment may FLUSHDB, in 0 too: %v", err)
	}
	for what, err := range map[string]error{
		"SELECT 20": app.Do(t.Context(), "SELECT", 20).Err(), "FLUSHALL": app.FlushAll(t.Context()).Err(),
		"COPY": app.Copy(t.Context(), "queue:default", "x", 20, true).Err(), "MOVE": app.Move(t.Context(), "queue:default", 20).Err(),
		"CONFIG": app.ConfigGet(t.Context(), "*").Err(), "ACL": app.Do(t.Context(), "ACL", "USERS").Err(), "SWAPDB": app.Do(t.Context(), "SWAPDB", 20, 21).Err(),
	} {
		if !redis.HasErrorPrefix(err, "NOPERM") {
			t.Errorf("the environment may %s: %v", what, err)
		}
	}
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	if w.size(20) != 1 || w.size(21) != 0 || w.users() != 0 || len(w.vault.values) != 0 {
		t.Errorf("left: %d keys of staging, %d of ours, %d accounts, %d addresses", w.size(20), w.size(21), w.users(), len(w.vault.values))
	}
	if w.leased() != 21 {
		t.Errorf("it has %d when it returns, want 21 again", w.leased())
	}
}

func TestNumberOfOthersIsNeverEmptied(t *testing.T) {
	w := newNumbers(t, 20, 20, nil)
	w.must(w.apply())
	n := w.in(20)
	w.must(n.HSet(t.Context(), marker, fieldInstallation, "another").Err())
	w.must(n.Set(t.Context(), "theirs", "x", 0).Err())
	w.want(true, store.Stale)
	var problem *store.Problem
	if err := w.apply(); !errors.As(err, &problem) || problem.Code != store.KeyspaceCrowded || problem.Args[3] != "20" {
		t.Errorf("apply: %v, want that others' keys lie in 20", err)
	}
	w.claimed(true, func(c *store.Claim) {
		if err := w.flush(t.Context(), c, 20, ""); !errors.Is(err, errTaken) {
			t.Errorf("flush: %v, want that it is taken", err)
		}
		if err := w.flush(t.Context(), c, 21, ""); err == nil {
			t.Error("a number that is not leased was emptied")
		}
	})
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	if w.size(20) != 2 {
		t.Errorf("%d of the 2 keys of others are left", w.size(20))
	}
}

// An application that empties its own number takes our marker along: the lease and the note tell that it is ours.
func TestApplicationEmptiesItsOwnNumber(t *testing.T) {
	w := newNumbers(t, 20, 20, func(o *Options) { o.Account = Shared })
	w.must(w.apply())
	n := w.in(20)
	w.must(n.FlushDB(t.Context()).Err())
	w.must(n.Set(t.Context(), "cart", "x", 0).Err())
	w.want(true, store.Stale)
	w.must(w.apply())
	w.want(true, store.Ready)
	if w.size(20) != 2 {
		t.Error("the application's key is gone")
	}
	w.must(n.Del(t.Context(), marker).Err())
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	if w.size(20) != 0 {
		t.Error("keys are left")
	}
}

func TestFullPoolNamesItsHolders(t *testing.T) {
	w := newNumbers(t, 20, 21, nil)
	w.must(w.apply())
	other := *w
	other.id, other.spec.Branch = store.NewID("test", "shop", "qa/cart"), "qa/cart"
	w.must(other.apply())
	third := *w
	third.id, third.spec.Branch = store.NewID("test", "shop", "qa/third"), "qa/third"
	var problem *store.Problem
	if err := third.apply(); !errors.As(err, &problem) || problem.Code != store.KeyspaceFull || !slices.Equal(problem.Args, []string{"20", "21", "20 feature/login, 21 qa/cart"}) {
		t.Errorf("apply: %v, want who has the numbers", err)
	}
	f, err := third.Foresee(t.Context(), store.Environment{ID: third.id, Spec: third.spec})
	w.must(err)
	if f.Seen.State != store.Failed || f.Seen.Detail.Code != store.KeyspaceFull {
		t.Errorf("foreseen: %+v", f.Seen)
	}
	w.must(w.remove(t.Context()))
	w.claimed(false, func(c *store.Claim) {
		// the pass that saw it gone
		w.must(w.store.Settle(t.Context(), c, store.Status{Seen: map[store.Kind]store.Observation{Kind: {State: store.Absent}}}, 0))
		*c = *resourcetest.Claim(t, w.store, store.NewID("test", "shop", "spare"), store.Spec{})
	})
	w.must(third.apply())
	if n := third.leased(); n != 20 {
		t.Errorf("the third has %d, want the one that was given back", n)
	}
}

func TestFreshNumberWhenTheEpochRises(t *testing.T) {
	w := newNumbers(t, 20, 20, nil)
	w.must(w.apply())
	w.must(w.in(20).Set(t.Context(), "cart", "x", 0).Err())
	w.spec.Data.Epoch++
	w.want(true, store.Stale)
	w.must(w.apply())
	w.want(true, store.Ready)
	if w.size(20) != 1 {
		t.Errorf("%d keys are there, want the marker alone", w.size(20))
	}
}

// What an environment had before the way was changed goes with it.
func TestAnotherWayOfKeepingApart(t *testing.T) {
	w := newNumbers(t, 0, 0, nil)
	w.must(w.apply())
	w.must(w.in(10).Set(t.Context(), Name(w.id)+":cart", "x", 0).Err())
	numbers := newNumbers(t, 20, 20, nil)
	w.must(w.in(10).Set(t.Context(), Name(w.id)+":cart", "x", 0).Err())
	w.must(w.in(10).HSet(t.Context(), markerOf(Name(w.id)), fieldInstallation, "test", fieldEnvironment, string(w.id)).Err())
	w.Server.o.First, w.Server.o.Last, w.Server.found = numbers.o.First, numbers.o.Last, nil
	w.want(true, store.Stale)
	w.must(w.apply())
	w.want(true, store.Ready)
	if o, _ := redis.ParseURL(w.vault.values[w.id]); o.DB != 20 {
		t.Errorf("its address leads to %d", o.DB)
	}
	w.must(w.remove(t.Context()))
	w.want(false, store.Absent)
	if w.size(10) != 0 || w.size(20) != 0 || w.users() != 0 {
		t.Errorf("left: %d with the prefix, %d in the number, %d accounts", w.size(10), w.size(20), w.users())
	}
}

func TestWays(t *testing.T) {
	r := servertest.Redis(t)
	describe := func(o Options) string {
		o.Installation = "test"
		if o.URL == "" {
			o.URL = fmt.Sprintf("redis://%s/10", r.Addr)
		}
		s, err := New(o, &shelf{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		said, err := s.Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	admin := redis.NewClient(&redis.Options{Addr: r.Addr})
	defer admin.Close()
	if err := admin.Do(t.Context(), "ACL", "SETUSER", "plain", "on", ">"+password, "~*", "&*", "+@all", "-acl", "+acl|whoami").Err(); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"a prefix for each environment in number 10 (no redis.databases are given), each with an account of its own":             {Mode: Auto, Account: Auto},
		"a number for each environment, 20 to 22, each with an account of its own":                                               {Mode: Auto, First: 20, Last: 22, Account: Auto},
		"a prefix for each environment in number 10 (the server refuses number 6400":                                             {Mode: Auto, First: 20, Last: 6400, Account: Auto},
		"a prefix for each environment in number 10 (as redis.mode says), without accounts of their own (as redis.account says)": {Mode: Prefix, First: 20, Last: 22, Account: Shared},
		"a number for each environment, 20 to 21, without accounts of their own (the server does not let plain make any)": {
			URL: fmt.Sprintf("redis://plain:%s@%s/10", password, r.Addr), Mode: Database, First: 20, Last: 21, Account: Auto},
	} {
		if got := describe(o); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %q, want %q", o, got, want)
		}
	}
}

// What the configuration asks for and the server does not allow is a fault, and not silently something else.
func TestServerThatDoesNotAllowIt(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"redis.mode: database": func(o *Options) { o.Mode, o.Last = Database, 6400 },
		"redis.account: own":   func(o *Options) { o.Account, o.URL = Own, strings.Replace(o.URL, "//", "//plain:"+password+"@", 1) },
	} {
		w := newNumbers(t, 20, 20, func(o *Options) { change(o) })
		w.must(w.admin.Do(t.Context(), "ACL", "SETUSER", "plain", "on", ">"+password, "~*", "&*", "+@all", "-acl", "+acl|whoami").Err())
		var problem *store.Problem
		if err := w.apply(); !errors.As(err, &problem) || problem.Code != store.KeyspaceRefused || problem.Args[0] != name {
			t.Errorf("apply: %v, want that %s is refused", err, name)
		}
		bad := slices.ContainsFunc(w.Examine(t.Context(), nil), func(f store.Finding) bool {
			return f.Verdict == store.Bad && strings.Contains(f.Said, name+" is not possible") && f.Fix != ""
		})
		if !bad {
			t.Errorf("the doctor does not name %s: %+v", name, w.Examine(t.Context(), nil))
		}
	}
}

// An account that reaches more than it must is never handed out.
func TestAccountThatReachesMoreIsAProblem(t *testing.T) {
	w := newNumbers(t, 20, 20, nil)
	w.must(w.apply())
	kept, err := redis.ParseURL(w.vault.values[w.id])
	w.must(err)
	known, err := w.way(t.Context())
	w.must(err)
	more := "+select"
	if known.confined {
		more = "alldbs"
	}
	w.must(w.admin.Do(t.Context(), "ACL", "SETUSER", Name(w.id), more).Err())
	var problem *store.Problem
	if err := w.prove(t.Context(), w.id, known, 20, kept.Password); !errors.As(err, &problem) || problem.Code != store.KeyspaceUnisolated {
		t.Errorf("prove: %v, want that it is not isolated", err)
	}
}

func TestPrefixAccount(t *testing.T) {
	w := newNumbers(t, 0, 0, nil)
	w.must(w.apply())
	w.want(true, store.Ready)
	o, err := redis.ParseURL(w.vault.values[w.id])
	w.must(err)
	app := redis.NewClient(o)
	defer app.Close()
	ctx := context.Background()
	w.must(app.Set(ctx, Name(w.id)+":cart", "x", 0).Err())
	w.must(app.Eval(ctx, "return redis.call('GET', KEYS[1])", []string{Name(w.id) + ":cart"}).Err())
	for what, err := range map[string]error{
		"another prefix": app.Get(ctx, Name(w.id)+"x:cart").Err(), "no prefix": app.Set(ctx, "cart", "x", 0).Err(),
		"publish": app.Publish(ctx, "news", "x").Err(), "number 0": app.Do(ctx, "SELECT", 0).Err(), "KEYS": app.Keys(ctx, "*").Err(),
	} {
		if !redis.HasErrorPrefix(err, "NOPERM") {
			t.Errorf("the environment may: %s: %v", what, err)
		}
	}
}

// The demo's embedded server has numbers and no accounts.
func TestSuiteOfNumbersOnMiniredis(t *testing.T) {
	r := miniredis.RunT(t)
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorldAt(t, r.Addr(), "redis://"+r.Addr()+"/9", 20)
		w.o.Mode, w.o.First, w.o.Last, w.o.Account = Auto, 20, 21, Auto
		s := w.subject(1)
		s.Drift = func(*testing.T) { w.must(w.admin.Del(w.t.Context(), marker).Err()) }
		s.Count = func(*testing.T) int { return w.keys("") + len(w.vault.values) }
		return s
	})
}
