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
