package shop

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func wantParts(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

func TestFromEmptySchemaToShop(t *testing.T) {
	w := newWorld(t, "main")
	code, out := w.once("migrate")
	if code != 0 {
		t.Fatalf("migrate ended with %d:\n%s", code, out)
	}
	wantParts(t, "migrate", out, "== 001_create_products: migrated (", "== 002_create_orders: migrated (")
	code, out = w.once("migrate")
	if code != 0 || !strings.Contains(out, "schema is up to date (2 migrations)") {
		t.Errorf("migrated again: %d\n%s", code, out)
	}
	for range 2 {
		if code, out := w.once("seed"); code != 0 {
			t.Fatalf("seed ended with %d:\n%s", code, out)
		}
	}

	app, admin := w.serve("app"), w.serve("admin")
	status, page := app.get("/")
	short := w.env["GIT_COMMIT"][:7]
	wantParts(t, "front", page, "Enamel Mug", "€14.00", "<code>"+short+"</code>", "main", "visit number <b>1</b>", "--accent: #3346d3")
	if n := strings.Count(page, `<article class="card">`); status != http.StatusOK || n != 6 {
		t.Errorf("front: %d, %d cards, want 6", status, n)
	}
	_, version := app.get("/version")
	if want := fmt.Sprintf(`{"branch":"main","commit":%q,"role":"app"}`, w.env["GIT_COMMIT"]); strings.TrimSpace(version) != want {
		t.Errorf("version %s, want %s", version, want)
	}
	for _, path := range []string{"/static/shop.css", "/static/art/mug.svg"} {
		if status, _ := app.get(path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/nothing", "/layout", "/static/../shop.yaml", "/static/%2e%2e/shop.yaml"} {
		if status, _ := app.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, status)
		}
	}

	admin.post("/products", url.Values{"name": {"<i>Rug</i>"}, "price": {"49,5"}, "art": {""}})
	_, page = app.get("/")
	wantParts(t, "front after adding", page, "&lt;i&gt;Rug&lt;/i&gt;", "€49.50", "visit number <b>2</b>")
	id := regexp.MustCompile(`Rug[\s\S]*?name="product" value="(\d+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatalf("no id of the new product:\n%s", page)
	}
	admin.post("/products/"+id[1]+"/delete", nil)
	if _, page = app.get("/"); strings.Contains(page, "Rug") {
		t.Error("a deleted product is still sold")
	}
	for _, form := range []url.Values{{"name": {"x"}, "price": {"cheap"}}, {"name": {" "}, "price": {"1"}}, {"name": {"x"}, "price": {"1"}, "art": {"../icon"}}} {
		if status, _ := admin.post("/products", form); status != http.StatusUnprocessableEntity {
			t.Errorf("added %v: %d, want 422", form, status)
		}
	}

	keys, err := w.redis.Keys(t.Context(), "*").Result()
	if err != nil || !slices.Equal(keys, []string{"qa_test:visits"}) {
		t.Errorf("keys %v, %v: want only the namespace's visits", keys, err)
	}
	for _, p := range []*running{app, admin} {
		if code := p.terminate(); code != 0 {
			t.Errorf("ended with %d after SIGTERM:\n%s", code, p.output.String())
		}
	}
}

func TestOrdersReachTheDatabaseOnce(t *testing.T) {
	w := newWorld(t, "main")
	w.prepare()
	app, admin := w.serve("app"), w.serve("admin")
	if status, page := app.post("/order", url.Values{"product": {"2"}}); status != http.StatusOK || !strings.Contains(page, "Thank you") {
		t.Errorf("ordered: %d\n%s", status, page)
	}
	_, page := admin.get("/")
	wantParts(t, "admin before the worker", page, "<b>1</b> waiting", "<b>0</b> orders")

	// A worker died after writing this order and before forgetting it, another one's order is nonsense, one's product is gone.
	for _, text := range []string{`{"job":"j1","product":1}`, `{"job":"j1","product":1}`, `nonsense`, `{"job":"j2","product":999}`} {
		if err := w.redis.LPush(t.Context(), "qa_test:orders:taken", text).Err(); err != nil {
			t.Fatal(err)
		}
	}
	worker := w.start("worker")
	worker.until("the orders", func() bool {
		_, page = admin.get("/")
		return strings.Contains(page, "<b>2</b> orders") && strings.Contains(page, "<b>0</b> waiting")
	})
	wantParts(t, "admin", page, "Desk Lamp", "€69.00")
	if code := worker.terminate(); code != 0 {
		t.Errorf("worker ended with %d:\n%s", code, worker.output.String())
	}
	var sum int
	if err := w.db.QueryRowContext(t.Context(), "SELECT SUM(price_cents) FROM orders").Scan(&sum); err != nil || sum != 1400+6900 {
		t.Errorf("orders of %d cents, %v", sum, err)
	}
}

func TestBranchesDiffer(t *testing.T) {
	for _, c := range []struct {
		branch string
		path   string
		parts  []string
	}{
		{"qa/hello", "/", []string{"Hello from the branch qa/hello", "--accent: #c2410c", "Hello Card", "Nice to meet you", "Enamel Mug"}},
		{"feature/checkout", "/", []string{"Spring sale", "−20 %", "€55.20 <s>€69.00</s>", "<strong>€14.00</strong>"}},
		{"feature/login", "/login", []string{"Welcome back.", `href="/login"`}},
	} {
		t.Run(c.branch, func(t *testing.T) {
			w := newWorld(t, c.branch)
			w.prepare()
			status, page := w.serve("app").get(c.path)
			if status != http.StatusOK {
				t.Errorf("status %d", status)
			}
			wantParts(t, c.branch, page, append(c.parts, c.branch)...)
		})
	}
}

func TestBrokenMigrationSaysWhy(t *testing.T) {
	w := newWorld(t, "qa/broken-migration")
	code, out := w.once("migrate")
	if code != 1 {
		t.Errorf("ended with %d", code)
	}
	wantParts(t, "migrate", out, "== 002_create_orders: migrated", "== 003_copy_stock: failed", "migrations/003_copy_stock.sql line 6: Error 1146 (42S02)", "inventory")
	if code, _ := w.once("migrate"); code != 1 {
		t.Errorf("tried again: ended with %d", code)
	}
}

func TestLifeline(t *testing.T) {
	w := newWorld(t, "main")
	w.prepare()
	for _, role := range []string{"app", "worker"} {
		p := w.start(role, "LIFELINE=stdin")
		p.until("start of "+role, func() bool { return strings.Contains(p.output.String(), "commit=") })
		if err := p.stdin.Close(); err != nil {
			t.Fatal(err)
		}
		if code := p.exit(); code != 0 {
			t.Errorf("%s ended with %d:\n%s", role, code, p.output.String())
		}
	}
}

func TestStoresAway(t *testing.T) {
	w := newWorld(t, "main")
	w.prepare()
	nobody := "127.0.0.1:" + freePort(t)

	noRedis := w.serve("app", "REDIS_URL=redis://"+nobody)
	if status, page := noRedis.get("/"); status != http.StatusOK || strings.Contains(page, "visit number") || !strings.Contains(page, "Enamel Mug") {
		t.Errorf("front without Redis: %d\n%s", status, page)
	}
	if status, _ := noRedis.post("/order", url.Values{"product": {"1"}}); status != http.StatusServiceUnavailable {
		t.Errorf("order without Redis: %d", status)
	}

	noMySQL := w.start("app", "DATABASE_URL=mysql://root:secret@"+nobody+"/x")
	noMySQL.until("an answer", func() bool {
		resp, err := http.Get(noMySQL.url + "/health")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		io.Copy(io.Discard, resp.Body)
		return resp.StatusCode == http.StatusServiceUnavailable
	})
	if status, page := noMySQL.get("/"); status != http.StatusServiceUnavailable || !strings.Contains(page, "Back in a moment") {
		t.Errorf("front without MySQL: %d\n%s", status, page)
	}
	worker := w.start("worker", "REDIS_URL=redis://"+nobody)
	worker.until("the worker's patience", func() bool { return strings.Contains(worker.output.String(), "trying again") })
	for _, p := range []*running{noRedis, noMySQL, worker} {
		if code := p.terminate(); code != 0 {
			t.Errorf("%s ended with %d:\n%s", p.cmd.Args[2], code, p.output.String())
		}
		if strings.Contains(p.output.String(), "secret") {
			t.Errorf("%s tells a password:\n%s", p.cmd.Args[2], p.output.String())
		}
	}
}

func TestWrongUse(t *testing.T) {
	w := newWorld(t, "main")
	if code, out := w.once("sell"); code != 2 || !strings.Contains(out, "usage: shop build | app") {
		t.Errorf("unknown role: %d\n%s", code, out)
	}
	for _, c := range []struct{ name, env, text string }{
		{"no database", "DATABASE_URL=", "DATABASE_URL: is missing"},
		{"another database", "DATABASE_URL=postgres://u:secret@h/x", `scheme "postgres" is not mysql`},
		{"unreadable database", "DATABASE_URL=mysql://u:sec%zzret@h/x", "DATABASE_URL: invalid URL escape"},
		{"no checkout", "SHOP_DIR=/nowhere", "open the checkout SHOP_DIR"},
		{"threads", "RAILS_MAX_THREADS=many", "RAILS_MAX_THREADS"},
		{"no port", "PORT=", "PORT is missing"},
	} {
		p := w.start("app", c.env)
		if code := p.exit(); code != 1 || !strings.Contains(p.output.String(), c.text) || strings.Contains(p.output.String(), "secret") {
			t.Errorf("%s: %d\n%s", c.name, code, p.output.String())
		}
	}
}
