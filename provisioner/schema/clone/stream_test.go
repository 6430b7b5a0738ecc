package clone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nasty are tables of values that are easily spoilt on the way through text.
func nasty() []string {
	return []string{
		"SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone='+00:00'",
		`CREATE TABLE texts (id INT PRIMARY KEY, u VARCHAR(60) CHARACTER SET utf8mb4, l VARCHAR(60) CHARACTER SET latin1, s VARCHAR(60) CHARACTER SET cp932, e VARCHAR(60) CHARACTER SET ujis,
			w VARCHAR(60) CHARACTER SET utf16, c CHAR(9) CHARACTER SET latin1, n TEXT, UNIQUE KEY (l, id))`,
		`INSERT INTO texts VALUES (1, '環境 😀', 'Müller €', '表予十ソ～－①', '環境～', '環境😀', 'x ', 'a\tb\nc\\d\0e\rf\'g"h\Z'), (2, '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
			(4, '\\N', 'NULL', 'N', '\\', '\\0', '\\t', ' trailing  '), (0, 'zero', x'81', '表', 'e', 'w', 'c', REPEAT('長い\\\n', 9000))`,
		"CREATE TABLE raw_ (id BIGINT UNSIGNED PRIMARY KEY, b BINARY(6), v VARBINARY(300), l LONGBLOB, bit1 BIT(1), bit9 BIT(9), bit64 BIT(64), g GEOMETRY, p POINT, doc JSON)",
		`INSERT INTO raw_ VALUES (18446744073709551615, x'00010900', x'5C4E', x'000A0D5C09270022FF', b'0', b'100001010', 0xFFFFFFFFFFFFFFFF, ST_GeomFromText('LINESTRING(0 0, 92 9, 10 -1)'), POINT(1, 2), '{"a": "tab\\t\\"環\\\\"}'),
			(1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (0, '', '', '', b'1', 9, 0x5C4E, ST_GeomFromText('POLYGON((0 0, 0 9, 9 9, 0 0))'), NULL, '[]')`,
		"INSERT INTO raw_ (id, v) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 255) SELECT i + 10, CHAR(i, i, 65) FROM n",
		`CREATE TABLE numbers (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, own INT, f FLOAT, f2 FLOAT(7,2), d DOUBLE, x DECIMAL(40,20), y YEAR, z INT(6) UNSIGNED ZEROFILL, dt DATE, tm TIME(3), ts TIMESTAMP(6) NULL, dm DATETIME(6),
			kind ENUM('2', '1', 'é') CHARACTER SET latin1, flags SET('a', 'b', 'c'), twice INT AS (own * 2) VIRTUAL, kept VARCHAR(20) AS (CONCAT(own, '!')) STORED, KEY (kept)) AUTO_INCREMENT=900`,
		`INSERT INTO numbers (id, own, f, f2, d, x, y, z, dt, tm, ts, dm, kind, flags) VALUES (0, 7, 0.1, 12345.67, 1.7976931348623157e308, '12345678901234567890.12345678901234567890', 0, 42, '0000-00-00', '-838:59:58.999', '1970-01-01 00:00:01.000001', '9999-12-31 23:59:59.999999', '1', 'a,c'),
			(-1, 8, 3.4028235e38, -0.01, 5e-324, '-0.00000000000000000001', 1901, 999999, '2026-02-31', '00:00:00', NULL, '2026-00-00 00:00:00', '2', ''), (5, NULL, 16777217, 0, 0.1, 0, 2155, 0, '2026-11-00', NULL, '2037-12-31 23:59:59', NULL, 'é', NULL),
			(6, 0, -1e-38, NULL, -0.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'a,b,c')`,
		"CREATE TABLE one (v VARCHAR(9))", "INSERT INTO one VALUES (''), (NULL), ('x')",
	}
}

func TestRowsOfOneMomentArriveAsTheyAre(t *testing.T) {
	for name, local := range map[string]bool{"loaded": true, "inserted": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in(w.source, nasty()...)
			w.in(w.source, everything(w.source)...)
			if !local {
				w.exec("SET GLOBAL local_infile=0")
				t.Cleanup(func() { w.db.ExecContext(context.Background(), "SET GLOBAL local_infile=1") })
			}
			w.method = Method{Chunk: 3000, Defer: 1}
			report := w.mustCopy(Copy{Skip: []string{"qabot_marks"}, AtOnce: true, Workers: 1})
			if report.Loaded != local || len(report.Changed) > 0 || report.Tables != 12 {
				t.Errorf("%+v", report)
			}
			w.same(t)
			for _, q := range []string{"SELECT id, HEX(u), HEX(l), HEX(s), HEX(e), HEX(w), HEX(c), HEX(n) FROM texts", "SELECT id, HEX(v), bit9 + 0, HEX(bit64), ST_AsText(g), doc FROM raw_", "SELECT *, f + 0E0 FROM numbers"} {
				if diff := cmp.Diff(w.list(w.source, q), w.list(w.target, q)); diff != "" {
					t.Errorf("%s (-source +copy):\n%s", q, diff)
				}
			}
		})
	}
}

