package schema

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"qabot/store"
	"qabot/store/servers/servertest"
)

// tally counts the schemas that are made, by name, on all connections that it opens.
type tally struct {
	mu   sync.Mutex
	made map[string]int
}

type toller struct {
	net.Conn
	tally *tally
}

var making = regexp.MustCompile("^CREATE DATABASE `([^`]+)`")

func (c toller) Write(b []byte) (int, error) {
	if len(b) > 5 {
		if m := making.FindSubmatch(b[5:]); m != nil {
			c.tally.mu.Lock()
			c.tally.made[string(m[1])]++
			c.tally.mu.Unlock()
		}
	}
	return c.Conn.Write(b)
}

// TestTwoReplicasAtOnce has two Servers, each with a store of its own on one database, look after saves and warm schemas at the same time,
// while environments take warm ones: nothing is filled twice, and no save is lost.
func TestTwoReplicasAtOnce(t *testing.T) {
	w, template := templated(t)
	installation := "test-" + string(w.id) // warm schemas are an installation's
	count := &tally{made: map[string]int{}}
	network := "tally-" + string(w.id)
	mysql.RegisterDialContext(network, func(ctx context.Context, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		return toller{conn, count}, err
	})
	t.Cleanup(func() { mysql.DeregisterDialContext(network) })
	config, err := mysql.ParseDSN(servertest.MySQL(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	config.Net = network
	shared := "mysql:" + servertest.Database(t)

	const saves, warm = 6, 2
	type replica struct {
		*Server
		store  *store.Store
		saver  *Saver
		warmer *Warmer
	}
	var replicas []*replica
	for range 2 {
		r := &replica{}
		if r.store, err = store.Open(t.Context(), shared, store.Options{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.store.Close() })
		r.Server, err = Open(Options{DSN: config.FormatDSN(), Installation: installation, Starts: map[string]Start{"shop": {From: "template " + template, Warm: warm}}}, w.vault, r.store)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		r.saver, r.warmer = &Saver{Server: r.Server, Store: r.store}, &Warmer{Server: r.Server}
		replicas = append(replicas, r)
	}
	one := replicas[0]
	w.store, w.Server = one.store, one.Server
	t.Cleanup(func() {
		names := []string{one.warmName("shop", 1), one.warmName("shop", 2)}
		for i := range saves {
			names = append(names, saveName(installation, "shop", fmt.Sprint("save ", i)))
		}
		for _, name := range names {
			w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+quote(name))
		}
	})
	w.fills()
	for i := range saves {
		if err := one.store.WantSave(t.Context(), store.SaveWish{App: "shop", Name: fmt.Sprint("save ", i), Environment: w.id, Branch: "b", At: time.Unix(int64(1000+i), 0)}); err != nil {
			t.Fatal(err)
		}
	}

	all := func() (done int) {
		list, err := one.store.Saves(t.Context())
		if err != nil {
			t.Error(err)
		}
		for _, s := range list {
			if s.Status.Done == store.Succeeded {
				done++
			}
		}
		return done
	}
	fit := func() (n int) {
		stamp, err := one.stamp(t.Context(), template, nil)
		if err != nil {
			t.Error(err)
		}
		for i := 1; i <= warm; i++ {
			if ok, err := one.fit(t.Context(), one.warmName("shop", i), warmKey("shop", i), stamp); err != nil {
				t.Error(err)
			} else if ok {
				n++
			}
		}
		return n
	}
	// work has both look after everything, as often as it takes.
	work := func(until func() bool) {
		t.Helper()
		for range 40 {
			var g sync.WaitGroup
			for _, r := range replicas {
				for _, once := range []func(context.Context) error{r.saver.Once, r.warmer.Once} {
					g.Go(func() {
						if err := once(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
			}
			g.Wait()
			if until() {
				break
			}
			for _, r := range replicas { // the next look may find what this one began at work: both are seen
				r.jobs.Wait()
			}
		}
		for _, r := range replicas {
			r.jobs.Wait()
		}
		if !until() {
			t.Fatalf("%d saves are done, %d warm schemas fit", all(), fit())
		}
	}
	work(func() bool { return all() == saves && fit() == warm })

	w.gives("")
	w.fills() // takes a warm one, which is made anew
	work(func() bool { return fit() == warm })

	events, err := one.store.Events(t.Context(), w.id, 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, e := range events {
		if e.Code == store.EventSaved {
			told[e.Detail.Args[0]]++
		}
	}
	for i := range saves {
		if name := fmt.Sprint("save ", i); told[name] != 1 {
			t.Errorf("%s was told %d times", name, told[name])
		}
	}
	count.mu.Lock()
	defer count.mu.Unlock()
	for name, n := range count.made {
		most := 1
		if strings.HasPrefix(name, warmPrefix) && n == 2 {
			most = 2 // one of them was taken
		}
		if n > most {
			t.Errorf("%s was made %d times", name, n)
		}
	}
	if first, second := count.made[one.warmName("shop", 1)], count.made[one.warmName("shop", 2)]; first+second != warm+1 {
		t.Errorf("warm schemas were made %d and %d times, want %d in all", first, second, warm+1)
	}
	w.mustRemove()
}
