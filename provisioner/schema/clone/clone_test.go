package clone

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"qabot/store/servers/servertest"
)

func TestMain(m *testing.M) { os.Exit(servertest.Main(m)) }

// world is a server with a source and an empty target, which an account of its own owns.
type world struct {
	t              *testing.T
	db             *sql.DB // copies; root
	owner          *sql.DB
	source, target string
	method         Method
}

// serial numbers the worlds, whose tests run one after the other.
var serial int

func newWorld(t *testing.T, statements ...string) *world {
	t.Helper()
	server := servertest.MySQL(t)
	w := &world{t: t, method: MethodFor(server.Version)}
	w.db = w.open(server.DSN)
	serial++
	w.source, w.target = fmt.Sprintf("clone_src_%d", serial), fmt.Sprintf("clone_dst_%d", serial)
	account := fmt.Sprintf("o_clone_%d", serial)
	w.exec("CREATE DATABASE "+w.source+" CHARACTER SET utf8mb4", "CREATE DATABASE "+w.target+" CHARACTER SET utf8mb4",
		"CREATE USER "+account+" IDENTIFIED BY 'Qa-7secret'", "GRANT ALL ON `"+strings.ReplaceAll(w.target, "_", `\_`)+"`.* TO "+account)
	t.Cleanup(func() {
		for _, q := range []string{"DROP DATABASE " + w.source, "DROP DATABASE " + w.target, "DROP USER " + account} {
			if _, err := w.db.ExecContext(context.Background(), q); err != nil {
				t.Error(err)
			}
		}
	})
	config, err := mysql.ParseDSN(server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	config.User, config.Passwd = account, "Qa-7secret"
	w.owner = w.open(config.FormatDSN())
	w.in(w.source, statements...)
	return w
}

func (w *world) open(dsn string) *sql.DB {
	w.t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	db.SetMaxIdleConns(0)
	w.t.Cleanup(func() { db.Close() })
	return db
}

func (w *world) exec(statements ...string) {
	w.t.Helper()
	for _, q := range statements {
		if _, err := w.db.ExecContext(w.t.Context(), q); err != nil {
			w.t.Fatalf("%s: %v", q, err)
		}
	}
}

// in carries out statements with a schema in use.
func (w *world) in(schema string, statements ...string) {
	w.t.Helper()
	conn := w.conn(schema)
	for _, q := range statements {
		if _, err := conn.ExecContext(w.t.Context(), q); err != nil {
			w.t.Fatalf("%s: %v", q, err)
		}
	}
}

func (w *world) conn(schema string) *sql.Conn {
	w.t.Helper()
	conn, err := w.db.Conn(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	if _, err := conn.ExecContext(w.t.Context(), "USE "+Quote(schema)); err != nil {
		w.t.Fatal(err)
	}
	return conn
}

func (w *world) copy(c Copy) (Report, error) {
	c.Source, c.Target = w.source, w.target
	return c.Run(w.t.Context(), w.db, w.owner, w.method)
}

func (w *world) mustCopy(c Copy) Report {
	w.t.Helper()
	report, err := w.copy(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *world) value(query string, args ...any) string {
	w.t.Helper()
	var v sql.NullString
	if err := w.db.QueryRowContext(w.t.Context(), query, args...).Scan(&v); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return v.String
}

func (w *world) list(schema, query string, args ...any) (all []map[string]string) {
	w.t.Helper()
	conn := w.conn(schema)
	defer conn.Close()
	all, err := rows(w.t.Context(), conn, query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return all
}

// everything is one of each sort of thing that a schema may hold.
func everything(source string) []string {
	return []string{
		`CREATE TABLE users (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(191) NOT NULL, name VARCHAR(60), boss BIGINT UNSIGNED,
			favourite BIGINT UNSIGNED, shout VARCHAR(80) AS (UPPER(name)) VIRTUAL, letters INT AS (CHAR_LENGTH(name)) STORED, made DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
			UNIQUE KEY by_email (email), KEY by_name (name(10), made DESC), CONSTRAINT boss FOREIGN KEY (boss) REFERENCES users (id) ON DELETE SET NULL, CONSTRAINT short CHECK (CHAR_LENGTH(name) < 50)) COMMENT='the ''people'''`,
		`CREATE TABLE orders (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id BIGINT UNSIGNED NOT NULL, total DECIMAL(12,2) NOT NULL DEFAULT '0.00', doc JSON, bits BIT(9), raw BLOB, spot POINT,
			words TEXT, FULLTEXT KEY by_words (words), KEY by_user (user_id), CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users (id)) AUTO_INCREMENT=5000`,
		"ALTER TABLE users ADD CONSTRAINT favourite FOREIGN KEY (favourite) REFERENCES users (id)",
		"CREATE TABLE pairs (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (b, a))",
		"CREATE TABLE plain (note VARCHAR(20), `odd ``name` INT)",
		"CREATE TABLE parted (id INT NOT NULL PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3",
		"CREATE TABLE audit (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, what TEXT)",
		"CREATE TABLE empty_one (id INT PRIMARY KEY)",
		// Its keys stay where they are, as its primary key is no number; and what it refers to is a key that may come later.
		"CREATE TABLE badges (name VARCHAR(20) PRIMARY KEY, holder VARCHAR(191), CONSTRAINT holder FOREIGN KEY (holder) REFERENCES users (email))",
		"CREATE TABLE qabot_marks (name VARCHAR(191) PRIMARY KEY, value TEXT)",
		"SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO', foreign_key_checks=0",
		"INSERT INTO users (id, email, name, boss, favourite) VALUES (0, 'zero@acme.jp', 'zero', NULL, 2), (1, 'ana@acme.jp', 'Ana 環境', 0, 0), (2, 'ben@acme.jp', NULL, 1, 1)",
		`INSERT INTO orders (user_id, total, doc, bits, raw, spot, words) SELECT seq % 3, seq, '{"a": [1, "二"]}', seq, UNHEX('00FF0A5C27'), POINT(seq, -1), CONCAT('tab\tline\n\\', seq) FROM (
			SELECT a.id + 3 * b.id + 9 * c.id AS seq FROM users a, users b, users c) numbers`,
		"INSERT INTO pairs VALUES (1, 2), (2, 1)", "INSERT INTO plain VALUES (NULL, 1), ('x', NULL), ('x', NULL)",
		"INSERT INTO badges VALUES ('silver', 'ana@acme.jp')", "INSERT INTO parted VALUES (1), (2), (3), (4)", "INSERT INTO qabot_marks VALUES ('secret', 'stays')",
		"CREATE TRIGGER heard AFTER INSERT ON orders FOR EACH ROW INSERT INTO `" + source + "`.audit (what) VALUES (CONCAT('" + source + ".orders ', NEW.id))",
		"CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n",
		"CREATE VIEW b_orders AS SELECT o.id, o.total, u.name FROM orders o JOIN users u ON u.id = o.user_id",
		"CREATE VIEW a_rich AS SELECT b.id, twice(b.total) AS total FROM b_orders b WHERE b.total > 20", // needs one that comes after it by name
		"CREATE PROCEDURE clear_audit() BEGIN DELETE FROM audit; END",
		"CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE DO DELETE FROM audit",
	}
}

func TestEverythingIsCopied(t *testing.T) {
	w := newWorld(t)
	w.in(w.source, everything(w.source)...)
	methods := map[string]Method{"as is": w.method}
	if w.method.Chunk == 0 {
		methods["keys later"] = Method{Defer: 1} // with one connection that is safe here, too
		methods["in stretches"] = Method{Chunk: 40000}
	} else {
		methods["small stretches"] = Method{Chunk: 20000, Defer: 1}
	}
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			w.exec("DROP DATABASE "+w.target, "CREATE DATABASE "+w.target+" CHARACTER SET utf8mb4")
			w.method = method
			workers := 2
			if name != "as is" {
				workers = 1
			}
			filled := 0
			report := w.mustCopy(Copy{Skip: []string{"qabot_marks"}, Workers: workers, Progress: func(n, _ int) { filled = n }})
			if report.Tables != 8 || filled != 8 || report.Objects != 6 {
				t.Errorf("%+v, %d filled", report, filled)
			}
			w.same(t)
		})
	}
}

// same compares the target with the source.
func (w *world) same(t *testing.T) {
	t.Helper()
	tables := w.list(w.source, "SELECT table_name AS n FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE' AND table_name <> 'qabot_marks'", w.source)
	for _, row := range tables {
		for _, ask := range []string{"SHOW CREATE TABLE " + Quote(row["n"]), "SELECT COUNT(*) AS n FROM " + Quote(row["n"])} {
			if diff := cmp.Diff(w.list(w.source, ask), w.list(w.target, ask)); diff != "" {
				t.Errorf("%s (-source +copy):\n%s", ask, diff)
			}
		}
		sum := "CHECKSUM TABLE " + Quote(row["n"])
		if was, is := w.list(w.source, sum)[0]["checksum"], w.list(w.target, sum)[0]["checksum"]; was != is {
			t.Errorf("%s: the rows differ", row["n"])
		}
	}
	if n := w.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'qabot_marks'", w.target); n != "0" {
		t.Error("what was to stay behind came along")
	}
	for _, ask := range []string{
		"SELECT id, total FROM a_rich ORDER BY id", "SELECT routine_name AS n, routine_type AS s FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1",
	} {
		if diff := cmp.Diff(w.list(w.source, ask), w.list(w.target, ask)); diff != "" {
			t.Errorf("%s (-source +copy):\n%s", ask, diff)
		}
	}
	if definers := w.value(`SELECT COUNT(*) FROM (SELECT definer FROM information_schema.views WHERE table_schema = ? UNION ALL SELECT definer FROM information_schema.routines WHERE routine_schema = ?
		UNION ALL SELECT definer FROM information_schema.triggers WHERE trigger_schema = ? UNION ALL SELECT definer FROM information_schema.events WHERE event_schema = ?) d WHERE definer LIKE 'o\_%'`,
		w.target, w.target, w.target, w.target); definers != "6" {
		t.Errorf("%s of 6 objects belong to the account that the copy is for", definers)
	}
	if s := w.value("SELECT status FROM information_schema.events WHERE event_schema = ?", w.target); s != "DISABLED" {
		t.Errorf("the event is %s", s)
	}
	before := w.value("SELECT COUNT(*) FROM " + Quote(w.source) + ".audit")
	w.in(w.target, "INSERT INTO orders (user_id) VALUES (1)")
	if !strings.HasPrefix(w.value("SELECT what FROM "+Quote(w.target)+".audit"), w.source+".orders 50") || w.value("SELECT COUNT(*) FROM "+Quote(w.source)+".audit") != before {
		t.Error("the trigger of the copy does not write into the copy alone")
	}
}

