//go:build gms_pure_go

package schema

import (
	"net"
	"strings"
	"testing"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	gms "github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/sirupsen/logrus"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// embedded runs a MySQL in this process, which lacks a good deal: what it cannot do is found out by asking.
func embedded(t *testing.T) (dsn string) {
	t.Helper()
	logrus.SetLevel(logrus.PanicLevel)
	provider := memory.NewDBProvider()
	engine := sqle.NewDefault(provider)
	accounts := engine.Analyzer.Catalog.MySQLDb
	accounts.SetPersister(&mysql_db.NoopPersister{}) // without one every CREATE USER ends its own connection
	edit := accounts.Editor()
	accounts.AddSuperUser(edit, "root", "%", "")
	edit.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.NewServer(server.Config{Protocol: "tcp", Address: l.Addr().String(), Listener: l}, engine,
		gms.NewContext, memory.NewSessionBuilder(provider), nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Start() }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return "root@tcp(" + l.Addr().String() + ")/"
}

func TestSuiteOnEmbedded(t *testing.T) {
	dsn := embedded(t)
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t, dsn, func(o *Options) { o.MaxConnections = 3 })
		return resourcetest.Subject{
			Resource: w.Resource("shop"), Store: w.store, Spec: w.spec, ID: w.id,
			Drift: func(*testing.T) { w.exec("DROP USER " + user(Account(w.id))) },
			Count: func(*testing.T) int { return w.things() },
			Made:  3,
		}
	})
}

func TestLedgerOnEmbedded(t *testing.T) {
	w := newWorld(t, embedded(t), nil)
	w.mustApply()
	q := quote(w.name())
	if !w.begin() {
		t.Error("new data asks for no seeds")
	}
	w.exec("CREATE TABLE " + q + ".users (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x')")
	w.exec("CREATE TABLE " + q + ".orders (id INT PRIMARY KEY, owner INT, KEY by_owner (owner), CONSTRAINT fk FOREIGN KEY (owner) REFERENCES " + q + ".users (id))")
	changes := w.finish(true)
	if len(changes) != 2 || changes[0].Table != "orders" || !strings.HasPrefix(changes[1].Is, "id int not null, name varchar(20)") {
		t.Errorf("changes: %+v, want the two tables", changes)
	}
	if !w.migrated() {
		t.Error("a run that passed is not in the ledger")
	}
	w.spec.Commit = "c2"
	if w.begin() {
		t.Error("seeds are wanted twice")
	}
	w.exec("ALTER TABLE " + q + ".users ADD COLUMN phone VARCHAR(32)")
	w.exec("CREATE INDEX by_name ON " + q + ".users (name)")
	changes = w.finish(true)
	if len(changes) != 2 || changes[0].Name != "phone" || changes[1].What != "index" || changes[1].Is != "(name)" {
		t.Errorf("changes: %+v, want column and index", changes)
	}
	if _, err := w.tasks().ExecContext(t.Context(), "INSERT INTO users (id) VALUES (1)"); err != nil {
		t.Errorf("the tasks cannot write: %v", err)
	}
	w.mustRemove()
}

func TestIsolationOnEmbedded(t *testing.T) {
	w := newWorld(t, embedded(t), nil)
	w.exec("CREATE DATABASE staging")
	w.exec("CREATE TABLE staging.t (id INT)")
	w.mustApply()
	if _, err := w.tasks().ExecContext(t.Context(), "SELECT * FROM staging.t"); err == nil {
		t.Error("the account reads another schema")
	}
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	if o := w.want(true, store.Ready); o.Detail.Code != store.SchemaThere {
		t.Errorf("observed %+v", o.Detail)
	}
	w.mustRemove()
}

// TestBudgetOnEmbedded: the demo's server says how many connections it takes; what it does not say is taken to be nothing.
func TestBudgetOnEmbedded(t *testing.T) {
	w := &town{newWorld(t, embedded(t), nil), costs(10)}
	w.o.Reserve = Share{Number: w.count("SELECT @@max_connections") - 50}
	w.expect("the first", w.pass("a", nil, store.Ready), store.Ready, "")
	w.expect("the second", w.pass("b", nil, store.Ready), store.Ready, "")
	w.expect("the third", w.pass("c", nil, store.Absent), store.Held, "schema.queued[20 10 1]")
	env, err := w.store.Get(t.Context(), store.ID("a-"+w.id))
	if err != nil {
		t.Fatal(err)
	}
	top, err := w.Top(t.Context(), w.store, []store.Environment{env})
	if err != nil {
		t.Fatal(err)
	}
	if top.Ours != 50 || top.Free != 10 || top.Waiting != 1 || top.Environments[0].Promised != 20 || top.Environments[0].Bytes != 0 {
		t.Errorf("%+v", top)
	}
}

func TestSavesOnEmbedded(t *testing.T) {
	w := newWorld(t, embedded(t), nil)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(90))")
	w.exec("INSERT INTO " + quote(w.name()) + ".users (email) VALUES ('ana'), ('ben')")
	saver := &Saver{Server: w.Server, Store: w.store}
	if err := w.store.WantSave(t.Context(), store.SaveWish{App: "shop", Name: "x", Environment: w.id, Branch: "b"}); err != nil {
		t.Fatal(err)
	}
	if err := saver.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.jobs.Wait()
	w.exec("DELETE FROM " + quote(w.name()) + ".users")
	if f := w.examineSwaps(t.Context()); !strings.HasPrefix(f.Said, "goes before") {
		t.Errorf("doctor says %+v", f)
	}
	w.spec.Data = store.Data{Epoch: 1, From: "save x"}
	w.fills()
	if n := w.count("SELECT COUNT(*) FROM " + quote(w.name()) + ".users"); n != 2 {
		t.Errorf("%d users, want those that were saved\n%s", n, w.log)
	}
	w.mustRemove()
}

// The demo's server takes no snapshots, and the doctor says so.
func TestRefreshOnEmbedded(t *testing.T) {
	w := newWorld(t, embedded(t), func(o *Options) {
		o.Starts = map[string]Start{"shop": {From: "template qa_template_shop", Refresh: Refresh{From: "staging", When: Daily{Days: everyDay}}}}
	})
	w.exec("CREATE DATABASE staging")
	w.exec("CREATE TABLE staging.users (id INT PRIMARY KEY)")
	all := w.Examine(t.Context())
	if f := all[len(all)-1]; f.Verdict != store.Bad || !strings.Contains(f.Said, "no consistent snapshot") {
		t.Errorf("%+v", f)
	}
}
