package schema

import (
	"runtime"
	"testing"

	"qabot/store"
)

// hold opens connections as tasks do, and keeps them.
func (w *world) hold(n int) {
	w.t.Helper()
	db := w.tasks()
	for range n {
		conn, err := db.Conn(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { conn.Close() })
	}
}

func (w *world) connections() store.Connections {
	w.t.Helper()
	c, err := w.Connections(w.t.Context(), store.Environment{ID: w.id, Spec: w.spec})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestConnections(t *testing.T) {
	w := newWorld(t, "", func(o *Options) { o.MaxConnections = 3 })
	if c := w.connections(); c.Used != 0 || c.Limit != 3 {
		t.Errorf("without an account: %+v", c)
	}
	w.mustApply()
	w.hold(2)
	server := w.count("SELECT @@max_connections")
	if c := w.connections(); c.Used != 2 || c.Limit != 3 || c.Server != server {
		t.Errorf("counted %+v", c)
	}
}

// TestConnectionsHiddenFromUs: without the right to see other people's sessions, the account itself is asked.
func TestConnectionsHiddenFromUs(t *testing.T) {
	w := newWorld(t, "", func(o *Options) { o.MaxConnections = 3 })
	w.mustApply()
	w.exec("CREATE USER 'blind'@'%' IDENTIFIED BY 'blindpw'")
	t.Cleanup(func() { w.exec0("DROP USER 'blind'@'%'") })
	config := w.config.Clone()
	config.User, config.Passwd = "blind", "blindpw"
	db, err := open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	was := w.Server.db
	w.Server.db = db
	defer func() { w.Server.db = was }()
	w.hold(2)
	if c := w.connections(); c.Used != 2 || c.Limit != 3 {
		t.Errorf("counted %+v", c)
	}
	// The server takes its time to end the connection that asked.
	for w.count("SELECT COUNT(*) FROM information_schema.processlist WHERE user = ?", Account(w.id)) > 2 {
		runtime.Gosched()
	}
	w.hold(1)
	if c := w.connections(); c.Used != 3 {
		t.Errorf("with all connections in use: %+v", c)
	}
}

func TestForeseeChangesNothing(t *testing.T) {
	w := newWorld(t, "", nil)
	for _, applied := range []bool{false, true} {
		if applied {
			w.mustApply()
		}
		things := w.things()
		f, err := w.Resource("shop").Foresee(t.Context(), store.Environment{ID: w.id, Spec: w.spec})
		if err != nil {
			t.Fatal(err)
		}
		want := []store.Detail{store.Say(store.ThingSchema, w.name()), store.Say(store.ThingAccount, Account(w.id)), store.Say(store.ThingSecret, Parameter, w.vault.Ref(w.id, Parameter))}
		for i, d := range want {
			if f.Things[i].Code != d.Code || f.Things[i].Args[0] != d.Args[0] {
				t.Errorf("foreseen %+v, want %+v", f.Things[i], d)
			}
		}
		if n := w.things(); n != things {
			t.Errorf("%d things before, %d after", things, n)
		}
	}
}