// A statement is stopped in the middle of its rows, and meanwhile somebody writes to those that it has read.
func TestWritersOfTheSourceAreNotBlocked(t *testing.T) {
	for name, test := range map[string]struct {
		isolation string
		blocked   bool
	}{"as it copies": {"READ COMMITTED", false}, "as it would by default": {"REPEATABLE READ", true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "CREATE TABLE rows_ (id INT PRIMARY KEY, v INT)", "INSERT INTO rows_ WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, 0 FROM n")
			r := &run{Copy: Copy{Source: w.source, Target: w.target}, method: w.method, db: w.db}
			conn, err := r.session(t.Context(), w.db, w.target)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, q := range []string{"CREATE TABLE rows_ (id INT PRIMARY KEY, v INT)", "SET SESSION TRANSACTION ISOLATION LEVEL " + test.isolation} {
				if err := r.do(t.Context(), conn, q); err != nil {
					t.Fatal(err)
				}
			}
			gate := w.conn(w.source)
			ask := func(conn *sql.Conn, q string) (v string) {
				t.Helper()
				if err := conn.QueryRowContext(t.Context(), q).Scan(&v); err != nil {
					t.Fatalf("%s: %v", q, err)
				}
				return v
			}
			lock := "'" + w.target + "'"
			if ask(gate, "SELECT GET_LOCK("+lock+", 0)") != "1" {
				t.Fatal("the gate is not shut")
			}
			var me string
			if err := conn.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&me); err != nil {
				t.Fatal(err)
			}
			tab := &table{name: "rows_", columns: []column{{name: "id", value: "id"}, {name: "v", value: "IF(id = 800, GET_LOCK(" + lock + ", 60), v)"}}}
			copied := make(chan error, 1)
			go func() { copied <- r.do(t.Context(), conn, tab.statements(w.source, 0)[0]) }()
			for ask(gate, "SELECT COUNT(*) FROM information_schema.processlist WHERE id = "+me+" AND state = 'User lock'") == "0" {
				select {
				case err := <-copied:
					t.Fatalf("it went through the gate: %v", err)
				default:
				}
			}
			writer := w.conn(w.source)
			for _, q := range []string{"SET SESSION innodb_lock_wait_timeout=1", "INSERT INTO rows_ VALUES (-1, 1)", "DELETE FROM rows_ WHERE id = 20", "UPDATE rows_ SET v = 2 WHERE id = 10"} {
				_, err = writer.ExecContext(t.Context(), q)
				if err != nil {
					break
				}
			}
			if blocked := number(err) == lockTimeout; blocked != test.blocked {
				t.Errorf("a writer is told %v", err)
			}
			if ask(writer, "SELECT COUNT(*) FROM rows_ WHERE id = 30") != "1" {
				t.Error("a reader sees nothing")
			}
			ask(gate, "SELECT RELEASE_LOCK("+lock+")")
			if err := <-copied; err != nil {
				t.Fatal(err)
			}
			if n := w.value("SELECT COUNT(*) FROM " + Quote(w.target) + ".rows_"); n != "900" {
				t.Errorf("%s rows, and there were 900 when the statement began", n)
			}
		})
	}
}