func TestMaskedRowsOfOneMoment(t *testing.T) {
	w := newWorld(t,
		"CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(60) CHARACTER SET utf16 NOT NULL, name VARCHAR(30) CHARACTER SET latin1, note TEXT, age INT, loud VARCHAR(60) AS (UPPER(email)) STORED, UNIQUE KEY (email))",
		"INSERT INTO users (id, email, name, note, age) VALUES (1, 'ana@acme.jp', 'Ana', 'vip', 30), (2, 'ben@acme.jp', NULL, 'x', NULL)")
	masks := []Mask{{Table: "users", Column: "email", As: MaskEmail}, {Table: "users", Column: "name", As: MaskFixed, Value: "Müller"}, {Table: "users", Column: "note", As: MaskNull}, {Table: "users", Column: "age", As: MaskFixed, Value: "7"}}
	for _, local := range []string{"1", "0"} {
		w.exec("DROP TABLE IF EXISTS "+w.target+".users", "SET GLOBAL local_infile="+local)
		t.Cleanup(func() { w.db.ExecContext(context.Background(), "SET GLOBAL local_infile=1") })
		w.mustCopy(Copy{AtOnce: true, Masks: masks})
		got := w.list(w.target, "SELECT email, name, note, age, loud FROM users ORDER BY id")
		for _, row := range got {
			if !strings.HasPrefix(row["email"], "user-") || !strings.HasSuffix(row["email"], "@example.invalid") || row["loud"] != strings.ToUpper(row["email"]) || row["note"] != "" {
				t.Errorf("%v", row)
			}
		}
		if got[0]["name"] != "Müller" || got[1]["name"] != "" || got[0]["age"] != "7" || got[1]["age"] != "" || got[0]["email"] == got[1]["email"] {
			t.Errorf("%v", got)
		}
	}
}

// While rows are on their way, people open accounts with a first entry, close some, and move money: of none of it may half be seen.
func TestTheCopyIsOfOneMomentAndWritersGoOn(t *testing.T) {
	const accounts = 3000
	w := newWorld(t)
	deep := "cte_max_recursion_depth"
	if strings.Contains(w.value("SELECT VERSION()"), "MariaDB") {
		deep = "max_recursive_iterations"
	}
	w.in(w.source,
		"SET SESSION "+deep+"=10000",
		"CREATE TABLE accounts (id INT PRIMARY KEY, money INT NOT NULL)",
		"CREATE TABLE savings (id INT PRIMARY KEY, money INT NOT NULL)",
		"CREATE TABLE entries (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, account INT NOT NULL, body VARCHAR(200), FOREIGN KEY (account) REFERENCES accounts (id))",
		fmt.Sprintf("INSERT INTO accounts WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, 100 FROM n", accounts),
		"INSERT INTO savings SELECT id, 100 FROM accounts",
		"INSERT INTO entries (account, body) SELECT id, REPEAT('x', 200) FROM accounts")
	wrote, stop, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	conn := w.conn(w.source)
	go func() { // at the moment of the snapshot as well
		for n := 1; n < accounts/2; n++ {
			for _, q := range []string{
				"BEGIN",
				fmt.Sprintf("INSERT INTO accounts VALUES (%d, 0)", 10000+n), fmt.Sprintf("INSERT INTO entries (account) VALUES (%d)", 10000+n),
				fmt.Sprintf("UPDATE savings SET money = money + (SELECT money FROM accounts WHERE id = %[1]d) WHERE id = %[1]d", n),
				fmt.Sprintf("DELETE FROM entries WHERE account = %d", n), fmt.Sprintf("DELETE FROM accounts WHERE id = %d", n),
				fmt.Sprintf("UPDATE accounts SET money = money - 7 WHERE id = %d", accounts+1-n), fmt.Sprintf("UPDATE savings SET money = money + 7 WHERE id = %d", n),
				"COMMIT",
			} {
				if _, err := conn.ExecContext(context.Background(), q); err != nil {
					ended <- fmt.Errorf("%s: %w", q, err)
					return
				}
			}
			select {
			case wrote <- struct{}{}:
			case <-stop:
				ended <- nil
				return
			default:
			}
		}
		ended <- nil
	}()
	<-wrote
	var refused error
	w.mustCopy(Copy{AtOnce: true, Workers: 2, Progress: func(int, int) {
		select { // the copy goes on when somebody has written meanwhile
		case <-wrote:
		case refused = <-ended:
			ended <- refused
		}
	}})
	close(stop)
	if err := <-ended; err != nil || refused != nil {
		t.Fatalf("a writer was refused: %v", errors.Join(err, refused))
	}
	target := Quote(w.target)
	if sum := w.value("SELECT (SELECT SUM(money) FROM " + target + ".accounts) + (SELECT SUM(money) FROM " + target + ".savings)"); sum != fmt.Sprint(2*accounts*100) {
		t.Errorf("there are %s, and %d were put in", sum, 2*accounts*100)
	}
	if lost := w.value("SELECT COUNT(*) FROM " + target + ".entries e LEFT JOIN " + target + ".accounts a ON a.id = e.account WHERE a.id IS NULL"); lost != "0" {
		t.Errorf("%s entries are of no account", lost)
	}
	if lost := w.value("SELECT COUNT(*) FROM " + target + ".accounts a LEFT JOIN " + target + ".entries e ON e.account = a.id WHERE e.id IS NULL"); lost != "0" {
		t.Errorf("%s accounts have no entry", lost)
	}
	if n := w.value("SELECT COUNT(*) FROM " + target + ".accounts WHERE id > 10000"); n == "0" {
		t.Error("nothing was written before the moment of the copy: the test looks at nothing")
	}
}

