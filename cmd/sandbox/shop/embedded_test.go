package shop

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/alicebob/miniredis/v2"
	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	gsql "github.com/dolthub/go-mysql-server/sql"
)

// The demo that needs nothing but Go runs the shop on embedded servers.
func TestEmbeddedServers(t *testing.T) {
	logrus.SetLevel(logrus.PanicLevel) // the engine's own log
	provider := memory.NewDBProvider(memory.NewDatabase("shop"))
	engine := sqle.NewDefault(provider)
	t.Cleanup(func() { engine.Close() })
	addr := "127.0.0.1:" + freePort(t)
	s, err := server.NewServer(server.Config{Protocol: "tcp", Address: addr}, engine, gsql.NewContext, memory.NewSessionBuilder(provider), nil)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Start() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-served
	})
	store := miniredis.RunT(t)

	for _, branch := range []string{"main", "qa/hello", "feature/checkout", "feature/login"} {
		dir, _ := checkout(t, branch)
		name := strings.NewReplacer("/", "_").Replace(branch)
		ctx := gsql.NewContext(t.Context())
		if err := provider.CreateDatabase(ctx, name); err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, env: map[string]string{
			"SHOP_DIR": dir, "BRANCH": branch, "COMMIT": "c0ffee0", "REDIS_NAMESPACE": name,
			"DATABASE_URL": (&url.URL{Scheme: "mysql", User: url.User("root"), Host: addr, Path: name}).String(),
			"REDIS_URL":    fmt.Sprintf("redis://%s/0", store.Addr()),
		}}
		w.prepare()
		app, admin, worker := w.serve("app"), w.serve("admin"), w.start("worker")
		if status, page := app.post("/order", url.Values{"product": {"2"}}); status != 200 || !strings.Contains(page, "Desk Lamp") {
			t.Errorf("%s: front %d\n%s", branch, status, page)
		}
		worker.until("the order", func() bool {
			_, page := admin.get("/")
			return strings.Contains(page, "<b>1</b> orders")
		})
	}
	dir, _ := checkout(t, "qa/broken-migration")
	if err := provider.CreateDatabase(gsql.NewContext(t.Context()), "broken"); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, env: map[string]string{"SHOP_DIR": dir, "DATABASE_URL": "mysql://root@" + addr + "/broken"}}
	if code, out := w.once("migrate"); code != 1 || !strings.Contains(out, "Error 1146") {
		t.Errorf("broken migration: %d\n%s", code, out)
	}
}
