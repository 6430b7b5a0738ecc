package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// tariff is a Loads that says what it is told to; the error, if it is set.
type tariff struct {
	loads []store.Load
	err   error
}

func (f *tariff) Loads(context.Context) ([]store.Load, error) { return f.loads, f.err }

// costs makes a tariff of one role with a pool of that size: twice that, while one version follows another.
func costs(pool int) *tariff {
	return &tariff{loads: []store.Load{{Role: "app", Tasks: 1, Processes: 1, Pool: pool}}}
}

// town is a server with several environments and so much room for them.
type town struct {
	*world
	loads *tariff
}

func newTown(t *testing.T, room, pool int) *town {
	w := newWorld(t, "", nil)
	w.o.Reserve = Share{Number: w.count("SELECT @@max_connections") - room}
	return &town{w, costs(pool)}
}

func (w *town) resource() *Resource { return w.Resource("shop").Within(w.loads, w.store) }

// pass observes an environment and applies what is due, as the Reconciler does, and settles what it saw. A service is seen
// in that state.
func (w *town) pass(branch string, change func(*store.Spec), service store.State) store.Observation {
	w.t.Helper()
	id := store.ID(branch + "-" + string(w.id))
	spec := store.Spec{App: "shop", Repo: "acme/shop", Branch: branch, Commit: "c1", Asked: store.Asked{At: time.Now()}}
	if change != nil {
		change(&spec)
	}
	c := resourcetest.Claim(w.t, w.store, id, spec)
	ctx := w.t.Context()
	look := func() store.Observation {
		env, err := w.store.Get(ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		seen, err := w.resource().Observe(ctx, []store.Environment{env})
		if err != nil {
			w.t.Fatal(err)
		}
		return seen[0]
	}
	o := look()
	if o.State == store.Absent || o.State == store.Stale {
		if err := w.resource().Apply(ctx, c, o); err != nil {
			var p *store.Problem
			if !errors.As(err, &p) {
				w.t.Fatal(err)
			}
			o = store.Observation{State: store.Failed, Detail: p.Detail}
		} else {
			o = look()
		}
	}
	w.t.Cleanup(func() {
		w.exec0("DROP DATABASE IF EXISTS " + quote(Name("shop", id)))
		w.exec0("DROP USER IF EXISTS " + user(Account(id)))
	})
	status := store.Status{Version: c.Spec.Version, Generation: c.Spec.Generation, Asleep: c.Spec.Asleep, Seen: map[store.Kind]store.Observation{Kind: o, "service/app": {State: service}}}
	if err := w.store.Settle(ctx, c, status, 0); err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *town) expect(what string, o store.Observation, state store.State, detail string) {
	w.t.Helper()
	if o.State != state || detail != "" && fmt.Sprint(o.Detail.Code, o.Detail.Args) != detail {
		w.t.Fatalf("%s: it is %s (%v), want %s (%s)", what, o.State, o.Detail, state, detail)
	}
}

func asleep(s *store.Spec) { s.Asleep = true }

func TestEnvironmentsWaitForConnections(t *testing.T) {
	w := newTown(t, 50, 10) // two of 20 each
	w.expect("the first", w.pass("a", nil, store.Absent), store.Ready, "")
	w.expect("the second", w.pass("b", nil, store.Absent), store.Ready, "")
	if n := w.count("SELECT max_user_connections FROM mysql.user WHERE user = ?", Account(store.ID("a-"+w.id))); n != 20 {
		t.Errorf("the account may have %d connections, want its price", n)
	}
	third := w.pass("c", nil, store.Absent)
	w.expect("the third", third, store.Held, "schema.queued[20 10 1]")
	if len(third.Choices) != 2 || third.Choices[0].Branch != "a" || third.Choices[0].Frees != 20 {
		t.Errorf("it is offered %+v", third.Choices)
	}
	if n := w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE ?", "qa\\_shop\\_c\\_%"+w.id.Underscored()); n != 0 {
		t.Error("one that waits has a schema")
	}
	w.expect("the fourth", w.pass("d", nil, store.Absent), store.Held, "schema.queued[20 10 2]")
	w.expect("the third again", w.pass("c", nil, store.Absent), store.Held, "schema.queued[20 10 1]")
	w.expect("an update", w.pass("a", func(s *store.Spec) { s.Commit = "c2" }, store.Ready), store.Ready, "")

	w.expect("its tasks end", w.pass("a", asleep, store.Working), store.Ready, "")
	w.expect("there is no room yet", w.pass("c", nil, store.Absent), store.Held, "schema.queued[20 10 1]")
	w.expect("it sleeps", w.pass("a", asleep, store.Ready), store.Ready, "")
	w.expect("behind the third", w.pass("d", nil, store.Absent), store.Held, "schema.queued[20 30 2]")
	w.expect("the third has its turn", w.pass("c", nil, store.Absent), store.Ready, "")
	w.expect("waking is asking", w.pass("a", nil, store.Ready), store.Held, "schema.queued[20 10 2]")

	w.loads.loads = costs(15).loads // the app opens more now, which those that run get without a question
	w.expect("it grows", w.pass("b", nil, store.Ready), store.Ready, "")
	if n := w.count("SELECT max_user_connections FROM mysql.user WHERE user = ?", Account(store.ID("b-"+w.id))); n != 30 {
		t.Errorf("the account may have %d connections, want the new price", n)
	}
	w.loads.loads = costs(26).loads
	w.expect("it will never fit", w.pass("e", nil, store.Absent), store.Failed,
		fmt.Sprintf("schema.too-large[52 50 %d]", w.count("SELECT @@max_connections")))
}

