package schema

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

func TestSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t, "", func(o *Options) { o.MaxConnections = 3 })
		return resourcetest.Subject{
			Resource: w.Resource("shop"), Store: w.store, Spec: w.spec, ID: w.id,
			Drift: func(*testing.T) { w.exec("DROP USER " + user(Account(w.id))) },
			Count: func(*testing.T) int { return w.things() },
			Made:  3,
		}
	})
}

func TestWhatIsLostIsMended(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	for _, is := range []struct {
		lost string
		lose func()
	}{
		{"account", func() { w.exec("DROP USER " + user(Account(w.id))) }},
		{"parameter", func() { delete(w.vault.values, w.id) }},
		{"address", func() { w.vault.values[w.id][Parameter] = "mysql://elsewhere/" }},
		{"marker", func() { w.exec("DROP TABLE " + marksOf(w.name())) }},
		{"a mark", func() { w.exec("DELETE FROM " + marksOf(w.name()) + " WHERE name = 'environment'") }},
	} {
		t.Run(is.lost, func(t *testing.T) {
			is.lose()
			w.want(true, store.Stale)
			w.mustApply()
			if _, err := w.tasks().ExecContext(t.Context(), "INSERT INTO orders VALUES (1) ON DUPLICATE KEY UPDATE id = 1"); err != nil {
				t.Errorf("the tasks' own table is not to be written: %v", err)
			}
		})
	}
	w.mustRemove()
}

func TestFreshDataWhenTheEpochRises(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	kept := w.vault.get(w.id)
	w.spec.Data.Epoch++
	w.want(true, store.Stale)
	w.mustApply()
	if n := w.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'orders'", w.name()); n != 0 {
		t.Error("data of the older epoch is still there")
	}
	if w.vault.get(w.id) != kept {
		t.Error("the password changed, although only the data was to be fresh")
	}
}

func TestWantedAgainWhileHalfDropped(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	w.exec("INSERT INTO " + marksOf(w.name()) + " VALUES ('leaving', 'since then')")
	w.exec("ALTER USER " + user(Account(w.id)) + " ACCOUNT LOCK")
	w.want(true, store.Stale)
	w.mustApply()
	if n := w.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?", w.name()); n != 1 {
		t.Errorf("%d tables, want the marker table alone: what a drop left over was taken for data", n)
	}
	if err := w.tasks().PingContext(t.Context()); err != nil {
		t.Errorf("the tasks cannot log in: %v", err)
	}
}

func TestOpenTransactionDelaysTheDrop(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	other, err := w.db.Conn(t.Context()) // not the account's, so it is not ended
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, statement := range []string{"BEGIN", "SELECT * FROM " + quote(w.name()) + ".orders"} {
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	err = w.remove()
	if number(err) != 1205 {
		t.Fatalf("remove: %v, want a lock wait that timed out", err)
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it waited %v", took)
	}
	w.want(false, store.Stale)
	if _, err := other.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	w.mustRemove()
}

func TestOwnSessionsAreEnded(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	tx, err := w.tasks().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO orders VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	w.mustRemove()
}

func TestManyTablesAndForeignKeys(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	q := quote(w.name())
	w.exec("CREATE TABLE " + q + ".a (id INT PRIMARY KEY, b INT)")
	w.exec("CREATE TABLE " + q + ".b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES " + q + ".a (id))")
	w.exec("ALTER TABLE " + q + ".a ADD FOREIGN KEY (b) REFERENCES " + q + ".b (id)")
	w.exec("CREATE VIEW " + q + ".v AS SELECT id FROM " + q + ".a")
	for i := range 21 {
		w.exec("CREATE TABLE " + q + "." + quote(strings.Repeat("`x", 3)+string(rune('a'+i))) + " (id INT PRIMARY KEY)")
	}
	w.mustRemove()
}

func TestMaxConnections(t *testing.T) {
	w := newWorld(t, "", func(o *Options) { o.MaxConnections = 2 })
	w.mustApply()
	tasks := w.tasks()
	for range 2 {
		conn, err := tasks.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if _, err := tasks.Conn(t.Context()); number(err) != accountFull {
		t.Errorf("the third connection: %v, want error %d", err, accountFull)
	}
	w.exec("DELETE FROM " + marksOf(w.name()) + " WHERE name = 'environment'")
	w.mustApply() // although the tasks use up all connections
}

func TestServerAway(t *testing.T) {
	w := newWorld(t, "", nil)
	gone, err := Open(Options{DSN: "root:hunter22@tcp(127.0.0.1:1)/", Installation: "test"}, w.vault, w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	seen, err := gone.Resource("shop").Observe(t.Context(), make([]store.Environment, 2))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range seen {
		if o.State != store.Unknown || o.Detail.Code != store.Unreachable || o.Detail.Args[0] != "MySQL" {
			t.Errorf("observed %+v, want unknown and unreachable", o)
		}
	}
	if err := gone.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("ping: %v, want an error without the password", err)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	var said *store.Problem
	if _, err := w.store.Get(late, "x"); err == nil || errors.As(reach(err), &said) {
		t.Errorf("%v: the store's trouble is told as that of MySQL (%v)", err, said)
	}
	if _, err := Open(Options{DSN: "root:hunter22@tcp(127.0.0.1:1", Installation: "test"}, w.vault, w.store); err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("open: %v, want an error without the password", err)
	}
}

func TestManyEnvironmentsAtOnce(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	env, err := w.store.Get(t.Context(), w.id)
	if err != nil {
		t.Fatal(err)
	}
	envs := make([]store.Environment, 100)
	for i := range envs {
		envs[i].ID = newID("none")
	}
	envs[42] = env
	seen, err := w.Resource("shop").Observe(t.Context(), envs)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range seen {
		want := store.Absent
		if i == 42 {
			want = store.Ready
		}
		if o.State != want {
			t.Errorf("environment %d is %s, want %s", i, o.State, want)
		}
	}
}

func TestEnviron(t *testing.T) {
	w := newWorld(t, "", func(o *Options) { o.Scheme, o.Host, o.Params = "mysql2", "db.internal:3306", "encoding=utf8mb4" })
	w.mustApply()
	plain, secret := w.Environ(store.Environment{ID: w.id, Spec: w.spec})
	if plain["DB_NAME"] != w.name() || secret[Parameter] != "ref:"+string(w.id)+"/DATABASE_URL" {
		t.Errorf("environ gave %v, %v", plain, secret)
	}
	kept := w.vault.get(w.id)
	want := "mysql2://" + Account(w.id) + ":" + passwordIn(kept) + "@db.internal:3306/" + w.name() + "?encoding=utf8mb4"
	if kept != want {
		t.Errorf("DATABASE_URL is %q, want %q", kept, want)
	}
}
