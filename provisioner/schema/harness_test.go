package schema

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"testing"

	"qabot/provisioner/resourcetest"
	"qabot/store"
	"qabot/store/servers/servertest"
)

func TestMain(m *testing.M) { os.Exit(servertest.Main(m)) }

// shelf is a Vault in memory.
type shelf struct {
	mu     sync.Mutex
	values map[store.ID]map[string]string
}

func (v *shelf) Look(_ context.Context, ids []store.ID, name string) (map[store.ID]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := map[store.ID]string{}
	for _, id := range ids {
		if value, there := v.values[id][name]; there {
			found[id] = value
		}
	}
	return found, nil
}

func (v *shelf) Put(_ context.Context, c *store.Claim, name, value string) (stored string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.values == nil {
		v.values = map[store.ID]map[string]string{}
	}
	if v.values[c.ID] == nil {
		v.values[c.ID] = map[string]string{}
	}
	if v.values[c.ID][name] == "" {
		v.values[c.ID][name] = value
	}
	return v.values[c.ID][name], nil
}

func (v *shelf) Delete(_ context.Context, c *store.Claim, name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.values[c.ID], name)
	return nil
}

func (v *shelf) Ref(id store.ID, name string) string { return "ref:" + string(id) + "/" + name }

func (v *shelf) get(id store.ID) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.values[id][Parameter]
}

func (v *shelf) passwords() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []string
	for values := range maps.Values(v.values) {
		all = append(all, passwordIn(values[Parameter]))
	}
	return all
}

// world is one environment's: its own store, vault and Server, on the test binary's MySQL server.
type world struct {
	t     *testing.T
	db    *sql.DB // of root
	store *store.Store
	vault *shelf
	log   *bytes.Buffer
	*Server
	id   store.ID
	spec store.Spec
}

var serial struct {
	sync.Mutex
	n int
}

func newID(branch string) store.ID {
	serial.Lock()
	defer serial.Unlock()
	serial.n++
	return store.NewID("test", "shop", fmt.Sprintf("%s-%d", branch, serial.n))
}

// newWorld makes a world on the server of that DSN, empty for the test binary's own.
func newWorld(t *testing.T, dsn string, change func(*Options)) *world {
	t.Helper()
	if dsn == "" {
		dsn = servertest.MySQL(t).DSN
	}
	w := &world{t: t, store: resourcetest.Store(t), vault: &shelf{}, log: &bytes.Buffer{}, id: newID("feature/login")}
	w.spec = store.Spec{App: "shop", Repo: "acme/shop", Branch: "feature/login", Commit: "c1"}
	o := Options{DSN: dsn, Installation: "test", Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&o)
	}
	var err error
	if w.Server, err = Open(o, w.vault, w.store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Server.Close() })
	if w.db, err = sql.Open("mysql", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	t.Cleanup(w.clear)
	return w
}

func (w *world) name() string { return Name("shop", w.id) }

func (w *world) clear() {
	for _, name := range []string{nextName("shop", w.id), pastName("shop", w.id)} {
		if _, err := w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+quote(name)); err != nil {
			w.t.Error(err)
		}
	}
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + quote(w.name()), "DROP USER IF EXISTS " + user(Account(w.id))} {
		if _, err := w.db.ExecContext(context.Background(), statement); err != nil {
			w.t.Error(err)
		}
	}
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), statement, args...); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.QueryRowContext(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// things counts what the environment has: a schema, an account, a parameter.
func (w *world) things() int {
	w.t.Helper()
	n := w.count("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE ?", "%"+w.id.Underscored()) +
		w.count("SELECT COUNT(*) FROM mysql.user WHERE user LIKE ?", "%"+w.id.Underscored())
	if w.vault.get(w.id) != "" {
		n++
	}
	return n
}

// claimed runs f as one pass under a claim of its own; wanted and the rest of the wish as it says.
func (w *world) claimed(wanted bool, f func(c *store.Claim)) {
	w.t.Helper()
	spec := w.spec
	spec.Released = !wanted
	c := resourcetest.Claim(w.t, w.store, w.id, spec)
	f(c)
	if err := w.store.Settle(w.t.Context(), c, store.Status{Version: c.Spec.Version, Generation: c.Spec.Generation}, 0); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) look(wanted bool) (o store.Observation) {
	w.t.Helper()
	w.claimed(wanted, func(c *store.Claim) { o = w.observe(c.Environment) })
	return o
}

func (w *world) observe(env store.Environment) store.Observation {
	w.t.Helper()
	seen, err := w.Resource("shop").Observe(w.t.Context(), []store.Environment{env})
	if err != nil {
		w.t.Fatalf("observe: %v", err)
	}
	return seen[0]
}

func (w *world) apply() (err error) {
	w.t.Helper()
	w.claimed(true, func(c *store.Claim) { err = w.Resource("shop").Apply(w.t.Context(), c, store.Observation{}) })
	return err
}

func (w *world) remove() (err error) {
	w.t.Helper()
	w.claimed(false, func(c *store.Claim) { err = w.Resource("shop").Remove(w.t.Context(), c, store.Observation{}) })
	return err
}

func (w *world) mustApply() {
	w.t.Helper()
	if err := w.apply(); err != nil {
		w.t.Fatalf("apply: %v", err)
	}
	w.want(true, store.Ready)
}

func (w *world) mustRemove() {
	w.t.Helper()
	if err := w.remove(); err != nil {
		w.t.Fatalf("remove: %v", err)
	}
	w.want(false, store.Absent)
}

func (w *world) want(wanted bool, state store.State) store.Observation {
	w.t.Helper()
	o := w.look(wanted)
	if o.State != state {
		w.t.Fatalf("it is %s (%+v), want %s", o.State, o.Detail, state)
	}
	return o
}

// tasks opens the schema as the environment's tasks do.
func (w *world) tasks() *sql.DB {
	w.t.Helper()
	config := w.config.Clone()
	config.User, config.Passwd, config.DBName = Account(w.id), passwordIn(w.vault.get(w.id)), w.name()
	db, err := open(config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { db.Close() })
	return db
}