// While the price is not to be had, whoever has a promise keeps it, and nobody else gets one.
func TestPriceUnknown(t *testing.T) {
	w := newTown(t, 50, 10)
	w.expect("it runs", w.pass("a", nil, store.Ready), store.Ready, "")
	w.loads.err = store.NewProblem(nil, store.Unreachable, "AWS")
	w.expect("it goes on", w.pass("a", nil, store.Ready), store.Ready, "")
	w.expect("another one", w.pass("b", nil, store.Absent), store.Unknown, "unreachable[AWS]")
	w.expect("asleep", w.pass("a", asleep, store.Ready), store.Ready, "")
}

// What ran before there was a budget goes on, even where there is no room for it.
func TestRunningBeforeTheBudget(t *testing.T) {
	w := newTown(t, 10, 10)
	id := store.ID("a-" + string(w.id))
	c := resourcetest.Claim(t, w.store, id, store.Spec{App: "shop", Branch: "a", Commit: "c1"})
	if err := w.store.Settle(t.Context(), c, store.Status{Version: 1, Seen: map[store.Kind]store.Observation{"service/app": {State: store.Ready}}}, 0); err != nil {
		t.Fatal(err)
	}
	w.expect("it goes on", w.pass("a", nil, store.Ready), store.Ready, "")
	w.loads.loads = costs(4).loads
	w.expect("and leaves nothing", w.pass("b", nil, store.Absent), store.Held, "schema.queued[8 0 1]")
}