func TestMaskedColumnsHoldNothingOfTheSource(t *testing.T) {
	w := newWorld(t,
		"CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(60) NOT NULL, phone CHAR(40), name VARCHAR(30), note TEXT, loud VARCHAR(60) AS (UPPER(email)) STORED, UNIQUE KEY (email))",
		"INSERT INTO users (id, email, phone, name, note) VALUES (1, 'ana@acme.jp', '090-1111', 'Ana', 'vip'), (2, 'ben@acme.jp', '090-1111', 'Ben', NULL), (3, 'cai@acme.jp', NULL, NULL, 'x')")
	w.mustCopy(Copy{Masks: []Mask{
		{Table: "users", Column: "email", As: MaskEmail}, {Table: "users", Column: "phone", As: MaskHash}, {Table: "users", Column: "name", As: MaskFixed, Value: "O'Tester \\"},
		{Table: "users", Column: "note", As: MaskNull},
	}})
	got := w.list(w.target, "SELECT * FROM users ORDER BY id")
	for i, row := range got {
		if !strings.HasPrefix(row["email"], "user-") || !strings.HasSuffix(row["email"], "@example.invalid") || row["loud"] != strings.ToUpper(row["email"]) || row["note"] != "" {
			t.Errorf("row %d: %v", i, row)
		}
	}
	if got[0]["email"] == got[1]["email"] || got[0]["phone"] != got[1]["phone"] || len(got[0]["phone"]) != 40 || got[2]["phone"] != "" {
		t.Errorf("digests do not tell the same from the different: %v", got)
	}
	if got[0]["name"] != "O'Tester \\" || got[2]["name"] != "" {
		t.Errorf("fixed: %v", got)
	}
}

func TestWhatCannotBeCopiedIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		make  []string
		masks []Mask
		what  string
	}{
		"mask of a table that is gone":  {nil, []Mask{{Table: "people", Column: "email", As: MaskNull}}, "people.email"},
		"mask of a column that is gone": {nil, []Mask{{Table: "t", Column: "mail", As: MaskNull}}, "t.mail"},
		"null where none may be":        {nil, []Mask{{Table: "t", Column: "id", As: MaskNull}}, "t.id"},
		"digest in a number":            {nil, []Mask{{Table: "t", Column: "n", As: MaskHash}}, "t.n"},
		"digest in a short text":        {nil, []Mask{{Table: "t", Column: "s", As: MaskEmail}}, "t.s"},
		"view on another schema":        {[]string{"CREATE VIEW out_ AS SELECT host FROM mysql.db"}, nil, "view out_"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, append([]string{"CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(30))"}, test.make...)...)
			_, err := w.copy(Copy{Masks: test.masks})
			var unfit *Unfit
			if !errors.As(err, &unfit) || unfit.What != test.what {
				t.Errorf("%v", err)
			}
		})
	}
	w := newWorld(t, "CREATE TABLE t (id INT PRIMARY KEY)")
	w.in(w.source, "CREATE DATABASE far_"+w.source, fmt.Sprintf("CREATE TABLE far_%s.t (id INT PRIMARY KEY)", w.source))
	t.Cleanup(func() { w.db.ExecContext(context.Background(), "DROP DATABASE far_"+w.source) })
	w.in(w.source, fmt.Sprintf("ALTER TABLE t ADD CONSTRAINT far FOREIGN KEY (id) REFERENCES far_%s.t (id)", w.source))
	var unfit *Unfit
	if _, err := w.copy(Copy{}); !errors.As(err, &unfit) || unfit.What != "t" {
		t.Errorf("a foreign key into another schema: %v", err)
	}
	w.in(w.source, "ALTER TABLE t DROP FOREIGN KEY far")
}