// A transaction that is open is not waited for, and nothing of it is seen; nor is what comes later.
func TestASnapshotKeepsNobodyWaiting(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (id INT PRIMARY KEY, v INT)", "CREATE TABLE b (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 0)", "INSERT INTO b VALUES (1, 0)")
	r := &run{Copy: Copy{Source: w.source, Target: w.target}, method: w.method, db: w.db}
	writer := w.conn(w.source)
	write := func(statements ...string) {
		t.Helper()
		for _, q := range statements {
			if _, err := writer.ExecContext(t.Context(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	write("SET SESSION lock_wait_timeout=1, innodb_lock_wait_timeout=1", "BEGIN", "INSERT INTO a VALUES (2, 0)")
	reader, err := r.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	sees := func(table, want string) {
		t.Helper()
		var got string
		if err := reader.QueryRowContext(t.Context(), "SELECT GROUP_CONCAT(id, ':', v ORDER BY id) FROM "+table).Scan(&got); err != nil || got != want {
			t.Errorf("in %s it sees %s (%v), want %s", table, got, err, want)
		}
	}
	sees("a", "1:0")
	write("INSERT INTO b VALUES (2, 0)", "COMMIT", "UPDATE a SET v = 1", "UPDATE b SET v = 1", "DELETE FROM a WHERE id = 2")
	sees("a", "1:0")
	sees("b", "1:0")
}

func TestWhatCannotBeCopiedAtOnceIsNamed(t *testing.T) {
	w := newWorld(t, "CREATE TABLE old (id INT PRIMARY KEY) ENGINE=MyISAM")
	var unfit *Unfit
	if _, err := w.copy(Copy{AtOnce: true}); !errors.As(err, &unfit) || unfit.What != "old" {
		t.Errorf("%v", err)
	}
	w.in(w.source, "ALTER TABLE old ENGINE=InnoDB")
	r := &run{Copy: Copy{Source: w.source, Target: w.target}, method: w.method, db: w.db}
	from := w.conn(w.source)
	tables, err := r.read(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.unchanged(t.Context(), from, tables); err != nil {
		t.Error(err)
	}
	for _, q := range []string{"ALTER TABLE old ADD v INT", "CREATE TABLE fresh (id INT PRIMARY KEY)"} {
		w.in(w.source, q)
		if err := r.unchanged(t.Context(), from, tables); !errors.As(err, &unfit) {
			t.Errorf("after %s: %v", q, err)
		}
	}
}

// A row that does not fit is not left out in silence.
func TestEveryRowArrives(t *testing.T) {
	for _, local := range []bool{true, false} {
		w := newWorld(t, "CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1), (2, 2)")
		w.in(w.target, "CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (2, 0)")
		r := &run{Copy: Copy{Source: w.source, Target: w.target}, method: w.method, db: w.db}
		tables, err := r.read(t.Context(), w.conn(w.source))
		if err != nil {
			t.Fatal(err)
		}
		rest, err := r.send(t.Context(), w.conn(w.source), w.conn(w.target), tables[0], gate{local: local, most: 1000})
		if err == nil {
			err = rest()
		}
		if err == nil {
			t.Errorf("loaded %v: nothing is said of a row that was left out", local)
		}
	}
}