// TestLeakHurtsNobodyElse: an environment that opens connections and never closes them is the only one to get errors.
func TestLeakHurtsNobodyElse(t *testing.T) {
	w := newTown(t, 50, 3)                      // 6 each
	for _, branch := range []string{"l", "s"} { // short: an account of MySQL has at most 32 characters
		w.expect(branch, w.pass(branch, nil, store.Ready), store.Ready, "")
	}
	open := func(branch string) *sql.DB {
		id := store.ID(branch + "-" + string(w.id))
		config := w.config.Clone()
		config.User, config.Passwd, config.DBName = Account(id), passwordIn(w.vault.get(id)), Name("shop", id)
		db, err := open(config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	leaking, sound := open("l"), open("s")
	for i := range 12 {
		conn, err := leaking.Conn(t.Context())
		if i < 6 && err != nil || i >= 6 && !is(err, accountFull) {
			t.Errorf("leaked connection %d: %v", i+1, err)
		}
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
	}
	for _, other := range map[string]*sql.DB{"the other environment": sound, "staging": w.db} {
		for range 5 {
			conn, err := other.Conn(t.Context())
			if err != nil {
				t.Fatalf("somebody else: %v", err)
			}
			defer conn.Close()
			if _, err := conn.ExecContext(t.Context(), "SELECT 1"); err != nil {
				t.Errorf("somebody else: %v", err)
			}
		}
	}
}

// TestSharedAccount goes the way of one account for all, there and back.
func TestSharedAccount(t *testing.T) {
	w := newTown(t, 50, 3)
	w.o.Shared = true
	o := w.pass("a", nil, store.Ready)
	w.expect("shared", o, store.Ready, "schema.shared["+Name("shop", store.ID("a-"+w.id))+"]")
	id := store.ID("a-" + w.id)
	accounts := func() int { return w.count("SELECT COUNT(*) FROM mysql.user WHERE user = ?", Account(id)) }
	if plain, secret := w.Environ(store.Environment{ID: id, Spec: store.Spec{App: "shop"}}); plain["DB_NAME"] != Name("shop", id) || len(secret) != 0 {
		t.Errorf("tasks get %v and %v", plain, secret)
	}
	if accounts() != 0 || w.vault.get(id) != "" {
		t.Error("an account was made")
	}
	w.o.Shared = false
	w.expect("its own again", w.pass("a", nil, store.Ready), store.Ready, "schema.there["+Name("shop", id)+"]")
	if accounts() != 1 || w.vault.get(id) == "" {
		t.Error("it has no account")
	}
	w.o.Shared = true
	w.expect("shared again", w.pass("a", nil, store.Ready), store.Ready, "")
	if accounts() != 0 || w.vault.get(id) != "" {
		t.Error("the account stayed")
	}
}

// TestTop looks at a server with an environment that has a transaction open, one that waits for a lock, and a guest in it.
func TestTop(t *testing.T) {
	w := newTown(t, 50, 3)
	for _, branch := range []string{"busy", "idle"} {
		w.expect(branch, w.pass(branch, nil, store.Ready), store.Ready, "")
	}
	busy, idle := store.ID("busy-"+w.id), store.ID("idle-"+w.id)
	config := w.config.Clone()
	config.User, config.Passwd, config.DBName = Account(busy), passwordIn(w.vault.get(busy)), Name("shop", busy)
	db, err := open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.exec("CREATE TABLE " + quote(config.DBName) + ".orders (id INT PRIMARY KEY, n INT)")
	w.exec("INSERT INTO " + quote(config.DBName) + ".orders VALUES (1, 1)")
	begin := func(db *sql.DB, statements ...string) *sql.Tx {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tx.Rollback() })
		for _, s := range statements {
			if _, err := tx.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		return tx
	}
	w.exec("CREATE USER IF NOT EXISTS 'sato'@'%'")
	w.exec("GRANT ALL ON *.* TO 'sato'@'%'")
	t.Cleanup(func() { w.exec0("DROP USER 'sato'@'%'") })
	config = config.Clone()
	config.User, config.Passwd = "sato", ""
	guest, err := open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { guest.Close() })
	visit := begin(guest, "UPDATE orders SET n=2 WHERE id=1")
	second := begin(db, "SELECT 1")
	waits := make(chan error, 1)
	go func() {
		_, err := second.ExecContext(t.Context(), "UPDATE orders SET n=3 WHERE id=1")
		waits <- err
	}()
	for w.count("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state='LOCK WAIT'") == 0 {
		select {
		case err := <-waits:
			t.Fatalf("it does not wait: %v", err)
		case <-time.After(150 * time.Millisecond): // asked within 100 ms, the server gives the same answer again
		}
	}
	var envs []store.Environment
	for _, id := range []store.ID{busy, idle} {
		env, err := w.store.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		envs = append(envs, env)
	}
	top, err := w.Top(t.Context(), w.store, envs)
	if err != nil {
		t.Fatal(err)
	}
	if top.Blind || top.Ours != 50 || top.Free != 38 || top.Used < 3 || top.Others >= top.Used {
		t.Errorf("of all: %+v", top)
	}
	b, i := top.Environments[0], top.Environments[1]
	if b.Connections != 1 || b.Promised != 6 || b.Bytes == 0 || b.Longest == 0 || b.Waits != 1 || len(b.Guests) != 1 || !strings.HasPrefix(b.Guests[0].Account, "sato@") {
		t.Errorf("the busy one: %+v", b)
	}
	if i.Connections != 0 || i.Longest != 0 || i.Waits != 0 || len(i.Guests) != 0 {
		t.Errorf("the idle one: %+v", i)
	}

	// Who keeps a table from being dropped is named.
	c := resourcetest.Claim(t, w.store, busy, store.Spec{App: "shop", Branch: "busy", Commit: "c1", Released: true})
	err = w.resource().Remove(t.Context(), c, store.Observation{})
	var p *store.Problem
	if !errors.As(err, &p) || p.Code != store.SchemaBlocked || !strings.HasPrefix(p.Args[0], "sato@") || !p.Passes() {
		t.Errorf("the drop: %v, want who blocks it", err)
	}
	if err := visit.Rollback(); err != nil {
		t.Fatal(err)
	}
	<-waits
	if err := w.resource().Remove(t.Context(), c, store.Observation{}); err != nil {
		t.Errorf("the drop, once nothing blocks it: %v", err)
	}
}

// TestBudgetWithLeastRights: an account that does not see others' sessions decides all the same, and says what it does not see.
func TestBudgetWithLeastRights(t *testing.T) {
	w := newTown(t, 50, 10)
	w.exec("CREATE USER 'narrow'@'%' IDENTIFIED BY 'narrowpw'")
	t.Cleanup(func() { w.exec0("DROP USER 'narrow'@'%'") })
	w.exec("GRANT CREATE USER ON *.* TO 'narrow'@'%'")
	w.exec("GRANT ALL ON `qa\\_%`.* TO 'narrow'@'%' WITH GRANT OPTION")
	o := w.o
	o.DSN = strings.Replace(w.o.DSN, "root", "narrow:narrowpw", 1)
	narrow, err := Open(o, w.vault, w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer narrow.Close()
	w.Server = narrow
	w.expect("the first", w.pass("a", nil, store.Ready), store.Ready, "")
	w.expect("the second", w.pass("b", nil, store.Ready), store.Ready, "")
	w.expect("the third", w.pass("c", nil, store.Absent), store.Held, "schema.queued[20 10 1]")
	top, err := w.Top(t.Context(), w.store, nil)
	if err != nil || !top.Blind || top.Ours != 50 || top.Free != 10 {
		t.Errorf("%+v, %v", top, err)
	}
	if f := w.examineSight(t.Context()); f.Verdict != store.Good || !strings.Contains(f.Said, "GRANT PROCESS") {
		t.Errorf("%+v", f)
	}
}