func TestCheckStopsACopy(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)")
	lost, calls := errors.New("lost"), 0
	_, err := w.copy(Copy{Check: func() error {
		if calls++; calls > 1 {
			return lost
		}
		return nil
	}})
	if n := w.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?", w.target); !errors.Is(err, lost) || n != "1" {
		t.Errorf("%v, %s tables", err, n)
	}
}

// A copy whose keys come late is refused its next statement, or loses its connection, at each of its statements in turn. It never
// says that it is whole, and the next one, into an empty schema, is.
func TestACopyIsCutAtEachStatement(t *testing.T) {
	for name, atOnce := range map[string]bool{"inside": false, "at once": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in(w.source, everything(w.source)...)
			w.method = Method{Defer: 1}
			lost := errors.New("lost")
			cut := func(at int, kill bool) (calls int, err error) {
				w.exec("DROP DATABASE "+w.target, "CREATE DATABASE "+w.target+" CHARACTER SET utf8mb4")
				var mine []string
				_, err = w.copy(Copy{Skip: []string{"qabot_marks"}, Workers: 1, AtOnce: atOnce,
					Enter: func(ctx context.Context, c *sql.Conn) error {
						var id string
						err := c.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id)
						mine = append(mine, id)
						return err
					},
					Check: func() error {
						if calls++; calls != at {
							return nil
						} else if !kill {
							return lost
						}
						for _, id := range mine {
							w.db.ExecContext(t.Context(), "KILL "+id) // an earlier one may have gone
						}
						return nil
					},
				})
				return calls, err
			}
			all, err := cut(0, false)
			if err != nil {
				t.Fatal(err)
			}
			for at := 1; at <= all; at++ {
				for _, kill := range []bool{false, true} {
					if _, err := cut(at, kill); err == nil || !kill && !errors.Is(err, lost) {
						t.Errorf("cut at statement %d of %d (killed: %v) it says %v", at, all, kill, err)
					}
				}
			}
			if _, err := cut(0, false); err != nil {
				t.Fatal(err)
			}
			w.same(t)
		})
	}
}

// Rows were written between the moments at which two tables were copied.
func TestForeignKeysHoldInACopyOfWhatIsWrittenTo(t *testing.T) {
	w := newWorld(t,
		"CREATE TABLE firms (id INT PRIMARY KEY, name VARCHAR(20))",
		"CREATE TABLE users (id INT PRIMARY KEY, firm INT, FOREIGN KEY (firm) REFERENCES firms (id))",
		"CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, FOREIGN KEY (user_id) REFERENCES users (id))",
		"INSERT INTO firms VALUES (1, 'a'), (2, 'b'), (3, 'late')", "INSERT INTO users VALUES (1, 1), (2, 2), (3, 3)", "INSERT INTO orders VALUES (1, 1), (2, 2), (3, 3)",
		"SET SESSION foreign_key_checks=0", "INSERT INTO orders VALUES (9, 99)") // amiss in the source as well
	w.mustCopy(Copy{})
	// The copy as it would be, had users and firms been copied before these were written, and orders before some of them were deleted.
	w.in(w.target, "SET SESSION foreign_key_checks=0", "DELETE FROM users WHERE id = 3", "DELETE FROM firms WHERE id IN (2, 3)")
	w.in(w.source, "DELETE FROM orders WHERE id = 2", "DELETE FROM users WHERE id = 2", "DELETE FROM firms WHERE id = 2")
	r := &run{Copy: Copy{Source: w.source, Target: w.target}, method: w.method, db: w.db}
	conn, err := r.session(t.Context(), w.db, w.source)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tables, err := r.read(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "USE "+Quote(w.target)); err != nil {
		t.Fatal(err)
	}
	if err := r.mend(t.Context(), conn, tables); err != nil {
		t.Fatal(err)
	}
	// Order 2 was copied with its user: only what refers to a firm that is gone goes, and then what refers to that.
	for table, want := range map[string]string{"firms": "1,3", "users": "1,3", "orders": "1,3,9"} {
		if got := w.value("SELECT GROUP_CONCAT(id ORDER BY id) FROM " + Quote(w.target) + "." + table); got != want {
			t.Errorf("%s: %s, want %s", table, got, want)
		}
	}
}
